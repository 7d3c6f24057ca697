"""verify: receipts, hashes, chain, sequence, database and audit compared with each other. Changes nothing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from pos import cli
from pos.cli import opened
from pos.cli.progress import bar
from pos.store import anchors, chains, snapshot
from pos.store.db import is_postgresql
from pos.store.verify import verify


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="print every difference, not only the first")
    parser.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="HASH:COUNT|FILE",
        help="what is known of the chain elsewhere: the anchor printed on a Z, a receipt's file, a snapshot, "
        "anchors.jsonl of the till that keeps copies, or a folder of copied receipts; may be given several times",
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="key of an encrypted snapshot")


def run(args: argparse.Namespace, root: Path) -> int:
    """Print the first difference, or what was found whole. 1 when anything differs."""
    config = opened.settings(root)
    if is_postgresql(config):
        return _of_hub(root)
    with TemporaryDirectory(prefix="tillkeep-anchor-") as work:
        known = anchors.read(args.anchor, args.key or snapshot.key_of(config), Path(work)) if args.anchor else None
    with bar("verify", "receipts") as progress:
        report = verify(config, progress, known=known, processes=os.cpu_count() or 1)
    counted = (
        f"{report.documents} receipts with {report.lines} lines, {report.files} files, {report.sessions} sessions, "
        f"{report.audit_rows} audit rows"
    )
    if known is not None:
        counted += f", {known.told()} known elsewhere"
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


def _of_hub(root: Path) -> int:
    """A hub on PostgreSQL holds no files: each document by itself, every chain, the sums kept of them, the audit."""
    with opened.till(root) as store, bar("verify", "documents") as progress:
        walked = chains.walk(store, lambda done: progress(done, done))
    for difference in walked.differences:
        print(f"DIFFERS: {difference}")
    print(f"Looked at {walked.documents} documents and {walked.audit_rows} audit rows, every chain of them.")
    return cli.FAILED if walked.differences else cli.OK
