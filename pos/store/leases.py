"""Leases: who alone does a thing now, across every process that works on this store.

A holder that dies lets go by itself when its time runs out. Each new holder gets a higher fence; whoever finds that
`keep` says no has lost it and must stop, because somebody else is at it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import IntegrityError

from pos import clock
from pos.store.db import Store
from pos.store.models import Lease

#: A lease that runs out further ahead than this was taken before the clock was set back; it counts as run out.
AHEAD_SECONDS_MAX = 3600


def take(store: Store, name: str, holder: str, seconds: int, now: datetime | None = None) -> int | None:
    """Hold `name` for so long: its fence, or None while somebody else holds it. The holder's own is made longer."""
    moment = now or clock.now()
    until = clock.stamp(moment + timedelta(seconds=seconds))
    try:
        with store.transaction():
            row = Lease.get_or_none(Lease.name == name)
            if row is None:
                Lease.create(name=name, holder=holder, until=until, fence=1)
                return 1
            if row.holder == holder and row.until > clock.stamp(moment):
                return row.fence if keep(store, name, holder, row.fence, seconds, moment) else None
            changed = (
                Lease.update(holder=holder, until=until, fence=Lease.fence + 1)
                .where((Lease.name == name) & (Lease.fence == row.fence) & _free(moment))
                .execute()
            )
            return row.fence + 1 if changed == 1 else None
    except IntegrityError:  # another process made the row this moment
        return None


def keep(store: Store, name: str, holder: str, fence: int, seconds: int, now: datetime | None = None) -> bool:
    """Hold it longer. False when it is somebody else's by now."""
    moment = now or clock.now()
    until = clock.stamp(moment + timedelta(seconds=seconds))
    with store.transaction():
        mine = (Lease.name == name) & (Lease.holder == holder) & (Lease.fence == fence)
        return bool(Lease.update(until=until).where(mine).execute() == 1)


def give_back(store: Store, name: str, holder: str, fence: int) -> None:
    """Let go, where it is still ours: the next one may begin at once. The fence stays."""
    with store.transaction():
        mine = (Lease.name == name) & (Lease.holder == holder) & (Lease.fence == fence)
        Lease.update(until="").where(mine).execute()


def holder_is_dead(store: Store, holders: str) -> int:
    """What holders whose name starts so hold is let go; how many. Only for one who knows they are dead."""
    with store.transaction():
        held = Lease.holder.startswith(holders) & (Lease.until != "")
        return int(Lease.update(until="").where(held).execute())


def holder(store: Store, name: str, now: datetime | None = None) -> str:
    """Who holds it now; "" = nobody."""
    moment = now or clock.now()
    with store.reading():
        row = Lease.get_or_none((Lease.name == name) & ~_free(moment))
    return row.holder if row else ""


def _free(moment: datetime) -> Any:
    ahead = clock.stamp(moment + timedelta(seconds=AHEAD_SECONDS_MAX))
    return (Lease.until <= clock.stamp(moment)) | (Lease.until > ahead)
