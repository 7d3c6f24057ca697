"""The till's side of its hub: which folder it is, its key, what waits to go up, and whether it is there twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import fn

from pos import clock
from pos.config import Config
from pos.errors import Conflict
from pos.rules import hub
from pos.said import said
from pos.store import disk, entries, notices
from pos.store.db import Store
from pos.store.models import Document, Outbox
from pos.store.stories import told
from pos.store.tally import WAITING

#: Meta: why this till may give out no numbers; "" = it may. And the hub the documents that are here were queued for.
DOUBLED, QUEUED_FOR = "hub.doubled", "hub.queued_for"
NOTICE = "hub:doubled"
#: What becomes of rows for a connection this till had before it joined a hub.
HANDED_OVER = "hub: it goes by the hub now, which asks the books for it before anything is sent"

_QUEUE = (
    "INSERT INTO outbox (document, connection, part, state, tries, next_at, lease_until, owner, after, settle_at,"
    " booked_at, resolved, remote_id, remote, code, message, difference, created_at, updated_at)"
    " SELECT id, ?, ?, 'queued', 0, ?, '', '', '', '', '', '', '', '', '', '', '', ?, ? FROM document"
    " WHERE series <> 'recovered' AND NOT EXISTS"
    " (SELECT 1 FROM outbox o WHERE o.document = document.id AND o.connection = ?) ORDER BY n"
)


def instance(config: Config) -> str:
    """The random id of this data folder, made once. No snapshot holds it: what is restored elsewhere is another one."""
    try:
        found = config.instance_file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        found = ""
    if not hub.is_instance(found):
        found = clock.uuid7()
        disk.write_whole(config.instance_file, found.encode(), flush=True, mode=0o600)
    return found


def new_instance(config: Config) -> str:
    """Another id for this folder: a person said that this one is the till, and a copy of it may have the old id."""
    config.instance_file.unlink(missing_ok=True)
    return instance(config)


def keep_key(config: Config, key: str) -> None:
    """The key of this till at its hub, for this user's eyes alone."""
    disk.write_whole(config.hub_key_file, f"{key}\n".encode(), flush=True, mode=0o600)


# -- there twice -------------------------------------------------------------------------------------------------------


def refuse_doubled(store: Store) -> None:
    """Conflict while the hub says that this till is there twice: a number given out now may be given out there too."""
    why = entries.meta(store, DOUBLED, "")
    if why:
        raise Conflict(
            said(
                "This till is there twice, so it gives out no numbers until somebody decided which one stays: {why}",
                why=why,
            ),
            code="doubled",
        )


def mark_doubled(store: Store, why: str, remedy: str) -> None:
    """The hub says so. It stands until the hub takes documents again."""
    with store.transaction():
        if entries.meta(store, DOUBLED, "") != str(why):
            entries.set_meta(store, DOUBLED, str(why))
        notices.raise_once(store, NOTICE, "needs", why, remedy)


def clear_doubled(store: Store) -> None:
    """The hub knows this one as the till."""
    if entries.meta(store, DOUBLED, ""):
        with store.transaction():
            entries.set_meta(store, DOUBLED, "")
            notices.settle(store, NOTICE)


# -- what goes up ------------------------------------------------------------------------------------------------------


def head(store: Store) -> hub.Head:
    """The newest document of this till's own series."""
    found = entries.last(store, store.config.till.id, "till", "0" * 64)
    return hub.Head(found.sequence, found.hash)


def queue_all(store: Store, hub_of_till: str, now: datetime) -> int:
    """Queue every document that has no row for this hub yet; how many. Once per hub: what is saved later is queued as
    it is saved. What still waited for books of its own goes by the hub, which asks them first."""
    stamp = clock.stamp(now)
    with store.transaction():
        before = entries.meta(store, QUEUED_FOR, "")
        if before == hub_of_till:
            return 0
        ours = Outbox.connection == hub.KIND
        if before:  # another hub than the one that has them
            Outbox.update(state="queued", next_at=stamp, remote_id="", remote="", booked_at="", tries=0).where(
                ours & (Outbox.state == "booked")
            ).execute()
        count = store.execute(_QUEUE, (hub.KIND, hub.PART, stamp, stamp, stamp, hub.KIND)).rowcount
        Outbox.update(state="rejected", resolved=HANDED_OVER, code="handed_over", parked="", updated_at=stamp).where(
            (Outbox.connection != hub.KIND) & Outbox.state.in_(WAITING)
        ).execute()
        entries.set_meta(store, QUEUED_FOR, hub_of_till)
        return int(count)


def ask_again(store: Store, newest: int, missing: Iterable[tuple[int, int]], now: datetime) -> int:
    """The hub has lost documents it took in: what it acknowledged since the first of them is asked for, and sent again
    where it is not there; how many. newest, missing: what it says that it has of this till's series."""
    stamp, till = clock.stamp(now), store.config.till.id
    with store.transaction():
        ours = (Outbox.connection == hub.KIND) & (Outbox.state == "booked")
        gone = Document.sequence > newest
        for first, last in missing:
            gone |= Document.sequence.between(first, last)
        lost = Document.select(Document.id).where((Document.till == till) & (Document.series == "till") & gone)
        since = Outbox.select(fn.MIN(Outbox.booked_at)).where(ours & Outbox.document.in_(lost)).scalar()
        if not since:
            return 0
        words = said("The hub has lost documents it had: it is asked for this one, and gets it again where it is gone.")
        values = {"state": "unknown", "next_at": stamp, "settle_at": stamp, "booked_at": "", "tries": 0,
                  "code": "hub_lost", "message": words, "updated_at": stamp}  # fmt: skip
        asked = Outbox.update(**values, story=told(now, "unknown", values))
        return int(asked.where(ours & (Outbox.booked_at >= since)).execute())
