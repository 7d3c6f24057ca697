"""What the views are given. `pos.app` fills it once; a view asks for it with `parts()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, g, has_request_context

from pos.actions.press import Press
from pos.agent import Agent
from pos.config import Config
from pos.store.db import Store
from pos.store.journal import Journal
from pos.web import reader
from pos.web.counted import Counted
from pos.web.setup_door import Door

if TYPE_CHECKING:
    from pos.web.live import Hub

KEY = "tillkeep"


@dataclass(frozen=True, slots=True)
class Parts:
    """The opened till: settings, database, the one writer of receipts, the screens, the agents' bell, the printer.

    `ring(event)` wakes the agents that wait for an event ("sale", "refund"); it never fails the caller.
    `control_key` is a bearer key for programs on this machine, made anew at each start.
    `ask_issuer(code, basket, amount)` asks the issuer of gift vouchers about one, and takes in what it says; it raises
    nothing. None where this till is the issuer.
    `agents` are those there are; `run_now(name, connection)` wakes one for a person, also a paused one.
    `shown` holds what each customer display was shown last, by device. `counted` is what this process counted.
    `door` lets one browser of this machine answer the first questions.
    """

    config: Config
    store: Store
    journal: Journal
    hub: Hub
    ring: Callable[[str], None]
    press: Press
    control_key: str
    ask_issuer: Callable[[str, str, int], object] | None = None
    agents: tuple[Agent, ...] = ()
    run_now: Callable[[str, str], None] = lambda _name, _connection: None
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)
    door: Door = field(default_factory=Door)


def parts() -> Parts:
    """The parts of the till this request is served by; `config` with figures as whoever reads is used to them.

    `store.config` is the shop's own, whoever reads: for paper.
    """
    found = cast(Parts, current_app.extensions[KEY])
    if not has_request_context():
        return found
    if "parts" not in g:
        config = reader.seen(found.config)
        g.parts = found if config is found.config else replace(found, config=config)
    return cast(Parts, g.parts)
