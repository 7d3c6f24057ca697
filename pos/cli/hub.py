"""hub join|status|key: on a till, its way up to the hub."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import hub_join
from pos.cli import opened
from pos.errors import BadSettings
from pos.rules import hub


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="join|status|key", required=True)
    join = acts.add_parser("join", help="type the code the hub made; writes [hub] url")
    join.add_argument("url", help="where the hub is: https://hub.example.com")
    join.add_argument("code", help="the one-time code, from the hub's `till add`")
    acts.add_parser("status", help="what the hub says of this till now")
    acts.add_parser("key", help="make a new key; the old one works no more")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root, make=args.act == "join") as store:
        config = store.config
        if args.act == "join":
            joined = hub_join.join(store, config, args.url.rstrip("/"), args.code, opened.operator())
            print(f"{config.till.id} joined {joined.title} as {joined.name}. Its sign: {hub.fingerprint(joined.hub)}")
            if joined.restart:
                print("Start this till anew: from then on everything it sold goes up.")
            if args.url.startswith("http://"):
                cli.warn("the line to the hub is not encrypted; put TLS in front of the hub where others share the net")
            return cli.OK
        if not config.hub.url:
            raise BadSettings("This till has no hub: [hub] url is empty. Join one: pos_server.py hub join URL CODE")
        if args.act == "key":
            hub_join.new_key(store, config, opened.operator())
            print("The new key is in force, also in a server that runs.")
        else:
            told = hub_join.standing(store, config)
            print(f"{told['title']}, {told['version']}. Its sign: {hub.fingerprint(str(told['hub']))}")
            print(f"It knows this till as {told['name']} and has its documents up to number {told['head']}.")
            for first, last in told["missing"]:
                print(f"  not there yet: {first}" if first == last else f"  not there yet: {first} to {last}")
    return cli.OK
