"""Records of the office that two sides may change: customers, items, invoices, orders, payments of one company.

A change names the version it was made on, and is refused when somebody else was quicker. Nothing is ever taken out: a
record that is deleted is marked, so that the books elsewhere hear of it. Fields and lines are plain JSON, amounts and
quantities exact texts ("12.50"); what they must hold is in `rules.office`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos import clock
from pos.errors import Conflict, NotFound
from pos.rules.merge import Conflict as Clash
from pos.said import said
from pos.store import audit
from pos.store.db import Store
from pos.store.models import Record as Records
from pos.store.models import RecordConflict as Conflicts
from pos.store.models import RecordLink as Links
from pos.store.record_held import DELETED as DELETED
from pos.store.record_held import Held

KINDS = (
    "customer", "item", "invoice", "order", "payment",
    # of QuickBooks Desktop, with its own fields (rules.conductor)
    "qbd_customer", "qbd_vendor", "qbd_item", "qbd_sales_order", "qbd_purchase_order", "qbd_adjustment", "qbd_invoice",
)  # fmt: skip
#: What moves money: pulled ones are copies that are only read.
MONEY = ("invoice", "order", "payment", "qbd_adjustment", "qbd_invoice")
LIST_MAX = 500
_TITLES = ("name", "number", "reference", "refNumber")
#: What people know a record of QuickBooks Desktop by, beside its name.
_WORDS = ("fullName", "companyName", "email", "phone", "alternatePhone", "sku", "barcode", "purchaseOrderNumber")
WORDS_MAX = 300


@dataclass(frozen=True, slots=True)
class Record:
    """One record. origin: here | there. version counts up with every change."""

    company: str
    kind: str
    id: str
    fields: dict[str, Any]
    lines: list[dict[str, Any]]
    version: int
    edited_at: str
    edited_by: str
    origin: str
    deleted: bool

    @property
    def title(self) -> str:
        """Its name or number."""
        return title_of(self.fields) or self.id

    @property
    def read_only(self) -> bool:
        """A money document that was made elsewhere is a copy."""
        return self.origin == "there" and self.kind in MONEY


@dataclass(frozen=True, slots=True)
class Clashed:
    """A field both sides changed. rule: whose word decided, "ask" = a person's. decision: ours | theirs | ""."""

    id: int
    company: str
    connection: str
    kind: str
    record_id: str
    field: str
    ours: Any
    theirs: Any
    rule: str
    state: str
    made_at: str
    decided_by: str
    decided_at: str
    decision: str
    undo: Any


def title_of(fields: Mapping[str, Any]) -> str:
    """The name or number by which people know a record; "" = it has none."""
    return next((str(fields[name]) for name in _TITLES if fields.get(name)), "")


def found_by(kind: str, fields: Mapping[str, Any], key: str) -> tuple[str, int, str]:
    """facet, active and words of a record, which lists are sorted and searched by; empty for other kinds than those of
    QuickBooks Desktop."""
    if not kind.startswith("qbd_"):
        return "", 1, ""
    texts = (title_of(fields) or key, *(fields.get(name) for name in _WORDS), key)
    words = "\n".join(dict.fromkeys(str(one).lower() for one in texts if one))[:WORDS_MAX]
    facet = str(fields.get("type" if kind == "qbd_item" else "transactionDate") or "")
    return facet, int(fields.get("isActive") is not False), words


# -- records -----------------------------------------------------------------------------------------------------------


def find(store: Store, company: str, kind: str, key: str) -> Record | None:
    """One record, also a deleted one; None when there is none."""
    with store.reading():
        row = Records.get_or_none(_is(company, kind, key))
    return _record(row) if row else None


def get(store: Store, company: str, kind: str, key: str) -> Record:
    """One record. NotFound."""
    found = find(store, company, kind, key)
    if found is None:
        raise NotFound(said("There is no {kind} {id} here.", kind=kind, id=key[:60]))
    return found


def several(store: Store, company: str, kind: str, keys: Iterable[str]) -> dict[str, Record]:
    """Those of these ids that are there, by id. At most some hundred."""
    with store.reading():
        rows = Records.select().where(
            (Records.company == company) & (Records.kind == kind) & Records.id.in_(list(keys))
        )
        return {row.id: _record(row) for row in rows}


def listed(
    store: Store, company: str, kind: str, *, after: str = "", limit: int = 100, words: str = "", deleted: bool = False
) -> list[Record]:
    """Records in the order of their ids, from behind `after`. words: only those whose name, number or id holds them."""
    asked = (Records.company == company) & (Records.kind == kind) & (Records.id > after)
    if not deleted:
        asked &= Records.deleted == 0
    if words:
        asked &= Records.title.contains(words) | Records.id.contains(words)
    with store.reading():
        rows = Records.select().where(asked).order_by(Records.id).limit(min(limit, LIST_MAX))
        return [_record(row) for row in rows]


def count(store: Store, company: str, kind: str) -> int:
    """How many there are that are not deleted."""
    with store.reading():
        asked = (Records.company == company) & (Records.kind == kind) & (Records.deleted == 0)
        return int(Records.select().where(asked).count())


def titled(store: Store, company: str, kind: str, title: str) -> list[Record]:
    """Those that are called exactly so and are not deleted; at most a few."""
    with store.reading():
        asked = (Records.company == company) & (Records.kind == kind) & (Records.deleted == 0)
        return [_record(row) for row in Records.select().where(asked & (Records.title == title)).limit(10)]


def create(
    store: Store, company: str, kind: str, key: str, fields: Mapping[str, Any], lines: Sequence[Mapping[str, Any]],
    by: str, now: datetime, origin: str = "here",
) -> Record:  # fmt: skip
    """A new record. Conflict, code "taken", when the id is in use, also by a deleted one."""
    if kind not in KINDS:
        raise ValueError(f"no kind of record: {kind!r}")
    with store.transaction():
        taken = "SELECT 1 FROM record WHERE company = ? AND kind = ? AND id = ?"
        if store.execute(taken, (company, kind, key)).fetchone() is not None:
            raise Conflict(said("There is a {kind} {id} already.", kind=kind, id=key[:60]), code="taken", field="id")
        stamp, rows = clock.stamp(now), [dict(one) for one in lines]
        store.execute(
            "INSERT INTO record"
            " (company, kind, id, title, fields, lines, version, edited_at, edited_by, origin, deleted, facet, active,"
            " words) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, 0, ?, ?, ?)",
            (company, kind, key, title_of(fields), _json(fields), _json(rows), stamp, by, origin,
             *found_by(kind, fields, key)),
        )  # fmt: skip
        return Record(company, kind, key, dict(fields), rows, 1, stamp, by, origin, False)


def edit(
    store: Store, company: str, kind: str, key: str, version: int, fields: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]], by: str, now: datetime, *, deleted: bool = False,
) -> Record:  # fmt: skip
    """Put fields and lines in place of those of `version`. Conflict, code "changed", when it is another by now; the
    answer's facts name the version there is. The same content is no change."""
    with store.transaction():
        before = get(store, company, kind, key)
        if before.version != version:
            raise Conflict(
                said("Somebody changed it meanwhile. Look again, then change it."),
                code="changed",
                facts={"version": before.version},
            )
        same = before.fields == dict(fields) and before.lines == [dict(one) for one in lines]
        if same and before.deleted == deleted:
            return before
        facet, active, words = found_by(kind, fields, key)
        Records.update(
            facet=facet, active=bool(active), words=words, title=title_of(fields), fields=_json(fields),
            lines=_json(lines), version=version + 1, edited_at=clock.stamp(now), edited_by=by, deleted=deleted,
        ).where(_is(company, kind, key)).execute()  # fmt: skip
        return get(store, company, kind, key)


def _is(company: str, kind: str, key: str) -> Any:
    return (Records.company == company) & (Records.kind == kind) & (Records.id == key)


def _record(row: Any) -> Record:
    return Record(
        row.company, row.kind, row.id, json.loads(row.fields), json.loads(row.lines), row.version, row.edited_at,
        row.edited_by, row.origin, bool(row.deleted),
    )  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_refuse)


def _refuse(value: Any) -> Any:
    raise TypeError(f"{value!r} is no plain JSON")


# -- what both sides changed -------------------------------------------------------------------------------------------


def clashed(
    store: Store, company: str, connection: str, kind: str, key: str, found: Iterable[Clash], now: datetime,
    *, again: bool = True,
) -> None:  # fmt: skip
    """Keep what a merge could not bring together, and what a rule decided. An open row of a field is written anew, one
    that is not open any more is taken away: both sides came to agree by themselves. again: a try before this one may
    not have come to its end; what it told is not told twice."""
    stamp, here = clock.stamp(now), _of(company, connection, kind, key)
    rows = list(found)
    with store.transaction():
        asked = [one.field for one in rows if one.rule == "ask"]
        Conflicts.delete().where(here & (Conflicts.state == "open") & Conflicts.field.not_in(asked or [""])).execute()
        for one in rows:
            values = {"ours": _json(one.ours), "theirs": _json(one.theirs), "rule": one.rule}
            same = here & (Conflicts.field == one.field) & (Conflicts.state == "open")
            if one.rule == "ask":
                if not Conflicts.update(**values).where(same).execute():
                    _new(company, connection, kind, key, one.field, values, stamp, "open")
            elif not (again and _known(here, one.field, values)):
                _new(company, connection, kind, key, one.field, values, stamp, "decided", one.won)


def _new(
    company: str, connection: str, kind: str, key: str, field: str, values: Mapping[str, Any], stamp: str, state: str,
    won: str = "",
) -> None:  # fmt: skip
    lost = values["theirs"] if won == "ours" else values["ours"] if won else ""
    Conflicts.create(
        company=company, connection=connection, kind=kind, record_id=key, field=field, state=state, made_at=stamp,
        decided_by="rule" if won else "", decided_at=stamp if won else "", decision=won, undo=lost, **values,
    )  # fmt: skip


def _known(here: Any, field: str, values: Mapping[str, Any]) -> bool:
    """The same row of the same values, from a try before that did not come to its end."""
    last = Conflicts.select().where(here & (Conflicts.field == field)).order_by(Conflicts.id.desc()).first()
    return last is not None and all(getattr(last, name) == value for name, value in values.items())


def conflicts(
    store: Store, company: str, *, state: str = "open", after: int = 0, limit: int = 100, kind: str = "", key: str = ""
) -> list[Clashed]:
    """What both sides changed, in the order it was found, from behind row `after`. state: open, decided or ""."""
    asked = (Conflicts.company == company) & (Conflicts.id > after)
    if state:
        asked &= Conflicts.state == state
    if kind:
        asked &= Conflicts.kind == kind
    if key:
        asked &= Conflicts.record_id == key
    with store.reading():
        return [_clashed(row) for row in Conflicts.select().where(asked).order_by(Conflicts.id).limit(limit)]


def last_decided(store: Store, company: str, limit: int) -> list[Clashed]:
    """What people decided last, the latest first."""
    asked = (Conflicts.company == company) & (Conflicts.state == "decided") & (Conflicts.rule == "ask")
    with store.reading():
        rows = Conflicts.select().where(asked).order_by(Conflicts.decided_at.desc(), Conflicts.id.desc()).limit(limit)
        return [_clashed(row) for row in rows]


def conflict(store: Store, company: str, number: int) -> Clashed:
    """One of them. NotFound, also for another company's."""
    with store.reading():
        row = Conflicts.get_or_none((Conflicts.company == company) & (Conflicts.id == number))
    if row is None:
        raise NotFound(said("There is no such conflict here."))
    return _clashed(row)


def decide(
    store: Store, company: str, number: int, choice: str, by: str, now: datetime, held: Held | None = None
) -> Clashed:  # fmt: skip
    """A person says whose value counts: "ours" goes there with the next push, "theirs" is taken in at once. The other
    value is kept, so that `undo` can bring it back. Conflict, code "decided", when it was decided already."""
    with store.transaction():
        one = conflict(store, company, number)
        if one.state != "open":
            raise Conflict(said("This was decided already."), code="decided")
        _settle(store, one, choice, by, now, held or Held())
        return conflict(store, company, number)


def undo(
    store: Store, company: str, number: int, by: str, now: datetime, held: Held | None = None
) -> Clashed:  # fmt: skip
    """The value that gave way counts after all. Conflict, code "open", while nothing is decided; code "changed" when
    the field has another value by now."""
    with store.transaction():
        one = conflict(store, company, number)
        if one.state == "open":
            raise Conflict(said("Nothing is decided here yet."), code="open")
        stands = one.theirs if one.decision == "theirs" else one.ours
        record = get(store, company, one.kind, one.record_id)
        held = held or Held()
        if held.seen(record, one.field) != stands:
            raise Conflict(said("The field was changed since. Change it by hand."), code="changed")
        _settle(store, one, "ours" if one.decision == "theirs" else "theirs", by, now, held)
        return conflict(store, company, number)


def _settle(store: Store, one: Clashed, choice: str, by: str, now: datetime, held: Held) -> None:
    if choice not in ("ours", "theirs"):
        raise ValueError(f"no side: {choice!r}")
    wanted, lost = (one.theirs, one.ours) if choice == "theirs" else (one.ours, one.theirs)
    stamp = clock.stamp(now)
    record = get(store, one.company, one.kind, one.record_id)
    if held.seen(record, one.field) != wanted:
        wanted = held.whole(record, one.field, wanted)
        fields, lines, deleted = dict(record.fields), record.lines, record.deleted
        if one.field == "lines":
            lines = wanted or []
        elif one.field == DELETED:
            deleted = bool(wanted)
        else:
            fields[one.field] = wanted
        edit(store, one.company, one.kind, one.record_id, record.version, fields, lines, by, now, deleted=deleted)
    if one.field == DELETED:
        _begin_anew(one, choice)
    else:
        _to_go(one)
    Conflicts.update(
        state="decided", decided_by=by, decided_at=stamp, decision=choice, undo=_json(lost)
    ).where(Conflicts.id == one.id).execute()  # fmt: skip
    subject = f"{one.kind} {one.record_id}"
    audit.record(store, by, "record.decide", subject, {"company": one.company, "field": one.field, "choice": choice})


def _to_go(one: Clashed) -> None:
    """The link of a decided field: the next push looks at it."""
    link = Links.get_or_none(_link_of(one))
    if link is not None and one.state == "open":
        # What stands there is what both agreed on, as far as this field goes: ours then counts as changed here alone.
        agreed = _json({**(json.loads(link.agreed) if link.agreed else {}), one.field: one.theirs})
        Links.update(agreed=agreed, agreed_version=0, state="pending").where(_link_of(one)).execute()
    elif link is not None:
        Links.update(agreed_version=0, state="pending").where(_link_of(one)).execute()


def _begin_anew(one: Clashed, choice: str) -> None:
    """What was deleted there and is to stay is made there once more, as another one; else nothing is sent any more."""
    gone = _link_of(one) & (Links.state == "gone")
    if choice == "ours":
        Links.update(
            remote_id="", sync_token="", agreed="", agreed_version=0, state="pending", code="", message="", sent="",
            request_id="", operation="", settle_at="",
        ).where(gone).execute()  # fmt: skip
    Links.update(agreed_version=0, state="pending").where(_link_of(one) & (Links.state != "gone")).execute()


def _of(company: str, connection: str, kind: str, key: str) -> Any:
    return (
        (Conflicts.company == company) & (Conflicts.connection == connection) & (Conflicts.kind == kind)
        & (Conflicts.record_id == key)
    )  # fmt: skip


def _link_of(one: Clashed) -> Any:
    return (
        (Links.company == one.company) & (Links.connection == one.connection) & (Links.kind == one.kind)
        & (Links.record_id == one.record_id)
    )  # fmt: skip


def _clashed(row: Any) -> Clashed:
    return Clashed(
        row.id, row.company, row.connection, row.kind, row.record_id, row.field, json.loads(row.ours),
        json.loads(row.theirs), row.rule, row.state, row.made_at, row.decided_by, row.decided_at, row.decision,
        json.loads(row.undo) if row.undo else None,
    )  # fmt: skip
