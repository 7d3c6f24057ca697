"""qbwc qwc|preflight|companies|password|sales: the QuickBooks Web Connector, from the terminal."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from pos import cli
from pos.actions import findings_report, qbd_setup, qbwc_preflight
from pos.cli import opened, qbwc_sales
from pos.store import companies, qbd_companies
from pos.store.db import Store
from pos.store.disk import write_whole

_ACTS = "list|add|on|off|rebind|levels|changes"


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="qwc|preflight|companies|password|sales", required=True)
    made = acts.add_parser("qwc", help="write the .qwc file for the Web Connector")
    made.add_argument("--company", default=companies.MAIN, help="a company's id; the first one when left out")
    made.add_argument("--output", type=Path, help="where to ([qbwc] qwc_output when left out)")
    look = acts.add_parser("preflight", help="try all a Web Connector does, without any effect on the queue")
    look.add_argument("--company", default=companies.MAIN, help="a company's id; the first one when left out")
    look.add_argument("--address", default="", help="ask there and not at [qbwc] app_url")
    look.add_argument("--json", action="store_true", help="one JSON object, for programs")
    look.add_argument("--report", type=Path, help="keep it in this file: .json, or .md for people")
    which = acts.add_parser("companies", help="company files: who signs in, which one is bound, on or off")
    which.add_argument("do", nargs="?", default="list", choices=_ACTS.split("|"), help=_ACTS)
    which.add_argument("company", nargs="?", default=companies.MAIN, help="the company's id")
    which.add_argument("user", nargs="?", default="", help="add: its own user name")
    which.add_argument("--reason", default="", help="rebind: why another company file is the right one")
    qbwc_sales.arguments(acts.add_parser("sales", help="what sales are called in QuickBooks, and what moves stock"))
    new = acts.add_parser("password", help="a new password for a company's Web Connector, shown this once")
    new.add_argument("company", nargs="?", default=companies.MAIN, help="the company's id")


def run(args: argparse.Namespace, root: Path) -> int:
    """preflight: 0 only when everything passes."""
    with opened.till(root) as store:
        if args.act != "preflight":  # which changes nothing
            qbd_companies.begin(store, store.config)
        if args.act == "qwc":
            return _write(store, args.company, args.output)
        if args.act == "preflight":
            return _preflight(store, args)
        if args.act == "sales":
            return qbwc_sales.run(store, args)
        if args.act == "password":
            print(qbd_companies.set_password(store, args.company, None, opened.operator()))
            return cli.OK
        return _companies(store, args)


def _write(store: Store, company: str, output: Path | None) -> int:
    name, body = qbd_setup.qwc_file(store, company)
    path = output or store.config.root / store.config.qbwc.qwc_output
    if output is None and company != companies.MAIN:
        path = path.with_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, body)
    print(f"{path}: open it on the Windows machine, with the company file open, as its QuickBooks Admin.")
    return cli.OK


def _preflight(store: Store, args: argparse.Namespace) -> int:
    logging.getLogger("pos").addHandler(logging.NullHandler())  # each finding says in words what a line of it would
    found = list(qbwc_preflight.look(store, store.config, args.company, args.address))
    passes = findings_report.passes(found)
    last = f"QBWC Preflight: {'PASS' if passes else 'FAIL'}"
    if args.report is not None:
        findings_report.write(args.report, "Web Connector: preflight", found, last, company=args.company)
    if args.json:
        view = findings_report.view(found, company=args.company)
        print(json.dumps(view, indent=1, ensure_ascii=False, default=str))
    else:
        print("\n".join([*findings_report.lines(found), "", last]))
    return cli.OK if passes else cli.FAILED


def _companies(store: Store, args: argparse.Namespace) -> int:
    who = opened.operator()
    if args.do == "add":
        row, password = qbd_companies.add(store, args.company, args.user, None, who)
        print(f"{row.company}: user {row.username}, password {password}")
        print("The password is shown this once; type it into the Web Connector.")
        if not qbd_companies.is_on(store.config) and len(qbd_companies.every(store)) == 1:
            print("Start the server anew: it takes long answers at /qbwc from then on.")
    elif args.do in ("on", "off"):
        qbd_companies.set_enabled(store, args.company, args.do == "on", who)
    elif args.do in ("levels", "changes"):
        qbd_companies.set_counts_as(store, args.company, "level" if args.do == "levels" else "difference", who)
    elif args.do == "rebind":
        qbd_companies.rebind(store, args.company, who, args.reason)
        print("The next company file that answers is the right one.")
    else:
        for row in qbd_companies.every(store):
            file = row.company_file or ("bound" if row.bound_at else "no file yet")
            last = f", last heard of {row.last_contact_at}" if row.last_contact_at else ""
            error = f"\n    {row.last_error_at}: {row.last_error}" if row.last_error else ""
            counts = ", counts as levels" if row.counts_as == "level" else ""
            print(f"{row.company}: {'on' if row.enabled else 'OFF'}, user {row.username}, {file}{counts}{last}{error}")
    return cli.OK
