"""Take in: a signed message from another program becomes a notice, once, whoever sends it how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pos import clock
from pos.config import Config, Hooks
from pos.errors import BadSettings, Conflict, NotFound
from pos.said import said
from pos.store import hook_events, notices
from pos.store.db import Store

#: What a message may call the document it is about, who it is for, and what it comes to.
_NUMBERS = ("name", "number", "order", "order_id", "id")
_PEOPLE = ("customer_name", "customer", "contact")
_TOTALS = ("rounded_total", "grand_total", "total")
_REMEDY = "Pick the goods; the order stands in the shop's own list."
WORDS_CHARS_MAX = 80


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message. rang: it was news; duplicate: the same message was taken in before."""

    duplicate: bool
    rang: bool
    key: str


def titles(settings: Hooks) -> dict[str, str]:
    """What each webhook is called on the bell. BadSettings when [hooks] names does not read name:words."""
    found = {}
    for part in settings.names.split(","):
        name, colon, words = part.strip().partition(":")
        if not part.strip():
            continue
        if not colon or not words.strip() or not name.replace("-", "").replace("_", "").isalnum():
            raise BadSettings(f"[hooks] names holds {part.strip()!r}; write it like orders:Web order.")
        found[name] = words.strip()
    return found


@dataclass(frozen=True, slots=True)
class Message:
    """One whose signature was checked. sender: "erpnext", or "" for others. event: its id. digest: of its bytes."""

    sender: str
    name: str
    event: str
    digest: str
    body: Mapping[str, Any]


def take_in(store: Store, config: Config, message: Message) -> Taken:
    """Ring for a message, once.

    NotFound when no such webhook is set up; Conflict when the id was used for another message. One transaction: what
    was not taken in whole can be sent again.
    """
    title = titles(config.hooks).get(message.name)
    if title is None:
        raise NotFound("No webhook of that name is set up here; add it to [hooks] names.", field="name")
    hook, event = f"{message.sender}/{message.name}", message.event
    with store.transaction():
        known = hook_events.digest_of(store, hook, event)
        if known is not None:
            if known != message.digest:
                raise Conflict("This id was used for another message.", code="other_content", field="X-Webhook-Id")
            return Taken(True, False, "")
        hook_events.keep(store, hook, event, message.digest, clock.now())
        key, text = _notice(hook, title, event, message.body)
        rang = notices.raise_notice(store, key, "check", text, _REMEDY, event=True)
    return Taken(False, rang, key)


def refused(store: Store, count: int) -> None:
    """Say that so many unsigned or wrongly signed messages were turned away."""
    text = said("Webhooks without a right signature were turned away.")
    remedy = said("Compare the secrets on both sides ([hooks]). If nobody should be sending, somebody tries.")
    notices.raise_notice(store, "hooks-refused", "check", text, remedy, event=True, times=count)


def _notice(hook: str, title: str, event: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """The key (one order is one notice, whatever is said of it) and the words."""
    number = _first(body, _NUMBERS)
    parts = [_first(body, _PEOPLE), _total(body)]
    more = ", ".join(part for part in parts if part)
    text = " ".join(part for part in (title, number) if part)
    return f"hook:{hook}:{number or event}", f"{text}: {more}." if more else f"{text}."


def _total(body: Mapping[str, Any]) -> str:
    amount, currency = _first(body, _TOTALS), _first(body, ("currency",))
    return f"{amount} {currency}".strip() if amount else ""


def _first(body: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these that holds words or a number, in one bounded line."""
    for name in names:
        value = body.get(name)
        if isinstance(value, bool) or value is None or isinstance(value, list | dict):
            continue
        words = " ".join("".join(ch if ch.isprintable() else " " for ch in f"{value}").split())
        if words:
            return words[:WORDS_CHARS_MAX]
    return ""
