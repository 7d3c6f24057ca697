"""till add|list|again|keep|rename|move|revoke: on a hub, the tills that send it what they sold. Codes are shown
once."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.errors import BadSettings
from pos.rules import hub
from pos.store import companies, hub_gaps, hub_places, hub_tills
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|list|again|keep|rename|move|revoke", required=True)
    add = acts.add_parser("add", help="one more till: print a one-time code to type on it")
    add.add_argument("name", help="what people call it")
    add.add_argument("--company", default="", help="whose it is: id or name of a company (default: the first)")
    add.add_argument("--shop", default="", help="where it stands: id of a shop (default: the company's first)")
    acts.add_parser("list", help="the tills, and how far each is")
    for act, words in (
        ("again", "a new code: the till makes itself a new key with it; the old key works until then"),
        ("keep", "it is there twice: a code for the one that stays; the key both had works no more"),
        ("revoke", "take nothing from it any more; what it sent stays"),
    ):
        acts.add_parser(act, help=words).add_argument("name", help="its name or its id")
    rename = acts.add_parser("rename", help="call it otherwise")
    rename.add_argument("name", help="its name or its id")
    rename.add_argument("new", help="what people call it from now on")
    move = acts.add_parser("move", help="it stands in another company or shop; only while it has no documents")
    move.add_argument("name", help="its name or its id")
    move.add_argument("--company", default="", help="id or name of a company")
    move.add_argument("--shop", default="", help="id of a shop")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act == "add") as store:
        _refuse_no_hub(store)
        by = opened.operator()
        if args.act == "list":
            _list(store)
        elif args.act == "rename":
            hub_tills.rename(store, args.name, args.new, by)
            print(f"{args.name} is called {args.new} now.")
        elif args.act == "revoke":
            hub_tills.revoke(store, args.name, by)
            print(f"Nothing is taken from {args.name} any more.")
        elif args.act == "move":
            place = companies.place(store, args.company, args.shop)
            hub_places.move(store, hub_tills.one(store, args.name).id, place, by)
            print(f"{args.name} stands in {place.company}, {place.shop} now.")
        else:
            if args.act == "add":
                code = hub_tills.add(store, args.name, by, companies.place(store, args.company, args.shop))
            else:
                code = {"again": hub_tills.again, "keep": hub_tills.keep}[args.act](store, args.name, by)
            print(code)
            cli.warn(f"type it on the till within {hub_tills.CODE_MINUTES} minutes: pos_server.py hub join URL CODE")
    return cli.OK


def _refuse_no_hub(store: Store) -> None:
    if store.config.server.role == "till":
        raise BadSettings("This server is no hub: set [server] role = hub, or both where it sells as well.")


def _list(store: Store) -> None:
    missing = hub_gaps.missing(store)
    print(
        f"{'till':<9}{'name':<20}{'state':<9}{'last heard (UTC)':<18}{'here':>10}{'to come':>9}{'missing':>9}"
        f"  {'version':<12}place"
    )
    for one in hub_tills.every(store):
        gone = missing.get(one.till, 0)
        left = hub.still_to_come(one.head_sequence, one.top_sequence, gone)
        seen = one.seen_at[:16] or "never"
        print(
            f"{one.till or '-':<9}{one.name:<20}{one.state:<9}{seen:<18}{one.top_sequence - gone:>10}{left:>9}{gone:>9}"
            f"  {one.version:<12}{one.company}/{one.shop}"
        )
