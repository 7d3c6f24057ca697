"""The doctor's look at what is saved: database, chain, clock, people, session, notices, agents, copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pos import clock, queue
from pos.actions import backup
from pos.actions.finding import Finding, Look, fail, not_set_up, ok, warn
from pos.config_checks import REDIS
from pos.errors import BadSettings
from pos.rules.wording import moment
from pos.setting import shown
from pos.store import archive, connections, examine, gauges, receipts, shifts, snapshot
from pos.store import notices as told
from pos.store.db import Store, database_path, is_postgresql

#: So many of the newest documents are looked at whole; `verify` looks at all.
LOOKED_AT = 500
CLOCK_SECONDS = 120
LOG_MB_MAX = 128
MEGABYTE = 1 << 20
#: An agent later than this does not run.
OVERDUE_SECONDS = 3600
FAILURES_TOLD = 3


def database(look: Look) -> Iterator[Finding]:
    """SQLite's own look at each page, the version of the tables, the log, and whether it is the demo shop's."""
    store = look.store
    if is_postgresql(look.config):
        yield from _on_server(look)
        return
    if store is None:
        if not database_path(look.config).exists():
            yield not_set_up("database", "There is no database yet.", "Start the till once, or `restore` a snapshot.")
        return
    shape = examine.shape(store)
    facts = {"tables": shape.version, "known": shape.known, "bytes": shape.bytes, "log_bytes": shape.log_bytes}
    words = f"{shape.bytes // MEGABYTE} MB, tables of version {shape.version}"
    if shape.damage:
        remedy = "Stop the till, copy the folder, then `pos_server.py rebuild`, or `restore` a snapshot."
        yield fail("database", f"The database file is damaged: {shape.damage}.", remedy, **facts)
    elif shape.version > shape.known:
        remedy = "Install that version again, or restore the snapshot made before it."
        yield fail("database", f"A newer Tillkeep wrote the database ({words}).", remedy, **facts)
    elif not shape.version:
        remedy = "Stop the till, move it away, then `pos_server.py rebuild`, or `restore` a snapshot."
        yield fail("database", "The database is empty: what stood in it is gone.", remedy, **facts)
    elif shape.journal_mode != "wal":
        remedy = "Put data/ on a local disk; network folders cannot do this."
        yield fail("database", f"The database keeps no log (it says {shape.journal_mode}).", remedy, **facts)
    elif shape.log_bytes > LOG_MB_MAX * MEGABYTE:
        remedy = "Close other programs that have data/till.db open; restarting the till empties it."
        yield warn("database", f"Its log has grown to {shape.log_bytes // MEGABYTE} MB.", remedy, **facts)
    elif shape.version < shape.known:
        remedy = "The next start of the till brings it up to date; make a backup before."
        yield warn("database", f"An older Tillkeep wrote the database ({words}).", remedy, **facts)
    else:
        yield ok("database", f"The database is whole ({words}).", **facts)


def _on_server(look: Look) -> Iterator[Finding]:
    """The settings of PostgreSQL that keep what was acknowledged, and the version of the tables."""
    if look.store is None:  # why was told already
        return
    unsafe, current = look.store.database.difference(), examine.up_to_date(look.store)
    if unsafe:
        yield fail("database", unsafe, "Set that in postgresql.conf; the hub takes nothing in before.")
    elif not current:
        yield warn("database", "Its tables are not those of this program.", "Start the hub once, with this version.")
    else:
        yield ok("database", f"{shown(look.config.storage.url)}: each COMMIT is on its disk.")
    if look.store.replica is not None:
        behind, why = look.store.replica.standing()
        named = f"The read replica {shown(look.config.storage.read_url)}"
        if why:
            remedy = "The console asks the primary meanwhile. Look at the replica and at [storage] read_url."
            yield warn("replica", f"{named} is not asked: {why}.", remedy, lag_seconds=behind)
        else:
            yield ok("replica", f"{named} is {behind:.1f} s behind.", lag_seconds=behind)


def current_store(look: Look) -> Store | None:
    """The database, when its tables are those this program reads."""
    store = look.store
    return store if store is not None and examine.up_to_date(store) else None


def chain(look: Look) -> Iterator[Finding]:
    """Numbers without a gap, hash and link of the newest documents, and their files."""
    store = current_store(look)
    if store is None:
        return
    for till in look.config.till.ids:
        found = examine.chain(store, till, LOOKED_AT)
        facts = {"till": till, "documents": found.documents, "looked_at": found.looked, "head": found.head}
        if found.difference:
            remedy = "`pos_server.py verify --all` lists everything; a restart writes missing files again."
            if ".zip is damaged" in found.difference:
                remedy = "Keep that archive as evidence and move it away; the till writes the receipts in it again."
            yield fail("chain", f"{found.difference}.", remedy, **facts)
        elif not found.documents and till == look.config.till.id:
            yield ok("chain", "Nothing was sold yet.", **facts)
        elif found.documents:
            words = f"{found.documents:,} documents of {till} without a gap; the last {found.looked} are whole."
            yield ok("chain", words, **facts)


def clock_here(look: Look) -> Iterator[Finding]:
    """Is the clock behind its own receipts, and did it ever run back between two of the newest?"""
    store = current_store(look)
    if store is None:
        return
    newest = receipts.newest_at(store)
    behind = (clock.parse(newest) - look.now).total_seconds() if newest else 0.0
    jumped = examine.back_in_time(store, LOOKED_AT)
    if behind > CLOCK_SECONDS:
        words = f"The clock is {int(behind) // 60} minutes behind the last receipt."
        remedy = "Set date and time of this machine, best by itself (NTP); receipts carry them."
        yield fail("clock", words, remedy, behind_seconds=int(behind))
    elif jumped is not None:
        words = (
            f"The clock ran back before {jumped[0]}: the receipt before it is of {jumped[1][:19].replace('T', ' ')}."
        )
        remedy = "Let the machine set its clock by itself (NTP). Numbers and sums are right all the same."
        yield warn("clock", words, remedy, number=jumped[0])
    else:
        local = moment(look.now, look.config.shop.locale)
        yield ok("clock", f"It is {local} UTC here, in the order of the receipts.", at=clock.stamp(look.now))


# -- who works here ----------------------------------------------------------------------------------------------------


def people(look: Look) -> Iterator[Finding]:
    """Somebody can sign in, and somebody can put things right."""
    store = current_store(look)
    if store is None:
        return
    able = examine.count(store, "user", "active = 1 AND pin_hash <> ''")
    owners = examine.count(store, "user", "active = 1 AND role IN ('manager', 'admin')")
    demo = " This is the demo shop." if connections.is_demo(store) else ""
    if not able:
        yield not_set_up("people", "Nobody can sign in yet.", 'pos_server.py user add 1 "Ada" --role manager')
    elif not owners:
        remedy = "pos_server.py user add CODE NAME --role manager"
        yield warn("people", f"{able} can sign in, and none of them is a manager.", remedy)
    else:
        yield ok("people", f"{able} can sign in, {owners} of them to manage.{demo}", demo=bool(demo))


def session(look: Look) -> Iterator[Finding]:
    """A session left open for days mixes business days in one Z."""
    store = current_store(look)
    found = shifts.current(store, look.config.till.id) if store is not None else None
    hours = look.config.shift.old_session_hours
    if found is None:
        return
    age = look.now - clock.parse(found.opened_at)
    facts = {"session": found.id, "opened_at": found.opened_at}
    if age > timedelta(hours=hours):
        words = f"Session {found.id} has been open for {int(age.total_seconds()) // 3600} hours."
        yield warn("session", words, "Count the drawer and close it; the next sale opens a new one.", **facts)
    else:
        yield ok("session", f"Session {found.id} is open.", **facts)


def open_notices(look: Look) -> Iterator[Finding]:
    """What people were told and is still so."""
    store = current_store(look)
    if store is None:
        return
    counts = gauges.notices(store)
    shown = told.open_notices(store, level="needs", limit=3)
    if shown:
        words = f"{counts['needs']} notices need a person: {' '.join(str(one.text) for one in shown)}"
        yield warn("notices", words, " ".join(str(one.remedy) for one in shown), **counts)
    else:
        yield ok("notices", f"Nothing needs a person ({counts['check']} to look at).", **counts)


# -- what runs by itself -----------------------------------------------------------------------------------------------


def agents(look: Look) -> Iterator[Finding]:
    """Do they come round, and do they come through?"""
    store = current_store(look)
    found = gauges.agents(store) if store is not None else []
    if not found:
        return
    names = {f"{one.agent} {one.connection}".strip(): one for one in found}
    failing = [name for name, one in names.items() if one.failures >= FAILURES_TOLD]
    paused = [name for name, one in names.items() if one.paused]
    late = timedelta(seconds=OVERDUE_SECONDS)
    overdue = [
        name for name, one in names.items()
        if not one.paused and one.due_at and look.now - clock.parse(one.due_at) > late
    ]  # fmt: skip
    facts = {"failing": failing, "paused": paused, "overdue": overdue}
    if failing:
        remedy = "See the log, or the agents' page, for what they say."
        yield fail("agents", f"Failed {FAILURES_TOLD} times in a row or more: {', '.join(failing)}.", remedy, **facts)
    elif overdue and look.serving is not None:
        remedy = "Restart the till; with [queue] in_server = no start `pos_server.py agents` as well."
        yield warn("agents", f"Over an hour late: {', '.join(overdue)}.", remedy, **facts)
    elif paused:
        yield warn(
            "agents", f"Paused by a person: {', '.join(paused)}.", "Let them run again when that is over.", **facts
        )
    else:
        yield ok("agents", f"{len(names)} agents come round without failing.", **facts)


def bells(look: Look) -> Iterator[Finding]:
    """Does a queue on Redis answer? One in a file needs nothing."""
    if not look.config.queue.url.startswith(REDIS):
        return
    where, why = shown(look.config.queue.url), queue.unreachable(look.config)
    if why:
        remedy = "Start Redis, or correct [queue] url. Meanwhile agents come round by their schedule; nothing is lost."
        yield warn("queue", f"The wake-up queue {where} does not answer: {why}.", remedy)
    else:
        yield ok("queue", f"The wake-up queue {where} answers.")


def copies(look: Look) -> Iterator[Finding]:
    """How old the newest copy elsewhere is, whether elsewhere is elsewhere, and whether snapshots were proven."""
    if not look.config.backup.places:
        remedy = "Name a place in [backup] places: a USB stick or a folder of another machine is enough."
        yield not_set_up("copies", "No copy goes elsewhere: with this disk everything would be gone.", remedy)
        return
    store = current_store(look)
    if store is None:
        return
    if (key := snapshot.key_of(look.config)) is not None:
        try:
            archive.check_key(key)
        except BadSettings as error:
            remedy = "Put the copy of that key back; until then no snapshot is made, and those there cannot be opened."
            yield fail("copies", error.message, remedy)
    for view in backup.standing(store, look.config).places:
        facts = {
            "place": view.place,
            "behind": view.behind,
            "copied_at": view.copied_at,
            "snapshot_at": view.snapshot_at,
        }
        words = f"{view.place}: {view.words}".rstrip(": ")
        if view.state in ("failing", "late"):
            remedy = "See that the place can be reached; what waits is copied by itself."
            yield fail("copies", f"{words} ({view.behind} receipts wait)", remedy, **facts)
        elif view.state == "near":
            remedy = "Name a place on another disk or machine."
            yield warn("copies", f"{view.place} is on the till's own disk: it is no safe copy.", remedy, **facts)
        elif view.state == "new":
            yield warn("copies", f"{view.place} has no copy yet.", "`pos_server.py backup now` makes one.", **facts)
        elif view.snapshot and not view.verified_at:
            remedy = f"`pos_server.py backup verify {view.snapshot}` says what is wrong with it."
            yield fail("copies", f"The newest snapshot at {view.place} was not proven whole.", remedy, **facts)
        else:
            yield ok("copies", f"{view.place}: every receipt has its copy ({view.behind} on their way).", **facts)
