"""inventory approvals show|on|off: an owner switches approvals of changes of stock off, with a reason, or on again.

Who does it proves it by their PIN or password; both go to the audit, and everybody is told while approvals are off.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from pos import cli
from pos.actions import inventory_guard as guard
from pos.cli import opened
from pos.errors import Invalid
from pos.store import companies, passwords, people
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", nargs="?", default="show", choices=("show", "on", "off"), help="show, on or off")
    parser.add_argument("--reason", default="", help="why; it stays in the audit")
    parser.add_argument(
        "--by", default="", metavar="CODE", help="the owner who does it; asked for their PIN or password"
    )
    parser.add_argument("--company", default=companies.MAIN, help="a company's id; the first one when left out")


def run(args: argparse.Namespace, root: Path) -> int:
    with opened.till(root) as store:
        company = companies.one(store, args.company).id
        if args.do == "show":
            _show(store, company)
            return cli.OK
        if not args.by:
            raise Invalid("Name the owner who does it: --by CODE.", field="by")
        if not args.reason.strip():
            raise Invalid("Say why: --reason TEXT. It stays in the audit.", field="reason")
        guard.turn(store, company, owner(store, args.by), on=args.do == "on", reason=args.reason)
        _show(store, company)
    return cli.OK


def owner(store: Store, code: str) -> people.Person:
    """Who it is, proven by their PIN or password."""
    secret = _asked()
    return (people.check_pin if people.PIN.match(secret) else passwords.check)(store, code, secret)


def _asked() -> str:
    """The PIN or password: typed at a terminal, or one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip("\r\n")
    return getpass.getpass("PIN or password: ")


def _show(store: Store, company: str) -> None:
    stands = guard.switch(store, company)
    since = f", by {stands.by} at {stands.at[:16]} UTC: {stands.reason}" if stands.by else ""
    print(f"Approvals are {'on' if stands.on else 'OFF'}{since}")
    if stands.on and guard.warning(stands, store.config):
        print(guard.warning(stands, store.config))
