"""token add|list|revoke: keys for programs, sent as `Authorization: Bearer …`. Each is shown once."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.rules import rights
from pos.store import keys, people, reach


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|list|revoke", required=True)
    add = acts.add_parser("add", help="make a key and print it, once")
    add.add_argument("name", help="which program it is for")
    add.add_argument("--role", choices=rights.ROLES, default="operator", help="what it may do (default: operator)")
    add.add_argument("--at", nargs="+", default=[], metavar="PLACE",
                     help="on a hub: COMPANY or COMPANY/SHOP it is kept to (default: everywhere)")  # fmt: skip
    add.add_argument("--for", dest="person", default="", metavar="CODE",
                     help="whose it is: it never may more than they, and changes of stock are theirs")  # fmt: skip
    acts.add_parser("list", help="the keys that work, without their secrets")
    acts.add_parser("revoke", help="withdraw a key; it stops working at once").add_argument("name")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act == "add") as store:
        if args.act == "add":
            with store.transaction():
                secret = people.add_token(store, args.name, args.role, opened.operator(), person=args.person)
                places = [reach.read(store, one) for one in args.at]
                reach.keep_key_to(store, args.name, places, opened.operator())
            print(secret)
        elif args.act == "revoke":
            people.revoke_token(store, args.name, opened.operator())
            print(f"The key {args.name} works no more.")
        else:
            print(f"{'name':<28} {'role':<13} {'whose':<12} {'last used (UTC)':<16} at")
            for name, role, used in people.tokens(store):
                at = ", ".join(reach.words(store, reach.key_code(name))) or "everywhere"
                whose = keys.owner_of(store, name) or "nobody's"
                print(f"{name:<28} {role:<13} {whose:<12} {used[:16] or 'never':<16} {at}")
    return cli.OK
