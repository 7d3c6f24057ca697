"""inventory cutover: one look at whether everything is ready, with a report that is kept."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from pos import cli
from pos.actions import cutover, findings_report
from pos.cli import control, opened
from pos.store import companies, qbd_companies
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--company", default=companies.MAIN, help="a company's id; the first one when left out")
    parser.add_argument("--address", default="", help="of the Web Connector, where it is not [qbwc] app_url")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.add_argument("--report", type=Path, help=f"where to keep it (data/{cutover.REPORT} when left out)")


def run(args: argparse.Namespace, root: Path) -> int:
    """0 only when everything is ready."""
    logging.getLogger("pos").addHandler(logging.NullHandler())  # each finding says in words what a line of it would
    with opened.till(root) as store:
        return report(store, args)


def report(store: Store, args: argparse.Namespace) -> int:
    """Look, keep the report, say it."""
    config = store.config
    qbd_companies.follow(store, config)
    serving = control.running(config)
    base = f"http://{serving.host}:{serving.port}" if serving is not None else ""
    found = list(cutover.look(store, config, base, args.company, args.address))
    pages = cutover.keep(args.report or config.data / cutover.REPORT, found, args.company)
    if args.json:
        ready = findings_report.passes(found)
        view = findings_report.view(found, ready=ready, company=args.company)
        print(json.dumps(view, indent=1, ensure_ascii=False, default=str))
    else:
        print("\n".join([*findings_report.lines(found), "", f"Kept in {pages[0]}", cutover.last_line(found)]))
    return cli.OK if findings_report.passes(found) else cli.FAILED
