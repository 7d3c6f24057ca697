"""Receipts to look at and print again.

GET /receipts?day=&page=            reprint   receipt/list.html: day (text), iso_day, rows, total, page, pages, before,
                                              after (neighbouring days that have receipts)
GET /receipts/<number>              reprint   receipt/receipt.html: receipt (see receipt_view), barcode_src,
                                              document (its id), printing (see printing.state_view)
GET /receipts/<number>/barcode.svg  reprint   the number as Code 128
GET /api/receipts/<number>          reprint   {ok, receipt: the document, state}

rows: number, name (for the address), kind_text, time_text, cashier, customer, total_text, is_return, state, state_text.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from barcode import Code128
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pos import clock
from pos.actions import printing
from pos.errors import Invalid, NotFound
from pos.rules import documents, wording
from pos.said import said
from pos.store import receipts
from pos.web import auth
from pos.web import shapes_selling as shapes
from pos.web.describe import describe
from pos.web.paper import receipt_view
from pos.web.parts import parts

bp = Blueprint("receipts", __name__)

#: Numbers of an older system may have a slash; none of this ever names a file.
_NUMBER = re.compile(r"[A-Za-z0-9._/:-]{1,140}\Z")
_STATE_WORDS = {
    "queued": said("waiting"),
    "sending": said("being sent"),
    "sent": said("sent, not yet compared"),
    "unknown": said("asking whether it arrived"),
    "booked": said("in the books"),
    "rejected": said("needs a person"),
    "differs": said("needs a person"),
    "": "",
}
_KIND_WORDS = {
    "sale": said("Sale"),
    "return": said("Return"),
    "void": said("Void"),
    "float": said("Float"),
    "paid_in": said("Paid in"),
    "paid_out": said("Paid out"),
    "drop": said("To the safe"),
    "no_sale": said("Drawer opened"),
    "z": said("Z-read"),
}
_TITLES = {"return": said("Return"), "void": said("Void")}
_BAR_WIDTH, _BAR_HEIGHT, _QUIET_ZONE = 2, 60, 10


@bp.get("/receipts")
@auth.needs("reprint")
def receipt_list() -> str:
    wanted = _day(request.args.get("day", ""))
    found = receipts.day(parts().store, wanted, request.args.get("page", 1, type=int))
    shop = parts().config.shop
    return render_template(
        "receipt/list.html",
        shop_name=shop.name,
        till_name=parts().config.till.name,
        day=wording.day(date.fromisoformat(found.day), shop.locale) if found.day else "",
        iso_day=found.day,
        rows=[_row(row, shop.locale) for row in found.rows],
        total=found.total,
        page=found.page,
        pages=found.pages,
        before=found.before,
        after=found.after,
    )


@bp.get("/receipts/<path:number>")
@auth.needs("reprint")
def receipt_page(number: str) -> ResponseReturnValue:
    document = _document(number)
    if document["kind"] == "z":
        return redirect(url_for("shifts.zread_page", number=number))
    config = parts().config
    return render_template(
        "receipt/receipt.html",
        shop_name=config.shop.name,
        till_name=config.till.name,
        receipt=receipt_view(document, parts().store.config),
        title=_TITLES.get(document["kind"], said("Receipt")),
        when_text=wording.moment(clock.parse(document["created_at"]), config.shop.locale),
        barcode_src=url_for("receipts.barcode_svg", number=number),
        document=document["id"],
        printing=printing.state_view(parts().press, document["id"]),
    )


@bp.get("/receipts/<path:number>/barcode.svg")
@describe(kinds=("image/svg+xml",))
@auth.needs("reprint")
def barcode_svg(number: str) -> Response:
    return Response(bars_svg(_document(number)["invoice_name"]), mimetype="image/svg+xml")


@bp.get("/api/receipts/<path:number>")
@describe(answer=shapes.RECEIPT_STATE)
@auth.needs("reprint")
def receipt_json(number: str) -> ResponseReturnValue:
    body = receipts.body(parts().store, _known(number))
    document = _shown_to(documents.decode(body))
    state = receipts.state(parts().store, document["id"])
    view = b'{"ok":true,"state":%s,"receipt":%s}' % (f'"{state}"'.encode(), body)
    return Response(view, mimetype="application/json")


def _document(number: str) -> dict[str, Any]:
    return _shown_to(documents.decode(receipts.body(parts().store, _known(number))))


def _shown_to(document: dict[str, Any]) -> dict[str, Any]:
    """A Z holds the takings of everybody: its figures are for those who may read them."""
    if document["kind"] == "z":
        auth.demand("z_read")
    return document


def _known(number: str) -> str:
    if not _NUMBER.match(number):
        raise NotFound("This is no receipt number.")
    return number


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Invalid("A day is written like 2026-11-21.", field="day") from None


def _row(row: receipts.Row, locale: str) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "kind_text": _KIND_WORDS.get(row.kind, row.kind),
        "time_text": wording.clock_time(clock.parse(row.created_at), locale),
        "cashier": row.cashier,
        "customer": row.customer,
        "total_text": wording.money(row.total, row.currency, locale),
        "is_return": row.total < 0,
        "state": row.state,
        "state_text": _STATE_WORDS[row.state],
    }


def bars_svg(number: str) -> str:
    """Code 128 of a receipt number, for any scanner; black on white whatever the page's colours."""
    modules = str(Code128(number).build()[0])
    width = (len(modules) + 2 * _QUIET_ZONE) * _BAR_WIDTH
    bars, at = [], _QUIET_ZONE * _BAR_WIDTH
    for run in re.finditer(r"1+|0+", modules):
        run_width = len(run.group()) * _BAR_WIDTH
        if run.group()[0] == "1":
            bars.append(f"M{at} 0h{run_width}v{_BAR_HEIGHT}h-{run_width}z")
        at += run_width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_BAR_HEIGHT}" width="{width}"'
        f' height="{_BAR_HEIGHT}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{width}v{_BAR_HEIGHT}H0z"/>'
        f'<path fill="#000" d="{"".join(bars)}"/></svg>'
    )
