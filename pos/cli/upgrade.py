"""upgrade FILE.zip | --back: another version of the program beside this one, and the way back. Without a word: what
there is. The till may run meanwhile; it goes over when it is started again."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pos import __version__, cli, launch
from pos.actions import upgrade
from pos.actions.upgrade import Upgrade
from pos.cli import opened
from pos.cli.progress import bar
from pos.errors import Invalid
from pos.store.db import is_served

#: The program this command runs in.
HERE = Path(__file__).resolve().parents[2]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE.zip", help="the new version")
    parser.add_argument("--back", action="store_true", help="return to the version before, with all done since")
    parser.add_argument("--sha256", default="", metavar="HEX", help="refuse the zip unless it has this SHA-256")
    parser.add_argument("--rehearse", action="store_true", help=argparse.SUPPRESS)  # what it asks the new version


def run(args: argparse.Namespace, root: Path) -> int:
    """Say what was done and what a person must still do."""
    loaded = opened.settings(root)
    if args.rehearse:
        from pos import app  # noqa: F401 - every package of the new environment is found

        print(json.dumps(upgrade.rehearse(loaded)))
        return cli.OK
    if args.back and args.file:
        raise Invalid("Give a zip, or --back, not both.", field="back")
    if not args.back and not args.file:
        return _show(root)
    with bar("upgrade", "files") as progress:
        work = Upgrade(loaded, HERE, opened.operator(), progress=progress)
        if args.back:
            now = work.back()
            print(f"This till works with {now.version or f'the installation in {launch.installation(HERE)}'} again.")
        else:
            done = work.run(args.file.absolute(), args.sha256)
            print(f"{done.version.name} lies in {done.version.folder}, and was tried on a copy of this till:")
            tables = done.release.tables
            print(f"  {done.documents} receipts verified; tables {done.tables_before} -> {tables}.")
            if done.snapshot:
                print(f"  The till as it was before: {done.snapshot}")
            print("`pos_server.py upgrade --back` returns to the version before.")
    if is_served(loaded):
        print("The till sells on as it was. Stop it and start it again, and it goes over.")
    return cli.OK


def _show(root: Path) -> int:
    now, shelf = launch.pointer(root), launch.shelf(HERE)
    print(f"Tillkeep {__version__} in {HERE}")
    print(f"{root} works with {now.version or 'the installation'}" + (f", before: {_list(now)}" if now.before else ""))
    names = sorted(path.name for path in shelf.iterdir() if path.is_dir()) if shelf.is_dir() else []
    for name in names:
        print(f"  {name:<24} {'' if launch.version(HERE, name) else 'not whole: an upgrade broke off'}".rstrip())
    return cli.OK


def _list(now: launch.Pointer) -> str:
    return ", ".join(name or "the installation" for name in now.before)
