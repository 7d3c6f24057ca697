"""The doctor's look at the books outside: what waits for them, the line, the key, the fields and rights it needs."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions.checks_data import current_store
from pos.actions.finding import Finding, Look, fail, not_set_up, ok, warn
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.setup import run as look_at_site
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable
from pos.http import Http
from pos.rules import daybook
from pos.store import connections, gauges
from pos.store.db import Store
from pos.store.tally import WAITING

HOUR = 3600
#: Longer than a night and a Sunday: somebody forgot it.
LONG_HOURS = 48
#: Receipts that are booked as a day's document wait for the end of their day, the longest there is.
DAY_HOURS = 26
CLOCK_SECONDS = 120
READ_SECONDS = 10.0


def outbox(look: Look) -> Iterator[Finding]:
    """How much waits for each connection, since when, and what needs a person."""
    store = current_store(look)
    lines = connections.lines(store) if store is not None else []
    if store is None or not lines:
        return
    found = gauges.outbox(store)
    for line in lines:
        mine = [one for one in found if one.connection == line.id]
        rows = {one.state: one.rows for one in mine}
        waiting = sum(rows[state] for state in WAITING)
        needs = rows["rejected"] + rows["differs"]
        oldest = min((one.oldest_at for one in mine if one.oldest_at and one.state in WAITING), default="")
        hours = int((look.now - clock.parse(oldest)).total_seconds()) // HOUR if oldest else 0
        patience = DAY_HOURS if daybook.bundles(line.id) else 0
        long = f"{waiting} documents wait for {line.title}, the oldest for {hours} h."
        facts = {"connection": line.id, **rows, "oldest_at": oldest}
        if line.paused_reason:
            remedy = "Put that right; the queue is kept and goes by itself afterwards."
            yield fail("outbox", f"{line.title} is paused: {line.paused_reason}", remedy, **facts)
        elif needs:
            remedy = "`pos_server.py outbox list` names each with what to do."
            yield warn("outbox", f"{needs} documents for {line.title} need a person; {waiting} wait.", remedy, **facts)
        elif hours >= LONG_HOURS + patience:
            remedy = "Look at the line to it; selling goes on, and nothing is lost."
            yield fail("outbox", long, remedy, **facts)
        elif hours >= 1 + patience:
            remedy = "What waits goes by itself when the till runs and the line is there."
            yield warn("outbox", long, remedy, **facts)
        else:
            yield ok("outbox", f"{line.title}: {rows['booked']} booked, {waiting} on their way.", **facts)


def erpnext(look: Look) -> Iterator[Finding]:
    """Reach it, compare the clocks, sign in with the till's key, look at field and rights. Only reads there."""
    settings = look.config.erpnext
    if look.config.hub.url:
        return  # its hub books what it sold
    if not KIND.configured(look.config):
        yield not_set_up("erpnext", "No ERPNext is connected; sales stay here.", "docs/erpnext.md says how.")
        return
    store = current_store(look)
    if store is not None:
        connections.refuse_demo(store, settings.url)
    try:
        yield _reached(look)
    except ConnectorError as error:
        remedy = "Look at this machine's network and at [erpnext] url. Selling goes on; documents wait."
        yield fail("erpnext", error.message, remedy)
        return
    if not (settings.api_key and settings.api_secret):
        remedy = "Put ERPNEXT_API_KEY and ERPNEXT_API_SECRET into .env."
        yield fail("erpnext key", "The till has no key for ERPNext.", remedy)
        return
    yield from _site(look, store)


def _reached(look: Look) -> Finding:
    """Whether it answers, and how far its clock is from ours by the Date of its answer."""
    began = clock.monotonic()
    line = Http(look.config.erpnext.url, read_seconds=READ_SECONDS)
    try:
        answer = line.read("/api/method/ping")
    finally:
        line.close()
    took = clock.monotonic() - began
    if answer.status >= 500 or answer.is_html:
        remedy = "Look at [erpnext] url and whether the site is up."
        return fail("erpnext", f"{look.config.erpnext.url} answers {answer.status}, not as ERPNext does.", remedy)
    facts: dict[str, object] = {"took_ms": int(took * 1000)}
    if line.clock_off is None:
        return ok("erpnext", f"{look.config.erpnext.url} answers in {facts['took_ms']} ms.", **facts)
    off = int(line.clock_off)
    facts["clock_off_seconds"] = off
    if abs(off) > CLOCK_SECONDS + took:
        way = "ahead of" if off > 0 else "behind"
        remedy = "Set the clock of whichever is wrong, best by itself (NTP); receipts carry the till's."
        return fail("clock", f"This machine's clock is {abs(off) // 60} minutes {way} ERPNext's.", remedy, **facts)
    return ok("erpnext", f"{look.config.erpnext.url} answers in {facts['took_ms']} ms; the clocks agree.", **facts)


def _site(look: Look, store: Store | None) -> Iterator[Finding]:
    """Key, field, rounding and currency as before each sending; then everything setup looks at without writing."""
    kept = connections.facts(store, KIND.name) if store is not None else {}
    till = Erpnext(look.config, kept)
    try:
        words = till.check()
    except SignInNeeded as error:
        remedy = "Make a new key for the till's user in ERPNext and put it into .env; what waits goes by itself."
        yield fail("erpnext key", error.message, remedy)
        return
    except Rejected as error:
        yield fail("erpnext field", error.message, error.remedy, code=error.code)
        return
    except Unavailable as error:
        yield fail("erpnext", error.message, "It answers, but not to this; ask whoever runs it.")
        return
    yield ok("erpnext key", f"Signed in to {words}; the key field is there.")
    today = look.now.astimezone(ZoneInfo(look.config.shop.timezone)).date()
    report = look_at_site(look.config, till, None, SetupFacts.load(kept), today)
    for sentence in report.blocking:
        yield fail("erpnext rights", sentence, "Give it there, then look again.")
    for sentence in report.todo:
        yield warn("erpnext rights", sentence, "See docs/erpnext.md.")
    if not report.blocking:
        yield ok("erpnext rights", "Everything the till reads and books there may be read by its key.")
