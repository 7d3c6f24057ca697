"""Runs: the list of them, one started by hand, and one by one with its log as it comes.

GET  /runs/?status=&company=&first=&last=&by=&schedule=   whoever may look    runs/runs.html
GET  /api/runs/target?company=                            can_trigger_runs    {day, text}: what a run is for when
                                                                              nobody names a day
POST /runs/trigger                                        can_trigger_runs    {id, company?, day_from?, day_to?,
                                                                              parallel?, stagger_seconds?,
                                                                              continue_on_failure?} -> {run}
GET  /runs/<id>/                                          whoever may look    runs/run.html
GET  /runs/<id>/logs?offset=                              whoever may look    {text, offset, done, status}
POST /runs/<id>/cancel                                    can_trigger_runs    {} -> {run}

id: made by the page; asked for twice with the same, it is one run. company: "" = all within reach. Days: "" = the
target trading date. offset: bytes of the log, as UTF-8, that somebody has; at most 64 KB come at once.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import run_overview, run_views, runs
from pos.errors import Invalid, NotFound
from pos.rules import run_codes, wording
from pos.said import said
from pos.store import run_choices
from pos.store import runs as rows
from pos.store.run_logs import TAIL_BYTES
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import lists
from pos.web.console.lists import Column
from pos.web.console.shapes_lists import NOTHING
from pos.web.describe import describe
from pos.web.frame import may_open
from pos.web.parts import parts
from pos.web.runs import frame, shapes

bp = Blueprint("runs", __name__)

COLUMNS = (
    Column("status", said("State"), sort="status"),
    Column("label", said("Run"), sort="day"),
    Column("company", said("Company")),
    Column("words", said("What it came to")),
    Column("by", said("Asked for by")),
    Column("created", said("When"), sort="created", number=True),
    Column("took", said("Took"), number=True),
)
_SORTS = ("created", "day", "status", "ended")


@bp.get("/runs/")
@auth.needs(*frame.LOOKING, within=True)
def page() -> ResponseReturnValue:
    here, chosen, asked = parts(), _chosen(), lists.asked(sorts=_SORTS, sort="created")
    eyes, wanted = _eyes(), _filter(chosen)
    found, marks = rows.listed(here.store, auth.reach_of(), wanted, asked, counted=True)
    defaults = run_choices.effective(here.store, here.config)
    target = run_overview.target(here.config, clock.now())
    return frame.show(
        "runs",
        "runs",
        rows=run_views.of_list(eyes, found),
        list=lists.view(COLUMNS, asked, chosen, marks),
        chosen=chosen,
        filtered=any(chosen.values()),
        companies=eyes.companies,
        schedules=eyes.schedules,
        statuses={name: run_overview.RUN_STATES[name][1] for name in rows.STATUSES},
        target=target.isoformat(),
        target_text=wording.short_day(target, here.config.shop.locale),
        defaults=defaults,
        most={"parallel": runs.PARALLEL_MAX, "stagger": runs.STAGGER_MAX},
    )


@bp.get("/api/runs/target")
@describe(query=shapes.TARGET_QUERY, answer=shapes.TARGET, refuses=(404,))
@auth.needs("can_trigger_runs", touches=False, within=True)
def target_day() -> ResponseReturnValue:
    here, company = parts(), request.args.get("company", "")
    if company and company not in _eyes().companies:
        raise NotFound(said("There is no company {name} here.", name=company[:30]), field="company")
    day = runs.target(here.store, here.config, [company] if company else [])
    return jsonify({"ok": True, "day": day.isoformat(), "text": wording.short_day(day, here.config.shop.locale)})


@bp.post("/runs/trigger")
@describe(body=shapes.TRIGGER, answer=shapes.RUN, made=True, refuses=(404, 409))
@auth.needs("can_trigger_runs", within=True)
def trigger() -> ResponseReturnValue:
    here, body, by = parts(), json_object(), auth.actor().code
    key, company = _id(text(body, "id", 40)), text(body, "company", 40).strip()
    again = bool(rows.statuses(here.store, [key], auth.reach_of()))
    job = runs.trigger(
        here.store,
        here.config,
        companies=[company] if company else None,
        day_from=text(body, "day_from", 10).strip(),
        day_to=text(body, "day_to", 10).strip(),
        parallel=_number(body, "parallel"),
        stagger_seconds=_number(body, "stagger_seconds"),
        continue_on_failure=body.get("continue_on_failure", False) is True,
        by=by,
        reach=auth.reach_of(),
        ring=here.ring,
        key=key,
    )
    return jsonify({"ok": True, "run": _news(job.id)}), 200 if again else 201


@bp.get("/runs/<job_id>/")
@auth.needs(*frame.LOOKING, within=True)
def page_of_one(job_id: str) -> ResponseReturnValue:
    found = run_views.detail(_eyes(), _known(job_id))
    at = frame.base()
    return frame.show(
        "run",
        "runs",
        **found,
        codes=run_codes.TABLE,
        code_below_nought=run_codes.NEGATIVE,
        artifact_page=f"{at}/artifacts/" if may_open(f"{at}/artifacts/1/") else "",
        logs_page=f"{at}/logs/?run={job_id}" if may_open(f"{at}/logs/") else "",
        tail_kb=TAIL_BYTES // 1024,
    )


@bp.get("/runs/<job_id>/logs")
@describe(query=shapes.TAIL_QUERY, answer=shapes.TAIL, refuses=(422,))
@auth.needs(*frame.LOOKING, touches=False, within=True)
def tail(job_id: str) -> ResponseReturnValue:
    here, reach = parts(), auth.reach_of()
    offset = _offset(request.args.get("offset", "0"))
    job = rows.job(here.store, _known(job_id), reach)  # before the log: what ended then has said its last line
    given, after = rows.tail(here.store, job_id, min(offset, job.log_bytes), TAIL_BYTES, reach)
    done = job.ended and (after >= job.log_bytes or not given)
    return jsonify({"ok": True, "text": given, "offset": after, "done": done, "status": job.status})


@bp.post("/runs/<job_id>/cancel")
@describe(body=NOTHING, answer=shapes.RUN)
@auth.needs("can_trigger_runs", within=True)
def cancel(job_id: str) -> ResponseReturnValue:
    here = parts()
    job = runs.cancel(here.store, _known(job_id), auth.actor().code, reach=auth.reach_of(), ring=here.ring)
    return jsonify({"ok": True, "run": _news(job.id)})


def _news(job_id: str) -> dict[str, Any]:
    return run_views.news(_eyes(), [job_id])[0]


def _eyes() -> run_views.Reader:
    here = parts()
    return run_views.reader(here.store, here.config, auth.reach_of())


def _known(job_id: str) -> str:
    """The id as it is kept; one that is none is of no run."""
    try:
        return str(uuid.UUID(job_id))
    except ValueError:
        return job_id


def _id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise Invalid(said("A run gets an id from whoever asks for it: a UUID."), field="id") from None


def _number(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (type(value) is not int or not -1 < value < 1_000_000):
        raise Invalid(said("{name} is a whole number.", name=name), field=name, code="bad_arguments")
    return value


def _offset(given: str) -> int:
    """Bytes of the log that somebody has. Below nought is the beginning; behind the end is the end."""
    if not re.fullmatch(r"-?[0-9]{1,18}", given):
        raise Invalid(said("{name} is a whole number.", name="offset"), field="offset")
    return max(int(given), 0)


def _chosen() -> dict[str, str]:
    names = ("status", "company", "first", "last", "by", "schedule")
    given = {name: request.args.get(name, "").strip() for name in names}
    for name, value in given.items():
        if len(value) > lists.FILTER_CHARS_MAX:
            raise Invalid(
                said("{name} is text of at most {most} letters.", name=name, most=lists.FILTER_CHARS_MAX), field=name
            )
    if given["status"] and given["status"] not in rows.STATUSES:
        raise Invalid(
            said("{name} cannot be {value}.", name="status", value=repr(given["status"][:40])), field="status"
        )
    for name in ("first", "last"):
        frame.day(given[name], name)
    return given


def _filter(chosen: dict[str, str]) -> rows.Filter:
    return rows.Filter(
        company=chosen["company"], status=chosen["status"], schedule=chosen["schedule"], by=chosen["by"],
        day_from=chosen["first"], day_to=chosen["last"],
    )  # fmt: skip
