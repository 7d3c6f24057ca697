"""Which way each type of records goes between here and QuickBooks Desktop, and whose change of a field counts. Pure.

A company's table holds only what differs from DEFAULTS:
{"customers": {"direction": "both", "winner": "only_theirs", "fields": {"phone": "latest"}}}. Direction: both |
to_quickbooks | from_quickbooks | off. Winner: a word of `merge.OWNERS`, of every field that has no word of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pos.errors import Invalid
from pos.rules.conductor import TYPES, Type, type_of_kind
from pos.rules.conductor_tables import FIELDS, LINES
from pos.rules.merge import OWNERS, Owner
from pos.said import said

Direction = Literal["both", "to_quickbooks", "from_quickbooks", "off"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
#: What is only ever copied from there: nothing of it can be set.
FIXED = ("invoices",)


@dataclass(frozen=True, slots=True)
class Rule:
    """fields: those with a word of their own."""

    direction: Direction
    winner: Owner
    fields: Mapping[str, Owner] = field(default_factory=dict)


def _contacts(kind: str, owner: Owner) -> dict[str, Owner]:
    return {name: owner for name, one in FIELDS[kind].items() if one.contact}


#: type -> what is done where a company said nothing.
DEFAULTS: dict[str, Rule] = {
    "customers": Rule("both", "only_theirs", _contacts("qbd_customer", "theirs")),
    "vendors": Rule("both", "latest"),
    "items": Rule("both", "latest"),
    "sales_orders": Rule("both", "ours"),
    "purchase_orders": Rule("both", "latest"),
    "inventory_adjustments": Rule("both", "theirs"),
    "invoices": Rule("from_quickbooks", "only_theirs"),
}


def names(kind: str) -> tuple[str, ...]:
    """Fields of a kind of record that can have a word of their own: those that are brought together."""
    found = tuple(name for name, one in FIELDS[kind].items() if one.merged)
    return (*found, "lines") if kind in LINES else found


def read(kept: Mapping[str, Any]) -> dict[str, Rule]:
    """Every type's rule, as a company has it. What is kept and makes no sense any more counts as not said."""
    found: dict[str, Rule] = {}
    for name, one in DEFAULTS.items():
        said_ = kept.get(name)
        try:
            found[name] = one if said_ is None else _rule(TYPES[name], said_)
        except Invalid:
            found[name] = one
    return found


def clean(given: Any) -> dict[str, dict[str, Any]]:
    """A table as it is kept. Invalid names what is wrong."""
    if not isinstance(given, Mapping):
        raise Invalid(said("A table of rules is an object."), field="rules")
    for name in given:
        if name not in TYPES:
            raise Invalid(said("There is no type {name}.", name=str(name)[:40]), field=str(name)[:40])
    found: dict[str, dict[str, Any]] = {}
    for name, said_ in given.items():
        rule = _rule(TYPES[name], said_)
        if rule != DEFAULTS[name]:
            found[name] = {"direction": rule.direction, "winner": rule.winner, "fields": dict(rule.fields)}
    return found


def _rule(one: Type, given: Any) -> Rule:
    before, where = DEFAULTS[one.name], one.name
    if not isinstance(given, Mapping) or set(given) - {"direction", "winner", "fields"}:
        raise Invalid(said("A rule is an object of direction, winner and fields."), field=where)
    direction, winner = given.get("direction", before.direction), given.get("winner", before.winner)
    words = given.get("fields", before.fields)
    if direction not in DIRECTIONS:
        raise Invalid(
            said("{field} is one of these: {choices}.", field="direction", choices=", ".join(DIRECTIONS)),
            field=f"{where}.direction",
        )
    _owner(winner, f"{where}.winner")
    if not isinstance(words, Mapping):
        raise Invalid(said("A rule is an object of direction, winner and fields."), field=f"{where}.fields")
    known = names(one.kind)
    for name, owner in words.items():
        at = f"{where}.{str(name)[:40]}"
        if name not in known:
            raise Invalid(
                said("{field} is not brought together: QuickBooks alone says it, or there is no such field.",
                     field=str(name)[:40]), field=at,
            )  # fmt: skip
        _owner(owner, at)
    rule = Rule(direction, winner, {name: owner for name, owner in words.items() if owner != winner})
    if one.name in FIXED and rule != before:
        raise Invalid(said("Invoices only come from QuickBooks; nothing else can be chosen for them."), field=where)
    return rule


def _owner(word: Any, where: str) -> None:
    if word not in OWNERS:
        raise Invalid(said("{field} is one of these: {choices}.", field=where, choices=", ".join(OWNERS)), field=where)


def owners(rules: Mapping[str, Rule], kind: str) -> dict[str, Owner]:
    """Of every field of a kind of record whose change counts. The direction is in it: what only comes from there is
    theirs alone, what only goes there ours alone."""
    one = type_of_kind(kind)
    rule = rules.get(one.name, DEFAULTS[one.name])
    alone: dict[str, Owner] = {"from_quickbooks": "only_theirs", "to_quickbooks": "only_ours"}
    if rule.direction in alone:
        return dict.fromkeys(names(kind), alone[rule.direction])
    return {name: rule.fields.get(name, rule.winner) for name in names(kind)}
