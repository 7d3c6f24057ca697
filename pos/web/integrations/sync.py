"""What is brought together with QuickBooks Online: jobs, their records, conflicts, owners of fields, and their webhook.

POST /api/integrations/quickbooks/sync/pull, …/sync/push          settings   {resources, records?, company?}
GET  /api/integrations/quickbooks/jobs?status=&limit=&before=     settings   {jobs: […]}
GET  /api/integrations/quickbooks/jobs/<id>?status=&after=        settings   {job, records, after}
POST /api/integrations/quickbooks/jobs/<id>/retry                 settings   what failed, as a new job
POST /api/integrations/quickbooks/jobs/trigger                    settings   work on what waits now
GET  /api/integrations/quickbooks/conflicts?state=&after=         settings   {conflicts: […]}
POST /api/integrations/quickbooks/conflicts/<id>                  settings   {choice: ours | theirs}
POST /api/integrations/quickbooks/conflicts/<id>/undo             settings   the other value after all
GET  /api/integrations/quickbooks/owners                          settings   {owners: {kind: {field: word}}}
POST /api/integrations/quickbooks/owners                          settings   {owners}: some of them changed
GET  /api/integrations/quickbooks/chart?days=                     settings   {days: […]}
POST /api/integrations/quickbooks/webhook                         signature  a hint; queues pulls of what it names
"""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from pos.actions import qbo_conflicts, qbo_sync
from pos.actions import qbo_sync_views as views
from pos.errors import Invalid, SignInNeededHere, UserError
from pos.rules import signing
from pos.said import said
from pos.store import sync_jobs
from pos.web import auth
from pos.web.body import json_object
from pos.web.describe import describe
from pos.web.integrations import reached
from pos.web.integrations import shapes_sync as shapes
from pos.web.parts import parts

bp = Blueprint("integrations_quickbooks_sync", __name__)

BASE = "/api/integrations/quickbooks"
LIMIT, LIMIT_MAX = 50, 200
WEBHOOK_BYTES_MAX = 1024 * 1024


class TooLarge(UserError):
    """More than Intuit tells at once."""

    code = "too_large"
    status = 413


# -- jobs --------------------------------------------------------------------------------------------------------------


@bp.post(f"{BASE}/sync/pull")
@describe(body=shapes.ASK, answer=shapes.ASKED, refuses=(404, 409))
@auth.needs("settings", within=True)
def pull() -> ResponseReturnValue:
    return _ask("pull")


@bp.post(f"{BASE}/sync/push")
@describe(body=shapes.ASK, answer=shapes.ASKED, refuses=(404, 409))
@auth.needs("settings", within=True)
def push() -> ResponseReturnValue:
    return _ask("push")


def _ask(direction: str) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company = reached.in_body(body)
    resources = _texts(body, "resources", list(sync_jobs.RESOURCES)[:3])
    chosen = _texts(body, "records", [])
    numbers = qbo_sync.ask(here.store, here.config, company, direction, resources, auth.actor().code, chosen)
    here.ring(qbo_sync.BELL)
    words = said("{n} jobs are queued.", n=len(numbers))
    return jsonify({"ok": True, "success": True, "message": words, "resources": resources, "jobs": numbers})


@bp.get(f"{BASE}/jobs")
@describe(query=shapes.JOBS_QUERY, answer=shapes.JOBS, refuses=(404, 422))
@auth.needs("settings", within=True, touches=False)
def jobs() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    state = _word("status", sync_jobs.STATES)
    rows = views.jobs(
        here.store,
        here.config,
        company,
        state=state,
        limit=_number("limit", LIMIT, LIMIT_MAX),
        before=_number("before", 0),
    )
    return jsonify({"ok": True, "jobs": rows})


@bp.get(f"{BASE}/jobs/<int:n>")
@describe(query=shapes.JOB_QUERY, answer=shapes.JOB, refuses=(422,))
@auth.needs("settings", within=True, touches=False)
def job(n: int) -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    state = _word("status", ("synced", "skipped", "error"))
    after, limit = request.args.get("after", "")[:80], _number("limit", LIMIT, LIMIT_MAX)
    found = views.detail(here.store, here.config, company, n, state=state, after=after, limit=limit)
    return jsonify({"ok": True, **found})


@bp.post(f"{BASE}/jobs/<int:n>/retry")
@describe(body=shapes.OF_COMPANY, answer=shapes.RETRIED, refuses=(409,))
@auth.needs("settings", within=True)
def retry(n: int) -> ResponseReturnValue:
    here, company = parts(), reached.in_body(json_object())
    made = qbo_sync.retry_failed(here.store, company, n, auth.actor().code)
    here.ring(qbo_sync.BELL)
    return jsonify({"ok": True, "success": True, "job": made})


@bp.post(f"{BASE}/jobs/trigger")
@describe(body=shapes.OF_COMPANY, answer=shapes.TRIGGERED, refuses=(404,))
@auth.needs("settings", within=True)
def trigger() -> ResponseReturnValue:
    here = parts()
    reached.in_body(json_object())
    here.ring(qbo_sync.BELL)
    return jsonify({"ok": True, "success": True, "message": said("What waits is worked on now.")})


@bp.get(f"{BASE}/chart")
@describe(query=shapes.CHART_QUERY, answer=shapes.CHART, refuses=(404, 422))
@auth.needs("settings", within=True, touches=False)
def chart() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    return jsonify({"ok": True, "days": views.chart(here.store, company, _number("days", 30, views.CHART_DAYS_MAX))})


# -- conflicts and owners ----------------------------------------------------------------------------------------------


@bp.get(f"{BASE}/conflicts")
@describe(query=shapes.CONFLICTS_QUERY, answer=shapes.CONFLICTS, refuses=(404, 422))
@auth.needs("settings", within=True, touches=False)
def conflicts() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    state = _word("state", ("open", "decided")) or "open"
    limit, after = _number("limit", LIMIT, LIMIT_MAX), _number("after", 0)
    rows = views.conflicts(here.store, here.config, company, state=state, after=after, limit=limit)
    return jsonify({"ok": True, "conflicts": rows})


@bp.post(f"{BASE}/conflicts/<int:n>")
@describe(body=shapes.CHOICE, answer=shapes.CONFLICT, refuses=(409,))
@auth.needs("settings", within=True)
def decide(n: int) -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, choice = reached.in_body(body), body.get("choice")
    if choice not in ("ours", "theirs"):
        raise Invalid(said("{field} is ours or theirs.", field="choice"), field="choice")
    one = qbo_conflicts.decide(here.store, here.config, company, n, choice, auth.actor().code)
    return jsonify({"ok": True, "conflict": views.conflict(here.store, here.config, one)})


@bp.post(f"{BASE}/conflicts/<int:n>/undo")
@describe(body=shapes.OF_COMPANY, answer=shapes.CONFLICT, refuses=(409,))
@auth.needs("settings", within=True)
def undo(n: int) -> ResponseReturnValue:
    here, company = parts(), reached.in_body(json_object())
    one = qbo_conflicts.undo(here.store, here.config, company, n, auth.actor().code)
    return jsonify({"ok": True, "conflict": views.conflict(here.store, here.config, one)})


@bp.get(f"{BASE}/owners")
@describe(query=shapes.COMPANY, answer=shapes.OWNERS, refuses=(404,))
@auth.needs("settings", within=True)
def owners() -> ResponseReturnValue:
    here, company = parts(), reached.asked()
    return jsonify({"ok": True, "owners": qbo_sync.owners(here.store, company)})


@bp.post(f"{BASE}/owners")
@describe(body=shapes.SET_OWNERS, answer=shapes.OWNERS, refuses=(404, 409))
@auth.needs("settings", within=True)
def set_owners() -> ResponseReturnValue:
    here, body = parts(), json_object()
    company, changes = reached.in_body(body), body.get("owners")
    if not isinstance(changes, dict):
        raise Invalid(said("{field} is an object of kinds.", field="owners"), field="owners")
    table = qbo_sync.set_owners(here.store, company, changes, auth.actor().code)
    return jsonify({"ok": True, "owners": table})


# -- their webhook -----------------------------------------------------------------------------------------------------


def _signed_by_intuit() -> None:
    token, given = parts().config.quickbooks.webhook_token, request.headers.get("intuit-signature", "")
    if not token or not given or not signing.is_frappe_signed(token.split(), _raw(), given):
        raise SignInNeededHere("This message is not signed with the verifier token set up here.", code="signature")


@bp.post(f"{BASE}/webhook")
@describe(body=shapes.HOOK, answer=shapes.HEARD, refuses=(413,))
@auth.by_signature(_signed_by_intuit)
def webhook() -> ResponseReturnValue:
    """Its content type is not looked at: CloudEvents come under several."""
    here = parts()
    try:
        message: Any = msgspec.json.decode(_raw())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UserError("This is not valid JSON.", code="json") from None
    count = qbo_sync.hear(here.store, message)
    if count:
        here.ring(qbo_sync.BELL)
    return jsonify({"ok": True, "queued": count})


def _raw() -> bytes:
    """The bytes that were signed. 413 above a megabyte."""
    if (request.content_length or 0) > WEBHOOK_BYTES_MAX:
        raise TooLarge("This is more than Intuit tells at once.")
    request.max_content_length = WEBHOOK_BYTES_MAX
    return request.get_data(cache=True)


# -- reading a request -------------------------------------------------------------------------------------------------


def _texts(body: dict[str, Any], name: str, otherwise: list[str]) -> list[str]:
    found = body.get(name, otherwise)
    if not isinstance(found, list) or not all(
        isinstance(one, str) and 0 < len(one) <= qbo_sync.CHOSEN_CHARS_MAX for one in found
    ):
        raise Invalid(said("{field} is a list of words.", field=name), field=name)
    return found


def _word(name: str, allowed: tuple[str, ...]) -> str:
    found = request.args.get(name, "")
    if found and found not in allowed:
        raise Invalid(said("{field} is one of: {ways}.", field=name, ways=", ".join(allowed)), field=name)
    return found


def _number(name: str, otherwise: int, most: int = 2**53) -> int:
    found = request.args.get(name, "")
    if not found:
        return otherwise
    if not found.isdecimal() or len(found) > 16:
        raise Invalid(said("{field} is a whole number.", field=name), field=name)
    return min(int(found), most)
