"""rebuild: the ledger of the database made anew from invoices/ alone. Refused while a server uses the folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.cli.progress import bar
from pos.store.rebuild import ELSEWHERE, rebuild


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (parser.description or "") + " The old database is kept beside the new one."


def run(args: argparse.Namespace, root: Path) -> int:  # noqa: ARG001
    """Print what was taken in and what is not in the receipts. 1 when files were left alone, 3 while a server runs."""
    with bar("rebuild", "receipts") as progress:
        found = rebuild(opened.settings(root), progress)
    print(f"{found.documents} receipts taken in.")
    if found.kept_as is not None:
        print(f"The database as it was is kept as {found.kept_as}.")
    for sentence in found.left_alone:
        print(f"LEFT ALONE: {sentence}")
    print(ELSEWHERE)
    return cli.FAILED if found.left_alone else cli.OK
