"""erpnext setup: prepare an ERPNext site for the till. An administrator's key is used once and kept nowhere."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from pos import cli
from pos.actions.erpnext_setup import prepare
from pos.cli import opened
from pos.errors import Rejected

HELP = """\
Creates the unique field pos_receipt_id on Sales Invoice, Stock Entry, Payment Entry and Journal Entry (and
pos_customer_id on Customer), the doctypes Cashier and Gift Voucher where they are missing, checks rights and settings,
and learns time zone, rounding, accounts and taxes. It can be run again at any time. Until the field is there, the till
sends nothing and keeps every sale."""


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="setup", required=True)
    setup = acts.add_parser("setup", help="prepare the site named in the settings", description=HELP)
    setup.add_argument("--admin-key", help="API key of a System Manager; asked for when left out at a terminal")
    setup.add_argument("--admin-secret", help="its secret; better typed when asked, so that no history keeps it")
    setup.add_argument("--check", action="store_true", help="no administrator: only check with the till's own key")


def run(args: argparse.Namespace, root: Path) -> int:
    """0 = ready, 1 = something is left without which nothing is sent."""
    key, secret = _admin(args)
    with opened.till(root, make=True) as store:
        try:
            report = prepare(store, store.config, opened.operator(), key, secret)
        except Rejected as error:
            print(f"{error.message} {error.remedy}".strip(), file=sys.stderr)
            return cli.FAILED
    for sentence in report.done:
        print(f"  done   {sentence}")
    for sentence in report.todo:
        print(f"  check  {sentence}")
    for sentence in report.blocking:
        print(f"  NEEDS  {sentence}")
    if report.blocking:
        print("\nNot ready: sales are kept here and are sent once the lines marked NEEDS are done.")
        return cli.FAILED
    print(f"\nReady: {report.facts.company} on ERPNext {report.facts.versions.get('erpnext', '')}.")
    return cli.OK


def _admin(args: argparse.Namespace) -> tuple[str, str]:
    if args.check:
        return "", ""
    key, secret = args.admin_key or "", args.admin_secret or ""
    if not key and sys.stdin.isatty():
        key = input("API key of a System Manager (empty = only check): ").strip()
    if key and not secret and sys.stdin.isatty():
        secret = getpass.getpass("Its API secret: ").strip()
    return key, secret
