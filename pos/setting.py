"""One setting: its declaration, its name in the environment, and how text becomes its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from datetime import time
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from pos.errors import BadSettings

#: user:password@ in an address.
_PASSWORD = re.compile(r"(?<=://)([^/@:]*:)[^/@]*@")


def setting(
    default: Any, help: str, *, env: str | None = None, secret: bool = False, one_of: tuple[str, ...] = ()
) -> Any:
    """Declare one setting: default in Python's type, help as one sentence, environment name, secrecy, allowed words."""
    return field(default=default, metadata={"help": help, "env": env, "secret": secret, "one_of": one_of})


_types = cache(get_type_hints)


def group(section: str, cls: type, given: dict[str, str], environ: Mapping[str, str]) -> Any:
    """One group of settings: what config.ini gives, what the environment overrides, else the default."""
    known = {f.name: f for f in fields(cls)}
    for key in given:
        if key not in known:
            raise BadSettings(f"config.ini [{section}] has no setting {key!r}. Settings are: {', '.join(known)}.")
    types = _types(cls)
    values = {}
    for name, f in known.items():
        text = _from_environment(section, f, environ)
        if text is None:
            text = given.get(name)
        if text is not None:
            values[name] = _value(section, f, types[name], text.strip())
    return cls(**values)


def environment_name(section: str, f: Field[Any]) -> str:
    """The environment name that overrides a setting: the documented one, or TILLKEEP_SECTION_KEY."""
    return f.metadata["env"] or f"TILLKEEP_{section}_{f.name}".upper()


def _from_environment(section: str, f: Field[Any], environ: Mapping[str, str]) -> str | None:
    name = environment_name(section, f)
    if name in environ:
        return environ[name]
    file = environ.get(f"{name}_FILE")
    if file is None:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettings(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error


def _value(section: str, f: Field[Any], kind: type, text: str) -> Any:
    where = f"[{section}] {f.name}"
    one_of = f.metadata["one_of"]
    if one_of and text not in one_of:
        raise BadSettings(f"{where} is {text!r}; it must be one of: {', '.join(one_of)}.")
    try:
        if kind is bool:
            return {
                "yes": True,
                "true": True,
                "1": True,
                "on": True,
                "no": False,
                "false": False,
                "0": False,
                "off": False,
            }[text.lower()]
        if kind is int:
            return int(text)
        if kind is Decimal:
            number = Decimal(text)
            if not number.is_finite():
                raise ValueError
            return number
        if kind is time:
            return time.fromisoformat(text)
    except (ValueError, KeyError, InvalidOperation):
        wanted = {bool: "yes or no", int: "a whole number", Decimal: "a number", time: "a time like 05:00"}[kind]
        raise BadSettings(f"{where} is {text!r}; it must be {wanted}.") from None
    return text


def default_of(f: Field[Any]) -> Any:
    """The declared default of a setting."""
    assert f.default is not MISSING
    return f.default


def written(value: Any) -> str:
    """A setting's value as it is written in config.ini."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def shown(value: Any) -> str:
    """As `written`, for people to see: the password inside an address is left out."""
    return _PASSWORD.sub(r"\1(hidden)@", written(value))
