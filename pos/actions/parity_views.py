"""Comparisons of stock as people read them: how the last one went, and the list of what stands out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pos.actions import qbd_words
from pos.actions.outbox_views import moment
from pos.actions.parity import SIDES as SIDES
from pos.config import Config
from pos.rules import parity as rules
from pos.said import psaid, said
from pos.store import parity, parity_owned, qbd_companies, qbo_lists, qbo_tokens
from pos.store.companies import connection_id
from pos.store.db import Store
from pos.store.listing import Asked, Page
from pos.store.parity import Filter as Filter
from pos.store.parity import Run

SIDE_WORDS = {rules.DESKTOP: "QuickBooks Desktop", rules.ONLINE: "QuickBooks Online", rules.ERPNEXT: "ERPNext"}
STATUSES = {
    "missing": (said("Missing"), "needs"),
    "needs_adjustment": (said("Differs"), "needs"),
    "ambiguous": (said("Ambiguous"), "check"),
    "only_pack_variant": (said("Only packs there"), "check"),
    "base_with_packs": (said("Packs beside it"), "check"),
    "several_bases": (said("Several there"), "check"),
}
STATES = {"open": psaid("queue", "Open"), "dismissed": said("Dismissed"), "gone": said("Gone")}
FIELDS = {
    "item": said("Item"),
    "quantity": said("Quantity"),
    "income_account": said("Income account"),
    "cogs_account": said("Cost account"),
    "asset_account": said("Asset account"),
    "cost": said("Cost"),
    "price": said("Price"),
}
RUNS = {
    "asked": said("Asked; their lists come with the next round."),
    "reading": said("Their lists are being read."),
    "done": psaid("books", "Compared"),
    "failed": said("Could not be compared"),
}
CSV = (
    "item", "field", "location", "status", "ours", "theirs", "difference", "state", "first_seen", "last_seen", "times",
    "reopened", "why", "proposal",
)  # fmt: skip


def listed(store: Store, config: Config, wanted: Filter, asked: Asked) -> tuple[list[dict[str, Any]], Page]:
    """One page."""
    rows, page = parity.listed(store, wanted, asked)
    return [shown(store, config, row) for row in rows], page


def every(store: Store, wanted: Filter) -> Iterator[dict[str, Any]]:
    """All that fits, for an export: plain values."""
    return ({**row, "why": why(row["detail"])} for row in parity.every(store, wanted))


def shown(store: Store, config: Config, row: dict[str, Any]) -> dict[str, Any]:
    words, tone = STATUSES.get(row["status"], (row["status"], "check"))
    if row["status"] == "missing":
        words = said("Missing here") if row["detail"].get("missing") == "here" else said("Missing there")
    return {
        **row,
        "status_text": words,
        "tone": "offline" if row["state"] != "open" else tone,
        "field_text": FIELDS.get(row["field"], row["field"]),
        "state_text": STATES.get(row["state"], row["state"]),
        "first_text": moment(store, config, row["first_seen"]),
        "last_text": moment(store, config, row["last_seen"]),
        "why": why(row["detail"]),
        "ours_item": row["detail"].get("missing") != "here",
    }


def why(detail: dict[str, Any]) -> str:
    """What is to be known of a finding beside its figures, in sentences."""
    found: list[str] = [detail["why"]] if detail.get("why") else []
    if detail.get("names_differ"):
        ours, theirs = detail["names_differ"]
        found.append(said("Its name there differs in case or blanks: {theirs}, here {ours}.", ours=repr(ours),
                          theirs=repr(theirs)))  # fmt: skip
    if detail.get("names_differ_account"):
        found.append(said("The names differ in case or blanks alone."))
    if detail.get("packs"):
        names = ", ".join(detail["packs"][: rules.NAMES_MAX])
        found.append(said("Packs there, counted in single units: {names}.", names=names))
    for side, figure in sorted(detail.get("clamped", {}).items()):
        found.append(
            said("Below nothing here ({figure}), taken as nothing.", figure=figure)
            if side == "ours"
            else said("Below nothing there ({figure}), taken as nothing.", figure=figure)
        )
    if detail.get("dismissed"):
        found.append(said("Dismissed by {name}: {reason}", name=detail["dismissed"]["by"],
                          reason=detail["dismissed"]["reason"]))  # fmt: skip
    words = found[0] if found else ""
    for more in found[1:]:
        words = said("{words} {more}", words=words, more=more)
    return words


def run_shown(store: Store, config: Config, run: Run | None) -> dict[str, Any] | None:
    """A comparison for a screen."""
    if run is None:
        return None
    return {
        "n": run.n,
        "state": run.state,
        "text": RUNS.get(run.state, run.state),
        "strict": run.strict,
        "asked": moment(store, config, run.asked_at),
        "ended": moment(store, config, run.ended_at),
        "counts": run.counts,
        "words": qbd_words.again("", run.words),
        "others": [(words, run.counts[name]) for name, (words, _) in STATUSES.items() if run.counts.get(name)],
    }


def set_up(store: Store, company: str) -> list[str]:
    """Sides a company can be compared with."""
    found = []
    if qbd_companies.by_company(store, company) is not None:
        found.append(rules.DESKTOP)
    connection = connection_id("quickbooks", company)
    row = qbo_tokens.row(store, connection)
    if row is not None and row.realm and qbo_lists.seen(store, connection, row.realm) is not None:
        found.append(rules.ONLINE)
    if parity_owned.connection(store):
        found.append(rules.ERPNEXT)
    return found
