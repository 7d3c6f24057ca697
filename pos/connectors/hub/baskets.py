"""Baskets set aside, as till and hub tell each other of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pos.connectors.hub.client import ROOT
from pos.connectors.hub.feeds import Feeds
from pos.errors import Rejected, Unavailable

_ROWS = ("id", "store", "till", "title", "basket", "lines", "total", "by_code", "by_name", "at", "state", "changed_at",
         "changed_by", "taken", "reason", "holder")  # fmt: skip

Row = dict[str, Any]


def put(line: Feeds, row: Mapping[str, Any]) -> None:
    """Hand one up. Rejected, code "taken", when somebody else has it."""
    line.tell(f"{ROOT}/held", dict(row))


def listed(line: Feeds, shop: str) -> tuple[list[Row], list[Row]]:
    """What is held in the shop, and what this till took up and has not paid."""
    told = line.ask(f"{ROOT}/held?store={quote(shop, safe='')}")
    return _rows(told.get("held")), _rows(told.get("taken"))


def states(line: Feeds, shop: str, keys: Sequence[str]) -> list[Row]:
    """What became of these."""
    told = line.tell(f"{ROOT}/held/states", {"store": shop, "ids": list(keys)}, only_reads=True)
    return _rows(told.get("held"))


def claim(line: Feeds, key: str, asked: Mapping[str, str]) -> Row:
    """Take one up, or discard it, for this till alone. Rejected, codes "taken" and "no_basket"."""
    told = line.tell(f"{ROOT}/held/{quote(key, safe='')}/claim", dict(asked))
    return _rows([told.get("held")])[0]


def facts_of(error: Rejected) -> dict[str, Any]:
    """What the hub said beside its words."""
    try:
        told = json.loads(error.reply)
    except ValueError:
        return {}
    return {name: told.get(name) for name in ("state", "by", "at", "number")} if isinstance(told, dict) else {}


def _rows(value: Any) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(row, dict) and set(_ROWS) <= set(row) for row in value):
        raise Unavailable("The hub told of baskets in a way that cannot be read.", code="unreadable")
    return [{name: int(row[name]) if name == "lines" else str(row[name]) for name in _ROWS} for row in value]
