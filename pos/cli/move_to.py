"""move-to: take a hub from its SQLite file to PostgreSQL. Resumable; compared row by row; the old file is retired."""

from __future__ import annotations

import argparse
import dataclasses
from contextlib import closing
from pathlib import Path

from pos import cli, clock
from pos.cli import opened
from pos.cli.progress import bar
from pos.config import Config
from pos.errors import BadSettings, Conflict, NotFound
from pos.setting import shown
from pos.store import audit, chains, disk, hub_tills, identity, moving, rounds
from pos.store.db import LOCK_FILE, database_path, is_postgresql, open_store


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="?", metavar="URL", help="postgresql://user@host/database, which must be empty")
    parser.add_argument("--give-up", action="store_true", help="stay on the old file; only while it is not finished")


def run(args: argparse.Namespace, root: Path) -> int:
    """Copy, compare, retire the old file. 1 when something differs: then nothing was changed over."""
    config = opened.settings(root)
    path = database_path(config)
    if not path.exists():
        raise NotFound(f"There is no hub in {root}.")
    lock = disk.FolderLock(path.with_name(LOCK_FILE))
    try:
        return _give_up(config) if args.give_up else _move(config, path, args.url or "")
    finally:
        lock.release()


def _give_up(config: Config) -> int:
    with closing(open_store(config)) as store, store.transaction():
        moved = identity.moved(store)
        if moved is None or moved.done:
            raise Conflict("This hub is not on its way anywhere.", code="not_moving")
        identity.unmark_moved(store)
        audit.record(store, opened.operator(), "hub.move_given_up", moved.to)
    print("This hub stays where it is. The other database is of no use any more: drop it.")
    return cli.OK


def _move(config: Config, path: Path, url: str) -> int:
    there = dataclasses.replace(config, storage=dataclasses.replace(config.storage, url=url))
    if not is_postgresql(there):
        raise BadSettings("Name the database to move to: pos_server.py move-to postgresql://user@host/database")
    if config.server.role != "hub":
        raise BadSettings(
            f"[server] role is {config.server.role}. A till keeps its own file: only a hub alone can move.",
            code="postgresql_till",
        )
    hub, done = _leave(config, shown(url))
    if not done:
        differences = _copied(there, path, hub)
        if differences:
            for words in differences:
                print(f"DIFFERS: {words}")
            print("Nothing was changed over. `move-to --give-up` stays here; then empty the other one and try again.")
            return cli.FAILED
        with closing(open_store(config)) as store, store.transaction():
            identity.mark_moved(store, shown(url), done=True)
    with closing(open_store(there)) as target, target.transaction():
        if identity.coming_from(target) == hub:
            identity.arrived(target)
            audit.record(target, opened.operator(), "hub.move", hub, {"from": path.name})
    print(f"This hub is at {shown(url)} now. Set that as [storage] url (or TILLKEEP_STORAGE_URL) and start.")
    print(f"{path} stays as it is, for reading; no server starts on it any more.")
    return cli.OK


def _leave(config: Config, to: str) -> tuple[str, bool]:
    """Nobody serves the old file from here on. The hub's id, and whether all of it arrived before."""
    with closing(open_store(config)) as store:
        moved = identity.moved(store)
        if moved is not None and moved.to != to:
            raise Conflict(
                f"This hub is being moved to {moved.to}. Finish that, or `move-to --give-up`.", code="moving"
            )
        if moved is None:
            running = [agent for (agent, _), state in rounds.states(store, clock.now()).items() if state.running]
            if running:
                raise Conflict(
                    f"Agents are at work here ({running[0]}). Stop `pos_server.py agents` first.", code="busy"
                )
            hub = hub_tills.hub_id(store)
            with store.transaction():
                audit.record(store, opened.operator(), "hub.move_begun", hub, {"to": to})
                identity.mark_moved(store, to, done=False)
        return hub_tills.hub_id(store), moved is not None and moved.done


def _copied(there: Config, path: Path, hub: str) -> list[str]:
    """Copy what is not there yet and compare all of it: what differs, in words."""
    found = []
    with closing(moving.open_source(path)) as source, closing(open_store(there)) as target:
        moving.begin(target, source, hub)
        every = moving.tables(source)
        for table in every:
            with bar("copied", table.name) as progress:
                moving.copy(target, source, table, lambda done, tell=progress: tell(done, done))  # type: ignore[misc]
        moving.finish(target, source)
        for table in every:
            here, copied = moving.sum_of(source.execute, table), moving.sum_of(target.execute, table)
            print(f"{table.name:<24} {copied.rows:>10} rows  {copied.digest[:16]}", flush=True)
            if here != copied:
                found.append(f"{table.name}: {here.rows} rows here, {copied.rows} there, or not the same ones")
        walked = chains.walk(target)
        print(f"{walked.documents} documents and {walked.audit_rows} audit rows: every chain was walked.")
    return found + walked.differences
