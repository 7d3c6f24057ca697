"""What people ask of the printer: a slip, a COPY, the drawer after a no-sale; and what is answered to them.

After the first print of a slip every further one is marked COPY, needs the right `reprint` and is written down with
name and time. That nobody knows of a first print proves nothing for an older document: its rows may be from a rebuild.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from pos import clock
from pos.actions import paper
from pos.actions.approve import Permission
from pos.actions.press import Press, opens_drawer
from pos.config import Config
from pos.errors import Conflict, Invalid, NotAllowed, NotFound
from pos.rules import rights, slips, voucher, wording
from pos.rules.money import major
from pos.said import said
from pos.store import audit, prints, vouchers
from pos.store.db import Store
from pos.store.prints import Job

#: The first print of a document this old says COPY, too.
ORIGINAL_HOURS = 24
#: A no-sale opens the drawer when it is made, not later.
DRAWER_MINUTES = 1
LINES_MAX = 200


class Asker(Protocol):
    """Who asks."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    def may(self, right: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What becomes of it. browser: the page prints it, as `job` says."""

    job: Job
    browser: bool


def ask(
    press: Press, by: Asker, document: str, template: str = "", *, lines: Sequence[str] = (), browser: bool = False,
    approvals: Sequence[str] = (),
) -> Asked:  # fmt: skip
    """Queue a slip, or write down that the browser prints it. The same slip still waiting is not queued again.

    Invalid when the document has no such slip; NotAllowed, NeedsApproval for a COPY without the right.
    """
    store = press.store
    press.take_in()
    doc = paper.document(store, document)
    found = paper.templates_of(doc)
    template = template or (found[0] if found else "")
    if template not in found:
        raise Invalid("There is nothing like that to print of this document.", field="template")
    if template == "z":
        _need(by, "z_read")
    part = _part(doc, template, lines)
    browser = browser or press.printer is None
    before = prints.open_job(store, doc["id"], template, part)
    if before is not None and not browser:
        return Asked(before, False)
    permission = Permission(store, by, doc["id"], approvals)
    copy = is_copy(store, doc, template, part)
    if copy:
        permission.need("reprint", message=said("{name} may not print this a second time.", name=by.name))
    job = press.job(doc, template, part=part, copy=copy, by_code=by.code, by_name=by.name)
    if browser:
        job = _in_browser(job)
    _add(press, job, by, permission)
    return Asked(job, browser)


def ask_report(press: Press, by: Asker, template: str, lines: Sequence[str] = (), *, browser: bool = False) -> Asked:
    """A test page, or an X as it was laid out; neither is a document. The caller checked the right."""
    body = ""
    if template == "x":
        body = json.dumps(list(lines), ensure_ascii=False)
    job = press.job(None, template, body=body, by_code=by.code, by_name=by.name)
    browser = browser or press.printer is None
    if browser:
        job = _in_browser(job)
    _add(press, job, by, None)
    return Asked(job, browser)


def ask_balance(press: Press, by: Asker, code: str, *, browser: bool = False) -> Asked:
    """What is on a voucher now, on paper, without a sale. NotFound `voucher_unknown`; Invalid when nothing of it can be
    used. The caller checked the right; what the issuer said last is what is known here."""
    known = vouchers.balance(press.store, voucher.code_of(code))
    if known.state == "unknown":
        raise NotFound(said("Voucher {code} is not known here.", code=known.code), code="voucher_unknown", field="code")
    if known.state != "active" or known.balance <= 0:
        raise Invalid("There is nothing on this voucher to print.", field="voucher")
    left = f"{major(known.balance, press.config.shop.currency)}"
    body = json.dumps({"code": known.code, "balance": left, "expires": known.expires})
    job = press.job(None, "balance", body=body, by_code=by.code, by_name=by.name)
    browser = browser or press.printer is None
    if browser:
        job = _in_browser(job)
    _add(press, job, by, None)
    return Asked(job, browser)


def is_copy(store: Store, doc: Mapping[str, Any], template: str, part: str = "") -> bool:
    """Whether the next print of this slip says COPY."""
    old = clock.now() - clock.parse(doc["created_at"]) > timedelta(hours=ORIGINAL_HOURS)
    return old or prints.on_paper(store, doc["id"], template, part)


def kick(press: Press, by: Asker, document: str) -> Job:
    """The drawer, after a no-sale or another movement of its cash; once for each. Conflict `drawer_used` later."""
    press.take_in()
    doc = paper.document(press.store, document)
    if doc["kind"] in ("sale", "return", "void") or not opens_drawer(doc):
        raise Invalid("The drawer is opened by a no-sale; a sale opens it by itself.", field="document")
    if press.printer is None or not press.config.printer.drawer:
        raise Invalid("No drawer is set up on this till. Open it with its key.", code="no_drawer")
    fresh = clock.now() - clock.parse(doc["created_at"]) <= timedelta(minutes=DRAWER_MINUTES)
    before = next((j for j in prints.of_document(press.store, doc["id"]) if j.template == prints.DRAWER), None)
    if before is not None and (before.state != "failed" or not before.sure):
        return before
    if not fresh:
        raise Conflict("That no-sale is over. Make a new one, with its reason.", code="drawer_used")
    job = press.job(doc, prints.DRAWER, by_code=by.code, by_name=by.name)
    if before is not None:
        prints.again(press.store, before.id, job)
        job = prints.find(press.store, before.id)
    else:
        prints.add(press.store, [job])
    press.ring()
    return job


# -- what is told ----------------------------------------------------------------------------------------------------


def job_view(job: Job, config: Config) -> dict[str, Any]:
    """One job for a page."""
    state = "waiting" if job.state == "sending" else job.state
    return {
        "id": job.id,
        "document": job.document,
        "number": job.number,
        "template": job.template,
        "title": slips.TITLES[job.template],
        "copy": job.copy,
        "state": state,
        "sure": job.sure,
        "text": _text(job, config),
        "by": {"code": job.by_code, "name": job.by_name},
        "at_text": _time(job.made_at, config),
        "done_text": _time(job.done_at, config) if job.done_at else None,
    }


def state_view(press: Press, document: str) -> dict[str, Any]:
    """The answer of GET /api/print/<document>: how far its own slip is, and everything that was asked for."""
    press.take_in()
    store, config = press.store, press.config
    doc = paper.document(store, document)
    templates = paper.templates_of(doc)
    own = templates[0] if templates else ""
    jobs = prints.of_document(store, doc["id"])
    shown = next((job for job in jobs if job.template == own), None)
    view = job_view(shown, config) if shown else {"state": "none", "text": said("Not printed yet.")}
    drawer = next((job for job in jobs if job.template == prints.DRAWER), None)
    return {
        "document": doc["id"],
        "state": view["state"],
        "text": view["text"],
        "next_is_copy": bool(own) and is_copy(store, doc, own),
        "templates": list(templates),
        "jobs": [job_view(job, config) for job in jobs if job.template != prints.DRAWER],
        "drawer": job_view(drawer, config) if drawer else None,
        "printer": printer_view(press),
    }


def printer_view(press: Press) -> dict[str, Any]:
    """What is known of the printer."""
    configured = press.printer is not None
    return {
        "configured": configured,
        "drawer": configured and press.config.printer.drawer,
        "state": press.state,
        "text": press.text,
        "waiting": prints.waiting(press.store) if configured else 0,
    }


def _text(job: Job, config: Config) -> str:
    if job.state == "sending":
        return said("Is being printed.")
    if job.state == "waiting":
        waits = said("Waits for the printer.")
        return said("{words} {reason}", words=waits, reason=said(job.reason)) if job.reason else waits
    drawer = job.template == prints.DRAWER
    if job.state == "printed":
        at = _time(job.done_at, config)
        if drawer:
            return said("Opened {time}.", time=at)
        if job.device == prints.BROWSER:
            return said("Printed in the browser {time}.", time=at)
        return said("Printed {time}.", time=at)
    if drawer:
        return (
            said("The drawer was not opened: {reason} Use its key.", reason=said(job.reason))
            if job.sure
            else job.reason
        )
    if job.sure:
        return said("Not printed: {reason} Print it again when the printer is ready.", reason=said(job.reason))
    return said("May have been printed: {reason}", reason=said(job.reason))


def _time(stamp: str, config: Config) -> str:
    moment = clock.parse(stamp).astimezone(ZoneInfo(config.shop.timezone))
    return wording.clock_seconds(moment, config.shop.locale)


# -- small parts -----------------------------------------------------------------------------------------------------


def _need(by: Asker, right: str) -> None:
    if not by.may(right):
        raise NotAllowed(said("{name} may not {what}. Ask somebody who may.", name=by.name, what=rights.RIGHTS[right]))


def _part(doc: Mapping[str, Any], template: str, lines: Sequence[str]) -> str:
    """Which lines a gift receipt is of, as the queue keeps it."""
    if template != "gift" or not lines:
        return ""
    sold = [item["line"] for item in doc["items"] if item["qty"] > 0 and not item.get("voucher")]
    if len(lines) > LINES_MAX or set(lines) - set(sold):
        raise Invalid("A gift receipt is of lines that were sold here.", field="lines")
    return " ".join(line for line in sold if line in set(lines))


def _in_browser(job: Job) -> Job:
    return prints.done_elsewhere(job, prints.BROWSER)


def _add(press: Press, job: Job, by: Asker, permission: Permission | None) -> None:
    with press.store.transaction() as tx:
        if permission is not None:
            permission.consume(tx, job.number)
        prints.add(tx, [job])
        act = "print.copy" if job.copy else "print"
        detail = {"template": job.template, "where": job.device or prints.BROWSER, "job": job.id}
        audit.record(tx, by.code, act, job.number, detail)
    press.ring()
