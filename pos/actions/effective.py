"""The settings as they are in force, where each comes from, and what the files say by now. No secret leaves here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import time
from decimal import Decimal
from typing import Any, get_type_hints

from pos import config as settings
from pos.actions import change_setting
from pos.config import Config
from pos.errors import BadSettings, NotFound
from pos.said import said
from pos.setting import default_of, environment_name, shown

#: What is typed into the field of a setting.
KINDS: dict[type, str] = {bool: "flag", int: "whole", Decimal: "figure", time: "time", str: "text"}
CSV = ("section", "name", "value", "origin", "default", "changed", "environment", "waits", "help")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which settings. section: only of this one. show: all, or changed: not as the program comes. words: anywhere."""

    section: str = ""
    show: str = "all"
    words: str = ""


def listed(config: Config, wanted: Filter) -> dict[str, Any]:
    """{rows, problem, waiting}. problem: why the files as they stand now would not start the till, "" = they would.
    waiting: so many settings say something else than what is in force, and count from the next start on."""
    every, problem = _every(config)
    rows = [row for row in every if _fits(row, wanted)]
    return {"rows": rows, "problem": problem, "waiting": sum(row["waits"] for row in every)}


def one(config: Config, section: str, name: str) -> dict[str, Any]:
    """The row of one setting. NotFound."""
    for row in _every(config)[0]:
        if (row["section"], row["name"]) == (section, name):
            return row
    raise NotFound(said("There is no setting [{section}] {name}.", section=section, name=name), field="name")


def _every(config: Config) -> tuple[list[dict[str, Any]], str]:
    config = settings.renewed(config, "erpnext")  # a new key is taken up while the till runs: it waits for no start
    later, problem = _as_written(config)
    origins = change_setting.origins(config)
    rows = []
    for section, cls in settings.GROUPS.items():
        types = get_type_hints(cls)
        rows += [
            _row(config, later, section, f, types[f.name], origins.get((section, f.name), "")) for f in fields(cls)
        ]
    return rows, problem


def _row(config: Config, later: Config | None, section: str, f: Any, kind: type, origin: str) -> dict[str, Any]:
    value, default, secret = getattr(getattr(config, section), f.name), default_of(f), bool(f.metadata["secret"])
    then = value if later is None else getattr(getattr(later, section), f.name)
    return {
        "section": section,
        "name": f.name,
        "value": ("" if not value else said("(hidden)")) if secret else shown(value),
        "secret": secret,
        "default": "" if secret else shown(default),
        "changed": value != default,
        "origin": origin,
        "environment": environment_name(section, f),
        "waits": then != value,
        "then": "" if then == value or secret else shown(then),
        "help": f.metadata["help"],
        "kind": KINDS[kind],
        "choices": ["yes", "no"] if kind is bool else list(f.metadata["one_of"]),
        "fixed": change_setting.fixed(f, origin),
        "file": "" if secret else shown(then) if later else change_setting.written_now(config, section, f),
    }


def _fits(row: dict[str, Any], wanted: Filter) -> bool:
    if (wanted.section and row["section"] != wanted.section) or (wanted.show == "changed" and not row["changed"]):
        return False
    text = f"{row['section']} {row['name']} {row['value']} {row['help']} {row['environment']}"
    return wanted.words.lower() in text.lower()


def _as_written(config: Config) -> tuple[Config | None, str]:
    """What the next start would read."""
    try:
        return settings.load(config.root), ""
    except (BadSettings, OSError) as error:
        return None, error.message if isinstance(error, BadSettings) else str(error)
