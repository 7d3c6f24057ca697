"""ingest-history: take in what another program's runs came to, out of files of our own format."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import run_history
from pos.cli import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Take in the history of runs: files of the format in docs/runs.md, or folders of them. What is here already "
        "changes nothing; a file that cannot be read is named and left as it is. Exit code 1 when one was."
    )
    parser.add_argument("--days", type=int, default=run_history.DAYS, metavar="N", help="runs of the last N days (60)")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE|DIR", help="files, or folders with .json files")


def run(args: argparse.Namespace, root: Path) -> int:
    """One line a file."""
    if args.days < 1:
        print("--days is a day at least.")
        return cli.BAD
    found = run_history.files_of(args.files)
    left = 0
    with opened.till(root) as store:
        for one in run_history.ingest(store, found, args.days, opened.operator()):
            if one.refused:
                left += 1
                print(f"{one.file}: left as it is. {one.refused}")
            else:
                print(f"{one.file}: {one.new} new, {one.known} known, {one.older} older than {args.days} days.")
    if not found:
        print("There is no .json file there.")
    return cli.FAILED if left else cli.OK
