"""Replay: receipts that exist already are taken in; first it is shown what would happen. Harmless when repeated.

GET  /console/replay              replay   console/replay.html
POST /api/console/replay/look     replay   {receipts: [{name, text}]} -> {rows: [{name, number, verdict, words, …}]}
POST /api/console/replay          replay   {receipts: [{name, text}]} -> {rows: [{name, number, result, words}]}

text: a receipt's JSON as it is, or several one after the other or in a list. verdict: new, known, booked, differs or
unreadable. result: taken, known or refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from pos.actions import foresee
from pos.errors import Invalid
from pos.said import said
from pos.web import auth
from pos.web.body import json_object
from pos.web.console import frame, shapes
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_replay", __name__)


@bp.get("/console/replay")
@auth.needs("replay")
def page() -> ResponseReturnValue:
    return frame.show("replay", "replay", most=foresee.RECEIPTS_MAX)


@bp.post("/api/console/replay/look")
@describe(body=shapes.REPLAY, answer=shapes.FORESEEN)
@auth.needs("replay")
def look() -> ResponseReturnValue:
    here = parts()
    seen: dict[str, str] = {}
    rows = []
    for name, text in _receipts():
        row = foresee.look(here.store, here.config, text)
        if row["verdict"] == "new" and seen.setdefault(row["id"], name) != name:
            row |= {"verdict": "known", "words": said("The same as {name}, which is new.", name=seen[row["id"]])}
        rows.append({"name": name, **row})
    return jsonify({"ok": True, "rows": rows})


@bp.post("/api/console/replay")
@describe(body=shapes.REPLAY, answer=shapes.REPLAYED, refuses=(503,))
@auth.needs("replay")
def take_in() -> ResponseReturnValue:
    here, by = parts(), auth.actor().code
    rows = [{"name": name, **foresee.take_in(here.journal, text, by)} for name, text in _receipts()]
    return jsonify({"ok": True, "rows": rows})


def _receipts() -> Iterator[tuple[str, str]]:
    """Each receipt with a name of its own; several in one text are numbered."""
    given: Any = json_object().get("receipts")
    if not isinstance(given, list) or not given:
        raise Invalid("receipts is a list of {name, text}.", field="receipts")
    found: list[tuple[str, str]] = []
    for at, one in enumerate(given):
        if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in ("name", "text")):
            raise Invalid("receipts is a list of {name, text}.", field=f"receipts.{at}")
        texts = list(foresee.split(one["text"])) or [one["text"]]
        name = one["name"][:200]
        found += [(f"{name} ({n})" if len(texts) > 1 else name, text) for n, text in enumerate(texts, start=1)]
    if len(found) > foresee.RECEIPTS_MAX:
        raise Invalid(said("At most {most} receipts at once.", most=foresee.RECEIPTS_MAX), field="receipts")
    return iter(found)
