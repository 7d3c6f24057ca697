"""A till whose every text was typed by somebody who means harm: goods, people, customers, notes, reasons, replies."""

from __future__ import annotations

import logging
from typing import Any

from pos import clock
from pos.app import App
from pos.store import feeds, notices, outbox, passwords, people
from tests.web.conftest import PASSWORD, Console, Page

#: Shown as it stands, it is harmless. `pwned` is what a script of it would set.
MARK = "<img src=x onerror=pwned=1>"
#: A formula to a spreadsheet, an element, a script, an end of every kind of quotation, a template, and commands.
TEXT = f"=1+1{MARK}\"'</script><script>pwned=1</script>{{{{7*7}}}}"
#: For a printer: reset, cut, drawer; for a log and a header: a line of its own; for a terminal: clear.
CONTROLS = "\x1b@\x1dV\x00\x1bp\x00\x10\x14\x01\r\nBcc: all@example.com\x1b[2J\u202e\u2028"
#: Of the settings: on no page, in no answer, in no line.
SECRETS = ("key-of-the-books-1", "secret-of-the-books-2", "secret-of-the-hooks-3")
#: Settings, as environment variables.
SETTINGS = {
    "TILLKEEP_SHOP_NAME": TEXT,
    "TILLKEEP_SHOP_TAGLINE": TEXT,
    "TILLKEEP_SHOP_ADDRESS": TEXT,
    "TILLKEEP_SHOP_PHONE": TEXT,
    "TILLKEEP_SHOP_TAX_NUMBER": TEXT,
    "TILLKEEP_SHOP_FOOTER": TEXT,
    "TILLKEEP_TILL_NAME": TEXT,
    "TILLKEEP_RETURNS_REASONS": TEXT,
    "TILLKEEP_SHIFT_VARIANCE_REASONS": TEXT,
    "ERPNEXT_URL": "http://127.0.0.1:9",
    "ERPNEXT_API_KEY": SECRETS[0],
    "ERPNEXT_API_SECRET": SECRETS[1],
    "TILLKEEP_HOOKS_SECRET": SECRETS[2],
}
ADMIN, PIN = "990", "7531"


def fill(app: App, extra: str = "") -> dict[str, Any]:
    """Sell, hold, refuse, note and name everything with TEXT (and `extra` behind it); how its pages are opened."""
    words = TEXT + extra
    store = app.store
    feeds.put_taxes(store, [{"code": "A", "title": words, "rate": "20"}])
    goods = {"name": words, "item_group": words, "description": words, "tax_code": "A"}
    feeds.put_items(store, [{"code": "BAD", **goods, "barcodes": [{"code": "96385074"}]}], "csv")
    feeds.put_prices(store, [{"price_list": "Standard Selling", "item": "BAD", "amount": 750, "currency": "GBP"}])
    feeds.put_customers(store, [{"code": "EVE", "name": words, "email": words, "phone": words}], "csv")
    feeds.put_modes(store, [{"name": "Cash", "kind": "cash", "position": 1}], "csv")
    people.add_user(store, ADMIN, TEXT, "admin", PIN)
    passwords.set_password(store, ADMIN, PASSWORD, "test")
    people.add_token(store, TEXT, "stock_keeper")
    people.add_device(store, TEXT)
    with store.transaction():
        notices.raise_notice(store, "disk", "needs", words, words, words)
    logging.getLogger("pos.hostile").warning("a log line %s", words)
    return _trade(app, words, TEXT)


def _trade(app: App, reply: str, words: str) -> dict[str, Any]:
    page = Page(app)
    page.session()
    answer = page.post("/api/sign-in", {"code": ADMIN, "pin": PIN})
    assert answer.status_code == 200, answer.json

    def post(path: str, **body: Any) -> dict[str, Any]:
        answer = page.post(path, {"id": clock.uuid7(), **body})
        assert answer.status_code < 300, (path, answer.json)
        return dict(answer.json)

    line = {"line": "1", "item_code": "BAD", "qty": "1", "note": words}
    discount = {"kind": "amount", "value": "0.50", "reason": words}
    paid = [{"mode_of_payment": "Cash", "amount": "7.00", "reference": words}]
    post("/api/shift/open", float="50.00", note=words)
    sale = post(
        "/api/create-sale",
        customer="EVE", total="7.00", lines=[line | {"discount": discount}], payments=paid, note=words,
    )["receipt"]  # fmt: skip
    post("/api/cash", kind="paid_out", amount="1.00", reason=words, note=words)
    count = post("/api/shift/count-check", cash="55.00", tenders={})
    post("/api/shift/close", count=count["count"], reason=words, note=words)
    post("/api/shift/open", float="50.00")
    later = post("/api/create-sale", total="7.50", lines=[line], payments=[paid[0] | {"amount": "7.50"}])["receipt"]
    held = {"id": clock.uuid7(), "lines": [line], "customer": "EVE", "discount": None}
    post("/api/hold", basket=held, title=words, total="7.50")
    voucher = post("/api/vouchers/issue", code="", amount="25.00", reason=words, note=words)
    paper = post("/api/print", document=sale["id"], template="receipt", browser=True)["page"]
    row = _refused(app, reply)
    return {
        "number": sale["number"], "document": sale["id"], "later": later, "z": "1", "paper": paper, "row": row,
        "voucher": voucher, "page": page,
    }  # fmt: skip


def _refused(app: App, words: str) -> int:
    """What the books say to the first document; its row."""
    rows = outbox.claim(app.store, "erpnext", words, 50, clock.now())
    outbox.rejected(app.store, rows[0], clock.now(), "item_missing", words, words, reply=f"HTTP 417\n{words}")
    for row in rows[1:]:
        outbox.not_sent(app.store, row, clock.now(), words)
    return rows[0].n


def console(app: App) -> Console:
    return Console(app).sign_in(ADMIN)
