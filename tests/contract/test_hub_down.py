"""The way down, with real processes: a hub and two tills. What is sold, held or issued at one is returned, taken up or
used at the other, once; with the hub off every till sells, and says in words what has to wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import requests

from pos import clock
from pos.store import people
from tests.contract.hub_goods import back, basket, goods, voucher_sale, waiting
from tests.contract.hubs import Hub, Upper, until
from tests.till_process import Line, Till


@dataclass
class One:
    """A till's process, and a connection to it."""

    process: Till
    line: Line

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        return self.line.ask("POST", path, body)

    def get(self, path: str) -> dict[str, Any]:
        status, told = self.line.ask("GET", path)
        assert status == 200, told
        return told

    def sold(self, basket: dict[str, Any]) -> dict[str, Any]:
        status, told = self.post("/api/create-sale", basket)
        assert status == 201, told
        return dict(told["receipt"])

    def rows(self) -> list[str]:
        return [one["id"] for one in self.get("/api/held")["held"]]


@dataclass
class Shop:
    hub: Hub
    one: One
    two: One

    def settled(self) -> None:
        """Everything the tills have is at the hub."""
        until(lambda: all(not t.get("/api/status")["waiting"] for t in (self.one, self.two)), "all went up")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A hub that owns goods and people, and two tills that have neither."""
    root = tmp_path_factory.mktemp("shop")
    hub = Hub(root / "hub", None)
    upper = Upper(root / "hub", "HUB", **hub.env)
    goods(upper.store)
    hub.process.key = people.add_token(upper.store, "test", "admin")
    upper.close()
    hub.start()
    tills: list[One] = []
    try:
        for name in ("T1", "T2"):
            made = Upper(root / name, name)
            made.join(hub.url, hub.code(name))
            key = people.add_token(made.store, "test", "admin")
            made.close()
            env = {"TILLKEEP_TILL_ID": name, "TILLKEEP_HUB_URL": hub.url, "TILLKEEP_HUB_SETTLE_SECONDS": "0",
                   "TILLKEEP_HUB_PROBE_SECONDS": "1"}  # fmt: skip
            process = Till(root / name, env=env)
            process.start()
            tills.append(One(process, Line(process.port, key)))
        yield Shop(hub, *tills)
    finally:
        for till in tills:
            till.process.stop()
        hub.process.stop()


def works(till: One) -> bool:
    """Whether the till knows of somebody with this code who works there."""
    return any(one["code"] == "7" and one["active"] for one in till.get("/api/console/people")["rows"])


def signs_in(till: One, pin: str) -> int:
    """What the till answers somebody at its own screen."""
    here = f"http://127.0.0.1:{till.process.port}"
    with requests.Session() as browser:
        csrf = browser.get(f"{here}/api/session", timeout=30).json()["csrf"]
        body = {"code": "7", "pin": pin}
        return browser.post(f"{here}/api/sign-in", json=body, headers={"X-CSRFToken": csrf}, timeout=30).status_code


def test_what_one_till_began_another_ends(shop: Shop) -> None:
    """Goods and people come down; returned, taken up and paid with at till 2 what till 1 sold, held and issued."""
    one, two = shop.one, shop.two
    for till in (one, two):
        until(lambda: till.get("/api/items?q=cup")["items"], "the goods came down")  # noqa: B023
        assert signs_in(till, "4711") == 200

    until(lambda: two.get("/api/items?q=cup")["items"][0]["image"], "its picture came down")
    sale = one.sold(basket(2))
    assert sale["number"] == "T1-000001"
    one.sold(voucher_sale("GV-FIRST1"))
    code = "GV-FIRST1"
    shop.settled()

    found = two.get("/api/receipts/find?code=T1-000001")["receipt"]
    assert found["id"] == sale["id"]
    assert two.get(f"/api/refunds/{sale['id']}/lines")["lines"][0]["left"] == "2"
    returned = two.sold(back(sale))
    assert returned["number"].startswith("T2-")
    shop.settled()
    assert one.get(f"/api/refunds/{sale['id']}/lines")["lines"][0]["left"] == "1", "till 1 hears of it"
    status, told = one.post("/api/create-sale", back(sale, 2))
    assert (status, told["code"]) == (422, "over_return")

    with ThreadPoolExecutor(2) as pool:  # the one that is left, at both tills at the same moment
        given = list(pool.map(lambda till: till.post("/api/create-sale", back(sale))[0], (one, two)))
    assert given.count(201) == 1, given
    shop.settled()

    aside = waiting()
    assert one.post("/api/hold", {"basket": aside, "title": "Blue coat"})[0] == 201
    until(lambda: two.rows() == [aside["id"]], "till 2 sees it")
    path, act = f"/api/held/{aside['id']}/resume", {"act": clock.uuid7()}
    status, taken = two.post(path, act)
    assert (status, taken["basket"]) == (200, aside)
    assert two.post(path, act)[1]["basket"] == aside, "a lost answer is asked for again"
    status, told = one.post(path, {"act": clock.uuid7()})
    assert (status, told["code"]) == (409, "taken"), told
    assert one.rows() == two.rows() == []
    two.sold({**basket(), **aside})

    until(lambda: two.post("/api/vouchers/check", {"code": code})[1]["voucher"]["state"] == "active", "it is known")
    asked = [{"code": code, "basket": clock.uuid7(), "amount": "20.00"} for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda at: (one, two)[at].post("/api/vouchers/check", asked[at])[1], range(2)))
    assert min(Decimal(x["may_use"]) for x in both) == 0, "what one set aside the other cannot use"
    for till, basket_of in zip((one, two), asked, strict=True):
        assert till.post("/api/vouchers/release", {"basket": basket_of["basket"]})[0] == 200
    for till in (one, two):
        until(lambda: till.post("/api/vouchers/check", {"code": code})[1]["may_use"] == "20.00", "let go of")  # noqa: B023
    paid = basket(payments=[{"mode_of_payment": "Gift Voucher", "amount": "5.00", "reference": code}])
    two.sold(paid)
    shop.settled()
    rows = shop.hub.rows("SELECT act, amount FROM voucher_row WHERE code = ? ORDER BY act", code)
    assert rows == [("issue", 2000), ("redeem", -500)]


def test_who_is_switched_off_at_the_hub_signs_in_at_no_till(shop: Shop) -> None:
    """Well before a till would have asked by itself: the hub nudges."""
    shop.hub.ask("POST", "/api/console/people/7/active", {"active": False})
    for till in (shop.one, shop.two):
        until(lambda: not works(till), "the tills heard of it")  # noqa: B023
    assert signs_in(shop.two, "4711") == 422
    shop.hub.ask("POST", "/api/console/people/7/active", {"active": True})
    until(lambda: works(shop.two), "and again")
    assert signs_in(shop.two, "4711") == 200


def test_with_the_hub_off_every_till_sells_and_what_must_wait_is_said(shop: Shop) -> None:
    """Own goods come back, own baskets go on; what only the hub knows is refused in words, and goes on when it is back,
    nothing lost and nothing twice."""
    one, two, hub = shop.one, shop.two, shop.hub
    shared, kept = waiting(), waiting()
    assert one.post("/api/hold", {"basket": shared, "title": ""})[0] == 201
    until(lambda: two.rows() == [shared["id"]], "till 2 sees it")
    shop.settled()
    hub.kill()

    sales = [till.sold(basket()) for till in (one, two)]
    one.sold(back(sales[0]))
    paid = {"mode_of_payment": "Gift Voucher", "amount": "5.00", "reference": "GV-FIRST1"}
    one.sold(basket(payments=[paid]))  # made at this till: the shop's rule for an issuer out of reach
    status, told = two.post("/api/create-sale", basket(payments=[paid]))
    assert (status, told["code"]) == (422, "voucher_offline")
    assert one.post("/api/hold", {"basket": kept, "title": ""})[0] == 201
    listed = one.get("/api/held")
    assert listed["hub_away"] is True and {x["id"] for x in listed["held"]} == {shared["id"], kept["id"]}
    assert one.post(f"/api/held/{kept['id']}/resume", {"act": clock.uuid7()})[0] == 200
    one.sold({**basket(), **kept})
    status, told = one.post(f"/api/held/{shared['id']}/resume", {"act": clock.uuid7()})
    assert (status, told["code"]) == (409, "hub_away"), told
    status, told = two.line.ask("GET", f"/api/receipts/find?code={sales[0]['number']}")
    assert (status, told["code"]) == (404, "not_known_here")
    assert "The hub" in told["message"]

    hub.start()
    shop.settled()
    here = {sale["id"] for sale in sales} | {kept["id"]}
    assert hub.rows("SELECT sum(amount), sum(sent_at = '') FROM voucher_row WHERE code = 'GV-FIRST1'") == [(1000, 0)]
    found = hub.rows("SELECT id, count(*) FROM document GROUP BY id HAVING count(*) = 1")
    assert here <= {key for key, _ in found}
    until(lambda: two.rows() == [shared["id"]], "it still waits")
    assert two.post(f"/api/held/{shared['id']}/resume", {"act": clock.uuid7()})[0] == 200
    assert two.get(f"/api/refunds/{sales[0]['number']}/lines")["lines"][0]["left"] == "0"
