"""qbwc sales: what sales are called in a company's QuickBooks Desktop, whether they go there, and what moves stock."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pos import cli, clock
from pos.actions import qbd_mapping
from pos.cli import opened
from pos.connectors.qbd import mapping
from pos.errors import Invalid
from pos.store import companies, connections, inventory, qbd_companies
from pos.store.db import Store

_ACTS = "show|map|on|off|cutover"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", nargs="?", default="show", choices=_ACTS.split("|"), help=_ACTS)
    parser.add_argument("--company", default=companies.MAIN, help="a company's id; the first one when left out")
    parser.add_argument("--file", type=Path, help="map: the mapping, a JSON file (docs/quickbooks-desktop.md)")
    parser.add_argument("--moves", choices=mapping.MOVES, default=mapping.BY_ADJUSTMENTS,
                        help="on, cutover: what moves stock in QuickBooks")  # fmt: skip
    parser.add_argument("--day", default="", help="on, cutover: the first business day of it, as 2026-12-01")


def run(store: Store, args: argparse.Namespace) -> int:
    """Invalid, Conflict or NotFound in words."""
    who = opened.operator()
    if args.do == "map":
        _map(store, args.company, args.file, who)
    elif args.do == "on":
        day = args.day or inventory.today(store, args.company, clock.now())
        qbd_mapping.switch_on(store, args.company, args.moves, day, who)
    elif args.do == "off":
        qbd_mapping.switch_off(store, args.company, who)
    elif args.do == "cutover":
        qbd_mapping.cut_over(store, args.company, args.moves, args.day, who)
    _show(store, args.company, whole=args.do == "show")
    return cli.OK


def _map(store: Store, company: str, path: Path | None, who: str) -> None:
    if path is None:
        raise Invalid("Name the mapping: --file mapping.json", field="file")
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} cannot be read: {error}", field="file") from error
    if not isinstance(plain, dict):
        raise Invalid(f"{path} is no mapping.", field="file")
    qbd_mapping.write(store, company, plain, qbd_mapping.read(store, company), who)


def _show(store: Store, company: str, *, whole: bool) -> None:
    row = qbd_companies.of_company(store, company)
    on = row.connection in {line.id for line in connections.lines(store)}
    print(f"{company}: sales {'go' if on else 'do not go'} to QuickBooks Desktop.")
    for day, moves in qbd_mapping.cut_overs(store, company):
        print(f"  from {day} on {moves} move stock there")
    plain = qbd_mapping.read(store, company).values
    for words in qbd_mapping.check(plain):
        print(f"  ! {words}")
    for words in qbd_mapping.strangers(store, company):
        print(f"  ? {words}")
    if whole and plain:
        print(json.dumps(plain, indent=1, ensure_ascii=False, sort_keys=True))
