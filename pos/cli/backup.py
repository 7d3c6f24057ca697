"""backup now | list | verify | key: copies of the till, made and looked at by hand."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pos import cli
from pos.actions import backup, snapshots
from pos.cli import opened
from pos.cli.progress import bar
from pos.errors import NotFound
from pos.places import words_of
from pos.store import archive
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="now|list|verify|key")
    acts.add_parser("now", help="copy receipts and make a snapshot now, proven and put to every place")
    acts.add_parser("list", help="the places with their state, and the snapshots that lie there")
    verify = acts.add_parser("verify", help="restore a snapshot aside and compare all of it; changes nothing")
    verify.add_argument("snapshot", nargs="?", default="", help="its name or file; left out: the newest at each place")
    key = acts.add_parser("key", help="make a key that encrypts snapshots")
    key.add_argument("file", type=Path, help="where it is written; keep a copy elsewhere")


def run(args: argparse.Namespace, root: Path) -> int:
    """1 when a place failed or a snapshot is not whole."""
    if args.act == "key":
        public = archive.new_key(args.file)
        print(f"Key written to {args.file}. Name it in [backup] key_file, and keep a copy of it elsewhere:")
        print(f"without it no snapshot can be opened. Its public half is {public}.")
        return cli.OK
    if args.act == "verify" and args.snapshot and Path(args.snapshot).is_file():
        return _prove_file(root, Path(args.snapshot))
    with opened.till(root) as store:
        return {"now": _now, "list": _list, "verify": _verify}[args.act](store, args)


def _now(store: Store, _args: argparse.Namespace) -> int:
    receipts, failed = _copy(store)
    with bar("snapshot", "receipts") as progress:
        taken = snapshots.take(store, store.config, "person", opened.operator(), progress=progress)
    figures = taken.made.manifest.figures
    size = f"{taken.made.bytes / 1_000_000:.1f} MB"
    print(f"{taken.made.manifest.name}: {figures.documents} receipts, {size}, restored aside and compared.")
    for word in taken.there:
        print(f"  there: {word}")
    if receipts:
        print(f"  {receipts} receipts copied by themselves before")
    for words in dict.fromkeys((*failed, *taken.failed)):
        print(f"  FAILED: {words}")
    if taken.difference:
        print(f"  DIFFERS: {taken.difference}")
    return cli.FAILED if taken.failed or taken.difference or failed else cli.OK


def _copy(store: Store) -> tuple[int, list[str]]:
    """All that waits, tried at once: how many receipts went, and a sentence for each place that did not take them."""
    memory: dict[str, Any] = {}
    done = backup.copy(store, store.config, memory, at_once=True)
    receipts, failed = done.receipts, list(done.failed)
    while done.more and done.receipts:  # a place that failed is left to its ladder from here on
        done = backup.copy(store, store.config, memory)
        receipts, failed = receipts + done.receipts, [*failed, *done.failed]
    return receipts, failed


def _list(store: Store, _args: argparse.Namespace) -> int:
    standing = backup.standing(store, store.config)
    print(standing.text)
    for view in standing.places:
        print(f"{view.place}: {view.state}{f', {view.behind} receipts without a copy' if view.behind else ''}")
        if view.words:
            print(f"  {view.words}")
    found, failed = snapshots.listed(store, store.config)
    for one in found:
        proven = f"proven {one.verified_at[:16]}" if one.verified_at else "not proven"
        print(f"{one.name:<32} {one.bytes / 1_000_000:>9.1f} MB  {proven:<24} {one.place}")
    for words in failed:
        print(f"FAILED: {words}")
    return cli.FAILED if failed else cli.OK


def _verify(store: Store, args: argparse.Namespace) -> int:
    found, failed = snapshots.listed(store, store.config)
    if args.snapshot:
        chosen = [one for one in found if one.name == args.snapshot]
    else:
        chosen = [next(one for one in found if one.place == w) for w in words_of(store.config) if _has(found, w)]
    if not chosen:
        raise NotFound(f"There is no snapshot {args.snapshot or 'yet'}. `backup list` shows what there is.")
    bad = 0
    for one in chosen:
        with bar("verify", "receipts") as progress:
            words = snapshots.prove(store, store.config, one.name, one.place, progress)
        print(f"{one.name} at {one.place}: {words or 'whole'}")
        bad += bool(words)
    for words in failed:
        print(f"FAILED: {words}")
    return cli.FAILED if bad or failed else cli.OK


def _has(found: list[snapshots.There], word: str) -> bool:
    return any(one.place == word for one in found)


def _prove_file(root: Path, file: Path) -> int:
    config = opened.settings(root)
    with bar("verify", "receipts") as progress:
        words = snapshots.prove_file(config, file, config.data / "snapshots" / "aside", progress)
    print(f"{file}: {words or 'whole'}")
    return cli.FAILED if words else cli.OK
