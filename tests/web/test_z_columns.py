"""E-91: each entry of the 42-column report is on X and Z, with the figure of a day written down here beforehand."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.store import catalog
from tests.web.conftest import Page
from tests.web.test_report import close

#: What stands on the list -> how its line reads, figures and all. Wide rows may be broken on 32 columns.
COLUMNS = {
    "branch": r"^ *Finch & Marlow$",
    "till": r"^ *Till 1 \(T1\)$",
    "session": r"^Session +T1-S000001$",
    "day": r"Fri 20 Nov 2026",
    "opened, by whom": r"^Opened 20 Nov 2026,\s+12:00\s+Cleo Marsh$",
    "first receipt": r"^First receipt +T1-000002$",
    "last receipt": r"^Last receipt +T1-000006$",
    "opening float": r"^Opening float +£100\.00$",
    "sales before discounts": r"^Sales \(3\) +£44\.97$",
    "discounts on sales": r"^  less discounts +-£1\.00$",
    "sales net": r"^Sales net +£43\.97$",
    "returns before discounts": r"^Returns \(1\) +-£4\.99$",
    "returns net": r"^Returns net +-£4\.99$",
    "voids": r"^Voids \(1\) +-£30\.00$",
    "lines taken off": r"^Lines taken off \(1\) +£4\.99$",
    "gross": r"^Gross +£8\.98$",
    "net of tax": r"^Net of tax +£7\.48$",
    "tax": r"^Tax +£1\.50$",
    "vouchers sold": r"^Vouchers sold \(0\) +£0\.00$",
    "vouchers used": r"^Vouchers used \(0\) +£0\.00$",
    "count": r"^Receipts +5$",
    "items": r"^Items sold +4$",
    "tax per rate: net, tax, gross": r"VAT20 20%[\s\S]*£7\.48[\s\S]*£1\.50[\s\S]*£8\.98",
    "by cashier": r"^By cashier$[\s\S]*^Cleo Marsh \(5\) +£8\.98$",
    "by item group": r"^By item group$[\s\S]*^Home +£0\.00$[\s\S]*^Kitchen +£8\.98$",
    "by brand": r"^By brand$[\s\S]*^Alder +£8\.98$",
    "tenders: taken, refunded, net": r"Cash[\s\S]*£38\.98[\s\S]*-£34\.99[\s\S]*£3\.99",
    "another tender": r"Card[\s\S]*£4\.99[\s\S]*£0\.00[\s\S]*£4\.99",
    "paid in": r"^Paid in +£20\.00$",
    "paid out": r"^Paid out +-£12\.60$",
    "to the safe": r"^To the safe +-£50\.00$",
    "change given": r"^Change given +-£1\.02$",
    "cash refunds": r"^Cash refunds +-£34\.99$",
    "cash in drawer": r"^Expected in the drawer +£61\.39$",
    "each movement": r"window\s+cleaner",
    "drawer opened without a sale": r"^Drawer opened without a sale +1$",
    "sub total": r"^Total taken +£8\.98$",
}


@pytest.fixture
def papers(till: App, admin: Page, basket: Any) -> dict[str, str]:
    """The X and the Z of a day with one of everything, on 42 and on 32 columns."""

    def cash(kind: str, amount: str, reason: str) -> None:
        asked = {"id": clock.uuid7(), "kind": kind, "reason": reason} | ({"amount": amount} if amount else {})
        assert admin.post("/api/cash", asked).status_code == 201

    def sell(body: dict[str, Any]) -> dict[str, Any]:
        answer = admin.post("/api/create-sale", body)
        assert answer.status_code == 201, answer.json
        receipt: dict[str, Any] = answer.json["receipt"]
        return receipt

    catalog.put_items(till.store, [{"code": "MUG", "name": "Mug", "brand": "Alder"}], "test")
    noon = clock.parse("2026-11-20T12:00:00.000000Z")
    with clock.set_to(lambda: noon):
        admin.post("/api/shift/open", {"id": clock.uuid7(), "float": "100.00"})
        off = {"kind": "amount", "value": "1.00", "reason": "Damaged"}
        body = basket(2, total="8.98")
        body["lines"][0]["discount"] = off
        body["payments"][0]["amount"] = "10.00"
        first = sell(body)
        lamp = basket(1, total="30.00")
        lamp["lines"][0]["item_code"] = "LAMP"
        lamp["payments"][0]["amount"] = "30.00"
        voided = sell(lamp)
        card = basket(1)
        card["payments"][0]["mode_of_payment"] = "Card"
        sold = sell(card)
        assert (
            admin.post("/api/void", {"id": clock.uuid7(), "document": voided["id"], "reason": "Wrong"}).status_code
            == 201
        )
        back = basket(1, total="-4.99")
        back["lines"][0] |= {"qty": "-1", "return_against": {"id": sold["id"], "line": "a"}, "reason": "Faulty"}
        back["payments"][0]["amount"] = "-4.99"
        sell(back)
        assert first["number"] == "T1-000002"
        off = {
            "id": clock.uuid7(),
            "basket": clock.uuid7(),
            "line": "b",
            "item_code": "MUG",
            "qty": "1",
            "amount": "4.99",
        }
        assert admin.post("/api/void-line", {"lines": [off]}).json["saved"] == 1
        cash("paid_in", "20.00", "change from the bank")
        cash("paid_out", "12.60", "window cleaner")
        cash("drop", "50.00", "too many notes")
        cash("no_sale", "", "change for a customer")
        x = admin.get("/api/shift/x").json
        close(admin)
        z = admin.get("/api/zreads/1").json
    return {
        f"{name} {size}": "\n".join(made[key])
        for name, made in (("X", x), ("Z", z))
        for size, key in ((42, "lines"), (32, "lines32"))
    }


def test_each_entry_of_the_list_stands_on_every_paper(papers: dict[str, str]) -> None:
    for name, text in papers.items():
        for column, wanted in COLUMNS.items():
            assert re.search(wanted, text, re.MULTILINE), f"{name}: {column}: {wanted}\n{text}"
