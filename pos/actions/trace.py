"""Trace: the way of one document from the sale to the count of the drawer, from what this till knows. Asks nobody else
but the till's own hub, and that only for a moment: it answers without any line, with the last known states.

sold > written > copied > sent > booked > compared > session > Z > count; with a hub: at the hub, and booked by the hub.
Each step has a tone: done, waiting, check (to look at), needs (a person), none (not part of this one's way). The whole
is as good as its worst step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pos import clock
from pos.actions import hub_trace, trace_views
from pos.actions.hub_trace import Beyond
from pos.actions.outbox_views import moment
from pos.config import Config
from pos.rules import wording
from pos.rules.money import minor
from pos.rules.zread import name_of
from pos.said import Said, nsaid, psaid, said
from pos.store import connections, intake, whereabouts
from pos.store.db import Store
from pos.store.reach import EVERYWHERE, Reach
from pos.store.tally import NEEDS, WAITING
from pos.store.whereabouts import Sent, Whereabouts

RANK = {"needs": 0, "check": 1, "waiting": 2, "done": 3, "none": 4}
NAMES = {
    "sold": psaid("trace", "Sold"),
    "written": psaid("trace", "Written"),
    "copied": psaid("trace", "Copied"),
    "sent": psaid("trace", "Sent"),
    "booked": psaid("trace", "Booked"),
    "compared": psaid("trace", "Compared"),
    "session": psaid("trace", "Session"),
    "z": psaid("trace", "In the Z"),
    "count": psaid("trace", "Counted"),
}
KINDS = {
    "sale": said("Sale"),
    "return": said("Return"),
    "void": said("Void"),
    "float": said("Float"),
    "paid_in": said("Cash in"),
    "paid_out": said("Cash out"),
    "drop": said("To the safe"),
    "no_sale": said("Drawer opened"),
    "voucher": said("Gift voucher"),
    "record": said("Record"),
    "z": said("Z-read"),
}


def trace(store: Store, config: Config, words: str, reach: Reach = EVERYWHERE) -> dict[str, Any]:
    """What is known of the document somebody means. {found: [...]} alone when none or several fit."""
    found = whereabouts.find(store, words, reach)
    listed = [
        {
            "id": one.id,
            "number": one.number,
            "what": KINDS.get(one.kind, one.kind),
            "till": one.till,
            "at_text": _local(store, config, one.created_at),
            "total_text": wording.money(one.total, one.currency, config.shop.locale),
        }
        for one in found
    ]
    if len(found) != 1:
        return {"asked": words, "found": listed, "document": None}
    here = whereabouts.of(store, found[0].id)
    beyond = hub_trace.ask(store, config, found[0].id, here.sent)
    steps = _steps(store, config, here, beyond)
    tone = min((step["tone"] for step in steps), key=lambda tone: RANK[tone])
    return {
        "asked": words,
        "found": listed,
        "document": _document(here, listed[0]),
        "tone": "done" if tone == "none" else tone,
        "summary": _summary(steps, tone),
        "steps": steps,
        "events": trace_views.events(store, config, here, beyond),
        "compared": trace_views.compared(store, config, here),
        "places": trace_views.places(store, config, here),
        "related": [
            {"number": number, "what": KINDS.get(kind, kind), "way": way} for number, kind, way in here.related
        ],
    }


def _document(here: Whereabouts, listed: dict[str, Any]) -> dict[str, Any]:
    doc = here.doc
    return {
        **listed,
        "kind": doc["kind"],
        "hash": doc["hash"],
        "prev_hash": doc["prev_hash"],
        "path": here.path,
        "bytes": len(here.body),
        "cashier": here.cashier,
        "session": doc["session"],
        "business_day": doc["business_day"],
        "prints": here.prints,
    }


def _summary(steps: list[dict[str, Any]], tone: str) -> Said:
    if tone in ("needs", "check"):
        first = next(step for step in steps if step["tone"] == tone)
        if tone == "needs":
            return said("{step}: needs a person", step=first["name"])
        return said("{step}: look at it", step=first["name"])
    if tone == "waiting":
        names = [step["key"] for step in steps if step["tone"] == "waiting"]
        if set(names) <= {"session", "z", "count"}:
            return said("Complete so far: its session is still open")
        return said("On its way")
    return said("Complete: every step done, nothing differs")


# -- the steps ---------------------------------------------------------------------------------------------------------


def _steps(store: Store, config: Config, here: Whereabouts, beyond: Beyond | None) -> list[dict[str, Any]]:
    found = [
        _step("sold", "done", said("{name}, {till}", name=here.cashier, till=here.doc["till"]), here.doc["created_at"]),
        _written(here),
        _copied(here),
        *_books(store, here, beyond),
        *_closing(config, here),
    ]
    for step in found:
        step["at_text"] = moment(store, config, step["at"], seconds=True, of=here.doc["created_at"])
    return found


def _step(key: str, tone: str, text: str, at: str = "") -> dict[str, Any]:
    return {"key": key, "name": NAMES[key], "tone": tone, "text": text, "at": at}


def _written(here: Whereabouts) -> dict[str, Any]:
    at = here.doc["created_at"]
    if not here.whole:
        return _step("written", "needs", said("the chain does not hold around it; run verify"), at)
    if here.file == "changed":
        return _step("written", "needs", said("its file was changed since; run verify"), at)
    if here.file == "missing":
        words = (
            said("its file is not there; the database has it") if here.flushed else said("its file is being written")
        )
        return _step("written", "check" if here.flushed else "waiting", words, at)
    if not here.file:
        return _step("written", "done", said("in the database, flushed"), at)
    if not here.flushed:
        return _step("written", "done", said("in the database, flushed; the file follows"), at)
    return _step("written", "done", said("file and database equal"), at)


def _copied(here: Whereabouts) -> dict[str, Any]:
    if not here.copies:
        return _step("copied", "none", said("no second place is set up"))
    far = [copy for copy in here.copies if copy.there and not copy.near]
    near = [copy for copy in here.copies if copy.there and copy.near]
    if far:
        return _step("copied", "done", far[0].place, far[0].copied_at)
    if near:
        return _step("copied", "check", said("only on the same disk"), near[0].copied_at)
    failing = [copy for copy in here.copies if copy.failing_since]
    if failing:
        return _step("copied", "needs", said("{place} takes no copies", place=failing[0].place))
    return _step("copied", "waiting", said("to be copied"))


def _books(store: Store, here: Whereabouts, beyond: Beyond | None) -> list[dict[str, Any]]:
    """Sent, booked and compared: of several parts and connections the worst tells."""
    if not here.sent:
        there = bool(connections.lines(store))
        words = said("goes to no books") if there else said("no books are connected")
        return [_step(key, "none", words) for key in ("sent", "booked", "compared")]
    going = hub_trace.mine(here.sent)
    if going is not None:  # its hub books it; what this till had of books before is told among what happened
        step = _step("booked", *_booked_words([going], going))
        at_hub = {
            **step,
            "name": hub_trace.AT_HUB,
            "text": said("it has it") if step["tone"] == "done" else step["text"],
        }
        by_hub = {**_step("booked", *hub_trace.told(going, beyond)), "key": "hub", "name": hub_trace.BY_HUB}
        return [_step("sent", *_sent_words(going)), at_hub, _looked(here, going), by_hub]
    worst = min(here.sent, key=lambda one: (RANK[_tone(one)], one.n))
    return [_step("sent", *_sent_words(worst)), _step("booked", *_booked_words(here.sent, worst)), _looked(here, worst)]


def _tone(one: Sent) -> str:
    if one.resolved:
        return "check"
    if one.parked:
        return "check"
    return "needs" if one.state in NEEDS else "waiting" if one.state in WAITING else "done"


def _posts(one: Sent) -> list[list[str]]:
    return [step for step in one.story if step[1] == "post"]


def _sent_words(one: Sent) -> tuple[str, str, str]:
    posts = _posts(one)
    if one.parked:
        return "check", said("parked by {who}", who=one.parked), ""
    if one.state == "bundled":
        return "waiting", said("waits for the receipts of its day"), ""
    if one.state == "queued" and not posts:
        return "waiting", said("waits its turn"), ""
    if one.state == "queued":
        return (
            "waiting",
            nsaid("{n} try, goes again", "{n} tries, goes again", max(one.tries, len(posts))),
            posts[-1][0],
        )
    at = posts[0][0] if posts else one.booked_at or one.created_at
    if one.state == "unknown":
        return "waiting", said("no answer; being asked for"), at
    if one.state == "rejected" and not one.resolved:
        return "needs", said("refused"), at
    lost = any(step[1] == "unknown" for step in one.story)
    tries = max(1, len(posts))
    words = nsaid("at the {n}st try", "at try {n}", tries) if not lost else said("no answer at first, then found there")
    return "done", words, at


def _booked_words(every: Sequence[Sent], worst: Sent) -> tuple[str, str, str]:
    if worst.resolved:
        return "check", said("settled by hand: {who}", who=worst.resolved), ""
    if worst.state == "rejected":
        return "needs", worst.message, ""
    if worst.state in WAITING and worst.book:
        return "waiting", said("in {number}, not in the books yet", number=worst.book), ""
    if worst.state in WAITING:
        return "waiting", said("not in the books yet"), ""
    last = max(every, key=lambda one: one.booked_at)
    name = said("{number}, {name}", number=last.book, name=last.remote_id) if last.book else last.remote_id
    return "done", name, last.booked_at


def _looked(here: Whereabouts, worst: Sent) -> dict[str, Any]:
    """Read back when it was booked, and looked at again by the reconciliation of its session."""
    open_items = [item for item in here.items if item[3] == "open"]
    if open_items:
        return _step("compared", "needs", open_items[0][2])
    if worst.resolved:
        return _step("compared", "none", said("settled by hand"))
    if worst.state == "differs":
        return _step("compared", "needs", worst.difference, worst.booked_at)
    if worst.state != "booked":
        return _step("compared", "waiting", said("after it is booked"))
    again = max((look.compared_at for look in here.looks if look.verdict == "match"), default="")
    at = max(again, worst.booked_at)
    return _step("compared", "done", said("equal, again at the close") if again else said("equal"), at)


def _closing(config: Config, here: Whereabouts) -> list[dict[str, Any]]:
    sitting = here.session
    if sitting is None:
        return [_step(key, "none", said("belongs to no session")) for key in ("session", "z", "count")]
    if here.doc["kind"] == "z":
        words = said("closed by this one")
        return [
            _step("session", "done", words, sitting.closed_at),
            _step("z", "done", words, sitting.z_at),
            _counted(config, here),
        ]
    if sitting.open or sitting.z_number is None:
        open_since = _step("session", "waiting", said("{name}, open", name=sitting.id), sitting.opened_at)
        return [open_since, *(_step(key, "waiting", said("at the close of its session")) for key in ("z", "count"))]
    closed = _step("session", "done", said("{name}, closed", name=sitting.id), sitting.closed_at)
    if sitting.late:
        late = _step(
            "z", "check", said("came in after {z}; the next Z names it", z=name_of(sitting.z_number)), sitting.z_at
        )
        return [closed, late, _step("count", "none", said("after the count"))]
    nth, last = here.doc["sequence"] - sitting.first_sequence + 1, sitting.last_sequence or 0
    mine = here.doc["series"] == "till" and sitting.first_sequence <= here.doc["sequence"] <= last
    words = said(
        "Z {number}, document {nth} of {all}", number=sitting.z_number, nth=nth, all=last - sitting.first_sequence + 1
    )
    in_z = _step("z", "done", words if mine else said("Z {number}", number=sitting.z_number), sitting.z_at)
    return [closed, in_z, _counted(config, here)]


def _counted(config: Config, here: Whereabouts) -> dict[str, Any]:
    sitting = here.session
    count = sitting.z_count if sitting else {}
    rows = [row for row in count.get("rows", ()) if row["counted"] is not None]
    if not rows:
        return _step("count", "none", said("nothing was counted"))
    cur, at = here.doc["currency"], str(count.get("at", ""))
    off = [(row["name"], units) for row in rows if (units := minor(row["difference"], cur))]
    if not off:
        return _step("count", "done", said("drawer counted, equal"), at)
    amount = wording.money(off[0][1], cur, config.shop.locale)
    return _step("count", "check", said("{name} {amount} off", name=off[0][0], amount=amount), at)


def _local(store: Store, config: Config, stamp: str) -> str:
    return wording.moment(intake.local(store, clock.parse(stamp)), config.shop.locale)
