"""Reports: the session as it stands (X), a Z again, the days behind; and what the close screen shows. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions import figures, paper
from pos.actions.sell import Seller, Till
from pos.actions.shift import Checked
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import count, documents, takings, wording, zread
from pos.rules.money import major, minor
from pos.rules.takings import Sums
from pos.said import nsaid, said
from pos.store import audit, catalog, counts, held, hub_sessions, intake, people, receipts, shifts, tally
from pos.store import takings as tables
from pos.store.db import Store
from pos.store.reach import Reach
from pos.store.shifts import Session

#: Longest stretch of a day report.
DAYS_MAX = 400
ZREADS_PAGE = 50


# -- the session -----------------------------------------------------------------------------------------------------


def state(till: Till, by: Seller) -> dict[str, Any]:
    """What /api/shift answers. The expected cash is not in it: a count stays blind."""
    store, config = till.store, till.config
    session = shifts.to_close(store)
    sums = tables.of_session(store, session.id) if session else Sums()
    last = shifts.closed(store, config.till.id, 1)
    return {
        "open": session is not None,
        "insist_on_float": config.shift.insist_on_float,
        "session": _session(store, session, sums, config) if session else None,
        "own": _own(store, session, sums, by, config),
        "takings": _takings(sums, config) if by.may("z_read") else None,
        "held": held.count(store),
        "last_z": _z_row(last[0], config) if last else None,
        "next_z": shifts.next_z(store, config.till.id),
        "denominations": count.denominations(config.shop.currency, config.shop.locale),
        "tenders": [
            {"name": mode.name, "kind": mode.kind}
            for mode in catalog.payment_modes(store)
            if mode.kind not in ("cash", "account")
        ],
        "variance_reasons": list(count.reasons(config.shift.variance_reasons)),
        "variance_max_text": _text(config.shift.variance_max, config),
    }


def _session(store: Store, session: Session, sums: Sums, config: Config) -> dict[str, Any]:
    opened = clock.parse(session.opened_at)
    hours = int((clock.now() - opened).total_seconds() // 3600)
    size = sum(v[1] for k, v in sums.tenders.items() if k[1] == "float")
    return {
        "id": session.id,
        "number": session.number,
        "business_day": session.business_day,
        "day_text": wording.day(date.fromisoformat(session.business_day), config.shop.locale),
        "opened_at": session.opened_at,
        "opened_text": wording.moment(opened, config.shop.locale),
        "opened_by": {"code": session.opened_by, "name": _names(store).get(session.opened_by, session.opened_by)},
        "float": figures.plain(size, config),
        "float_text": figures.money(size, config),
        "hours": max(0, hours),
        "old": hours >= config.shift.old_session_hours,
    }


def _own(store: Store, session: Session | None, sums: Sums, by: Seller, config: Config) -> dict[str, Any]:
    rows = [v for k, v in sums.people.items() if k[2] == by.code and k[3] not in takings.DRAWER]
    sold, back, total = (sum(row[i] for row in rows) for i in (1, 2, 3))
    return {
        "count": sum(row[0] for row in rows),
        "sales_text": figures.money(sold, config),
        "returns_text": figures.money(back, config),
        "total": figures.plain(total, config),
        "total_text": figures.money(total, config),
        "last_number": shifts.last_number(store, session, by.code) if session and rows else "",
    }


def _names(store: Store) -> dict[str, str]:
    return {person.code: person.name for person in people.people(store)}


def _takings(sums: Sums, config: Config) -> dict[str, Any]:
    cur = config.shop.currency
    found = takings.figures(sums, {}, cur)
    tenders = [
        {"name": t["name"], "kind": t["kind"], "amount": str(t["net"]), "amount_text": _text(t["net"], config)}
        for t in found["tenders"]
    ]
    receipts_made = found["sales"]["count"] + found["returns"]["count"] + found["voids"]["count"]
    total = found["total"]
    return {"count": receipts_made, "total": str(total), "total_text": _text(total, config), "tenders": tenders}


def x_read(till: Till, by: Seller) -> dict[str, Any]:
    """The open session as a document that was never saved: kind "x", its block `z` without number. Looking is audited,
    for who has seen it counts no longer blind. Conflict no_session."""
    store, config = till.store, till.config
    session = shifts.to_close(store)
    if session is None:
        raise Conflict("No session is open; there is nothing to read.", code="no_session")
    with store.reading():
        block = zread.report(shifts.facts(store, session), shifts.given(store, session))
    audit.record(store, by.code, "x_read", session.id)
    return {
        "kind": "x",
        "till": config.till.id,
        "store": config.till.store,
        "currency": config.shop.currency,
        "session": session.id,
        "created_at": intake.local(store, clock.now()).isoformat(timespec="milliseconds"),
        "cashier": {"code": by.code, "name": by.name},
        "z": block,
    }


def z_read(store: Store, named: str) -> dict[str, Any]:
    """A saved Z, by its number (188, Z0188) or its document's (T1-000860). NotFound."""
    digits = named.removeprefix("Z")
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        key = shifts.by_z(store, store.config.till.id, int(digits)).z_document
        entered = intake.find(store, str(key))
        assert entered is not None, "a session's Z is a document"
        return entered.doc
    doc = documents.decode(receipts.body(store, named))
    if doc["kind"] != "z":
        raise NotFound(said("{named} is no Z.", named=named))
    return doc


def recomputed(store: Store, doc: Mapping[str, Any]) -> bool:
    """Whether the documents, added up again now, give this Z to the last figure.

    From the sums, which `verify` holds against the documents; where more stands in the session than its Z counted, from
    the documents it did count.
    """
    with store.reading():
        found = facts_now(store, doc)
    again = zread.made_again(doc["z"], found, doc["currency"])
    return documents.encode({**doc, "z": again}) == documents.encode(doc)


def facts_now(store: Store, doc: Mapping[str, Any]) -> zread.Facts:
    """What the database says by now of the documents a saved Z counted."""
    found = shifts.facts(store, shifts.by_z(store, doc["till"], doc["z"]["number"]))
    return found if found.documents == doc["z"]["documents"] else shifts.counted_facts(store, doc)


def report(doc: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """The report of an X or Z for a page: every figure as plain text, and ready to show beside it."""
    block = {
        **doc["z"],
        "till": doc["till"],
        "closed_at": doc["created_at"] if doc["kind"] == "z" else None,
        "closed_by": dict(doc["cashier"]) if doc["kind"] == "z" else None,
    }
    shown = _shown(block, doc["currency"], config.shop.locale)
    assert isinstance(shown, dict)
    return shown


def lines(doc: Mapping[str, Any], config: Config, width: int = 42, *, printed: bool = False) -> list[str]:
    """An X or Z as paper of that width shows it. printed: by a receipt printer."""
    return zread.lines(doc, width, paper.words_of(config, printed=printed))


def _shown(value: Any, cur: str, locale: str) -> Any:
    """The same structure: Decimals as plain text, money also as people read it."""
    if isinstance(value, Mapping):
        out: dict[str, Any] = {}
        for key, inside in value.items():
            out[key] = _shown(inside, cur, locale)
            if isinstance(inside, Decimal) and key in documents.Z_MONEY:
                out[f"{key}_text"] = wording.money(minor(inside, cur), cur, locale)
        return out
    if isinstance(value, list | tuple):
        return [_shown(inside, cur, locale) for inside in value]
    return f"{value:f}" if isinstance(value, Decimal) else value


def zreads_within(store: Store, config: Config, reach: Reach, before: int | None = None) -> list[dict[str, Any]]:
    """The same of all tills of a hub that lie within a reach. mark: what the next page is asked for by."""
    found = hub_sessions.closed(store, reach, ZREADS_PAGE, before)
    return [{**_listed_z(store, config, session), "mark": n} for n, session in found]


def zreads(store: Store, config: Config, before: int | None = None) -> list[dict[str, Any]]:
    """Closed sessions, the newest first, a page at a time, each with what its Z says."""
    found = shifts.closed(store, config.till.id, ZREADS_PAGE, before)
    return [{**_listed_z(store, config, session), "mark": session.z_number} for session in found]


def _listed_z(store: Store, config: Config, session: Session) -> dict[str, Any]:
    entered = intake.find(store, str(session.z_document))
    assert entered is not None, "a session's Z is a document"
    z = entered.doc["z"]
    count = sum(z[kind]["count"] for kind in ("sales", "returns", "voids"))
    variance = z["count"]["variance"] if z["count"] else None
    off_text = "" if variance is None else _text(variance, config)
    return {
        **_z_row(session, config),
        "document": entered.doc["invoice_name"],
        "receipts": count,
        "total_text": _text(z["total"], config),
        "off": bool(variance),
        "off_text": off_text,
    }


def _z_row(session: Session, config: Config) -> dict[str, Any]:
    assert session.z_number is not None and session.closed_at is not None and session.last_sequence is not None
    closed = clock.parse(session.closed_at)
    return {
        "number": session.z_number,
        "name": zread.name_of(session.z_number),
        "session": session.id,
        "business_day": session.business_day,
        "day_text": wording.day(date.fromisoformat(session.business_day), config.shop.locale),
        "at_text": wording.moment(closed, config.shop.locale),
        "id": session.z_document,
    }


# -- the close -------------------------------------------------------------------------------------------------------


def compared(till: Till, found: Checked) -> dict[str, Any]:
    """What /api/shift/count-check answers: expected against counted, and what the close will ask for."""
    store, config = till.store, till.config
    with store.reading():
        block = zread.report(shifts.facts(store, found.session), shifts.given(store, found.session))
        attempts = len(counts.of_session(store, found.session.id))
        waiting = tally.counts(store).waiting
    counted = [row for row in found.rows if row.counted is not None]
    sums = {
        "expected": sum(row.expected for row in counted),
        "counted": sum(row.counted or 0 for row in counted),
        "difference": sum(row.amount for row in counted),
    }
    return {
        "count": found.count.id,
        "at_text": wording.clock_time(intake.local(store, clock.parse(found.count.at)), config.shop.locale),
        "rows": [_row(row, config) for row in found.rows],
        "all": {f"{k}_text": figures.money(v, config) for k, v in sums.items()},
        "pieces": [_piece(value, pieces, config) for value, pieces in found.pieces],
        "counted_text": figures.money(found.rows[0].counted or 0, config),
        "how": how(block, config),
        "variance": figures.plain(found.rows[0].amount, config),
        "variance_text": figures.money(found.rows[0].amount, config),
        "sentence": sentence(found.rows[0].name, found.rows[0].amount, config),
        "hint": figures.change_words(abs(found.rows[0].amount), config.shop.currency, config.shop.locale),
        "needs_reason": found.needs_reason,
        "needs_approval": found.needs_approval,
        "limit_text": _text(config.shift.variance_max, config),
        "documents_text": _documents(block, config),
        "held": block["held"],
        "waiting": waiting,
        "next_z": shifts.next_z(store, config.till.id),
        "attempts": attempts,
    }


def _row(row: count.Difference, config: Config) -> dict[str, Any]:
    counted = row.counted
    return {
        "name": row.name,
        "kind": row.kind,
        "expected": figures.plain(row.expected, config),
        "expected_text": figures.money(row.expected, config),
        "counted": None if counted is None else figures.plain(counted, config),
        "counted_text": None if counted is None else figures.money(counted, config),
        "difference": figures.plain(row.amount, config),
        "difference_text": figures.money(row.amount, config),
        "state": row.state,
    }


def _piece(value: int, pieces: int, config: Config) -> dict[str, Any]:
    return {
        "value": figures.plain(value, config),
        "text": figures.money(value, config),
        "pieces": pieces,
        "amount_text": figures.money(value * pieces, config),
    }


def how(block: Mapping[str, Any], config: Config) -> list[dict[str, Any]]:
    """How the expected cash comes about, line by line; the lines add up to the last one."""
    cash = block["cash"]
    opened = wording.clock_time(clock.parse(block["opened_at"]), config.shop.locale)
    parts = [
        (said("Float, opened {time} by {name}", time=opened, name=block["opened_by"]["name"]), cash["float"]),
        (said("Cash given by customers"), cash["given"]),
        (said("Change given"), cash["change"]),
        (said("Cash refunds"), cash["refunds"]),
    ]
    words = {"paid_in": said("Paid in"), "paid_out": said("Paid out"), "drop": said("To the safe")}
    moved = [row for row in cash["movements"] if row["kind"] in words]
    parts += [(said("{what}: {reason}", what=words[row["kind"]], reason=row["reason"]), row["amount"]) for row in moved]
    shown: list[dict[str, Any]] = [{"text": text, "amount_text": _text(amount, config)} for text, amount in parts]
    return [
        *shown,
        {"text": said("Expected in the drawer"), "amount_text": _text(cash["expected"], config), "result": True},
    ]


def sentence(name: str, variance: int, config: Config) -> str:
    """The variance in words: "Cash is £10.00 short."."""
    if not variance:
        return said("{name} is exactly right.", name=said(name))
    amount = figures.money(abs(variance), config)
    if variance < 0:
        return said("{name} is {amount} short.", name=said(name), amount=amount)
    return said("{name} is {amount} over.", name=said(name), amount=amount)


def _documents(block: Mapping[str, Any], config: Config) -> str:
    sales, back, voids = (block[k]["count"] for k in ("sales", "returns", "voids"))
    facts: dict[str, Any] = {
        "sales": nsaid("{n} sale", "{n} sales", sales),
        "returns": nsaid("{n} return", "{n} returns", back),
        "total": _text(block["total"], config),
    }
    told = said("{sales}, {returns}", **facts)
    if voids:
        told = said("{told}, {voids}", told=told, voids=nsaid("{n} voided", "{n} voided", voids))
    if not block["first_number"]:
        return said("{told}, {total}.", told=told, total=facts["total"])
    between = {"first": block["first_number"], "last": block["last_number"]}
    return said("{told}: {first} to {last}, {total}.", told=told, total=facts["total"], **between)


def _text(amount: Decimal, config: Config) -> str:
    return wording.money(minor(amount, config.shop.currency), config.shop.currency, config.shop.locale)


# -- days ------------------------------------------------------------------------------------------------------------


def days(store: Store, config: Config, first: str, last: str) -> dict[str, Any]:
    """What the business days from first to last came to, with the hours of the day. Invalid for no such stretch."""
    begin, end = stretch(first, last)
    shown = _shown(day_figures(store, begin, end), config.shop.currency, config.shop.locale)
    return {"from": begin.isoformat(), "to": end.isoformat(), **shown}


def stretch(first: str, last: str) -> tuple[date, date]:
    """The two days of a report. Invalid when they are none, or further apart than DAYS_MAX."""
    begin, end = _day(first, "from"), _day(last, "to")
    if end < begin or (end - begin).days >= DAYS_MAX:
        raise Invalid(said("Choose up to {most} days, the earlier one first.", most=DAYS_MAX), field="to")
    return begin, end


def day_figures(store: Store, begin: date, end: date) -> dict[str, Any]:
    """The figures of these business days, as exact Decimals."""
    currency = store.config.shop.currency
    sums = tables.of_days(store, store.config.till.ids, begin.isoformat(), end.isoformat())
    return {**takings.figures(sums, _names(store), currency), "hours": _hours(sums, currency)}


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("A day is written like 2026-11-21.", field=field) from None


def _hours(sums: Sums, cur: str) -> list[dict[str, Any]]:
    found: dict[str, list[int]] = {}
    for (_day, hour, _cashier, kind), (number, _sold, _back, total) in sums.people.items():
        if kind not in takings.DRAWER:
            row = found.setdefault(hour, [0, 0])
            row[0] += number
            row[1] += total
    return [{"hour": h, "count": n, "total": major(total, cur)} for h, (n, total) in sorted(found.items())]
