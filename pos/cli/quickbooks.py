"""quickbooks status|new-key|change-key: how the sign-in stands, and the keys that seal it."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import qbo_standing
from pos.cli import opened
from pos.store import companies, qbo_tokens, secrets


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="status|new-key|change-key", required=True)
    acts.add_parser("status", help="how each company's sign-in stands; asks nobody")
    acts.add_parser("new-key", help="print a key for TILLKEEP_SECRET_KEY; changes nothing")
    change = acts.add_parser("change-key", help="seal the sign-ins with a new key; the old one opens nothing then")
    change.add_argument(
        "--reseal", action="store_true", help="the new key stands first in TILLKEEP_SECRET_KEY: only seal anew by it"
    )


def run(args: argparse.Namespace, root: Path) -> int:
    if args.act == "new-key":
        print(secrets.new_key())
        return cli.OK
    with opened.till(root) as store:
        if args.act == "status":
            worst = cli.OK
            for company in companies.every(store, active=True):
                now = qbo_standing.standing(store, store.config, company.id)
                print(_line(now))
                worst = worst if now.sends or now.state == "missing_tokens" else cli.FAILED
            return worst
        if args.reseal:
            count = qbo_tokens.reseal(store)
        else:
            count = secrets.change_key(store.config, lambda: qbo_tokens.reseal(store))
        print(f"Sealed anew: {count}.")
    return cli.OK


def _line(now: qbo_standing.Standing) -> str:
    words = [f"{now.connection}: {now.state}"]
    if now.row is not None:
        words.append(now.row.name or now.row.realm)
    if now.days_left is not None:
        words.append(f"{now.days_left} days left")
    return ", ".join(words) + (f": {now.why}" if now.why else "")
