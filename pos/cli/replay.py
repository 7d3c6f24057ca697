"""replay FILE…: take receipts in again, by the running server or straight into the folder; harmless when repeated."""

from __future__ import annotations

import argparse
import glob
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from pos import cli, config
from pos.actions import replay
from pos.cli import control, opened
from pos.errors import Invalid, PosError
from pos.store.db import open_store
from pos.store.journal import Journal

#: Takes one file's bytes; answers the receipt's number and whether it was here already. Raises PosError.
Door = Callable[[bytes], tuple[str, bool]]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="receipt files; folders and * are fine")


def run(args: argparse.Namespace, root: Path) -> int:
    """One line a file; 1 when any was refused. The receipts keep number, day and totals, and are never priced again."""
    loaded = opened.settings(root)
    taken = known = refused = 0
    with door(loaded) as take_in:
        for file in tqdm(named(args.files), desc="replay", unit=" receipts", disable=None, leave=False):
            try:
                number, duplicate = take_in(file.read_bytes())
            except (PosError, OSError) as error:
                refused += 1
                why = getattr(error, "strerror", None) or error
                tqdm.write(f"REFUSED       {file}: {why}")
                continue
            taken, known = taken + (not duplicate), known + duplicate
            tqdm.write(f"{'already here' if duplicate else 'taken in':<13} {file}: {number}")
    print(f"{taken} taken in, {known} already here, {refused} refused.")
    return cli.FAILED if refused else cli.OK


def named(words: list[str]) -> list[Path]:
    """The files meant: a folder stands for every receipt below it, and * is understood on Windows too."""
    found: list[Path] = []
    for word in words:
        path = Path(word)
        if path.is_dir():
            found += sorted(path.rglob("*.json"))
        elif path.exists() or not glob.has_magic(word):
            found.append(path)
        else:
            found += sorted(Path(name) for name in glob.glob(word, recursive=True))  # noqa: PTH207 (patterns may be absolute)
    if not found:
        raise Invalid(f"No file fits {' '.join(words)}.", field="files")
    return found


@contextmanager
def door(loaded: config.Config) -> Iterator[Door]:
    """The way in: the server on this folder when one runs, else the folder itself, locked for as long as this takes."""
    server = control.running(loaded)
    if server is not None:

        def through(body: bytes) -> tuple[str, bool]:
            answer = server.call("/api/create-sale", body)
            return str(answer["receipt"]["number"]), bool(answer["duplicate"])

        yield through
        return
    store = open_store(loaded)
    try:
        journal = Journal(store)
        try:
            by = opened.operator()

            def straight(body: bytes) -> tuple[str, bool]:
                found = replay.take_in(journal, body, "replay", by)
                return str(found.doc["invoice_name"]), found.duplicate

            yield straight
        finally:
            journal.close()
    finally:
        store.close()
