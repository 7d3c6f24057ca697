"""What sets a standing outbox row free: a lease that ran out, the line being back, and a person's word."""

from __future__ import annotations

from datetime import datetime

from pos import clock
from pos.errors import Invalid, NotFound
from pos.said import said
from pos.store import audit, bundles, coming, qbd_outcome, refusals
from pos.store.db import Store
from pos.store.models import Outbox
from pos.store.outbox import BITE_ROWS, NEEDS, LostLease, free, held_up, tuples, within

#: Letters of a reason that says something.
REASON_CHARS_MIN = 5


def lapse(store: Store, connection: str, now: datetime, settle_seconds: int) -> int:
    """Rows whose sender vanished in the middle become unknown: asked for now, for that it is there is proof at once;
    that it is not, after `settle_seconds`. How many."""
    with store.reading():
        left = (Outbox.connection == connection) & (Outbox.state == "sending") & free(now)
        gone = tuples(Outbox.select(Outbox.n, Outbox.lease_until).where(left))
    count = 0
    for n, lease in gone:
        with store.transaction():
            settle = within(now, settle_seconds)
            count += (
                Outbox.update(
                    state="unknown", owner="", lease_until="", settle_at=settle, next_at=clock.stamp(now),
                    tries=Outbox.tries + 1,
                    code="interrupted", message="Sending broke off; asking whether it arrived.",
                    updated_at=clock.stamp(now),
                )
                .where((Outbox.n == n) & (Outbox.state == "sending") & (Outbox.lease_until == lease))
                .execute()
            )  # fmt: skip
    return count


def owner_is_dead(store: Store, owners: str) -> int:
    """Rows held by owners whose name starts so are let go; how many. Only for a process that knows they are dead."""
    held = Outbox.owner.startswith(owners)
    with store.transaction():
        freed = Outbox.update(lease_until="").where(held & (Outbox.state == "sending")).execute()
        freed += Outbox.update(lease_until="", owner="").where(held & Outbox.state.in_(("unknown", "sent"))).execute()
        return int(freed)


def line_is_back(store: Store, connection: str, now: datetime) -> int:
    """The line works again: what waits on a rung is due at once, an unknown row once asking can prove something."""
    stamp = clock.stamp(now)
    later = (Outbox.connection == connection) & (Outbox.next_at > stamp)
    asking = Outbox.state == "unknown"
    with store.transaction():
        moved = Outbox.update(next_at=stamp).where(later & Outbox.state.in_(("queued", "sent"))).execute()
        moved += Outbox.update(next_at=stamp).where(later & asking & (Outbox.settle_at <= stamp)).execute()
        unsettled = later & asking & (Outbox.settle_at > stamp) & (Outbox.next_at > Outbox.settle_at)
        moved += Outbox.update(next_at=Outbox.settle_at).where(unsettled).execute()
        return int(moved)


def say_why_held_up(store: Store, connection: str, now: datetime) -> int:
    """Write on each return whose sale was refused, or is not here yet, what it waits for; how many were told now. It
    follows by itself."""
    told = coming.say(store, connection, now)
    with store.reading():
        untold = (Outbox.connection == connection) & (Outbox.state == "queued") & (Outbox.code != "waits_for_sale")
        tied = tuples(Outbox.select(Outbox.n, Outbox.after).where(untold & (Outbox.after != "")).limit(BITE_ROWS))
        held = held_up(connection, (d for _, after in tied for d in after.split()))
    for n, after in tied:
        stands = [held[d] for d in after.split() if d in held and held[d].state in ("rejected", "parked")]
        if stands:
            why = "refused" if stands[0].state == "rejected" else "parked"
            words = f"Waits for its sale {stands[0].number}, which was {why}. Settle that; this one follows by itself."
            with store.transaction():
                told += (
                    Outbox.update(code="waits_for_sale", message=words, updated_at=clock.stamp(now))
                    .where((Outbox.n == n) & (Outbox.state == "queued"))
                    .execute()
                )
    return told


def mapped(store: Store, connection: str, now: datetime) -> int:
    """What the books' words are was changed: everything refused for want of one is tried again; how many rows."""
    stamp = clock.stamp(now)
    with store.transaction():
        lacked = (Outbox.connection == connection) & (Outbox.state == "rejected") & (Outbox.code == "unmapped")
        found = [n for (n,) in tuples(Outbox.select(Outbox.n).where(lacked & (Outbox.resolved == "")))]
        Outbox.update(state="queued", next_at=stamp, updated_at=stamp, tries=0, code="", message="").where(
            lacked & (Outbox.resolved == "") & (Outbox.parked == "")
        ).execute()
        for n in found:
            refusals.settle(store, n)
    return len(found)


# -- what a person may do ----------------------------------------------------------------------------------------------


def retry(store: Store, n: int, by: str, reason: str = "") -> None:
    """Try a refused or differing row again now: a refused one is posted again, a differing one read back again.

    reason: what was put right, kept in the audit; one that was settled by hand is not taken up again without, for it
    stands in the books already by what two people said. A return whose sale does not come goes without it. Invalid for
    one that is booked or being sent.
    """
    now = clock.stamp(clock.now())
    with store.transaction():
        row = _row(n)
        new = {"rejected": "queued", "differs": "sent", "unknown": "unknown", "queued": "queued", "sent": "sent"}.get(
            row.state
        )
        if new is None:
            raise Invalid(said("This document is {state}; there is nothing to try again.", state=row.state), field="n")
        if row.resolved and len(reason.strip()) < REASON_CHARS_MIN:
            raise Invalid(
                said("It was settled by hand ({who}). To send it all the same, say why.", who=row.resolved),
                field="reason",
            )
        alone = row.code == coming.OVERDUE_CODE
        values = {"after": "", "code": "", "message": ""} if alone else {}
        changed = (
            Outbox.update(state=new, next_at=now, updated_at=now, resolved="", parked="", tries=0, **values)
            .where((Outbox.n == n) & (Outbox.state == row.state) & (Outbox.owner == ""))
            .execute()
        )
        if changed != 1:
            raise LostLease("It is being sent at this moment. Look again in a minute.")
        refusals.settle(store, n)
        detail = {"part": row.part, "connection": row.connection, "was": row.state}
        detail |= {"settled": row.resolved} if row.resolved else {}
        detail |= {"without": row.after} if alone else {}
        audit.record(store, by, "outbox.retry", row.document, detail | ({"reason": reason} if reason.strip() else {}))


def again(store: Store, document: str, by: str) -> int:
    """Try all of a document that was refused or differs, as `retry`; how many parts. What is under way stays so."""
    with store.reading():
        asked = (Outbox.document == document) & Outbox.state.in_(NEEDS) & (Outbox.resolved == "")
        waiting = [n for (n,) in tuples(Outbox.select(Outbox.n).where(asked))]
    for n in waiting:
        retry(store, n, by)
    return len(waiting)


def resolve(store: Store, n: int, reason: str, by: str, second: str = "") -> None:
    """A person settled it by other means; the row keeps its state and says who and why. Invalid without a reason.

    second: who agreed to it."""
    if len(reason.strip()) < REASON_CHARS_MIN:
        raise Invalid("Say in a few words how it was settled.", field="reason")
    now, who = clock.stamp(clock.now()), f"{by} and {second}" if second else by
    with store.transaction():
        row = _row(n)
        changed = (
            Outbox.update(resolved=f"{who}: {reason.strip()}", parked="", updated_at=now)
            .where((Outbox.n == n) & Outbox.state.in_(NEEDS) & (Outbox.resolved == ""))
            .execute()
        )
        if changed != 1:
            raise Invalid(
                said("This document is {state}; only one that needs a person can be settled by hand.", state=row.state),
                field="n",
            )
        refusals.settle(store, n)
        if row.part == bundles.PART:
            bundles.settled(store, row.connection, row.document, f"{who}: {reason.strip()}", now)
        audit.record(
            store, by, "outbox.resolve", row.document,
            {"part": row.part, "connection": row.connection, "reason": reason.strip()}
            | ({"second": second} if second else {}),
        )  # fmt: skip


def _row(n: int) -> Outbox:
    row = Outbox.get_or_none(Outbox.n == n)
    if row is None:
        raise NotFound("There is no such row in the outbox.", field="n")
    return row


def restored(store: Store, now: datetime, settle_seconds: int) -> int:
    """The till was restored: whatever may have gone out since its snapshot is asked for before anything is posted; how
    many rows. Refused ones too, for somebody may have put them right. In the transaction that restores."""
    stamp = clock.stamp(now)
    free_now = {"owner": "", "lease_until": "", "next_at": stamp, "updated_at": stamp}
    words = "The till was restored; asking whether it arrived."
    asked = Outbox.state.in_(("queued", "sending", "rejected")) & (Outbox.resolved == "")
    with store.transaction():
        Outbox.update(**free_now).where(Outbox.state.in_(("unknown", "sent"))).execute()
        desktop = qbd_outcome.restored(store, now)
        return desktop + int(
            Outbox.update(
                **free_now, state="unknown", settle_at=within(now, settle_seconds), code="restored", message=words
            )
            .where(asked)
            .execute()
        )
