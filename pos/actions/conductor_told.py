"""What people are told of sessions with QuickBooks Desktop: one that failed, objects that could not be brought
together, and that it cannot be reached for long. Settled by the next good one; a schedule hears how its session ended.
"""

from __future__ import annotations

from pos import clock
from pos.actions import conductor_kept
from pos.said import nsaid, said
from pos.store import companies, conductor_sessions, notices, schedules
from pos.store.conductor_sessions import Session
from pos.store.db import Store
from pos.store.notices import Level

#: Away for so long, people are told.
TOLD_SECONDS = 1800
_ENDED = {"completed": "run_succeeded", "failed": "run_failed", "cancelled": "run_cancelled"}


def away(store: Store, session: Session, seconds: float, why: str) -> None:
    """They could not be reached for so long."""
    if seconds < TOLD_SECONDS:
        return
    text = said("QuickBooks Desktop of {company} cannot be reached: {why}", company=_name(store, session), why=why)
    remedy = said("Is the computer on, and QuickBooks open? What waits is not lost; it goes on by itself.")
    notices.raise_once(store, _away(session), "check", text, remedy, session.connection)


def reached(store: Store, session: Session) -> None:
    """They answered."""
    notices.settle(store, _away(session))


def ended(store: Store, session: Session) -> None:
    """A session is over. Inside the transaction that ends it."""
    failed = conductor_sessions.failed_count(store, session.n)
    if session.status == "failed":
        _raise(store, session, "needs", said(
            "Bringing records together with QuickBooks Desktop of {company} failed: {why}",
            company=_name(store, session), why=conductor_kept.again(session.message),
        ))  # fmt: skip
    elif session.status == "completed" and failed:
        _raise(store, session, "check", nsaid(
            "{n} record of {company} could not be brought together with QuickBooks Desktop.",
            "{n} records of {company} could not be brought together with QuickBooks Desktop.",
            failed, company=_name(store, session),
        ))  # fmt: skip
    elif session.status == "completed":
        notices.settle(store, _key(session))
    if session.status == "completed":
        reached(store, session)
    if session.cause == "schedule" and session.status in _ENDED:
        job = f"{schedules.CONDUCTOR}:{session.n}"
        if of := schedules.of_job(store, job):
            schedules.ended(store, of, session.company, _ENDED[session.status], job, session.message, clock.now())


def _raise(store: Store, session: Session, level: Level, text: str) -> None:
    remedy = said("Open QuickBooks Desktop in the console: each error stands there with what to do.")
    notices.raise_notice(store, _key(session), level, text, remedy, session.connection)


def _name(store: Store, session: Session) -> str:
    return companies.one(store, session.company).name


def _key(session: Session) -> str:
    return f"conductor:{session.connection}"


def _away(session: Session) -> str:
    return f"conductor-away:{session.connection}"
