"""The story of a document beside its steps: what happened by the clock, both sides' figures, where it lies."""

from __future__ import annotations

from typing import Any

from pos import clock
from pos.actions import outbox_views
from pos.actions.hub_trace import Beyond
from pos.actions.outbox_views import moment
from pos.actions.whose_books import Books
from pos.config import Config
from pos.connectors.base import Posted
from pos.errors import PosError
from pos.rules import wording
from pos.rules.money import minor
from pos.rules.reconcile import PARTS, Figures
from pos.rules.zread import name_of
from pos.said import Said, nsaid, psaid, said
from pos.store import bundles
from pos.store.db import Store
from pos.store.whereabouts import Sent, Whereabouts


def events(store: Store, config: Config, here: Whereabouts, beyond: Beyond | None = None) -> list[dict[str, Any]]:
    """Everything with a moment, in the order of the clock. beyond: what the hub says of its own books."""
    doc, books = here.doc, Books(store, config)
    found = [_event(doc["created_at"], psaid("trace", "Sold"), _sold_words(config, here))]
    found.append(_event(doc["created_at"], said("Written"), _file_words(here), hash=doc["hash"], path=here.path))
    if here.sent and doc["till"] not in config.till.ids and doc["series"] == "till":
        found.append(_event(here.sent[0].created_at, said("Came here from {till}", till=doc["till"]), ""))
    for row in (beyond.rows if beyond else None) or ():
        if row.get("state") == "booked" and row.get("at"):
            what = said("Booked in {title} by the hub", title=str(row.get("title", "")))
            found.append(_event(str(row["at"]), what, str(row.get("remote_id", ""))))
    for one in here.sent:
        title = books.title(one.connection)
        steps = outbox_views.steps(store, config, one.story, title)
        page = books.page(one.connection, doc["kind"], one.remote_id)
        found += [
            _event(
                step["at"], step["text"], step["words"], tone=step["tone"], page=page if step["step"] == "sent" else ""
            )
            for step in steps
        ]
        if one.booked_at and not one.story:
            found.append(_event(one.booked_at, said("Booked in {title}", title=title), one.remote_id, page=page))
    for at, who, act, detail in here.acts:
        words = f"{who}: {detail['reason']}" if detail.get("reason") else who
        found.append(_event(at, outbox_views.ACTS.get(act, act), words))
    for look in here.looks:
        if look.compared_at:
            what = said("Session compared with {title}", title=books.title(look.connection))
            text = said("Both sides match.") if look.verdict == "match" else said("There are differences.")
            found.append(_event(look.compared_at, what, text, tone="" if look.verdict == "match" else "needs"))
    if here.session and here.session.z_at:
        name = name_of(here.session.z_number or 0)
        found.append(_event(here.session.z_at, said("Closed in {z}", z=name), here.session.id))
    found.sort(key=lambda event: event["when"])  # the sort is stable: what has one moment keeps its order
    for event in found:
        event["at_text"] = moment(store, config, event["at"], seconds=True, of=doc["created_at"])
        del event["when"]
    return found


def _event(at: str, title: str, words: str, **more: str) -> dict[str, Any]:
    return {"at": at, "when": clock.parse(at), "title": title, "words": words, "tone": "", "page": "", **more}


def _sold_words(config: Config, here: Whereabouts) -> Said:
    doc = here.doc
    amount = wording.money(minor(doc["total"], doc["currency"]), doc["currency"], config.shop.locale)
    ways = ", ".join(dict.fromkeys(str(payment["mode_of_payment"]) for payment in doc["payments"])) or "–"
    lines = nsaid("{n} line", "{n} lines", len(doc["items"]))
    return said("{lines}, {amount} by {ways}.", lines=lines, amount=amount, ways=ways)


def _file_words(here: Whereabouts) -> Said:
    size = f"{len(here.body):,}"
    if here.follows:
        return said("{bytes} bytes; it follows {number} in the chain.", bytes=size, number=here.follows)
    return said("{bytes} bytes; the first of its chain.", bytes=size)


# -- figures side by side ----------------------------------------------------------------------------------------------


def compared(store: Store, config: Config, here: Whereabouts) -> dict[str, Any] | None:
    """What the till says and what was read back, row by row; None when nothing was read back."""
    books, columns, rows = Books(store, config), list[str](), dict[tuple[str, str], dict[str, int]]()
    for one in here.sent:
        sides = _sides(store, books, here, one)
        if sides is None:
            continue
        of = one.book or one.part
        ours, theirs = f"{of} ", f"{of} {books.title(one.connection)}"
        columns += [name for name in (ours, theirs) if name not in columns]
        for name, side in ((ours, sides[0]), (theirs, sides[1])):
            for key, amount in _flat(side).items():
                rows.setdefault(key, {})[name] = amount
    if not columns:
        return None
    several = len({one.book or one.part for one in here.sent}) > 1
    return {
        "columns": [_head(name, several) for name in columns],
        "rows": [_compared_row(config, here, columns, key, row) for key, row in rows.items()],
    }


def _sides(store: Store, books: Books, here: Whereabouts, one: Sent) -> tuple[Figures, Figures] | None:
    """Both sides of one part as the reconciliation counts them: this till's document, or the one of several receipts
    it went into, and what was read back."""
    if one.state not in ("booked", "differs") or not one.remote.get("figures"):
        return None
    try:
        connector = books.connector(one.connection)
        if connector is None:
            return None
        document = {"book": bundles.closed(store, one.connection, one.book).book} if one.book else here.doc
        ours = connector.expected(document, one.part)
        posted = Posted(one.remote_id, "submitted", one.remote["figures"], tuple(one.remote.get("rows", ())))
        return ours, connector.figures(posted, here.doc["currency"])
    except (PosError, ValueError, KeyError, TypeError):
        return None  # it was booked under other settings, or before these figures were kept


def _flat(side: Figures) -> dict[tuple[str, str], int]:
    flat = {("total", ""): side.total}
    for part in PARTS:
        flat |= {(part, name): amount for name, amount in getattr(side, part).items()}
    return flat


def _head(name: str, several: bool) -> str:
    part, _, title = name.partition(" ")
    side = title or said("Till")
    return said("{side}, {part}", side=side, part=outbox_views.PARTS.get(part, part)) if several else side


def _compared_row(
    config: Config, here: Whereabouts, columns: list[str], key: tuple[str, str], row: dict[str, int]
) -> dict[str, Any]:
    of, name = key
    pairs = [(row.get(columns[at], 0), row.get(columns[at + 1], 0)) for at in range(0, len(columns) - 1, 2)]
    cur, locale = here.doc["currency"], config.shop.locale
    return {
        "of": of,
        "name": said("Total") if of == "total" else name,
        "texts": [wording.money(row.get(column, 0), cur, locale) for column in columns],
        "equal": all(a == b for a, b in pairs),
    }


def places(store: Store, config: Config, here: Whereabouts) -> list[dict[str, str]]:
    """Where it lies now, as far as is known here."""
    files = {"same": said("unchanged"), "changed": said("changed since"), "missing": said("not there")}
    files[""] = said("in the database, flushed")
    chain = said("the chain holds") if here.whole else said("the chain is broken")
    found = [
        {
            "what": said("Till file"),
            "text": said("{file}, {chain}", file=files[here.file], chain=chain),
            "page": "",
            "name": "",
        }
    ]
    for copy in here.copies:
        text = said("has it") if copy.there else said("has it not yet")
        found.append({"what": copy.place, "text": text, "page": "", "name": ""})
    books = Books(store, config)
    for one in here.sent:
        state = outbox_views.STATES["parked" if one.parked else "settled" if one.resolved else one.state][0]
        page = books.page(one.connection, here.doc["kind"], one.remote_id)
        found.append({"what": books.title(one.connection), "text": state, "page": page, "name": one.remote_id})
    return found
