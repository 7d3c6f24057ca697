"""The outbox as screens show it: every row in words, what became of it step by step, and what a person can do now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pos import clock
from pos.actions import import_books
from pos.actions.whose_books import Books
from pos.config import Config
from pos.errors import NotFound, PosError
from pos.rules import documents, wording
from pos.rules.money import minor
from pos.said import psaid, said
from pos.store import bundles, intake, outbound, outbox, standing, unblock
from pos.store.db import Store
from pos.store.listing import Asked
from pos.store.outbound import Filter
from pos.store.reach import EVERYWHERE, Reach
from pos.store.standing import Row
from pos.store.tally import NEEDS, WAITING

#: So many rows one request tries again.
RETRY_MAX = 500

#: State -> (words, tone). A tone is a colour and a sign; the words say it all.
STATES = {
    "queued": (said("Waiting"), "waiting"),
    "bundled": (said("In a document of several receipts"), "waiting"),
    "sending": (said("Being sent"), "waiting"),
    "sent": (said("Sent, to be read back"), "waiting"),
    "unknown": (said("No answer, being asked for"), "waiting"),
    "booked": (said("Booked, equal"), "saved"),
    "rejected": (said("Refused"), "needs"),
    "differs": (said("Differs"), "needs"),
    "parked": (said("Parked"), "check"),
    "settled": (said("Settled by hand"), "offline"),
}
PARTS = {
    "sale": psaid("document", "Sale"),
    "return": psaid("document", "Return"),
    "book": said("Sales document"),
}
KIND_WORDS = {
    "sale": psaid("document", "Sale"),
    "return": psaid("document", "Return"),
    "void": said("Void"),
    "float": said("Float"),
    "no_sale": said("Drawer opened"),
    "voucher": said("Gift voucher"),
    "record": said("Record"),
    "paid_in": said("Cash in"),
    "paid_out": said("Cash out"),
    "drop": said("To the safe"),
    "z": said("Close of day"),
}
#: A step of a story -> what it says. "" = the words that stand beside it say enough.
STEPS = {
    "post": said("Sent to {title}"),
    "sent": said("{title} has it"),
    "booked": said("Read back and equal"),
    "differs": said("Read back, and it differs"),
    "rejected": said("Refused"),
    "unknown": said("No answer; held as unknown, not sent again blindly"),
    "queued": said("Not there; it is sent again"),
    "mailed": said("In the queue for {title}"),
    "fault": said("Could not be handled here"),
    "parked": said("Parked"),
    "unparked": said("Taken up again"),
}
#: What a person did -> how a story tells it.
ACTS = {
    "outbox.retry": said("Tried again by a person"),
    "outbox.resolve": said("Settled by hand"),
    "outbox.park": said("Parked by a person"),
    "outbox.unpark": said("Taken up again by a person"),
}
_OLDEST = Asked(sort="since", down=False, limit=RETRY_MAX)
#: Acts a person can do, by whether they make sense for a row now.
_RETRY = ("queued", "unknown", "sent", *NEEDS)


def state_of(row: Row) -> str:
    """The state a person reads: parked and settled stand before the row's own."""
    return "parked" if row.parked else "settled" if row.settled else row.state


def shown(store: Store, config: Config, row: Row, books: Books | None = None) -> dict[str, Any]:
    """One row of the list, exact values beside their words. books: of the whole page."""
    state = state_of(row)
    words, tone = STATES[state]
    books = books if books is not None else Books(store, config)
    total = None if row.total is None or row.kind == "z" else row.total
    locale = config.shop.locale
    return {
        "n": row.n,
        "document": row.document,
        "number": row.number,
        "part": row.part,
        "what": PARTS.get(row.part) or KIND_WORDS.get(row.kind, row.kind or row.part),
        "total": None if total is None else f"{total}",
        "total_text": "" if total is None else wording.money(minor(total, row.currency), row.currency, locale),
        "currency": row.currency,
        "connection": row.connection,
        "connection_title": books.title(row.connection),
        "state": state,
        "state_text": words,
        "tone": tone,
        "tries": row.tries,
        "next_at": row.next_at if row.state in WAITING and not row.parked else "",
        "next_text": moment(store, config, row.next_at) if row.state in WAITING and not row.parked else "",
        "created_at": row.created_at,
        "created_text": moment(store, config, row.created_at),
        "updated_at": row.updated_at,
        "updated_text": moment(store, config, row.updated_at),
        "booked_at": row.booked_at,
        "booked_text": moment(store, config, row.booked_at),
        "remote_id": row.remote_id,
        "remote_page": books.page(row.connection, row.kind or row.part, row.remote_id),
        "code": row.code,
        "message": row.message,
        "difference": row.difference,
        "resolved": row.resolved,
        "parked": row.parked,
        "needs": row.needs,
        "may": acts(row),
    }


#: Columns of the export: the plain values.
CSV = (
    "number", "document", "part", "total", "currency", "connection", "state", "tries", "next_at", "created_at",
    "updated_at", "booked_at", "remote_id", "code", "message", "difference", "resolved", "parked",
)  # fmt: skip


def acts(row: Row) -> list[str]:
    """What a person can do with it now."""
    found = []
    if row.state in _RETRY:
        found.append("retry")
    if row.parked:
        found.append("unpark")
    elif row.state in _RETRY and not row.settled:
        found.append("park")
    if row.state in NEEDS and not row.settled:
        found.append("resolve")
    return found


def detail(store: Store, config: Config, n: int, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """Everything about one row. NotFound when there is none."""
    row = outbound.one(store, n, reach)
    if row is None:
        raise NotFound("There is no such row in the outbox.", field="n")
    view = shown(store, config, row)
    story, reply = told(store, n)
    return {
        **view,
        "rows": import_books.words_of(store, row.connection, row.document) if row.part == bundles.PART else "",
        "reply": reply,
        "missing": missing_items(store, config, row, reply),
        "story": steps(store, config, story, view["connection_title"]),
        "acts": [
            {
                "at": at,
                "at_text": moment(store, config, at),
                "who": who,
                "act": act.removeprefix("outbox."),
                "reason": detail.get("reason", ""),
                "second": detail.get("second", ""),
            }
            for at, who, act, detail in standing.history(store, row.document)
            if detail.get("part") == row.part and detail.get("connection") == row.connection
        ],
    }


def told(store: Store, n: int) -> tuple[list[list[str]], str]:
    """A row's story, oldest first, and the last reply as it came."""
    with store.reading():
        found = store.execute("SELECT story, reply FROM outbox WHERE n = ?", (n,)).fetchone()
    story, reply = found or ("", "")
    return [json.loads(line) for line in story.split("\n") if line], reply


def steps(store: Store, config: Config, story: Iterable[list[str]], title: str, of: str = "") -> list[dict[str, Any]]:
    """A story in words. of: see `moment`."""
    return [
        {
            "at": at,
            "at_text": moment(store, config, at, seconds=True, of=of),
            "step": step,
            "text": said(STEPS[step], title=title) if step in STEPS else step,
            "code": code,
            "words": words,
            "tone": "needs" if step in (*NEEDS, "fault") else "check" if step in ("unknown", "parked") else "",
        }
        for at, step, code, words in story
    ]


def missing_items(store: Store, config: Config, row: Row, reply: str) -> list[dict[str, str]]:
    """For a receipt refused over its goods: the items that are named in the reply, else all it holds, each with the
    page where it can be made or looked at."""
    if row.state != "rejected" or row.code not in ("item_missing", "broken_reference", "link_missing"):
        return []
    try:
        lines = documents.decode(outbox.body(store, row.document))["items"]
    except PosError:
        return []
    codes = list(dict.fromkeys(str(line["item_code"]) for line in lines))
    names = {str(line["item_code"]): str(line.get("item_name", "")) for line in lines}
    books = Books(store, config)
    told_of = [code for code in codes if code in reply or code in row.message]
    sure = bool(told_of)
    return [
        {
            "code": code,
            "name": names[code],
            "make": books.item_page(row.connection, code, True) if sure else "",
            "look": books.item_page(row.connection, code, False),
        }
        for code in (told_of or codes)
    ]


def retry_many(store: Store, rows: Iterable[int], by: str, reason: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """Try each again; what could not be is said, row by row."""
    done, refused = 0, []
    for n in rows:
        try:
            refuse_outside(store, n, reach)
            unblock.retry(store, n, by, reason)
            done += 1
        except PosError as error:
            refused.append({"n": n, "message": error.message})
    return {"done": done, "refused": refused}


def refuse_outside(store: Store, n: int, reach: Reach) -> None:
    """NotFound for a row that is not there, or not for whoever asks."""
    if not reach.is_all and outbound.one(store, n, reach) is None:
        raise NotFound("There is no such row in the outbox.", field="n")


def retry_fitting(store: Store, wanted: Filter, by: str, reason: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """Try everything again that fits a filter, at most RETRY_MAX at once, but nothing that people settled by hand: it
    would be booked twice. left: what still fits."""
    from_there = (row.n for row in outbound.listed(store, wanted, _OLDEST, reach).rows if not row.settled)
    found = retry_many(store, list(from_there), by, reason, reach)
    return {**found, "left": outbound.listed(store, wanted, _OLDEST, reach).page.total}


def moment(store: Store, config: Config, stamp: str, *, seconds: bool = False, of: str = "") -> str:
    """A stamp of the database on the shop's wall clock, as this reader is used to it; "" stays "". The day is left out
    when it is today's, or that of the moment `of`."""
    if not stamp:
        return ""
    local = intake.local(store, clock.parse(stamp))
    if local.date() == intake.local(store, clock.parse(of) if of else clock.now()).date():
        return (wording.clock_seconds if seconds else wording.clock_time)(local, config.shop.locale)
    return wording.moment(local, config.shop.locale)
