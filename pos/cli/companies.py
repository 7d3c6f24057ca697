"""company add|list|rename|off|on: on a hub, whose tills it has, and whose books each connection is."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.store import companies


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|list|rename|off|on", required=True)
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


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act == "add") as store:
        by = opened.operator()
        if args.act == "add":
            made = companies.add(
                store, args.id, args.name, by, time_zone=args.time_zone, currency=args.currency.upper()
            )  # fmt: skip
            print(f"{made.name} is here as {made.id}.")
        elif args.act == "rename":
            companies.rename(store, args.name, args.new, by)
            print(f"{args.name} is called {args.new} now.")
        elif args.act in ("on", "off"):
            companies.set_active(store, args.name, args.act == "on", by)
            print(f"{args.name} is {args.act}.")
        else:
            print(f"{'company':<31}{'name':<30}{'shops':>6}  state")
            for one in companies.every(store):
                shops = len(companies.shops(store, one.id))
                print(f"{one.id:<31}{one.name:<30}{shops:>6}  {'on' if one.active else 'off'}")
    return cli.OK
