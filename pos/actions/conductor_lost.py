"""What became of something that was sent to QuickBooks Desktop and whose answer was lost.

Conductor takes no idempotency key, and its externalId cannot be searched for. So a thing is looked for by what can be
searched: customers, vendors and items by their exact name, whatever its case and also where they are inactive,
documents by their number. Before anything goes again it is looked for among all that changed since, or is of its day,
for somebody may have renamed it. Whose it is then says the externalId it carries, which was made here of what the
record is.

What window remains: QuickBooks works on one request at a time and gives up on one after its own limit, which
`[conductor] settle_seconds` is longer than; a search waits in the same line as what was sent before it. So something
that is not there after that time will not come any more, unless Conductor itself held a request back for longer. A
customer, vendor or item can not be made twice even then: its name is one's alone, and the refusal of the second leads
to the first. Of two documents the older is kept and the other is named, for a person to delete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pos import clock
from pos.actions.conductor_side import TYPE_OF, Side
from pos.errors import Rejected
from pos.rules import documents
from pos.rules.merge import same
from pos.rules.money import exact
from pos.said import said
from pos.store import record_links, records
from pos.store.record_links import Link


@dataclass(frozen=True, slots=True)
class Sent:
    """What is on its way: the body; what it says, as fields of a record; and what it is looked for by."""

    body: dict[str, Any]
    view: dict[str, Any] = field(default_factory=dict)
    by: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """mine: of our making, by its externalId. others: of the same name or number, and somebody else's."""

    mine: list[dict[str, Any]]
    others: list[dict[str, Any]]


# -- kept before it goes -----------------------------------------------------------------------------------------------


def packed(sent: Sent) -> bytes:
    """As it is kept."""
    return _json({"body": sent.body, "view": sent.view, "by": sent.by}).encode()


def unpacked(link: Link) -> Sent | None:
    """What is on its way of a record; None when nothing is."""
    if not link.sent or not link.operation:
        return None
    kept = documents.decode(link.sent)
    return Sent(kept["body"], kept["view"], kept["by"])


def _json(value: Any) -> str:
    """JSON with exact numbers."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_json(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json, value)) + "]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, allow_nan=False)


# -- looking for it ----------------------------------------------------------------------------------------------------


def by_what(on: Side, resource: str, fields: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """What an object of this body can be found by."""
    if TYPE_OF[resource].lines:
        total = total_of(body)
        return {
            "number": str(body.get("refNumber") or ""), "date": str(body.get("transactionDate") or ""),
            "total": "" if total is None else f"{total:f}",
        }  # fmt: skip
    above, name = _above(on, resource, fields.get("parent")), str(body.get("name") or "")
    return {"name": f"{above}:{name}" if above else name}


def _above(on: Side, resource: str, parent: Any) -> str:
    """The full name of what it stands under."""
    if not isinstance(parent, Mapping) or not parent.get("id"):
        return ""
    kind, key = TYPE_OF[resource].kind, str(parent["id"])
    link = record_links.of_remotes(on.store, on.company, on.connection, kind, [key]).get(key)
    record = records.find(on.store, on.company, kind, link.record_id) if link else None
    if record is not None:  # what a reference says of its name is as old as the reference
        return str(record.fields.get("fullName") or record.title)
    return str(parent.get("fullName") or "")


def total_of(body: Mapping[str, Any]) -> Decimal | None:
    """What the lines of a document come to; None where that is not for us to work out."""
    total = Decimal(0)
    for line in body.get("lines") or ():
        if line.get("amount") not in (None, ""):
            total += exact(line["amount"])
        elif line.get("rate") not in (None, "") and line.get("quantity") is not None:
            total += exact(line["rate"]) * exact(line["quantity"])
        elif line.get("itemId"):
            return None
    return total


def look(on: Side, resource: str, by: Mapping[str, Any], external: str) -> Looked:
    """What there is there of that name or number. ConnectorError."""
    name = str(by.get("name") or "")
    if name:
        rows = on.client.find(resource, names=[name])
        rows = [row for row in rows if name.casefold() in {str(row.get(at) or "").casefold() for at in _NAMES}]
    elif by.get("number"):
        rows = on.client.find(resource, ref_numbers=[str(by["number"])])
    else:
        return Looked([], [])
    mine = [row for row in rows if is_ours(row, external)]
    return Looked(
        sorted(mine, key=lambda row: str(row.get("createdAt") or "")), [row for row in rows if row not in mine]
    )


def anywhere(on: Side, resource: str, by: Mapping[str, Any], external: str, sent_at: str) -> list[dict[str, Any]]:
    """What is of our making though it is called otherwise by now: somebody renamed it, or gave it another number, as
    soon as it was there. Documents of its day, entries of lists changed since it was sent. ConnectorError."""
    if by.get("date"):
        rows = on.client.whole(resource, transaction_date_from=by["date"], transaction_date_to=by["date"])
    else:
        day = clock.parse(sent_at) - timedelta(days=1)  # they count in the time of that computer
        rows = on.client.whole(resource, updated_after=day.date().isoformat())
    mine = [row for row in rows if is_ours(row, external)]
    return sorted(mine, key=lambda row: str(row.get("createdAt") or ""))


_NAMES = ("fullName", "name")


def is_ours(row: Mapping[str, Any], external: str) -> bool:
    """Whether an object there carries our externalId."""
    return _plain(str(row.get("externalId") or "")) == _plain(external)


def _plain(guid: str) -> str:
    return guid.strip("{} ").casefold()


def refuse_doubtful(by: Mapping[str, Any], looked: Looked) -> None:
    """Rejected ("number_taken") when a document of that number, day and total is there that says nothing of who made
    it: it may be this one. Numbers alone may be the same in QuickBooks."""
    for row in looked.others:
        if row.get("externalId") or str(row.get("transactionDate") or "") != by.get("date"):
            continue
        totals = {_figure(row[name]) for name in ("subtotal", "totalAmount") if row.get(name) not in (None, "")}
        if not by.get("total") or not totals or _figure(by["total"]) in totals:
            raise Rejected(
                said("QuickBooks has another document {number} of that day and amount.", number=by["number"]),
                code="number_taken",
                remedy=said("Look at both. If it is another one, give this one another number."),
            )  # fmt: skip


def _figure(value: Any) -> Decimal:
    return exact(value).normalize()


# -- holding it against what was sent ----------------------------------------------------------------------------------


def otherwise(sent: Mapping[str, Any], theirs: Mapping[str, Any], *, emptied: bool) -> dict[str, tuple[Any, Any]]:
    """Fields that stand there otherwise than they were sent: (what was sent, what stands there). What QuickBooks fills
    in where nothing was said is no difference; emptied: saying nothing meant to empty it."""
    return {
        name: (sent[name], theirs[name])
        for name in sent
        if (name in theirs and not holds(sent[name], theirs[name])) or (emptied and _emptied(name, sent, theirs))
    }


def _emptied(name: str, sent: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    return name in theirs and same(sent[name], "") and not same(theirs[name], "")


def holds(sent: Any, there: Any) -> bool:
    """Whether what was sent is in what stands there."""
    if same(sent, "") or same(sent, there):
        return True
    if isinstance(sent, Mapping) and isinstance(there, Mapping):
        return all(holds(one, there.get(name)) for name, one in sent.items() if name != "fullName")
    if isinstance(sent, list) and isinstance(there, list):
        return len(sent) == len(there) and all(map(holds, sent, there))
    try:
        return bool(exact(sent) == exact(there))
    except (TypeError, ValueError, ArithmeticError):
        return False


def known(link: Link, theirs: Mapping[str, Any]) -> Link:
    """The link with what is known of a change of ours whose answer was lost: where what was sent stands there, both
    agree on what was sent. Without this our own earlier value would look like somebody's change there; what stands
    there beyond it may be somebody's."""
    sent = unpacked(link)
    if sent is None:
        return link
    stands = {name: one for name, one in sent.view.items() if name in theirs and holds(one, theirs[name])}
    if link.operation == "update":
        stands = {name: one for name, one in stands.items() if not _emptied(name, sent.view, theirs)}
    return replace(link, agreed={**(link.agreed or {}), **stands}) if stands else link


def may_come(link: Link, revision: str) -> bool:
    """Whether a change of ours whose answer was lost may still be booked: it names the revision that stands there."""
    waits = clock.stamp(clock.now()) < link.settle_at
    return bool(link.sent) and link.operation == "update" and link.sync_token == revision and waits


def filled(sent: Sent, ours: Mapping[str, Any], theirs: Mapping[str, Any], *, new: bool) -> set[str]:
    """Fields of which we said nothing, or less, and QuickBooks filled in the rest: the day an order is due, the address
    of its customer, the text of a line. They stand here as they were sent."""
    return {
        name for name in (theirs if new else sent.view.keys() & theirs.keys())
        if same(ours.get(name), sent.view.get(name)) and not same(ours.get(name), theirs[name])
        and (new or not same(sent.view[name], "")) and holds(sent.view.get(name, ""), theirs[name])
    }  # fmt: skip


def arrived(sent: Sent, theirs: Mapping[str, Any]) -> bool:
    """Whether a change that was sent stands there."""
    return not otherwise(sent.view, theirs, emptied=True)


def in_words(off: Mapping[str, tuple[Any, Any]]) -> str:
    """What stands otherwise, for people."""
    return "; ".join(_told(name, *both) for name, both in sorted(off.items()))


def _told(name: str, sent: Any, there: Any) -> str:
    if isinstance(sent, list) and isinstance(there, list):
        for at, (one, other) in enumerate(zip(sent, there, strict=False), 1):
            if not holds(one, other):
                parts = [key for key in one if not holds(one[key], other.get(key))]
                return "; ".join(_is_not(f"{name} {at} {key}", one[key], other.get(key)) for key in parts)
        return said("{field}: {count} there, not {sent}", field=name, count=len(there), sent=len(sent))
    if isinstance(sent, Mapping) and isinstance(there, Mapping) and not sent.get("id"):
        parts = [key for key in sent if not holds(sent[key], there.get(key))]
        return "; ".join(_is_not(f"{name} {key}", sent[key], there.get(key)) for key in parts)
    return _is_not(name, sent, there)


def _is_not(field_: str, sent: Any, there: Any) -> str:
    return said("{field} is {there}, not {sent}", field=field_, there=_short(there), sent=_short(sent))


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("fullName") or value.get("id") or ", ".join(str(one) for one in value.values())
    return "-" if same(value, "") else str(value)[:60]


def parts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Ids of objects, for people."""
    return ", ".join(str(row.get("id") or "") for row in rows)
