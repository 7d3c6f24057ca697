"""setup: the first questions on the terminal, one after the other; Enter keeps what is there."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import Any

from pos import cli, config
from pos.actions import setup
from pos.cli import opened, reference
from pos.errors import Invalid, PosError
from pos.store.db import Store, is_served


def arguments(parser: argparse.ArgumentParser) -> None:
    names = [step.name for step in setup.STEPS]
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"only these, of: {', '.join(names)}")


def run(args: argparse.Namespace, root: Path) -> int:
    """Ask, write config.ini, add people. Nothing is lost when it is broken off: each step is saved by itself."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "config.ini").exists():
        (root / "config.ini").write_text(reference.config_ini(), encoding="utf-8", newline="\n")
    wanted = [setup.step_of(name) for name in args.steps] or list(setup.STEPS)
    print("Enter keeps what stands in brackets; a full stop leaves the step as it is.")
    with opened.till(root, make=True) as store:
        for step in wanted:
            print(f"\n{step.title}\n{step.words}")
            if step.name == "people":
                _people(store)
            else:
                _step(store, step)
            if step.name == "printer" and config.load(root).printer.url:
                print("Now print the test page: pos_server.py printer test")
        served = is_served(store.config)
    print("\nStart the till again: it runs on with the settings it had." if served else "\nStart the till.")
    return cli.OK


def _step(store: Store, step: setup.Step) -> None:
    """Ask a step until its answers fit or it is left out."""
    while True:
        now = next(one for one in setup.view(store, store.config)["steps"] if one["name"] == step.name)
        values: dict[str, str] = {}
        for question in now["fields"]:
            if question["fixed"]:
                print(f"{question['label']}: {question['value']} ({question['fixed']})")
                continue
            answer = _asked(question)
            if answer == ".":
                return
            if answer:
                values[question["key"]] = "" if answer == "-" else answer
        try:
            changed = setup.save(store, store.config, step.name, values, opened.operator())
        except Invalid as error:
            print(f"{error.message} Once more:")
            continue
        print(f"{len(changed)} changed." if changed else "As it was.")
        return


def _asked(question: dict[str, Any]) -> str:
    if question["hint"]:
        print(f"  {question['hint']}")
    for choice in question["choices"]:
        print(f"  {choice['value']}: {choice['text']}")
    return _line(f"{question['label']} [{question['value']}] (- for none): ")


def _line(words: str) -> str:
    """What is typed; a full stop, which leaves out, when nobody types any more."""
    try:
        return input(words).strip()
    except EOFError:
        return "."


def _people(store: Store) -> None:
    while True:
        there = setup.view(store, store.config)["people"]
        for one in there:
            print(f"  {one['code']:<10} {one['name']} ({one['role']})")
        code = _line("Code of one more (Enter: nobody): ")
        if code in ("", "."):
            return
        name = _line("Name: ")
        roles = [name for name, _ in setup.ROLES]
        role = "admin" if not there else _line(f"Role, of {', '.join(roles)} [cashier]: ") or "cashier"
        pin = getpass.getpass("PIN (4 to 8 digits): ")
        try:
            setup.add_person(store, code, name, role, pin, opened.operator())
        except PosError as error:
            print(error.message)
