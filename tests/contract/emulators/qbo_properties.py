"""Which properties each entity and its parts know: any other is refused by name (2010)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract.emulators.qbo_company import Refusal, invalid

TABLE = Path(__file__).with_suffix(".json")
SHOWN_MAX = 60


@cache
def known() -> dict[str, dict[str, str]]:
    """type -> property -> the type of what is in it, "" for a plain value."""
    table: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: {p: kind for kind, words in row.items() for p in words.split()} for name, row in table.items()}


def unreadable(said: str) -> Refusal:
    return invalid(
        "2010",
        "Request has invalid or unsupported property",
        f"Property Name:{said}\n specified is unsupported or invalid",
    )


def check(kind: str, value: Any) -> None:
    """2010 for the first property that `kind` has not."""
    if isinstance(value, list):
        for one in value:
            check(kind, one)
        return
    if not isinstance(value, dict):
        if value not in (None, ""):
            raise unreadable(f"Can not construct instance of com.intuit.schema.finance.v3.{kind} from the value given")
        return
    names = known()[kind]
    for name, inner in value.items():
        if name not in names:
            listed = ", ".join(f'"{n}"' for n in sorted(names)[:SHOWN_MAX])
            raise unreadable(
                f'Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{kind}), not marked as ignorable '
                f"({len(names)} known properties: {listed} [truncated]])"
            )
        if names[name]:
            check(names[name], inner)
