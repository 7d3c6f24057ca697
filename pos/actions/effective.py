"""The settings as they are in force, where each comes from, and what the files say by now. No secret leaves here."""

from __future__ import annotations

import configparser
from dataclasses import dataclass, fields
from typing import Any

from pos import config as settings
from pos.config import Config
from pos.errors import BadSettings
from pos.said import said
from pos.setting import default_of, environment_name, written

CSV = ("section", "name", "value", "origin", "default", "changed", "environment", "waits", "help")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which settings. section: only of this one. show: all, or changed: not as the program comes. words: anywhere."""

    section: str = ""
    show: str = "all"
    words: str = ""


def listed(config: Config, wanted: Filter) -> dict[str, Any]:
    """{rows, problem}. problem: why the files as they stand now would not start the till, "" = they would."""
    later, problem = _as_written(config)
    origins = _origins(config)
    rows = []
    for section, cls in settings.GROUPS.items():
        for f in fields(cls):
            row = _row(config, later, section, f) | {"origin": origins.get((section, f.name), "")}
            if _fits(row, wanted):
                rows.append(row)
    return {"rows": rows, "problem": problem}


def _row(config: Config, later: Config | None, section: str, f: Any) -> dict[str, Any]:
    value, default, secret = getattr(getattr(config, section), f.name), default_of(f), bool(f.metadata["secret"])
    then = value if later is None else getattr(getattr(later, section), f.name)
    return {
        "section": section,
        "name": f.name,
        "value": ("" if not value else said("(hidden)")) if secret else written(value),
        "secret": secret,
        "default": "" if secret else written(default),
        "changed": value != default,
        "environment": environment_name(section, f),
        "waits": then != value,
        "then": "" if then == value or secret else written(then),
        "help": f.metadata["help"],
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


def _origins(config: Config) -> dict[tuple[str, str], str]:
    try:
        return settings.origins(config.root)
    except (configparser.Error, UnicodeDecodeError, OSError):  # somebody is in the middle of changing it
        return {}
