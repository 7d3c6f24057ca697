"""Selling over HTTP: one sale for one basket, whatever happens on the way; receipts taken in as they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.errors import CannotSave
from pos.rules import documents
from pos.store import people
from tests.store.looking import bodies
from tests.web.conftest import Page

Basket = Callable[..., dict[str, Any]]


def saved(till: App) -> int:
    return int(till.store.execute("SELECT count(*) FROM document").fetchone()[0])


def files(till: App) -> list[bytes]:
    """The receipts where they are kept: in files, or in the database of a hub that has none."""
    return bodies(till.store)


def test_a_basket_becomes_a_receipt_on_the_disk_before_the_answer(till: App, anna: Page, basket: Basket) -> None:
    asked = basket(2)
    answer = anna.post("/api/create-sale", asked)
    assert answer.status_code == 201
    told = answer.json
    receipt = told["receipt"]
    assert (told["ok"], told["duplicate"]) == (True, False)
    assert (receipt["number"], receipt["id"]) == ("T1-000001", asked["id"])
    assert (receipt["total"], receipt["total_text"]) == ("9.98", "£9.98")
    assert receipt["change_text"] == "£0.00"
    assert receipt["mode"] == "mock"
    (file,) = files(till)
    document = documents.verify(file)
    assert document["cashier"] == {"code": "7", "name": "Anna Reyes"}
    assert str(document["total"]) == "9.98"
    assert receipt["document"]["hash"] == document["hash"]


def test_the_same_basket_twice_is_one_sale(till: App, anna: Page, basket: Basket) -> None:
    asked = basket()
    first = anna.post("/api/create-sale", asked)
    second = anna.post("/api/create-sale", asked)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["duplicate"] is True
    assert second.json["receipt"] == first.json["receipt"]
    assert (saved(till), len(files(till))) == (1, 1)


def test_a_double_click_and_a_second_tab_at_the_same_moment_are_one_sale(till: App, basket: Basket) -> None:
    asked, answers = basket(), []
    pages = [Page(till).sign_in("7") for _ in range(6)]
    start = threading.Barrier(len(pages))

    def press(page: Page) -> None:
        start.wait()
        answers.append(page.post("/api/create-sale", asked))
        till.store.release()

    pressing = [threading.Thread(target=press, args=(page,)) for page in pages]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert {answer.json["receipt"]["number"] for answer in answers} == {"T1-000001"}
    assert saved(till) == 1


def test_another_total_than_shown_is_refused_with_both(till: App, anna: Page, basket: Basket) -> None:
    answer = anna.post("/api/create-sale", basket(1, total="3.99"))
    assert answer.status_code == 409
    assert answer.json["code"] == "total_differs"
    assert (answer.json["shown"], answer.json["priced"]) == ("3.99", "4.99")
    assert saved(till) == 0


def test_the_same_id_with_other_content_is_refused_by_name_and_people_are_told(
    till: App, anna: Page, basket: Basket
) -> None:
    asked = basket(1)
    anna.post("/api/create-sale", asked)
    answer = anna.post("/api/create-sale", {**basket(2), "id": asked["id"]})
    assert answer.status_code == 409
    assert answer.json["code"] == "other_content"
    assert answer.json["field"]
    assert saved(till) == 1
    assert till.store.execute("SELECT count(*) FROM notice WHERE resolved_at = ''").fetchone() == (1,)


def test_what_is_not_paid_is_no_sale(till: App, anna: Page, basket: Basket) -> None:
    answer = anna.post("/api/create-sale", basket(1, payments=[]))
    assert answer.status_code == 422
    assert answer.json["code"] == "not_paid"
    assert saved(till) == 0


def test_a_till_that_cannot_save_says_so_and_the_same_basket_goes_through_later(
    till: App, anna: Page, basket: Basket, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = basket()

    def full(*_: Any) -> Any:
        raise CannotSave("The disk is full, so nothing can be saved. Free some space.")

    with monkeypatch.context() as broken:
        broken.setattr(till.journal, "commit", full)
        answer = anna.post("/api/create-sale", asked)
    assert answer.status_code == 503
    assert answer.json["code"] == "cannot_save"
    assert "disk is full" in answer.json["message"]
    assert saved(till) == 0
    assert anna.post("/api/create-sale", asked).status_code == 201


def test_a_float_in_a_basket_is_never_taken_for_money(till: App, anna: Page, basket: Basket) -> None:
    answer = anna.post("/api/create-sale", basket(1, total=4.99))
    assert answer.status_code == 422
    assert saved(till) == 0


def test_prices_and_payments_are_worked_out_by_the_server(anna: Page, basket: Basket) -> None:
    asked = basket(2, payments=[])
    priced = anna.post("/api/price", asked).json
    assert priced["total_text"] == "£9.98"
    assert priced["lines"][0]["amount_text"] == "£9.98"
    typed = {"typed": {"mode_of_payment": "Cash", "amount": "20.00", "reference": "", "last4": ""}}
    checked = anna.post("/api/pay-check", {**asked, **typed}).json
    assert (checked["change_text"], checked["complete"]) == ("£10.02", True)


def test_a_cashier_gives_no_more_discount_than_the_role_may(till: App, anna: Page, basket: Basket) -> None:
    def with_discount(percent: str, total: str) -> dict[str, Any]:
        given = {"kind": "percent", "value": percent, "reason": "staff"}
        payment = {"mode_of_payment": "Cash", "amount": total, "reference": "", "last4": ""}
        return basket(2, discount=given, total=total, payments=[payment])

    assert anna.post("/api/create-sale", with_discount("50", "4.99")).status_code in (403, 422)
    assert saved(till) == 0
    assert Page(till).sign_in("8").post("/api/create-sale", with_discount("50", "4.99")).status_code == 201


def runbook(till: App) -> Page:
    return Page(till, HTTP_AUTHORIZATION=f"Bearer {people.add_token(till.store, clock.uuid7(), 'operator')}")


def test_a_receipt_posted_again_as_the_runbook_shows_changes_nothing(till: App, anna: Page, basket: Basket) -> None:
    anna.post("/api/create-sale", basket())
    body = files(till)[0]
    answer = runbook(till).post("/api/create-sale", body)
    assert answer.status_code == 200
    assert answer.json["duplicate"] is True
    assert answer.json["receipt"]["number"] == "T1-000001"
    assert saved(till) == 1
    assert files(till)[0] == body


def test_a_receipt_whose_bytes_were_changed_is_refused(till: App, anna: Page, basket: Basket) -> None:
    anna.post("/api/create-sale", basket())
    body = files(till)[0].replace(b"4.99", b"4.98")
    answer = runbook(till).post("/api/create-sale", body)
    assert answer.status_code == 422
    assert answer.json["code"] == "corrupt"


def test_a_receipt_of_the_older_shape_is_taken_in_once_with_its_total(till: App) -> None:
    older = {
        "invoice_name": "POS-1042",
        "created_at": "2025-03-01T10:11:12",
        "mode": "erpnext",
        "customer": "Walk-in",
        "items": [{"item_code": "MUG", "item_name": "Mug", "qty": 2, "rate": 4.5, "vat_rate": 20}],
        "payments": [{"mode_of_payment": "Cash", "amount": 9.0}],
        "tender": "cash",
        "cash_given": 9.0,
        "change": 0,
        "total": 9.0,
        "vouchers": [],
    }
    page = runbook(till)
    first = page.post("/api/create-sale", older)
    assert first.status_code == 201, first.json
    assert first.json["receipt"]["number"] == "POS-1042"
    assert first.json["receipt"]["total"] in ("9", "9.0", "9.00")
    again = page.post("/api/create-sale", json.dumps(older).encode())
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    assert till.store.execute("SELECT series, total FROM document").fetchall() == [("imported", 900)]


def test_over_a_real_port_a_sale_is_saved_and_answered(till: App, served: Any, basket: Basket) -> None:
    import http.client

    token = people.add_token(till.store, "kiosk", "cashier")
    line = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=10)
    asked = basket()
    for expected in (201, 200):
        line.request(
            "POST",
            "/api/create-sale",
            json.dumps(asked),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        answer = line.getresponse()
        told = json.loads(answer.read())
        assert answer.status == expected
        assert told["receipt"]["number"] == "T1-000001"
    line.close()
    assert len(files(till)) == 1
