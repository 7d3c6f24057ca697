"""One test a right, on the real routes: with exactly that right it passes, without it nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import TestResponse

from pos import clock
from pos.app import App
from pos.rules import rights
from pos.store import passwords, people
from pos.store import rights as tables
from pos.store.models import Connection
from tests.store.looking import bodies
from tests.web.conftest import PASSWORD, PINS, Console, Page

#: The role whose rights are set anew for each probe.
ROLE = "stock_keeper"


def line(qty: str = "1", **more: Any) -> dict[str, Any]:
    return {"line": "a", "item_code": "MUG", "qty": qty, **more}


def basket(*lines: dict[str, Any], total: str = "4.99", pay: str = "Cash", **more: Any) -> dict[str, Any]:
    paid = [{"mode_of_payment": pay, "amount": total}]
    return {"id": clock.uuid7(), "customer": "", "lines": list(lines), "payments": paid, "total": total, **more}


@dataclass
class Shop:
    """The till, a page of the person who is tried, and one of somebody who may do everything."""

    till: App
    page: Page
    owner: Page

    def sold(self, pay: str = "Cash", days_ago: int = 0) -> dict[str, Any]:
        then = clock.now() - timedelta(days=days_ago)
        with clock.set_to(lambda: then):
            answer = self.owner.post("/api/create-sale", basket(line(), pay=pay))
        assert answer.status_code == 201, answer.json
        document: dict[str, Any] = answer.json["receipt"]
        return document

    def give_back(self, sale: dict[str, Any], pay: str = "Cash") -> TestResponse:
        back = line("-1", return_against={"id": sale["id"], "line": "a"}, reason="Faulty")
        return self.page.post("/api/create-sale", basket(back, total="-4.99", pay=pay))


Probe = Callable[[Shop], TestResponse]
OFF = {"kind": "percent", "value": "5", "reason": "damaged"}


def cash(kind: str, **more: Any) -> Probe:
    return lambda shop: shop.page.post("/api/cash", {"id": clock.uuid7(), "kind": kind, "reason": "change", **more})


def _void(shop: Shop) -> TestResponse:
    asked = {"id": clock.uuid7(), "document": shop.sold()["id"], "reason": "Wrong items"}
    return shop.page.post("/api/void", asked)


def _close_ten_pounds_short(shop: Shop) -> TestResponse:
    shop.owner.post("/api/shift/open", {"id": clock.uuid7(), "float": "100.00"})
    count = shop.owner.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": "90.00", "tenders": {}}).json
    asked = {"id": clock.uuid7(), "count": count["count"], "reason": "Wrong change given"}
    return shop.page.post("/api/shift/close", asked)


def _close_exactly(shop: Shop) -> TestResponse:
    expected = shop.owner.get("/api/shift/x").json["report"]["cash"]["expected"]
    count = shop.owner.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": expected, "tenders": {}}).json
    return shop.page.post("/api/shift/close", {"id": clock.uuid7(), "count": count["count"], "reason": "", "note": ""})


def _print_again(shop: Shop) -> TestResponse:
    asked = {"document": shop.sold()["id"], "template": "receipt", "browser": True}
    assert shop.owner.post("/api/print", asked).status_code == 202
    return shop.page.post("/api/print", asked)


def _issue_by_hand(shop: Shop) -> TestResponse:
    asked = {"id": clock.uuid7(), "code": "", "amount": "25.00", "reason": "Raffle prize"}
    return shop.page.post("/api/vouchers/issue", asked)


def _replay(shop: Shop) -> TestResponse:
    """A receipt of this very till, taken in again: a duplicate, whoever may."""
    return shop.page.post("/api/create-sale", bodies(shop.till.store)[0])


def _try_again(shop: Shop) -> TestResponse:
    """At the console, where whoever reads may come in, too."""
    passwords.set_password(shop.till.store, "2", PASSWORD)
    return Console(shop.till).sign_in("2").post("/api/console/outbox/retry", {"fitting": {"show": "needs"}})


def _of_runs(address: str, body: dict[str, Any]) -> Probe:
    """At the console, on the screens of runs."""

    def ask(shop: Shop) -> TestResponse:
        Connection.create(id="quickbooks", kind="quickbooks", title="Books", company="main")
        passwords.set_password(shop.till.store, "2", PASSWORD)
        return Console(shop.till).sign_in("2").post(f"{shop.till.config.runs.prefix}{address}", body)

    return ask


_STOCK = {"location": "Stores - TS", "sku": "MUG"}


def _agree(shop: Shop) -> TestResponse:
    """To what the owner asked for."""
    asked = shop.owner.post("/api/inventory/adjustment", {**_STOCK, "quantity": "30", "id": "asked"})
    assert asked.status_code == 202, asked.json
    return shop.page.post("/api/inventory/approvals/asked/approve", {})


_SCHEDULE = {"name": "Nightly", "cron": "30 5 * * *", "time_zone": "Europe/London", "company": "main"}


#: Right -> (the rights needed beside it, an act that needs it).
PROBES: dict[str, tuple[tuple[str, ...], Probe]] = {
    "sell": ((), lambda shop: shop.page.post("/api/create-sale", basket(line()))),
    "discount": (("sell",), lambda shop: shop.page.post("/api/create-sale", basket(line(discount=OFF), total="4.74"))),
    "price_override": (
        ("sell",),
        lambda shop: shop.page.post("/api/create-sale", basket(line(price="4.00", price_source="typed"), total="4.00")),
    ),
    "refund": (("sell",), lambda shop: shop.give_back(shop.sold())),
    "blind_return": (
        ("sell", "refund"),
        lambda shop: shop.page.post("/api/create-sale", basket(line("-1", reason="Faulty"), total="-4.99")),
    ),
    "late_return": (("sell", "refund"), lambda shop: shop.give_back(shop.sold(days_ago=30))),
    "refund_tender": (("sell", "refund"), lambda shop: shop.give_back(shop.sold("Card"), "Cash")),
    "no_sale": (("sell",), cash("no_sale")),
    "void": (("sell",), _void),
    "paid_out": (("sell",), cash("paid_out", amount="5.00")),
    "z_read": (("sell",), lambda shop: shop.page.get("/api/shift/x")),
    "variance": (("sell", "z_read"), _close_ten_pounds_short),
    "reprint": (("sell",), lambda shop: shop.page.get("/receipts/T1-000001")),
    "voucher_issue": (("sell",), _issue_by_hand),
    "replay": ((), _replay),
    "operate": (("z_read",), _try_again),
    "rights": ((), lambda shop: shop.page.get("/api/rights")),
    "settings": ((), lambda shop: shop.page.post("/api/import/items", {"rows": []})),
    "stock": ((), lambda shop: shop.page.post("/api/inventory/adjustment", {**_STOCK, "quantity": "2"})),
    "stock_approve": (("stock",), _agree),
    "stock_admin": (("stock",), lambda shop: shop.page.post("/api/inventory/location", {"code": "BACK"})),
    "can_trigger_runs": (("z_read",), _of_runs("/runs/trigger", {"id": clock.uuid7(), "company": "main"})),
    "can_edit_companies": (("z_read",), _of_runs("/companies/main/toggle-active/", {"active": True})),
    "can_manage_schedules": (("z_read",), _of_runs("/schedules/create", _SCHEDULE)),
    "can_manage_portal_settings": (("z_read",), _of_runs("/settings/", {"default_parallel": 3})),
}
#: Rights no address asks for: people are added at the machine itself. And that of another till's key, not of people:
#: tests/web/test_copies.py tries it both ways.
AT_THE_MACHINE = {"people", "copies"}


@pytest.fixture
def shop(till: App) -> Shop:
    """A shop with one sale in it, and a person whose role has no right at all."""
    people.add_user(till.store, "2", "Olga Ruiz", ROLE, PINS["7"])
    owner = Page(till).sign_in("9")
    page = Page(till)
    page.session()
    assert page.post("/api/sign-in", {"code": "2", "pin": PINS["7"]}).status_code == 200
    page.session()
    made = Shop(till, page, owner)
    made.sold()
    return made


def only(till: App, *wanted: str) -> None:
    """The role has these rights and no others, and may discount up to 10 %."""
    tables.change(till.store, {(ROLE, right): right in wanted for right in rights.RIGHTS}, {}, "9")
    tables.change(till.store, {}, {ROLE: Decimal(10)} if "discount" in wanted else {}, "9")


def documents(till: App) -> int:
    return int(till.store.execute("SELECT count(*) FROM document").fetchone()[0])


def test_every_right_has_a_probe() -> None:
    assert set(PROBES) | AT_THE_MACHINE >= set(rights.RIGHTS)


@pytest.mark.parametrize("right", PROBES)
def test_with_the_right_it_passes(shop: Shop, right: str) -> None:
    beside, probe = PROBES[right]
    only(shop.till, *beside, right)
    answer = probe(shop)
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("right", PROBES)
def test_without_it_the_server_refuses_and_nothing_happens(shop: Shop, right: str) -> None:
    beside, probe = PROBES[right]
    only(shop.till, *beside)
    answer = probe(shop)
    assert answer.status_code == 403, answer.text
    before = documents(shop.till)
    if answer.is_json:
        assert answer.json["code"] in ("needs_approval", "not_allowed")
        assert answer.json.get("act", right) == right
    made_by = shop.till.store.execute("SELECT count(*) FROM document WHERE cashier = '2'").fetchone()
    assert (documents(shop.till), made_by) == (before, (0,))


#: Probes of what a second person can agree to on the spot, where looking alone is no such act.
APPROVED = {right: probe for right, probe in PROBES.items() if right in rights.ACTS} | {
    "z_read": (("sell",), _close_exactly),
    "reprint": (("sell",), _print_again),
}


def test_every_act_has_a_probe() -> None:
    assert set(APPROVED) == set(rights.ACTS)


@pytest.mark.parametrize("right", APPROVED)
def test_without_it_a_second_person_agrees_and_it_passes_once(shop: Shop, right: str, monkeypatch: Any) -> None:
    """The very same request, sent again with the approval, as the page does it."""
    beside, probe = APPROVED[right]
    only(shop.till, *beside)
    sent: list[tuple[str, Any]] = []
    real = Page.post

    def remember(page: Page, path: str, body: Any = None, **more: Any) -> Any:
        if page is shop.page:
            sent.append((path, body))
        return real(page, path, body, **more)

    monkeypatch.setattr(Page, "post", remember)
    refused = probe(shop).json
    assert refused["code"] == "needs_approval", refused
    path, body = sent[-1]
    asked = {
        "act": refused["act"],
        "subject": refused["subject"],
        "bound": refused["bound"],
        "code": "9",
        "pin": PINS["9"],
    }
    given = shop.page.post("/api/approve", asked)
    assert given.status_code == 200, given.json
    again = {**body, "approvals": [given.json["approval"]]}
    answer = shop.page.post(path, again)
    assert answer.status_code in (201, 202), answer.json
    other = shop.page.post(path, {**again, "id": clock.uuid7()})
    assert other.status_code in (403, 409, 422), "an approval counts once"
    used = shop.till.store.execute("SELECT act, approver, asked_by FROM approval WHERE used_at <> ''").fetchall()
    assert used == [(right, "9", "2")]
    if right != "reprint":  # a copy is no document
        approved = shop.till.store.execute("SELECT body FROM document ORDER BY n DESC LIMIT 1").fetchone()[0]
        assert f'"act":"{right}"' in approved.replace(" ", "")
