"""What the doctor is given and what it answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pos.config import Config
from pos.store.db import Store

State = Literal["ok", "warn", "fail", "not_set_up"]
#: From the best to the worst; not being set up is no illness.
RANK: dict[State, int] = {"not_set_up": 0, "ok": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. sentence: what was found; remedy: what to do, "" where nothing is to be done.

    facts: the figures behind it, for programs and for comparing with a later look. No secret stands anywhere.
    """

    name: str
    state: State
    sentence: str
    remedy: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs on this folder now."""

    host: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Look:
    """What every check is given. store: None where there is no database, or none that can be read."""

    config: Config
    now: datetime
    store: Store | None
    serving: Serving | None = None


def ok(name: str, sentence: str, **facts: object) -> Finding:
    return Finding(name, "ok", sentence, facts=facts)


def warn(name: str, sentence: str, remedy: str, **facts: object) -> Finding:
    return Finding(name, "warn", sentence, remedy, facts)


def fail(name: str, sentence: str, remedy: str, **facts: object) -> Finding:
    return Finding(name, "fail", sentence, remedy, facts)


def not_set_up(name: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(name, "not_set_up", sentence, remedy)
