"""What was chosen on a screen about runs: defaults of the portal, and what one person sees first.

Nothing is held in memory: what one process changes, another one goes by at its next look.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pos import clock
from pos.config import Config
from pos.store import audit
from pos.store.db import Store
from pos.store.models import RunChoice

#: Whose choice a default of the portal is.
PORTAL = ""
PERIODS = ("yesterday", "7d", "30d", "90d")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings of [runs] that may be chosen on the screen, as they hold now; named as there."""

    default_parallel: int
    default_stagger_seconds: int
    stale_hours_warning: int
    refresh_expiring_days: int
    recon_diff_warning: str
    reauth_guidance: str
    notify_start: bool
    notify_success: bool
    notify_failure: bool
    keep_log_days: int
    keep_event_days: int
    keep_import_days: int


@dataclass(frozen=True, slots=True)
class Own:
    """What one person sees first. company: an id, "" = all; period: one of PERIODS."""

    company: str = ""
    period: str = "7d"


NAMES = tuple(one.name for one in fields(Defaults))


def effective(store: Store, config: Config) -> Defaults:
    """The defaults as they hold: chosen on the screen, else as the files and the environment say."""
    given: dict[str, Any] = {name: getattr(config.runs, name) for name in NAMES}
    kept = {name: value for name, value in chosen(store).items() if type(value) is type(given.get(name))}
    return Defaults(**{**given, **kept})


def chosen(store: Store, who: str = PORTAL) -> dict[str, Any]:
    """What was chosen on the screen; a name that is not there was left to the files."""
    with store.reading():
        rows = RunChoice.select(RunChoice.name, RunChoice.value).where(RunChoice.who == who)
        return {row.name: json.loads(row.value) for row in rows}


def choose(store: Store, values: Mapping[str, Any], by: str, *, who: str = PORTAL) -> dict[str, Any]:
    """Put these choices in place; None = left to the files again. What changed, each [before, after]; the same goes to
    the audit where it is the portal's."""
    at = clock.stamp(clock.now())
    with store.transaction():
        before = chosen(store, who)
        changed = {name: [before.get(name), value] for name, value in values.items() if before.get(name) != value}
        for name, (_old, value) in changed.items():
            RunChoice.delete().where((RunChoice.who == who) & (RunChoice.name == name)).execute()
            if value is not None:
                RunChoice.create(who=who, name=name, value=json.dumps(value, ensure_ascii=False), at=at)
        if changed and who == PORTAL:
            audit.record(store, by, "runs.defaults", "runs", changed)
    return changed


def of_person(store: Store, who: str) -> Own:
    """What a person sees first."""
    kept = chosen(store, who) if who else {}
    period = kept.get("period")
    return Own(str(kept.get("company", "")), period if period in PERIODS else "7d")
