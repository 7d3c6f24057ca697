"""The printer and the drawer. The till prints; a page asks, follows, and prints itself only when no printer is set up.

POST /api/print             sell, reprint, z_read, settings  {document, template?, lines?, browser?, approvals?} or {voucher} -> 202 {job, browser, page}
GET  /api/print/<document>  sell, reprint, z_read            {state, text, next_is_copy, templates, jobs, drawer, printer}
GET  /api/printer           sell, reprint, z_read, settings  {printer}
POST /api/drawer            sell                             {document} -> 202 {job}
GET  /paper/<document>      sell, reprint, z_read            paper/slip.html: title, rows, barcode of each code, copy
"""  # noqa: E501

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pos.actions import paper, printing, reports
from pos.actions.approve import ids_of
from pos.config import Config
from pos.errors import Invalid, NotAllowed, NotFound
from pos.rules import slips
from pos.said import said
from pos.store import prints
from pos.store.prints import Job
from pos.web import auth
from pos.web import shapes_selling as shapes
from pos.web.body import json_object, text
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.receipts import bars_svg

bp = Blueprint("printing", __name__)


@bp.post("/api/print")
@describe(body=shapes.PRINT, answer=shapes.PRINTED, status=202, refuses=(404, 409))
@auth.needs("sell", "reprint", "z_read", "settings")
def ask() -> ResponseReturnValue:
    body, press, by = json_object(), parts().press, auth.actor()
    template, browser = text(body, "template", 20), body.get("browser") is True
    if template == "x":
        if not by.may("z_read"):
            raise NotAllowed(said("{name} may not see the figures of the day.", name=by.name))
        here = parts()
        report = reports.lines(
            reports.x_read(here, by),
            here.store.config,
            here.config.printer.columns,
            printed=not browser and press.printer is not None,
        )
        asked = printing.ask_report(press, by, "x", report, browser=browser)
    elif template == "test":
        if not (by.may("settings") or by.may("reprint")):
            raise NotAllowed(said("{name} may not print a test page.", name=by.name))
        asked = printing.ask_report(press, by, "test", browser=browser)
    elif body.get("voucher"):
        if not any(by.may(right) for right in ("sell", "z_read", "voucher_issue")):
            raise NotAllowed(said("{name} may not see what is on vouchers.", name=by.name))
        asked = printing.ask_balance(press, by, text(body, "voucher", 100), browser=browser)
    else:
        document = text(body, "document", 140)
        lines = _lines(body)
        approvals = ids_of(body)
        asked = printing.ask(press, by, document, template, lines=lines, browser=browser, approvals=approvals)
    view = {"job": printing.job_view(asked.job, parts().config), "browser": asked.browser}
    if asked.browser:
        view["page"] = url_for("printing.page", document=asked.job.document or "test", job=asked.job.id)
    return jsonify({"ok": True, **view}), 202


@bp.get("/api/print/<document>")
@describe(answer=shapes.PRINT_STATE)
@auth.needs("sell", "reprint", "z_read")
def state(document: str) -> ResponseReturnValue:
    return jsonify({"ok": True, **printing.state_view(parts().press, document)})


@bp.get("/api/printer")
@describe(answer=shapes.PRINTER_STATE)
@auth.needs("sell", "reprint", "z_read", "settings", touches=False)
def printer() -> ResponseReturnValue:
    return jsonify({"ok": True, "printer": printing.printer_view(parts().press)})


@bp.post("/api/drawer")
@describe(body=shapes.DRAWER, answer=shapes.DRAWER_OPENS, status=202, refuses=(404, 409))
@auth.needs("sell")
def drawer() -> ResponseReturnValue:
    job = printing.kick(parts().press, auth.actor(), text(json_object(), "document", 140))
    return jsonify({"ok": True, "job": printing.job_view(job, parts().config)}), 202


@bp.get("/paper/<document>")
@auth.needs("sell", "reprint", "z_read")
def page(document: str) -> str:
    """One slip that was asked for, for the browser's print: only by its job, so that each print is written down."""
    here = parts()
    job = prints.find(here.store, request.args.get("job", ""))
    if document not in (job.document or "test", job.number):
        raise NotFound("That print is of another document.")
    if job.template in ("x", "z") and not auth.actor().may("z_read"):
        raise NotAllowed("This is for who may see the figures of the day.")
    rows = paper.rows_of(here.store, here.store.config, job, paper.look_of(here.store.config))
    return render_template(
        "paper/slip.html",
        title=slips.TITLES[job.template],
        number=job.number,
        rows=rows,
        columns=here.config.printer.columns,
        back=request.args.get("back", "") or "/",
    )


@bp.get("/paper/barcode/<code>.svg")
@describe(kinds=("image/svg+xml",))
@auth.needs("sell", "reprint", "z_read")
def barcode(code: str) -> ResponseReturnValue:
    if not code.isascii() or not code.isprintable() or len(code) > 40:
        raise NotFound("That is no code.")
    return bars_svg(code), {"Content-Type": "image/svg+xml"}


def message(job: Job, config: Config) -> dict[str, Any]:
    """What the screens are told when a job changed."""
    view = printing.job_view(job, config)
    return {"type": "print", **{k: view[k] for k in ("document", "template", "state", "text")}}


def _lines(body: dict[str, Any]) -> list[str]:
    lines = body.get("lines") or []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Invalid("lines is a list of line ids.", field="lines")
    return lines
