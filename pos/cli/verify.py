"""verify: receipts, hashes, chain, sequence, database and audit compared with each other. Changes nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.cli.progress import bar
from pos.store.verify import verify


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="print every difference, not only the first")


def run(args: argparse.Namespace, root: Path) -> int:
    """Print the first difference, or what was found whole. 1 when anything differs."""
    with bar("verify", "receipts") as progress:
        report = verify(opened.settings(root), progress)
    counted = (
        f"{report.documents} receipts with {report.lines} lines, {report.files} files, {report.sessions} sessions, "
        f"{report.audit_rows} audit rows"
    )
    if report.ok:
        print(f"All is as it must be: {counted}.")
        return cli.OK
    for difference in report.differences if args.all else report.differences[:1]:
        print(f"DIFFERS: {difference}")
    more = len(report.differences) - 1
    if more and not args.all:
        print(f"and {more} more; --all prints them.")
    print(f"Looked at {counted}.")
    return cli.FAILED
