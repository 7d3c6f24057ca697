"""restore FILE: a till made anew from a snapshot, under a new id, in a folder without one."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pos import cli, config
from pos.actions import restore
from pos.cli import opened
from pos.cli.progress import bar
from pos.errors import BadSettings, Invalid, NotFound
from pos.store import snapshot

FETCHED = ".fetched-"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="the snapshot; with --from its name there, or latest")
    parser.add_argument("--into", type=Path, metavar="DIR", help="folder of the new till (default: --root)")
    parser.add_argument("--from", dest="place", default="", metavar="PLACE", help="fetch the snapshot from this place")
    parser.add_argument("--of", default="", metavar="TILL", help="with --from: the till it is of")
    parser.add_argument("--till", default="", metavar="ID", help="the new till id (default: one is chosen)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="key of an encrypted snapshot")
    parser.add_argument(
        "--newer",
        action="append",
        metavar="PLACE",
        help="folder or place with receipts made after the snapshot (default: the places in its settings)",
    )
    parser.add_argument("--anyway", action="store_true", help="also when what it holds differed before already")


def run(args: argparse.Namespace, root: Path) -> int:
    """Print what was restored and what a person must still do. 1 when something was left alone."""
    into: Path = args.into.absolute() if args.into else root
    into.mkdir(parents=True, exist_ok=True)
    here = config.load(root) if root.is_dir() else config.Config(root=root)
    key = args.key or snapshot.key_of(here)
    began = time.monotonic()
    with TemporaryDirectory(prefix=FETCHED, dir=into) as fetched:
        file = _file(args, here, Path(fetched))
        wanted = restore.Wanted(file, key, args.till, args.newer, args.anyway, args.place)
        with bar("restore", "steps") as progress:
            done = restore.run(into, wanted, opened.operator(), progress=progress)
    for left in into.glob(f"{FETCHED}*"):  # of one that was killed
        shutil.rmtree(left, ignore_errors=True)
    return _tell(done, into, time.monotonic() - began)


def _file(args: argparse.Namespace, here: config.Config, fetched: Path) -> Path:
    if args.place:
        if not args.of:
            raise Invalid("Say which till the snapshot is of: --of T1.", field="of")
        return restore.fetch(here, args.place, args.file, args.of, fetched)
    file = Path(args.file).absolute()
    if not file.is_file():
        raise NotFound(f"There is no snapshot {file}.", field="file")
    return file


def _tell(done: restore.Done, into: Path, seconds: float) -> int:
    found = done.restored
    figures = found.manifest.figures
    print(f"Restored {found.manifest.name} into {into} in {seconds:.1f} s.")
    print(f"  {figures.documents} receipts of the snapshot, {found.merged} newer ones from {_list(done.asked)}.")
    print(f"  This till is {found.till} from now on, and never {found.manifest.till} again: its numbers begin anew.")
    if found.asked_again:
        print(f"  {found.asked_again} documents are asked for at the books before anything is sent again.")
    if found.session:
        print(f"  Session {found.session} was open: count the drawer and close it before the first sale.")
    for words in done.silent:
        print(f"  NOT ASKED for newer receipts: {words} When it is there again: `pos_server.py replay FOLDER`.")
    for words in found.notices:
        print(f"  LEFT ALONE: {words}")
    for words in found.differences:
        print(f"  DIFFERS: {words}")
    try:
        config.load(into)
    except BadSettings as error:
        print(f"  IT WILL NOT START before this is put right: {error.message}")
    print("Keys and passwords are not in a snapshot unless it says so: put .env back, then start the till.")
    return cli.FAILED if done.silent or found.notices or found.differences else cli.OK


def _list(words: list[str]) -> str:
    return ", ".join(words) or "nowhere"
