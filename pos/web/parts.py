"""What the views are given. `pos.app` fills it once; a view asks for it with `parts()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import current_app

from pos.actions.press import Press
from pos.config import Config
from pos.store.db import Store
from pos.store.journal import Journal

if TYPE_CHECKING:
    from pos.web.live import Hub

KEY = "tillkeep"


@dataclass(frozen=True, slots=True)
class Parts:
    """The opened till: settings, database, the one writer of receipts, the screens, the agents' bell, the printer.

    `ring(event)` wakes the agents that wait for an event ("sale", "refund"); it never fails the caller.
    `control_key` is a bearer key for programs on this machine, made anew at each start.
    `shown` holds what each customer display was shown last, by device.
    """

    config: Config
    store: Store
    journal: Journal
    hub: Hub
    ring: Callable[[str], None]
    press: Press
    control_key: str
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)


def parts() -> Parts:
    """The parts of the till this request is served by."""
    return cast(Parts, current_app.extensions[KEY])
