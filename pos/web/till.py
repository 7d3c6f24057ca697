"""The sell page and the page of the day. Everything they show they ask for by themselves (/api/session, /api/shift …).

GET /      open, else the sign-in page    till/sell.html: shop_name, till_name
GET /day   sell or z_read                 till/day.html: shop_name, till_name
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from pos.web import auth
from pos.web.frame import may_open
from pos.web.parts import parts

bp = Blueprint("till", __name__)


@bp.get("/")
@auth.open_to_all
def sell_page() -> ResponseReturnValue:
    """Nobody signed in: the sign-in page. Locked: the sell page, which shows its lock over the basket it kept. Somebody
    who does not sell: the screens of stock, where they keep it, else the receipts."""
    who = auth.actor_or_none()
    if who is None:
        return redirect(url_for("people.sign_in_page"))
    if not who.may("sell"):
        return redirect(
            "/inventory" if who.may("stock") and may_open("/inventory") else url_for("receipts.receipt_list")
        )
    config = parts().config
    return render_template("till/sell.html", shop_name=config.shop.name, till_name=config.till.name)


@bp.get("/day")
@auth.needs("sell", "z_read")
def day_page() -> str:
    """Float, cash in and out, X, count and close; what it shows it asks for by itself."""
    config = parts().config
    return render_template("till/day.html", shop_name=config.shop.name, till_name=config.till.name)
