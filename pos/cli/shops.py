"""shop add|list|rename: on a hub, where its tills stand."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.store import companies


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|list|rename", required=True)
    add = acts.add_parser("add", help="one more shop of a company")
    add.add_argument("id", help="its lasting id: small letters, digits, hyphens")
    add.add_argument("name", help="what people call it")
    add.add_argument("--company", default=companies.MAIN, help="id or name of its company (default: the first)")
    acts.add_parser("list", help="the shops of every company")
    rename = acts.add_parser("rename", help="call it otherwise")
    rename.add_argument("id", help="its id")
    rename.add_argument("new", help="what people call it from now on")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act == "add") as store:
        by = opened.operator()
        if args.act == "add":
            made = companies.add_shop(store, args.company, args.id, args.name, by)
            print(f"{made.name} is here as {made.id}, of {made.company}.")
        elif args.act == "rename":
            companies.rename_shop(store, args.id, args.new, by)
            print(f"{args.id} is called {args.new} now.")
        else:
            print(f"{'shop':<31}{'company':<31}name")
            for one in companies.shops(store):
                print(f"{one.id:<31}{one.company:<31}{one.name}")
    return cli.OK
