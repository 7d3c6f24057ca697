"""Reconcile: the till's documents against what a connection holds now, read afresh in pages, one scope at a time.

The till's side is worked out from the documents themselves; theirs is what stands there at this moment, never what we
remember of it. One leg is one connection: another system to compare with is another connection, nothing changes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import bundle, counting, line, reconcile_books, run_settings
from pos.actions.line import Job
from pos.connectors.base import BOOKED_MAX, Binder, Posted, key_of
from pos.errors import ConnectorError, Rejected, SignInNeeded
from pos.rules import documents, ledger, reconcile
from pos.rules.money import round_minor
from pos.rules.reconcile import Figures, Pair, Result
from pos.store import bundle_days, companies, connections, entries, reach, reconciliations, scopes
from pos.store.reconciliations import Brief
from pos.store.scopes import Scope, Sent

#: Scopes of one round; more are left to the next, so that a stop never waits long.
SCOPES_MAX = 10
#: Documents read from the database at once.
PAGE_DOCUMENTS = BOOKED_MAX
#: Seconds until another try while documents are on their way, and while the line is away (its return rings).
WAITING_SECONDS = 60.0
AWAY_SECONDS = 300.0
#: What a document nobody thought of may raise in our own code.
_FAULTS = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)

Document = Mapping[str, Any]


@dataclass(slots=True)
class Done:
    """What one round did. again_in: seconds until the next one is wanted, None = as planned."""

    match: int = 0
    mismatch: int = 0
    not_run: int = 0
    reason: str = ""
    again_in: float | None = None

    def count(self, found: Brief) -> None:
        name = found.outcome if found.outcome != "mismatch" or found.open else "match"
        setattr(self, name, getattr(self, name) + 1)
        self.reason = found.reason or self.reason

    def sentence(self) -> str:
        """For the console."""
        told = [f"{n} {words}" for n, words in ((self.mismatch, "differ"), (self.match, "match")) if n]
        told += [f"{self.not_run} not compared: {self.reason}"] if self.not_run else []
        return f"{', '.join(told)}".rstrip(".") + "." if told else "Nothing to compare."


@dataclass(slots=True)
class Seen:
    """What was read in this round: a day is made of documents its sessions have shown already.

    origins: of a day's documents for the books. tolerance: what was let pass, in minor units. run: what
    the run that asks is called, "" = none does.
    """

    pairs: dict[str, Pair] = field(default_factory=dict)
    origins: reconcile_books.Origins = field(default_factory=reconcile_books.Origins)
    tolerance: int = 0
    run: str = ""


class _Stopped(Exception):
    """The round is to end; what was read so far says nothing."""


# -- one round of the agent --------------------------------------------------------------------------------------------


def round_on(job: Job) -> Done:
    """Look at what is due on one connection: what people ask for, closed sessions, days that are over, old differences.

    Never raises for what the other side does.
    """
    done, seen = Done(), Seen()
    due = planned(job)
    for scope in due[:SCOPES_MAX]:
        if job.stopping():
            return done
        found = look(job, scope, seen)
        if found is None:
            return done
        done.count(found)
        if found.code == "line":
            done.again_in = AWAY_SECONDS
            _answer_the_others(job, due, found.reason)
            return done
        if found.code in ("waiting", "answer"):
            done.again_in = WAITING_SECONDS
    if len(due) > SCOPES_MAX and done.again_in is None:
        done.again_in = 0
    return done


def _answer_the_others(job: Job, due: list[Scope], reason: str) -> None:
    """Nobody is there: whoever asked for another look is told so, and asking goes on by itself."""
    known = {(b.scope.scope, b.scope.name): b for b in reconciliations.briefs(job.store, job.connection)}
    for scope in due:
        brief = known.get((scope.scope, scope.name))
        if brief is None or brief.wanted_at:
            reconciliations.not_run(job.store, job.connection, scope, job.now(), "line", reason)


def planned(job: Job) -> list[Scope]:
    """What to look at now, the most wanted first.

    Wanted by a person; never looked at; not comparable last time; not looked at since the daily hour, as far as it lies
    in the days behind or a difference is open. What was left alone for longer (the agents were off) is made up for.
    """
    config, now = job.store.config, job.now()
    known = {(b.scope.scope, b.scope.name): b for b in reconciliations.briefs(job.store, job.connection)}
    today = clock.business_day(now, config.shop.timezone, config.shop.day_starts)
    behind = (today - timedelta(days=config.reconcile.days)).isoformat()
    newest = max((b.scope.day for b in known.values()), default=behind)
    mark = clock.stamp(daily_mark(now, config.shop.timezone, config.reconcile.daily_at))
    begin, mine = min(behind, newest), reach.of_connection(job.store, job.connection)
    over = today if scopes.still_open(job.store, config.till.id, today.isoformat(), mine) else today + timedelta(days=1)
    bundled = isinstance(job.memory.connector, Binder)  # a session has no documents of its own there
    there = [] if bundled else scopes.closed_since(job.store, config.till.id, begin, mine)
    there += scopes.days_since(job.store, begin, over.isoformat(), mine)
    new = [scope for scope in there if (scope.scope, scope.name) not in known]
    wanted = [b.scope for b in known.values() if b.wanted_at]
    again = [b.scope for b in known.values() if b.outcome == "not_run" and b.code not in ("nothing", "new")]
    old = [b for b in known.values() if b.tried_at < mark and (b.scope.day >= behind or _unexplained(b))]
    daily = [b.scope for b in sorted(old, key=lambda b: b.scope.scope == "day")]  # a day is read with its sessions
    moved = [scope for scope in there if _moved(known, scope)]
    return list(dict.fromkeys([*wanted, *new, *moved, *again, *daily]))


def _unexplained(found: Brief) -> bool:
    """It differed when it was looked at last, and nobody said why."""
    return found.verdict == "mismatch" and (found.open > 0 or not found.settled)


def _moved(known: dict[tuple[str, str], Brief], scope: Scope) -> bool:
    """A day that a session was closed in after the day was looked at."""
    own = known.get((scope.scope, scope.name))
    if scope.scope != "day" or own is None:
        return False
    return any(
        b.scope.scope == "session" and b.scope.day == scope.day and b.tried_at > own.tried_at and not b.code
        for b in known.values()
    )


def daily_mark(now: datetime, zone: str, at: Any) -> datetime:
    """The last moment the daily look was to begin, on the shop's wall clock."""
    local = now.astimezone(ZoneInfo(zone))
    mark = datetime.combine(local.date(), at, ZoneInfo(zone))
    return mark if mark <= local else datetime.combine(local.date() - timedelta(days=1), at, ZoneInfo(zone))


# -- one scope ---------------------------------------------------------------------------------------------------------


def look(job: Job, scope: Scope, seen: Seen | None = None) -> Brief | None:
    """Compare one session or day and keep what came of it; None when the program stops meanwhile.

    A comparison that cannot be made leaves the last one standing, with the reason beside it.
    """
    store = job.store
    connections.refuse_demo(store, job.address)
    seen = Seen() if seen is None else seen
    ns = numbers(job, scope)
    code, reason = _not_yet(job, scope, ns)
    if not code:
        try:
            kept = _compared(job, scope, ns, seen)
            if kept is not None:
                result, note = kept
                reconciliations.keep(store, job.connection, scope, result, note, job.now(), run=seen.run)
            else:
                code, reason = "nothing", "Nothing of it goes there."
        except (_Stopped, reconcile_books.Stopped):
            return None
        except ConnectorError as error:
            code, reason = _broken_off(job, error)
    if code:
        reconciliations.not_run(store, job.connection, scope, job.now(), code, reason)
    return reconciliations.brief(store, job.connection, scope)


def numbers(job: Job, scope: Scope) -> list[int]:
    """The documents of a scope, by their `n`. A day of documents for the books is counted as their company does."""
    mine = reach.of_connection(job.store, job.connection)
    if scope.scope != "day" or not isinstance(job.memory.connector, Binder):
        return scopes.numbers(job.store, scope, mine)
    rules, day, shop = bundle.rules_of(job), date.fromisoformat(scope.name), job.store.config.shop
    if (rules.zone, rules.day_starts) == (shop.timezone, shop.day_starts):
        return scopes.numbers(job.store, scope, mine)
    near = scopes.moments(job.store, [(day + timedelta(days=by)).isoformat() for by in (-1, 0, 1)], mine)
    return [n for n, at in near if rules.day_of(clock.parse(at)) == day]


def _not_yet(job: Job, scope: Scope, ns: list[int]) -> tuple[str, str]:
    """Why it cannot be compared now, as a word and a sentence."""
    store = job.store
    if scope.scope == "session" and scopes.is_open(store, scope.name):
        return "open", "The session is still open."
    bundled = isinstance(job.memory.connector, Binder)
    of_day = bundled and scope.scope == "day"
    if not ns and not (of_day and bundle_days.has_books(store, job.connection, scope.name)):
        return "nothing", "It has no documents."
    left = (bundle_days if bundled else scopes).waiting(store, job.connection, ns)
    left += bundle_days.waiting_books(store, job.connection, scope.name) if of_day else 0
    if left:
        return "waiting", "1 document is not sent yet." if left == 1 else f"{left} documents are not sent yet."
    return ("", "") if line.works(job) else ("line", line.why_not(job))


def _broken_off(job: Job, error: ConnectorError) -> tuple[str, str]:
    """Reading failed: is it the line, or what was asked?"""
    if isinstance(error, Rejected):
        return "refused", f"{error.message} {error.remedy}".strip()
    down = error if isinstance(error, SignInNeeded) else line.silent(job)
    if down is not None:
        line.give_up(job, down)
        return "line", down.message
    return "answer", error.message


def _compared(job: Job, scope: Scope, ns: list[int], seen: Seen) -> tuple[Result, str] | None:
    """None when nothing of the scope goes to this connection."""
    connector: object = job.memory.connector
    if isinstance(connector, Binder):
        return _bundled(job, connector, scope, ns, seen)
    own: list[Pair] = []
    asked: list[tuple[Document, str, Sent | None]] = []
    before, moments = 0, []
    kind = connections.line(job.store, job.connection).kind
    for start in range(0, len(ns), PAGE_DOCUMENTS):
        page = scopes.page(job.store, job.connection, ns[start : start + PAGE_DOCUMENTS])
        for body, sent in page:
            doc = documents.decode(body)
            moments.append(clock.parse(doc["created_at"]))
            parts = _parts(kind, doc, sent)
            before += not parts and bool(ledger.parts(doc))
            asked += [(doc, part, sent.get(part)) for part in parts]
        while len(asked) >= BOOKED_MAX:
            own += _pairs(job, asked[:BOOKED_MAX], seen)
            asked = asked[BOOKED_MAX:]
        _breathe(job)
    own += _pairs(job, asked, seen)
    if not own:
        return None
    currency = counting.of_connection(job.store, job.store.config, job.connection).shop.currency
    extra = _only_there(job, scope, min(moments), max(moments), seen)
    seen.tolerance = tolerance_of(job, currency)
    note = "" if not before else f"{before} left out: made before this connection took them."
    return reconcile.compare([*own, *extra], currency, seen.tolerance), note


def tolerance_of(job: Job, currency: str) -> int:
    """What is let pass, in minor units: the company's own, where it has none this server's."""
    own = run_settings.of(job.store, companies.of_connection(job.store, job.connection)).tolerance
    return max(0, round_minor(Decimal(own or 0) or job.store.config.reconcile.tolerance, currency))


def _bundled(job: Job, binder: Binder, scope: Scope, ns: list[int], seen: Seen) -> tuple[Result, str] | None:
    """A day's documents are of all its receipts; a session has none of its own."""
    if scope.scope != "day":
        return None
    currency = counting.of_connection(job.store, job.store.config, job.connection).shop.currency
    seen.tolerance = tolerance_of(job, currency)
    seen.origins = reconcile_books.Origins(tolerance=seen.tolerance)
    found, elsewhere = reconcile_books.pairs(job, binder, scope.name, ns, seen.origins)
    if not found:
        return None
    seen.pairs.update(found)
    note = "" if not elsewhere else f"{elsewhere} left out: booked in another company than is connected now."
    return reconcile.compare(found.values(), currency, seen.tolerance), note


def _breathe(job: Job) -> None:
    job.breathe()
    if job.stopping():
        raise _Stopped


def _parts(kind: str, doc: Document, sent: Mapping[str, Sent]) -> list[str]:
    """The parts of a document that are, or should be, on the other side."""
    if not sent and doc.get("mode") == "mock":
        return []
    bookable = [part for part in ledger.parts(doc) if part in entries.BOOKED_PARTS]
    return [part for part in bookable if part in sent or (part != "cash" and doc.get("mode") == kind)]


def _pairs(job: Job, asked: list[tuple[Document, str, Sent | None]], seen: Seen) -> list[Pair]:
    """Both sides of these parts, the other one read now unless it was in this very round."""
    keyed = [(key_of(doc["id"], part, documents.parts(doc)), doc, part, sent) for doc, part, sent in asked]
    fresh = {key: str(doc["kind"]) for key, doc, _, _ in keyed if key not in seen.pairs}
    there = job.memory.connector.booked(fresh) if fresh else {}
    if fresh:
        line.reached(job)
    for key, doc, part, sent in keyed:
        if key in fresh:
            seen.pairs[key] = _pair(job, key, doc, part, sent, there.get(key))
    return [seen.pairs[key] for key, _, _, _ in keyed]


def _pair(job: Job, key: str, doc: Document, part: str, sent: Sent | None, there: Posted | None) -> Pair:
    connector, words = job.memory.connector, ""
    try:
        ours = connector.expected(doc, part)
    except (Rejected, *_FAULTS) as error:
        ours = reconcile.own(doc, part)
        words = error.message if isinstance(error, Rejected) else f"it cannot be worked out here ({error!r})"
    theirs = None
    if there is not None:
        try:
            theirs = connector.figures(there, doc["currency"])
        except _FAULTS as error:
            theirs, words = Figures(), f"what stands there cannot be read ({error!r})"
        if there.state == "submitted":
            words = connector.compare(doc, part, there) or words
    return Pair(
        key=key, document=doc["id"], number=doc["invoice_name"], part=part, session=doc["session"] or "",
        day=doc["business_day"], ours=ours, theirs=theirs, state=there.state if there else "",
        remote_id=there.remote_id if there else "", words=words, why=sent.message if sent else "",
        settled=sent.resolved if sent else "", unqueued=sent is None,
    )  # fmt: skip


def _only_there(job: Job, scope: Scope, first: datetime, last: datetime, seen: Seen) -> list[Pair]:
    """What stands there under the name of this till and is unknown here."""
    connector, till, after = job.memory.connector, job.store.config.till.id, ""
    currency = counting.of_connection(job.store, job.store.config, job.connection).shop.currency
    found: list[Pair] = []
    while True:
        page = connector.listed(till, first, last, after)
        of_scope = [r for r in page.rows if (r.session if scope.scope == "session" else r.day) == scope.name]
        stray = scopes.unknown(job.store, {row.key.removesuffix("-R") for row in of_scope})
        rows = [row for row in of_scope if row.key.removesuffix("-R") in stray]
        for start in range(0, len(rows), BOOKED_MAX):
            some = rows[start : start + BOOKED_MAX]
            there = connector.booked({row.key: row.kind for row in some if row.key not in seen.pairs})
            for row in some:
                if row.key in there:
                    figures = connector.figures(there[row.key], currency)
                    seen.pairs[row.key] = Pair(
                        row.key, "", row.number, "", row.session, row.day, None, figures, there[row.key].state,
                        row.remote_id,
                    )  # fmt: skip
                if row.key in seen.pairs:
                    found.append(seen.pairs[row.key])
        _breathe(job)
        if not page.after:
            return found
        after = page.after
