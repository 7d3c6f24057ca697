"""inventory cleanup [--dry-run]: what trials of another day left in this folder is put away, nothing is deleted."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from pos import cli
from pos.actions import inventory_leftovers as leftovers
from pos.cli import opened
from pos.rules import inventory as rules


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever has this machine's keyboard."""

    code: str

    @property
    def name(self) -> str:
        return self.code

    @property
    def person(self) -> str:
        return self.code

    def may(self, right: str) -> bool:
        return right in ("stock", "stock_approve", "stock_admin")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what is there, change nothing")


def run(args: argparse.Namespace, root: Path) -> int:
    """0 when nothing of a trial is left in use afterwards, or with --dry-run."""
    with opened.till(root) as store:
        found = leftovers.look(store)
        if found.is_nothing:
            print("No trial left anything here.")
            return cli.OK
        if args.dry_run:
            _tell(found)
            return cli.OK
        for words in leftovers.put_away(store, store.config, Operator(opened.operator())):
            print(words)
        after = leftovers.look(store)
        if not after.is_nothing:
            print("Left:")
            _tell(after)
        return cli.OK if after.is_nothing else cli.FAILED


def _tell(found: leftovers.Found) -> None:
    for words, names in (
        ("items", found.items),
        ("places", tuple(one.code for one in found.places)),
        ("events", found.events),
        ("requests", tuple(one.id for one in found.requests)),
        ("levels", tuple(f"{item} at {place}: {rules.text_of(qty)}" for (item, place), qty in found.levels.items())),
    ):
        if names:
            print(f"{words}: {', '.join(names)}")
