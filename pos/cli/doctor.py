"""doctor: looks at everything a till needs, also while it runs; changes nothing; says in plain words what to do."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from pos import __version__, cli, clock
from pos.actions import doctor
from pos.actions.finding import Finding, Serving
from pos.cli import control
from pos.config import Config
from pos.errors import NotFound

_MARKS = {"ok": "ok", "warn": "CHECK", "fail": "FAILS", "not_set_up": "–"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object with every figure, for programs")


def run(args: argparse.Namespace, root: Path) -> int:
    """0 when nothing fails (what is not set up does not), 1 when something does."""
    if not root.is_dir():
        raise NotFound(f"There is no folder {root}.")
    logging.getLogger("pos").addHandler(logging.NullHandler())  # each finding says in words what a line of it would
    found = doctor.examine_folder(root, _serving)
    worst = doctor.worst(found)
    if args.json:
        print(json.dumps(_view(found, worst), indent=1, ensure_ascii=False, default=str))
    else:
        for one in found:
            print(f"{_MARKS[one.state]:<6} {one.name:<14} {one.sentence}")
            if one.remedy and one.state != "ok":
                print(f"{'':<21} -> {one.remedy}")
        print(f"\n{_closing(found)}")
    return cli.FAILED if worst == "fail" else cli.OK


def _serving(config: Config) -> Serving | None:
    found = control.running(config)
    return Serving(found.host, found.port, found.pid) if found is not None else None


def _view(found: list[Finding], worst: str) -> dict[str, object]:
    checks = [
        {"name": one.name, "state": one.state, "sentence": one.sentence, "remedy": one.remedy, "facts": dict(one.facts)}
        for one in found
    ]
    return {"ok": worst != "fail", "worst": worst, "at": clock.stamp(clock.now()), "version": __version__,
            "checks": checks}  # fmt: skip


def _closing(found: list[Finding]) -> str:
    fails, warns = ([one for one in found if one.state == state] for state in ("fail", "warn"))
    if fails:
        return f"{len(fails)} of {len(found)} fail; begin with the first."
    return f"Nothing fails; {len(warns)} to look at." if warns else "All is well."
