"""device add|list|revoke: other machines' browsers that may sign in with a PIN. This machine itself needs none."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.store import people


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|list|revoke", required=True)
    add = acts.add_parser("add", help="print a one-time code to type on the other machine")
    add.add_argument("name", help="what people call that machine")
    acts.add_parser("list", help="the machines that may sign in")
    acts.add_parser("revoke", help="withdraw a machine; its sign-ins end").add_argument("name")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act == "add") as store:
        if args.act == "add":
            print(people.add_device(store, args.name, opened.operator()))
        elif args.act == "revoke":
            ended = people.revoke_device(store, args.name, opened.operator())
            print(f"{args.name}: {ended} withdrawn." if ended else f"No machine is called {args.name}.")
            return cli.OK if ended else cli.FAILED
        else:
            print(f"{'name':<28} enrolled (UTC)")
            for name, enrolled, code_until in people.devices(store):
                waits = f"waits for its code until {code_until[:16]}" if code_until else ""
                print(f"{name:<28} {enrolled[:16] or waits}")
    return cli.OK
