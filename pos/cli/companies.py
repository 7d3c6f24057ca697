"""companies add|list|rename|off|on|import|export|drift: on a hub, whose tills it has; set-ups of companies as files.

The database rules: a file is a backup of it or comes from another server, and is read when somebody asks for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pos import cli
from pos.actions import company_setup
from pos.actions.company_setup import Difference, Faulty
from pos.cli import opened
from pos.errors import NotFound
from pos.store import companies
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|list|rename|off|on|import|export|drift", required=True)
    add = acts.add_parser("add", help="one more company, with a first shop of the same id and name")
    add.add_argument("id", help="its lasting id: small letters, digits, hyphens")
    add.add_argument("name", help="what people call it")
    add.add_argument("--time-zone", default="", help="like Europe/London (default: this server's)")
    add.add_argument("--currency", default="", help="like GBP (default: this server's)")
    acts.add_parser("list", help="the companies, with how many shops each has")
    rename = acts.add_parser("rename", help="call it otherwise")
    rename.add_argument("name", help="its id or its name")
    rename.add_argument("new", help="what people call it from now on")
    for word, help in (("off", "no till joins it any more"), ("on", "tills may join it again")):
        acts.add_parser(word, help=help).add_argument("name", help="its id or its name")
    taken = acts.add_parser("import", help="take in set-ups: all of these files, or nothing")
    taken.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a set-up as JSON (docs/runs.md)")
    out = acts.add_parser("export", help="write set-ups as JSON, without secrets")
    out.add_argument("--company", default="", help="only this one, by id or name")
    out.add_argument("--to", type=Path, metavar="DIR", help="where to (default: data/companies)")
    held = acts.add_parser("drift", help="compare the database with files; 1 when a field differs")
    held.add_argument("folder", type=Path, metavar="DIR", help="where the files are")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act in ("add", "import")) as store:
        if args.act == "import":
            return _import(store, args.files)
        if args.act == "drift":
            return _drift(store, args.folder)
        if args.act == "export":
            return _export(store, args.company, args.to)
        return _listed(store) if args.act == "list" else _change(store, args)


def _change(store: Store, args: argparse.Namespace) -> int:
    by = opened.operator()
    if args.act == "add":
        made = companies.add(store, args.id, args.name, by, time_zone=args.time_zone, currency=args.currency.upper())
        print(f"{made.name} is here as {made.id}.")
    elif args.act == "rename":
        companies.rename(store, args.name, args.new, by)
        print(f"{args.name} is called {args.new} now.")
    else:
        companies.set_active(store, args.name, args.act == "on", by)
        print(f"{args.name} is {args.act}.")
    return cli.OK


def _listed(store: Store) -> int:
    print(f"{'company':<31}{'name':<30}{'shops':>6}  state")
    for one in companies.every(store):
        shops = len(companies.shops(store, one.id))
        print(f"{one.id:<31}{one.name:<30}{shops:>6}  {'on' if one.active else 'off'}")
    return cli.OK


def _import(store: Store, files: list[Path]) -> int:
    try:
        changed = company_setup.take_in(store, store.config, _read(files), opened.operator())
    except Faulty as error:
        return _faulty(error, "Nothing was changed.")
    for key, fields in changed.items():
        print(f"{key}: {'nothing to change' if not fields else ', '.join(fields)}")
    return cli.OK


def _export(store: Store, company: str, folder: Path | None) -> int:
    chosen = [companies.one(store, company)] if company else companies.every(store)
    for one in chosen:
        print(company_setup.save(store, store.config, one.id, opened.operator(), folder))
    return cli.OK


def _drift(store: Store, folder: Path) -> int:
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    try:
        found = company_setup.drift(store, store.config, _read(sorted(folder.glob("*.json"))))
    except Faulty as error:
        return _faulty(error, "Nothing was compared.")
    for one in found:
        print(_words(one))
    print("The files are as the database." if not found else f"{len(found)} differ. The database rules.")
    return cli.FAILED if found else cli.OK


def _read(files: list[Path]) -> dict[str, str]:
    """Texts by the files' names; a name that comes twice with its folder."""
    names = [path.name for path in files]
    found = {}
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            text = ""  # which is no JSON either
        except OSError as error:
            raise NotFound(f"{path} cannot be read: {error.strerror}.") from error
        found[path.name if names.count(path.name) == 1 else str(path)] = text
    return found


def _faulty(error: Faulty, end: str) -> int:
    for fault in error.faults:
        print(f"{fault.field}: {fault.words}" if fault.field else fault.words, file=sys.stderr)
    print(end, file=sys.stderr)
    return cli.FAILED


def _words(one: Difference) -> str:
    if not one.field:
        return f"{one.company}: {'in a file, and not here' if one.here is None else 'here, and in no file'}"
    return f"{one.company}: {one.field} is {_text(one.here)} here and {_text(one.there)} in the file"


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else f"{text[:77]}..."
