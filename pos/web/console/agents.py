"""Agents: what happens by itself. Its last round in its own words, its next one; paused, resumed, run by a person.

GET  /console/agents                            operate, z_read   console/agents.html
GET  /console/agents.csv                        operate, z_read   one row an agent and connection
GET  /console/agents/runs?agent=&outcome=       operate, z_read   console/runs.html: every round that is kept
GET  /console/agents/runs.csv?…                 operate, z_read   all that fits
GET  /api/console/agents                        operate, z_read   {rows: [Row]}
GET  /api/console/agents/runs?…                 operate, z_read   {rows: [Run], after, before, total, more}
POST /api/console/agents/run                    operate   {agent, connection?} -> 202 {row}
POST /api/console/agents/pause                  operate   {agent, connection?, reason?} -> {row}
POST /api/console/agents/resume                 operate   {agent, connection?, reason?} -> {row}

outcome: running, ok, failed or abandoned. Row: {agent, title, connection, state, sentence, last_at, next_at, failures,
may, …}.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import agent_views
from pos.actions.agent_views import OUTCOMES, Filter
from pos.errors import Invalid
from pos.said import said
from pos.store import audit
from pos.web import auth
from pos.web.body import json_object, text
from pos.web.console import frame, lists
from pos.web.console import shapes_lists as shapes
from pos.web.console.lists import Column
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("console_agents", __name__)

COLUMNS = (
    Column("outcome", said("Result")),
    Column("agent", said("Agent")),
    Column("connection", said("To")),
    Column("cause", said("Called by")),
    Column("started", said("Began"), sort="n"),
    Column("ended", said("Ended")),
    Column("sentence", said("What it said")),
)


@bp.get("/console/agents")
@auth.needs("operate", "z_read")
def page() -> ResponseReturnValue:
    here = parts()
    return frame.show("agents", "agents", rows=agent_views.listed(here.store, here.config, here.agents))


@bp.get("/console/agents.csv")
@auth.needs("operate", "z_read")
def export() -> ResponseReturnValue:
    here = parts()
    return lists.as_csv("agents", agent_views.CSV, agent_views.listed(here.store, here.config, here.agents))


@bp.get("/console/agents/runs")
@auth.needs("operate", "z_read")
def page_of_runs() -> ResponseReturnValue:
    here, wanted, asked = parts(), _filter(), _asked()
    rows, found = agent_views.runs(here.store, here.config, wanted, asked)
    chosen = {"agent": wanted.agent, "outcome": wanted.outcome}
    return frame.show(
        "runs",
        "agents",
        rows=rows,
        list=lists.view(COLUMNS, asked, chosen, found),
        chosen=chosen,
        agents=here.agents,
        outcomes={name: words for name, (words, _) in OUTCOMES.items()},
    )


@bp.get("/console/agents/runs.csv")
@auth.needs("operate", "z_read")
def export_of_runs() -> ResponseReturnValue:
    here = parts()
    rows = agent_views.every_run(here.store, here.config, _filter(), _asked())
    return lists.as_csv("agent-runs", agent_views.RUNS_CSV, rows)


@bp.get("/api/console/agents")
@describe(answer=shapes.AGENTS)
@auth.needs("operate", "z_read")
def listed() -> ResponseReturnValue:
    here = parts()
    return jsonify({"ok": True, "rows": agent_views.listed(here.store, here.config, here.agents)})


@bp.get("/api/console/agents/runs")
@describe(query=shapes.RUNS_QUERY, answer=shapes.RUNS, refuses=(422,))
@auth.needs("operate", "z_read")
def runs() -> ResponseReturnValue:
    here = parts()
    rows, found = agent_views.runs(here.store, here.config, _filter(), _asked())
    return jsonify({"ok": True, **lists.as_json(rows, found)})


@bp.post("/api/console/agents/run")
@describe(body=shapes.ONE_AGENT, answer=shapes.AGENT_ROW, status=202, refuses=(404,))
@auth.needs("operate")
def run() -> ResponseReturnValue:
    here, body = parts(), json_object()
    row = _row(body)
    here.run_now(row["agent"], row["connection"])
    audit.record(here.store, auth.actor().code, "agent.run", row["agent"], {"connection": row["connection"]})
    return jsonify({"ok": True, "row": row}), 202


@bp.post("/api/console/agents/pause")
@describe(body=shapes.ONE_AGENT_WHY, answer=shapes.AGENT_ROW, refuses=(404,))
@auth.needs("operate")
def pause() -> ResponseReturnValue:
    return _switched(agent_views.pause)


@bp.post("/api/console/agents/resume")
@describe(body=shapes.ONE_AGENT_WHY, answer=shapes.AGENT_ROW, refuses=(404,))
@auth.needs("operate")
def resume() -> ResponseReturnValue:
    return _switched(agent_views.resume)


def _switched(act: Any) -> ResponseReturnValue:
    here, body = parts(), json_object()
    row = _row(body)
    agent = next(agent for agent in here.agents if agent.name == row["agent"])
    act(here.store, agent, row["connection"], auth.actor().code, text(body, "reason", 300).strip())
    return jsonify({"ok": True, "row": _row(body)})


def _row(body: dict[str, Any]) -> dict[str, Any]:
    here = parts()
    name, connection = text(body, "agent", 80), text(body, "connection", 80)
    return agent_views.one(here.store, here.config, here.agents, name, connection)


def _asked() -> Any:
    return lists.asked(sorts=("n",), sort="n")


def _filter() -> Filter:
    wanted = Filter(request.args.get("agent", "")[:80], request.args.get("outcome", "")[:20])
    if wanted.outcome and wanted.outcome not in OUTCOMES:
        raise Invalid(said("{name} cannot be {value}.", name="outcome", value=repr(wanted.outcome)), field="outcome")
    return wanted
