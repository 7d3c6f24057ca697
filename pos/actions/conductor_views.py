"""What screens of QuickBooks Desktop show: the connection, how a session stands, its history, errors. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions import conductor_kept, conductor_manager, conductor_setup
from pos.actions.audit_views import midnight
from pos.actions.inventory_items import people_named
from pos.actions.outbox_views import moment
from pos.actions.run_overview import duration
from pos.config import Config
from pos.errors import BadSettings, UserError
from pos.rules import conductor_rules, wording
from pos.said import said
from pos.store import companies, conductor_companies, conductor_sessions
from pos.store import conductor_boards as boards
from pos.store.conductor_boards import Failed, Ran
from pos.store.conductor_companies import Company
from pos.store.conductor_sessions import Session, Step
from pos.store.db import Store
from pos.store.listing import Asked, Page

TITLES = {
    "customers": said("Customers"), "vendors": said("Vendors"), "items": said("Items"),
    "sales_orders": said("Sales orders"), "purchase_orders": said("Purchase orders"),
    "inventory_adjustments": said("Adjustments"), "invoices": said("Invoices"),
}  # fmt: skip
#: How a session stands: colour and word.
STATES = {
    "running": ("waiting", said("Running")), "waiting": ("check", said("Waiting for QuickBooks")),
    "stopping": ("check", said("Stopping")), "completed": ("saved", said("Completed")),
    "with_errors": ("needs", said("Completed with errors")), "failed": ("needs", said("Failed")),
    "cancelled": ("offline", said("Cancelled")),
}  # fmt: skip
#: How a type of records, or a step of it, stands.
STEPS = {
    "waiting": ("offline", said("Not begun")), "working": ("waiting", said("Under way")),
    "done": ("saved", said("Done")), "failed": ("needs", said("Failed")), "cancelled": ("offline", said("Cancelled")),
}  # fmt: skip
DIRECTIONS = {
    "refs": said("lists of QuickBooks"), "pull": said("from QuickBooks"), "push": said("to QuickBooks"),
    "stock": said("quantities of QuickBooks"),
}  # fmt: skip
#: What a step is about: a type, or what comes before them.
ABOUT = {**TITLES, "lists": said("Lists to choose from")}
ERRORS_SHOWN = 20
PART, RULES = conductor_setup.PART, conductor_setup.RULES


def standing(status: str, failed: int, *, stopping: bool = False, waiting: bool = False) -> str:
    """The word of STATES for a session."""
    if status == "running":
        return "stopping" if stopping else "waiting" if waiting else "running"
    return "with_errors" if status == "completed" and failed else status


def choice(store: Store, company: str) -> list[dict[str, Any]]:
    """Types a session can be asked for, in their order; one that goes no way is off."""
    rules = conductor_rules.read(companies.kept_as(store, company, PART, RULES).values)
    return [{"name": name, "title": title, "off": rules[name].direction == "off"} for name, title in TITLES.items()]


# -- the session that runs, or ran last --------------------------------------------------------------------------------


def panel(store: Store, config: Config, company: str) -> dict[str, Any]:
    """All that the panel of the dashboard shows. n 0: there was no session yet."""
    one = conductor_sessions.current(store, conductor_companies.connection_of(company))
    if one is None:
        return {"n": 0, "running": False, "status": "", "errors": []}
    steps = conductor_sessions.steps(store, one.n)
    sums = conductor_manager.summed(one, steps)
    waiting = bool(one.next_at) and one.next_at > clock.stamp(clock.now())
    word = standing(one.status, sums["failed_objects"], stopping=bool(one.cancel_at), waiting=waiting)
    tone, text = STATES[word]
    known = not one.running or any(step.total for step in steps if step.direction in conductor_sessions.COUNTED)
    rows, page = boards.failures(store, one.n, Asked(limit=ERRORS_SHOWN))
    return {
        "n": one.n, "id": one.id, "running": one.running, "stopping": one.running and bool(one.cancel_at),
        "status": word, "tone": tone, "status_text": text, "why": _why(store, config, one, word),
        "percent": sums["progress_percentage"] if known else None,
        "progress_text": _progress(config, sums, known=known, running=one.running),
        "began": _began(store, config, one.started_at, one.asked_by, one.cause), "ended": bool(one.ended_at),
        "took": took(one.started_at, one.ended_at), "rows": [_of_type(config, name, steps) for name in one.objects],
        "errors": [error(store, config, row) for row in rows], "errors_text": _figure(config, page.total or 0),
    }  # fmt: skip


def took(started_at: str, ended_at: str) -> str:
    """ "0:42": how long it took, or has taken."""
    end = clock.parse(ended_at) if ended_at else clock.now()
    return duration(max(end - clock.parse(started_at), timedelta())) if started_at else ""


def _progress(config: Config, sums: Mapping[str, int], *, known: bool, running: bool) -> str:
    if not known:
        return said("asking how much there is")
    facts = {"done": sums["synced_objects"] + sums["failed_objects"], "total": sums["total_objects"]}
    shown = {name: _figure(config, count) for name, count in facts.items()}
    if not running:
        return said("{done} of {total}", **shown)
    return said("{percent} %, {done} of {total} so far", percent=sums["progress_percentage"], **shown)


def _why(store: Store, config: Config, one: Session, word: str) -> str:
    """What is to be said of it beside its state: why it waits, what ended it, that it stops."""
    if word == "stopping":
        return said(
            "{who} cancelled it. It stops at a safe point: what is under way is finished first.",
            who=_person(store, one.cancel_by),
        )
    if word == "waiting":
        at = moment(store, config, one.next_at)
        return said("{why} It goes on by itself, at {at} at the latest.", why=conductor_kept.again(one.message), at=at)
    if word == "cancelled" and one.cancel_by:
        return said(
            "{who} cancelled it. What was brought together until then stays so.", who=_person(store, one.cancel_by)
        )
    return conductor_kept.again(one.message)


def _person(store: Store, code: str) -> str:
    return people_named(store, [code]).get(code, code) or "–"


def _began(store: Store, config: Config, at: str, who: str, cause: str) -> str:
    began = moment(store, config, at)
    if cause == "schedule":
        return said("Started by a schedule, {at}", at=began)
    return said("Started by {who}, {at}", who=_person(store, who), at=began)


def _of_type(config: Config, name: str, steps: Sequence[Step]) -> dict[str, Any]:
    """A row of the table: the steps of a type together."""
    own = [step for step in steps if step.object_type == name]
    states = {step.state for step in own}
    now = next((step for step in own if step.state == "working"), None)
    order = ("working", "failed", "cancelled", "waiting", "done")
    state = next((word for word in order if word in states), "waiting")
    if state == "waiting" and "done" in states:
        state = "working"  # between two of its steps
    total, synced, failed = conductor_manager.counts(own)
    tone, text = STEPS[state]
    if failed and tone == "saved":
        tone, text = "needs", said("Done, with errors")
    return {
        "name": name, "title": TITLES.get(name, name), "tone": tone, "state_text": text,
        "doing": DIRECTIONS[now.direction] if now else conductor_kept.again(
            next((step.message for step in own if step.message), "")
        ),
        **figures(config, total, synced, failed, sum(step.unchanged for step in own)),
        **({"total_text": "–", "synced_text": "–"} if state == "waiting" else {}),
    }  # fmt: skip


def figures(config: Config, total: int, synced: int, failed: int, unchanged: int = 0) -> dict[str, Any]:
    """Counts, and as they are written."""
    return {
        "total": total, "synced": synced, "failed": failed, "unchanged": unchanged,
        "total_text": _figure(config, total), "synced_text": _figure(config, synced),
        "failed_text": _figure(config, failed),
        "unchanged_text": said("{n} the same on both sides", n=_figure(config, unchanged)),
    }  # fmt: skip


def error(store: Store, config: Config, one: Failed) -> dict[str, Any]:
    """An object that failed, as people read it. link: where the record is, "" = it has none here."""
    return {
        "n": one.n, "type": one.object_type, "type_text": ABOUT.get(one.object_type, one.object_type),
        "title": one.title or one.object_id or one.remote_id or "–",
        "key": one.object_id or one.remote_id, "message": conductor_kept.again(one.message),
        "remedy": conductor_kept.again(one.remedy), "code": one.code,
        "link": f"/conductor/{one.object_type}/{one.object_id}" if one.object_id else "",
        "at_text": moment(store, config, one.at),
    }  # fmt: skip


# -- sessions before it ------------------------------------------------------------------------------------------------


def history(
    store: Store, config: Config, company: str, asked: Asked, *, state: str, first: str, last: str
) -> tuple[list[dict[str, Any]], Page]:
    """A page of sessions. state: one of boards.STATES or ""; first, last: days as text, both included. Invalid."""
    connection = conductor_companies.connection_of(company)
    first = midnight(config, first, "first", 0) if first else ""
    last = midnight(config, last, "last", 1) if last else ""
    rows, page = boards.history(store, connection, asked, state=state, first=first, last=last)
    return [_ran(store, config, one) for one in rows], page


def session(store: Store, config: Config, company: str, n: int) -> dict[str, Any]:
    """One session with its steps. NotFound."""
    one = conductor_sessions.numbered(store, conductor_companies.connection_of(company), n)
    steps = conductor_sessions.steps(store, n)
    total, synced, failed = conductor_manager.counts(steps)
    _rows, page = boards.failures(store, n, Asked(limit=1))
    ran = Ran(
        n, list(one.objects), one.status, one.cause, one.asked_by, one.started_at, one.ended_at, one.took_ms,
        one.message, total, synced, failed, page.total or 0,
    )  # fmt: skip
    types = {step.object_type: ABOUT.get(step.object_type, step.object_type) for step in steps if step.failed}
    return {
        "one": {**_ran(store, config, ran), "message": _why(store, config, one, _ran_word(ran))},
        "steps": [_step(config, step) for step in steps], "by_type": types,
    }  # fmt: skip


def _ran_word(one: Ran) -> str:
    return standing(one.status, one.failed or one.errors)


def _ran(store: Store, config: Config, one: Ran) -> dict[str, Any]:
    tone, text = STATES[_ran_word(one)]
    return {
        "n": one.n, "tone": tone, "status_text": text, "started_text": moment(store, config, one.started_at),
        "ended_text": moment(store, config, one.ended_at), "errors": one.errors,
        "by_text": said("by a schedule")
        if one.cause == "schedule"
        else said("by {who}", who=_person(store, one.asked_by)),
        "took": duration(timedelta(milliseconds=one.took_ms)) if one.ended_at else took(one.started_at, ""),
        **figures(config, one.total, one.synced, one.failed),
    }  # fmt: skip


def _step(config: Config, step: Step) -> dict[str, Any]:
    tone, text = STEPS[step.state]
    return {
        "title": ABOUT.get(step.object_type, step.object_type), "direction_text": DIRECTIONS[step.direction],
        "tone": tone, "state_text": text, "message": conductor_kept.again(step.message),
        "took": took(step.started_at, step.ended_at) if step.started_at else "",
        **figures(config, max(step.total, step.synced + step.failed), step.synced, step.failed, step.unchanged),
    }  # fmt: skip


# -- the connection ----------------------------------------------------------------------------------------------------


def connection(store: Store, config: Config, company: str) -> dict[str, Any]:
    """How it stands, from what was really answered last: to a test, or to a session."""
    row = conductor_companies.by_company(store, company)
    one = conductor_sessions.current(store, conductor_companies.connection_of(company))
    facts = row.facts if row else {}
    good, tested = (row.last_good_at, row.tested_at) if row else ("", "")
    bad, words = (row.last_error_at, row.last_error) if row else ("", "")
    if one is not None and one.running and one.waits_from:
        bad, words = max(bad, one.waits_from), one.message
    ended = one.ended_at if one is not None and one.status == "completed" else ""  # with errors or without: it answered
    answered = max(good, tested, ended)
    tone, text, why = _connected(config, row, answered, conductor_kept.again(words) if bad > answered else "")
    return {
        "tone": tone, "text": text, "why": why,
        "ms": facts.get("milliseconds") if tested and tested == answered else None,
        "file": facts.get("company_name") or "", "answered_text": moment(store, config, answered),
        "good_text": moment(store, config, good), "error_text": moment(store, config, bad),
    }  # fmt: skip


def tested(store: Store, config: Config, company: str, by: str) -> dict[str, Any]:
    """Asked now, and how it stands then. What keeps it from being asked is the reason shown."""
    try:
        answer = conductor_setup.test(store, config, company, by)
    except (UserError, BadSettings) as error:
        return {**connection(store, config, company), "tone": "check", "text": said("Not tested"), "why": error.message}
    found = connection(store, config, company)
    why = (
        said("{what} {remedy}", what=answer["message"], remedy=answer["remedy"])
        if answer["remedy"]
        else answer["message"]
    )
    if answer["ok"]:
        words = said("QuickBooks answered in {ms} ms.", ms=answer["milliseconds"])
        return {**found, "tone": "saved", "text": said("Connected"), "why": why, "fresh": words}
    return {**found, "tone": "needs", "text": said("No connection"), "why": why}


def _connected(config: Config, row: Company | None, answered: str, trouble: str) -> tuple[str, str, str]:
    """Colour, word and reason."""
    if not conductor_companies.is_on(config):
        why = said("CONDUCTOR_SECRET_KEY is not set on this server: set it, then start it again.")
        return "check", said("Not set up"), why
    if row is None or not conductor_companies.end_user_of(config, row):
        why = said("No computer with QuickBooks is named yet: somebody with the right to settings names it there.")
        return "check", said("Not set up"), why
    if trouble:
        return "needs", said("No connection"), trouble
    if not row.enabled:
        return "offline", said("Off"), said("It is switched off in the settings: no session starts.")
    return ("saved", said("Connected"), "") if answered else ("waiting", said("Not tried yet"), "")


def _figure(config: Config, count: int) -> str:
    return wording.quantity(Decimal(count), config.shop.locale)
