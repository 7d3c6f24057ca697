"""Fields both sides changed, for QuickBooks Desktop: both values as people read them, decided, taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pos import clock
from pos.actions import conductor_catalogue, conductor_setup
from pos.actions import conductor_words as words
from pos.actions.conductor_views import TITLES
from pos.actions.inventory_items import people_named
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.errors import Conflict, NotFound
from pos.rules import conductor as types
from pos.rules import conductor_fields
from pos.rules.conductor_tables import ADDRESS, FIELDS, LINES, THERE, Field
from pos.said import said
from pos.store import conductor_boards as boards
from pos.store import conductor_lists, records
from pos.store.conductor_boards import Clash
from pos.store.db import Store
from pos.store.listing import Asked, Page
from pos.store.record_held import DELETED, Held
from pos.store.records import Clashed, Record

KINDS = tuple(one.kind for one in types.TYPES.values())
#: What a rule that decided says of itself.
RULES = {
    "ours": said("The rule: ours wins."), "theirs": said("The rule: theirs wins."),
    "latest": said("The rule: the later change wins."),
    "only_ours": said("The rule: ours alone counts, theirs is never taken."),
    "only_theirs": said("The rule: theirs alone counts, ours is never sent."),
}  # fmt: skip
#: Of a line, in the order people read it; others follow.
_COLUMNS = ("item", "description", "quantity", "quantityDifference", "valueDifference", "rate", "ratePercent", "amount")


#: What two lines have in common that are one: all of it, else their item.
_ALIKE: tuple[Callable[[Mapping[str, Any]], Any], ...] = (dict, lambda row: row.get("item"))


class _Whole(Held):
    """Compared by `conductor_fields.seen_field`: a reference by its id alone, lines without theirs."""

    def seen(self, record: Record, field: str) -> Any:
        if field == DELETED:
            return super().seen(record, field)
        return conductor_fields.seen_field(record.kind, record.fields, record.lines, field)

    def whole(self, record: Record, field: str, value: Any) -> Any:
        """Lines are told from each other by what is in them, else by their item, so that each keeps its id."""
        return _with_ids(record, value) if field == "lines" else value


def listed(
    store: Store, config: Config, company: str, state: str, name: str, asked: Asked
) -> tuple[list[dict[str, Any]], Page]:
    """A page of what is open, or was decided. name: of that type alone, "" = all."""
    kinds = (types.TYPES[name].kind,) if name else KINDS
    rows, page = boards.conflicts(store, company, kinds, state, asked)
    known = _Names(store, company)
    return [_row(store, config, one, known) for one in rows], page


def waiting(store: Store, company: str) -> int:
    """How many wait for a person."""
    return sum(boards.open_conflicts(store, company, KINDS).values())


def decide(store: Store, company: str, number: int, choice: str, by: str) -> Clashed:
    """A person's word: ours or theirs. NotFound; Conflict, code "decided"."""
    _till_heard(store, company, number)
    with store.transaction():
        return _till_told(store, records.decide(store, company, number, choice, by, clock.now(), _Whole()))


def undo(store: Store, company: str, number: int, by: str) -> Clashed:
    """The other value after all, whoever decided. NotFound; Conflict, code "open", "changed", or "only_theirs" where
    its type only comes from QuickBooks."""
    _till_heard(store, company, number)
    _refuse_one_way(store, company, number)
    with store.transaction():
        return _till_told(store, records.undo(store, company, number, by, clock.now(), _Whole()))


def _till_told(store: Store, one: Clashed) -> Clashed:
    """The till's customers and items are these records."""
    record = records.get(store, one.company, one.kind, one.record_id)
    conductor_catalogue.to_till(store, store.config, one.company, [record])
    return one


def _till_heard(store: Store, company: str, number: int) -> None:
    """What was changed of it at the till is not decided about unseen. NotFound; Conflict, code "changed"."""
    one = records.conflict(store, company, number)
    if one.kind not in KINDS:
        raise NotFound(said("There is no such conflict here."))
    before = records.get(store, company, one.kind, one.record_id)
    after = conductor_catalogue.heard(store, before)
    if before.fields.get(one.field) != after.fields.get(one.field):
        raise Conflict(said("Somebody changed it meanwhile. Look again, then change it."), code="changed")


def _refuse_one_way(store: Store, company: str, number: int) -> None:
    """Nothing is sent of a type that only comes from QuickBooks: ours would not stand."""
    one = records.conflict(store, company, number)
    rules = conductor_setup.settings(store, store.config, company).rules
    direction = rules[types.type_of_kind(one.kind).name].direction
    if one.decision == "theirs" and one.field != DELETED and direction == "from_quickbooks":
        raise Conflict(said("Only QuickBooks changes this."), code="only_theirs")


def _with_ids(record: Record, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of a conflict with the ids of those the record has."""
    left = list(zip(conductor_fields.seen_lines(record.kind, record.lines), record.lines, strict=True))
    found: dict[int, dict[str, Any]] = {}
    for key in _ALIKE:
        for at, row in enumerate(wanted):
            match = None if at in found else next((pair for pair in left if key(pair[0]) == key(row)), None)
            if match is not None:
                left.remove(match)
                found[at] = match[1] if match[0] == row else {**row, "id": match[1].get("id", "")}
    return [found.get(at, {**row, "id": ""}) for at, row in enumerate(wanted)]


# -- shown -------------------------------------------------------------------------------------------------------------


class _Names:
    """What ids of records here, and of lists of theirs, are called; each looked up once a page."""

    def __init__(self, store: Store, company: str) -> None:
        self.store, self.company = store, company
        self.found: dict[tuple[str, str], str] = {}

    def party(self, kind: str, key: str) -> str:
        if not key or key.startswith(THERE):
            return key.removeprefix(THERE)
        return self._once((kind, key), lambda: self._title(kind, key))

    def ref(self, connection: str, sort: str, key: str) -> str:
        return self._once((sort, key), lambda: self._entry(connection, sort, key))

    def _entry(self, connection: str, sort: str, key: str) -> str:
        entry = conductor_lists.named(self.store, connection, sort, [key]).get(key)
        return entry.name if entry else key

    def _title(self, kind: str, key: str) -> str:
        record = records.find(self.store, self.company, kind, key)
        return record.title if record else key

    def _once(self, key: tuple[str, str], ask: Any) -> str:
        if key not in self.found:
            self.found[key] = ask()
        return self.found[key]


def _row(store: Store, config: Config, one: Clash, names: _Names) -> dict[str, Any]:
    type_name = types.type_of_kind(one.kind).name
    tone, text = _standing(one)
    return {
        "id": one.id, "kind": one.kind, "type": type_name, "record_id": one.record_id, "field": one.field,
        "title": one.title or one.record_id, "type_text": TITLES[type_name],
        "link": f"/conductor/{type_name}/{one.record_id}",
        "field_text": said("the whole record") if one.field == DELETED else words.label(one.field),
        "ours": shown(one, one.ours, names), "theirs": shown(one, one.theirs, names),
        "ours_value": one.ours, "theirs_value": one.theirs,
        "state": one.state, "decision": one.decision, "tone": tone, "state_text": text,
        "how": _how(store, config, one), "made_text": moment(store, config, one.made_at),
        "can_undo": one.state == "decided",
    }  # fmt: skip


def _standing(one: Clash) -> tuple[str, str]:
    if one.state == "open":
        return "needs", said("Waits for you")
    return "saved", said("Ours counts") if one.decision == "ours" else said("Theirs counts")


def _how(store: Store, config: Config, one: Clash) -> str:
    """The rule that applied, or who decided and when."""
    if one.state == "open":
        return said("A person decides; nothing of this field is sent or taken until then.")
    at = moment(store, config, one.decided_at)
    if one.decided_by == "rule":
        return said("{rule} Applied {at}.", rule=RULES.get(one.rule, one.rule), at=at)
    who = people_named(store, [one.decided_by]).get(one.decided_by, one.decided_by)
    return said("{who} decided, {at}.", who=who, at=at)


def shown(one: Clash, value: Any, names: _Names) -> dict[str, Any]:
    """A value as the page sets it: {text}, {parts: [(name, text)]} of an address or own fields, {columns, lines}."""
    if one.field == DELETED:
        return {"text": said("deleted") if value else said("kept, as it was changed")}
    if one.field == "lines":
        return _lines(one, value or [], names)
    field = FIELDS[one.kind].get(one.field)
    if field is not None and field.sort == "address" and value:
        return {"parts": [(words.PARTS[part], value[part]) for part in ADDRESS if value.get(part)]}
    if isinstance(value, list) and value and all(isinstance(row, Mapping) and "name" in row for row in value):
        return {"parts": [(str(row["name"]), str(row.get("value") or "")) for row in value]}
    return {"text": _text(one, field, value, names) or said("nothing")}


def _text(one: Clash, field: Field | None, value: Any, names: _Names) -> str:
    if field is not None and field.sort == "party":
        return names.party(field.to, str(value or ""))
    if field is not None and field.sort == "ref" and isinstance(value, Mapping) and value.get("id"):
        return str(value.get("fullName") or names.ref(one.connection, field.to, str(value["id"])))
    return words.text_of(field, value)


def _lines(one: Clash, rows: list[dict[str, Any]], names: _Names) -> dict[str, Any]:
    if not rows:
        return {"text": said("no lines")}
    known = LINES[one.kind]
    used = {name for row in rows for name in row if name in known}
    columns = [name for name in _COLUMNS if name in used] + [name for name in known if name in used - set(_COLUMNS)]
    cells = [[_text(one, known[name], row.get(name), names) for name in columns] for row in rows]
    return {"columns": [words.label(name) for name in columns], "lines": cells}
