"""archive --before DATE | list | verify: receipts of months that are over, put into one verified file each."""

from __future__ import annotations

import argparse
from pathlib import Path

from pos import cli
from pos.actions import archive
from pos.cli import opened
from pos.cli.progress import bar
from pos.errors import Invalid, NotFound, PosError
from pos.store.db import Store

HELP = """\
Puts the receipt files of each month that ends before DATE into one compressed file below [storage] archive, reads it
back, compares every byte, and only then removes the loose files. Everything finds them there: verify, rebuild, returns,
pages, the watch agent. A month goes when its sessions are closed, all of it is booked or settled, and a verified
snapshot has it. `archive list` shows the files, `archive verify` proves them again."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = HELP
    parser.add_argument("act", nargs="?", choices=("list", "verify"), help="look at the archives; changes nothing")
    parser.add_argument("file", nargs="?", default="", help="with verify: one archive; left out: all")
    parser.add_argument("--before", metavar="DATE", default="", help="months that end before this day: 2026-04-01")
    parser.add_argument(
        "--without-backup", metavar="REASON", default="", help="do not wait for a verified snapshot, and why"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")


def run(args: argparse.Namespace, root: Path) -> int:
    """1 when a month could not be archived, or an archive is not whole."""
    with opened.till(root) as store:
        if args.act == "list":
            return _list(store)
        if args.act == "verify":
            return _verify(store, args.file)
        if not args.before:
            raise Invalid("Say which months: archive --before 2026-04-01. Or: archive list, archive verify.")
        return _archive(store, args)


def _archive(store: Store, args: argparse.Namespace) -> int:
    months = archive.planned(store, args.before, without_backup=args.without_backup)
    if not months:
        print("Nothing to archive: no month that is over by then has loose receipts.")
    failed = False
    for month in months:
        if month.why_not:
            failed = True
            print(f"{month.month}: {month.receipts} receipts stay. {month.why_not}")
        elif args.dry_run:
            print(f"{month.month}: {month.receipts} receipts would be archived.")
        else:
            failed |= not _one(store, month, args.without_backup)
    return cli.FAILED if failed else cli.OK


def _one(store: Store, month: archive.Month, reason: str) -> bool:
    try:
        with bar(f"archive {month.month}", "receipts") as progress:
            done = archive.put_away(store, month, opened.operator(), reason, progress=progress)
    except PosError as error:
        print(f"{month.month}: FAILED. {error.message}")
        return False
    made = f"{done.file}, {done.bytes / 1_000_000:.1f} MB, proven; " if done.file else "archived before; "
    gone = "loose files removed" if store.keeps_files else "receipts taken out of the database"
    print(f"{month.month}: {made}{done.removed} {gone}.")
    return True


def _list(store: Store) -> int:
    found = archive.listed(store.config)
    if not found:
        print(f"There is no archive in {store.config.archive}.")
    for one in found:
        if one.contents is None:
            print(f"{one.name:<28} FAILED: {one.words}")
        else:
            made = one.contents.made_at[:10]
            print(f"{one.name:<28} {one.contents.receipts:>8} receipts {one.bytes / 1_000_000:>9.1f} MB  made {made}")
    return cli.FAILED if any(one.contents is None for one in found) else cli.OK


def _verify(store: Store, wanted: str) -> int:
    names = [one.name for one in archive.listed(store.config)]
    if wanted:
        names = [name for name in names if name == Path(wanted).name]
        if not names:
            raise NotFound(f"There is no archive {wanted}. `archive list` shows what there is.")
    bad = 0
    for name in names:
        words = archive.proven(store, name)
        print(f"{name}: {words or 'whole'}")
        bad += bool(words)
    return cli.FAILED if bad else cli.OK
