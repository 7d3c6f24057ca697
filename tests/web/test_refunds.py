"""Returns, voids and held baskets over HTTP, from two browsers at once where that matters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pos import clock
from pos.app import App
from tests.web.conftest import Page


def give_back(sale: dict[str, Any], qty: int = 1) -> dict[str, Any]:
    total = f"-{499 * qty // 100}.{499 * qty % 100:02}"
    back = {"line": "r", "item_code": "MUG", "qty": f"-{qty}", "return_against": {"id": sale["id"], "line": "a"}}
    paid = [{"mode_of_payment": "Cash", "amount": total}]
    return {
        "id": clock.uuid7(),
        "customer": "",
        "lines": [{**back, "reason": "Faulty"}],
        "payments": paid,
        "total": total,
    }


def test_two_browsers_never_give_back_more_than_was_sold(till: App, admin: Page, basket: Any) -> None:
    """Three were sold; two supervisors each give one back, three times, at the same moment."""
    sale = admin.post("/api/create-sale", basket(3)).json["receipt"]
    pages = [Page(till).sign_in("8"), Page(till).sign_in("9")]

    def press(n: int) -> int:
        return int(pages[n % 2].post("/api/create-sale", give_back(sale)).status_code)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(press, range(8)))
    found = till.store.execute("SELECT sum(qty) FROM line WHERE item_code = 'MUG'").fetchone()[0]
    left = admin.get(f"/api/refunds/{sale['id']}/lines").json["lines"][0]
    assert found >= 0, outcomes
    assert (3 - outcomes.count(201)) == int(left["left"])
    assert outcomes.count(201) >= 1
    assert set(outcomes) <= {201, 409, 422}
    while admin.post("/api/create-sale", give_back(sale)).status_code == 201:
        pass
    assert till.store.execute("SELECT sum(qty) FROM line WHERE item_code = 'MUG'").fetchone() == (0,)


def test_a_receipt_is_found_and_its_lines_are_said(anna: Page, basket: Any) -> None:
    sale = anna.post("/api/create-sale", basket(2)).json["receipt"]
    assert anna.get("/api/receipts/find?code=1").json["receipt"]["number"] == "T1-000001"
    found = anna.get(f"/api/refunds/{sale['number']}/lines").json
    assert (found["lines"][0]["left"], found["left_amount_text"]) == ("2", "£9.98")
    assert found["void"]["allowed"] is True
    answer = anna.get("/api/receipts/find?code=T2-000009")
    assert (answer.status_code, answer.json["code"], answer.json["till"]) == (404, "not_known_here", "T2")


def test_a_void_answers_as_a_sale_does(admin: Page, basket: Any) -> None:
    sale = admin.post("/api/create-sale", basket(2)).json["receipt"]
    asked = {"id": clock.uuid7(), "document": sale["number"], "reason": "Wrong items"}
    first, again = admin.post("/api/void", asked), admin.post("/api/void", asked)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["receipt"]["total_text"] == "-£9.98"
    assert first.json["voids"] == {"id": sale["id"], "number": "T1-000001"}
    other = admin.post("/api/void", {**asked, "id": clock.uuid7()})
    assert (other.status_code, other.json["code"], other.json["number"]) == (409, "voided_already", "T1-000002")
    assert admin.get("/receipts/T1-000002").status_code == 200
    assert admin.get("/receipts").status_code == 200


def test_voids_and_lines_taken_off_are_on_the_x(admin: Page, basket: Any) -> None:
    sale = admin.post("/api/create-sale", basket(2)).json["receipt"]
    admin.post("/api/void", {"id": clock.uuid7(), "document": sale["id"], "reason": "Wrong items"})
    row = {"id": clock.uuid7(), "basket": clock.uuid7(), "line": "a", "item_code": "MUG", "qty": "1", "amount": "4.99"}
    assert admin.post("/api/void-line", {"lines": [row]}).json["saved"] == 1
    assert admin.post("/api/void-line", {"lines": [row]}).json["saved"] == 0
    report = admin.get("/api/shift/x").json["report"]
    voids = {k: report["voids"][k] for k in ("count", "amount", "lines", "lines_amount")}
    assert voids == {"count": 1, "amount": "-9.98", "lines": 1, "lines_amount": "4.99"}
    assert report["total"] == "0.00"


def test_a_basket_is_held_by_one_and_resumed_by_another(till: App, anna: Page, admin: Page, basket: Any) -> None:
    asked = basket(2)
    held = anna.post("/api/hold", {"basket": asked, "title": "Blue coat", "total": "9.98"})
    assert (held.status_code, held.json["count"]) == (201, 1)
    assert anna.post("/api/hold", {"basket": asked, "title": "Blue coat", "total": "9.98"}).status_code == 200
    listed = admin.get("/api/held").json
    assert [(x["title"], x["by"]["name"], x["total_text"]) for x in listed["held"]] == [
        ("Blue coat", "Anna Reyes", "£9.98")
    ]
    path = f"/api/held/{asked['id']}/resume"
    taken = admin.post(path, {"act": clock.uuid7()})
    assert taken.json["basket"]["lines"] == asked["lines"]
    late = anna.post(path, {"act": clock.uuid7()})
    assert (late.status_code, late.json["code"], late.json["by"]) == (409, "taken", "9")
    sold = admin.post("/api/create-sale", asked).json["receipt"]
    assert sold["id"] == asked["id"]
    assert admin.get("/api/held").json["taken"] == []


def test_held_baskets_outlive_the_close_and_the_x_counts_them(admin: Page, basket: Any) -> None:
    admin.post("/api/hold", {"basket": basket(), "title": "Blue coat"})
    admin.post("/api/shift/open", {"id": clock.uuid7(), "float": "100.00"})
    assert admin.get("/api/shift/x").json["report"]["held"] == 1
    count = admin.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": "100.00", "tenders": {}}).json
    closed = admin.post("/api/shift/close", {"id": clock.uuid7(), "count": count["count"]})
    assert closed.status_code == 201, closed.json
    assert admin.get("/api/held").json["count"] == 1
    gone = admin.get("/api/held").json["held"][0]["id"]
    assert admin.post(f"/api/held/{gone}/discard", {"reason": ""}).status_code == 422
    assert admin.post(f"/api/held/{gone}/discard", {"reason": "never came back"}).json["count"] == 0
