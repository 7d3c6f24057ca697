"""The session of a till's drawer: opened by a float, counted blind, closed by a Z."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.actions import cash
from pos.actions.approve import Permission, ids_of
from pos.actions.repeated import once
from pos.actions.sell import Seller, Till
from pos.errors import Conflict, Invalid
from pos.rules import count, shift, takings, zread
from pos.rules.count import Count, Difference, Expected, Piece
from pos.rules.money import major
from pos.said import said
from pos.store import audit, catalog, counts, intake, shifts
from pos.store import takings as tables
from pos.store.counts import Counted
from pos.store.db import Store
from pos.store.journal import Committed
from pos.store.shifts import Session


def open_session(till: Till, raw: Mapping[str, Any], by: Seller) -> Committed:
    """Put the float into the drawer: the first document of a session. Conflict already_open when one is open."""
    config, key = till.config, shift.key_of(raw)
    size, pieces = shift.float_of(raw, config.shop.currency, config.pricing.tender_max)
    maker = cash.maker_of(till.store, config, by)
    doc = shift.float_document(key, size, maker, note=shift.note_of(raw), pieces=pieces)
    return _once(till, doc, by, lambda: cash.save(till, doc, Permission(till.store, by, key)))


def correct_float(till: Till, raw: Mapping[str, Any], by: Seller) -> Committed:
    """Say what the float of the open session should have been: a document of its own that moves the difference."""
    config, key = till.config, shift.key_of(raw)
    cur = config.shop.currency
    size = shift.size_of(raw, cur, config.pricing.tender_max, "amount")
    reason, note = shift.reason_of(raw), shift.note_of(raw)
    session = shifts.current(till.store, config.till.id)
    before = float_size(till.store, session)
    maker = cash.maker_of(till.store, config, by)
    doc = shift.float_document(key, size, maker, before=before, reason=reason, note=note)

    def unchanged(tx: Store) -> None:
        if float_size(tx, shifts.current(tx, config.till.id)) != before:
            raise Conflict("The float was corrected meanwhile. Look at it again.", code="float_changed")

    def make() -> Committed:
        if size == before and session is not None:
            raise Invalid("That is the float already.", field="amount")
        permission = Permission(till.store, by, key, ids_of(raw))
        permission.need("z_read")
        return cash.save(till, doc, permission, guard=unchanged)

    return _once(till, doc, by, make)


def float_size(store: Store, session: Session | None) -> int:
    """The float of a session with its corrections, in minor units."""
    if session is None:
        return 0
    sums = tables.of_session(store, session.id)
    return sum(v[1] for k, v in sums.tenders.items() if k[1] == "float")


def _once(till: Till, doc: Mapping[str, Any], by: Seller, make: Callable[[], Committed]) -> Committed:
    return once(till.store, doc["id"], lambda saved: cash.same_or_conflict(till.store, saved, doc, by), make)


# -- the count -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """A stored count against what was expected at that moment."""

    count: Counted
    session: Session
    rows: tuple[Difference, ...]
    pieces: tuple[Piece, ...]
    needs_reason: bool
    needs_approval: bool


def count_check(till: Till, raw: Mapping[str, Any], by: Seller) -> Checked:
    """Store what was counted, for good, and only then look at what was expected. The same id again: the same answer."""
    key, config = shift.key_of(raw), till.config
    session = _open_now(till)
    made = count.count_of(raw, config.shop.currency, _known(till.store, session), config.pricing.tender_max)
    counted = {"cash": made.cash, "pieces": [list(p) for p in made.pieces], "tenders": dict(made.tenders)}
    with till.store.durably() as tx:
        expected = [list(row) for row in takings.expected(tables.of_session(tx, session.id))]
        stored = counts.save(tx, key, session.id, (by.code, by.name), counted, expected)
        if stored.session != session.id:
            raise Conflict("That count is of another session. Count again.", code="count_again", field="count")
        audit.record(tx, by.code, "count", session.id, {"count": key, "cash": f"{made.cash}"})
    return checked(till, stored, session)


def checked(till: Till, stored: Counted, session: Session) -> Checked:
    """A stored count, compared with what was expected when it was made."""
    expected = tuple(Expected(*row) for row in stored.expected)
    pieces = tuple(Piece(*p) for p in stored.counted["pieces"])
    made = Count(stored.counted["cash"], pieces, tuple(sorted(stored.counted["tenders"].items())))
    rows = count.compare(expected, made, _known(till.store, session))
    limit, cur = till.config.shift.variance_max, till.config.shop.currency
    return Checked(stored, session, rows, pieces, count.differs(rows), count.above_limit(rows, limit, cur))


def _known(store: Store, session: Session) -> dict[str, str]:
    """What can be counted: the shop's ways to pay, and those the session took."""
    modes = {mode.name: mode.kind for mode in catalog.payment_modes(store) if mode.kind != "account"}
    return modes | {e.name: e.kind for e in takings.expected(tables.of_session(store, session.id))}


def _open_now(till: Till) -> Session:
    found = shifts.to_close(till.store) or shifts.last(till.store, till.config.till.id)
    if found is None:
        raise Conflict("No session is open; there is nothing to count yet.", code="no_session")
    if not found.open:
        raise shifts.already_closed(found)
    return found


# -- the close -------------------------------------------------------------------------------------------------------


def close(till: Till, raw: Mapping[str, Any], by: Seller) -> Committed:
    """Close the open session by its Z, with a count that was stored before. Once per session, whatever is out of reach.

    The same id and content again: the same Z. Conflict already_closed names the Z of a session that has one,
    count_again when something moved since the count; Invalid reason when a difference has none; NeedsApproval z_read or
    variance.
    """
    key = shift.key_of(raw)
    reason, note = shift.reason_of(raw, needed=False), shift.note_of(raw)
    named = raw.get("count")
    asked = {"count": named, "reason": reason, "note": note}

    def make() -> Committed:
        session = _open_now(till)
        if not isinstance(named, str) or not named:
            raise Invalid("Count the drawer first; the close names the count.", field="count")
        counted = counts.get(till.store, named)
        session = shifts.may_close(till.store, counted.session) or session
        found = checked(till, counted, session)
        if found.count.session != session.id:
            raise _count_again()
        permission = Permission(till.store, by, key, ids_of(raw))
        permission.need("z_read")
        if found.needs_reason and not reason:
            raise Invalid("Say why counted and expected differ.", code="reason", field="reason")
        if found.needs_approval:
            most = major(max(abs(row.amount) for row in found.rows), till.config.shop.currency)
            permission.need(
                "variance", "count", reach=most, message=said("The difference of {most} is above the limit.", most=most)
            )
        return _write(till, found, key, permission, by, reason, note)

    return once(till.store, key, lambda saved: _same_close(saved, asked), make)


def _write(
    till: Till, found: Checked, key: str, permission: Permission, by: Seller, reason: str, note: str
) -> Committed:
    approved = [a for a in permission.approved() if a["act"] == "variance"]
    stands = [list(row) for row in found.count.expected]

    def still_so(tx: Store) -> None:
        open_now = shifts.may_close(tx, found.session.id)
        expected = [list(row) for row in takings.expected(tables.of_session(tx, found.session.id))]
        if open_now is None or expected != stands:
            raise _count_again()

    def complete(tx: Store) -> Mapping[str, Any]:
        """The figures, in the transaction that numbers the Z: nothing can come in between."""
        tables.roll(tx)
        session = shifts.may_close(tx, found.session.id)
        assert session is not None, "the guard saw it open"
        cur = till.config.shop.currency
        block = zread.count_block(
            found.rows, found.pieces, cur, key=found.count.id, at=_local(till, found.count.at),
            by=found.count.by_name, reason=reason, note=note,
            approved_by=", ".join(a["by"]["name"] for a in approved),
        )  # fmt: skip
        given = shifts.given(tx, session)
        given = zread.with_count(given, shifts.next_z(tx, session.till), block, _attempts(till, tx, session.id))
        return {"z": zread.report(shifts.facts(tx, session), given)}

    doc = shift.blank("z", key, cash.maker_of(till.store, till.config, by)) | {"z": {"session": found.session.id}}
    return cash.save(till, doc, permission, guard=still_so, complete=complete)


def _attempts(till: Till, tx: Store, session: str) -> tuple[Mapping[str, Any], ...]:
    """Every count of the session, so that a second look stays visible."""
    cur, found = till.config.shop.currency, []
    for made in counts.of_session(tx, session):
        expected = next(Expected(*row) for row in made.expected if row[1] == "cash")
        variance = major(made.counted["cash"] - expected.amount, cur)
        counted = major(made.counted["cash"], cur)
        found.append({"at": _local(till, made.at), "by": made.by_name, "counted": counted, "variance": variance})
    return tuple(found)


def _local(till: Till, stamp: str) -> str:
    return intake.local(till.store, clock.parse(stamp)).isoformat(timespec="milliseconds")


def _count_again() -> Conflict:
    return Conflict("Something was sold or moved since this count. Count again.", code="count_again", field="count")


def _same_close(saved: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    made = (saved.get("z") or {}).get("count") or {}
    field = "kind" if saved["kind"] != "z" else ""
    for name, was in (("count", made.get("id")), ("reason", made.get("reason")), ("note", made.get("note"))):
        field = field or (name if asked[name] != was else "")
    if field:
        raise Conflict(
            said("This is already saved as {number}, with another {field}.", number=saved["invoice_name"], field=field),
            code="other_content",
            field=field,
            facts={"number": saved["invoice_name"]},
        )
