"""The one door to changes of stock: for screens, the API and the command line alike.

What is at or above a threshold becomes a request for a second person, everything else an event at once; either in one
transaction. Who asks is who is signed in, or who stands behind their key: nothing that is typed changes that. What is
refused is audited, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pos.config import Config
from pos.rules.inventory import Draft
from pos.store.db import Store
from pos.store.inventory_approvals import Request
from pos.store.reach import EVERYWHERE, Reach


class Who(Protocol):
    """Who asks. person: the code of the person behind it; "" for a program's key that is nobody's."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def person(self) -> str: ...
    def may(self, right: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: an event, or a request that waits (or was answered; then its event is here, too). made: now, and
    not by the same request before."""

    event: Any = None
    approval: Request | None = None
    made: bool = True


def ask(store: Store, config: Config, draft: Draft, who: Who, *, via: str, reach: Reach = EVERYWHERE) -> Outcome:
    """Change stock, or ask for it. via: screen | api | cli | import, for the audit."""
    raise NotImplementedError


def approve(store: Store, config: Config, key: str, who: Who, note: str = "", reach: Reach = EVERYWHERE) -> Outcome:
    """Agree to a request and carry it out, in one transaction. A second time changes nothing and answers the same."""
    raise NotImplementedError


def reject(store: Store, config: Config, key: str, who: Who, note: str = "", reach: Reach = EVERYWHERE) -> Outcome:
    """Refuse a request; nothing moves."""
    raise NotImplementedError


def withdraw(store: Store, config: Config, key: str, who: Who, reach: Reach = EVERYWHERE) -> Outcome:
    """Whoever asked no longer does."""
    raise NotImplementedError


def void(store: Store, config: Config, key: str, who: Who, reason: str, reach: Reach = EVERYWHERE) -> Any:
    """Take an event back before the books heard of it."""
    raise NotImplementedError


def counter(store: Store, config: Config, key: str, who: Who, reason: str, *, via: str,
            reach: Reach = EVERYWHERE) -> Outcome:  # fmt: skip
    """Take an event back by another one that moves the goods the other way; thresholds hold for it, too."""
    raise NotImplementedError


def retry(store: Store, config: Config, key: str, who: Who, reach: Reach = EVERYWHERE) -> Any:
    """Let an event that QuickBooks Desktop refused go once more."""
    raise NotImplementedError
