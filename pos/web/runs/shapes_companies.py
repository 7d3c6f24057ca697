"""Shapes of what the screens of companies and of settings take and answer."""

from __future__ import annotations

from typing import Any

from pos.rules import company_file
from pos.store import run_choices
from pos.web.describe import Shape
from pos.web.shapes import ANY, FLAG, TEXT, WHOLE, by_name, many, ok, or_null, thing, words

_KINDS: dict[str, Shape] = {"flag": FLAG, "whole": WHOLE, "mapping": thing(more=True)}


def _field(one: company_file.Field) -> Shape:
    if one.kind == "choice":
        return words(*one.choices)
    shape = _KINDS.get(one.kind, TEXT)
    return or_null(shape) if one.empty and one.kind in ("flag", "whole") else shape


def fields(*names: str) -> dict[str, Shape]:
    """Fields of a set-up by their names."""
    return {name: _field(company_file.BY_NAME[name]) for name in names}


LIST_QUERY: dict[str, Shape] = {
    "show": words("all", "active", "inactive", "attention", "never"), "q": TEXT,
    "sort": words("name", "sync", "health"), "down": words("0", "1"),
}  # fmt: skip


def changes(names: tuple[str, ...], needed: tuple[str, ...] = ()) -> Shape:
    """Fields of a set-up as a body; needed ones first."""
    known: dict[str, Any] = fields(*names)
    return thing({name: known.pop(name) for name in needed}, {**known, "mark": TEXT})


MADE = ok({"company": TEXT, "message": TEXT, "next": TEXT})
CHANGED = ok({"changed": many(TEXT), "message": TEXT})
TOGGLE = thing({}, {"active": FLAG})
TOGGLED = ok({"active": FLAG, "message": TEXT})
WRITTEN = ok({"file": TEXT, "message": TEXT})
DEFAULTS = thing({}, dict.fromkeys(run_choices.NAMES, or_null(ANY)))
OWN = thing({}, {"company": TEXT, "period": words(*run_choices.PERIODS)})
CHOSEN = ok({"changed": by_name(many(ANY)), "message": TEXT})
