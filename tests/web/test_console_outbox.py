"""The outbox at the console: everything is listed, acted on with reasons and rights, and nothing is ever deleted."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from pos import clock, config
from pos.app import App
from pos.store import keys, notices, outbox, people
from tests.web.conftest import PASSWORD, PINS, Console, Page

REPLY = 'HTTP 404\n{"exc_type":"DoesNotExistError"}'


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    return replace(shop, erpnext=replace(shop.erpnext, url="http://127.0.0.1:9"))


@pytest.fixture
def sold(till: App, operator: Console, admin: Page, basket: Any) -> list[dict[str, Any]]:
    """Four sales on their way to a connection: one refused for its item, one that differs, one booked, one waiting."""
    found = [dict(admin.post("/api/create-sale", basket(n)).json["receipt"]) for n in (1, 2, 3, 4)]
    store, now = till.store, clock.now()
    rows = outbox.claim(store, "erpnext", "test", 3, now)
    outbox.rejected(store, rows[0], now, "item_missing", "Item MUG not found.", "Create it.", reply=REPLY)
    for row, remote in zip(rows[1:], ("SINV-1", "SINV-2"), strict=True):
        outbox.hold(store, row, now)
        there = outbox.sent(store, row, now, remote)
        if remote == "SINV-1":
            outbox.differs(store, there, now, {}, "total 9.98 here, 9.96 there")
        else:
            outbox.booked(store, there, now, {})
    return found


def listed(page: Console, query: str = "") -> list[tuple[str, str]]:
    answer = page.get(f"/api/console/outbox?{query}")
    assert answer.status_code == 200, answer.text
    return [(row["number"], row["state"]) for row in answer.json["rows"]]


def row_of(page: Console, number: str) -> dict[str, Any]:
    return dict(page.get(f"/api/console/outbox?show=all&q={number}").json["rows"][0])


def test_each_state_has_its_list_with_counts(operator: Console, sold: Any) -> None:
    first, second, third, fourth = (one["number"] for one in sold)
    assert listed(operator) == [(second, "differs"), (first, "rejected")]
    assert listed(operator, "show=waiting") == [(fourth, "queued")]
    assert listed(operator, "show=booked") == [(third, "booked")]
    assert len(listed(operator, "show=all")) == 4
    assert operator.get("/api/console/outbox").json["counts"] == {"needs": 2, "waiting": 1, "parked": 0}


def test_it_is_searched_by_number_by_what_it_is_called_there_and_by_words(operator: Console, sold: Any) -> None:
    first, second, third, _ = (one["number"] for one in sold)
    assert listed(operator, f"q={third.lower()}") == [(third, "booked")]
    assert listed(operator, "q=SINV-1") == [(second, "differs")]
    assert listed(operator, "q=not found") == [(first, "rejected")]
    assert listed(operator, f"q={first[:-1]}") != []
    assert listed(operator, "q=%25") == [], "a sign of a pattern is only a letter"
    assert listed(operator, "show=needs&code=item_missing") == [(first, "rejected")]


def test_pages_go_on_and_back_by_key_and_miss_and_repeat_nothing(operator: Console, sold: Any) -> None:
    seen, after = [], ""
    while True:
        page = operator.get(f"/api/console/outbox?show=all&limit=1&sort=total&down=0&after={after}").json
        seen += [row["total"] for row in page["rows"]]
        back = page["before"]
        if not page["after"]:
            break
        after = page["after"]
    assert seen == ["4.99", "9.98", "14.97", "19.96"]
    page = operator.get(f"/api/console/outbox?show=all&limit=1&sort=total&down=0&before={back}").json
    assert [row["total"] for row in page["rows"]] == ["14.97"]
    assert (page["total"], page["more"]) == (4, False)


@pytest.mark.parametrize(
    ("query", "field"),
    [("sort=message", "sort"), ("show=deleted", "show"), ("after=%21%21", "after"), ("limit=x", "limit")],
)
def test_what_cannot_be_asked_is_named(operator: Console, query: str, field: str) -> None:
    answer = operator.get(f"/api/console/outbox?{query}")
    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_one_row_tells_everything_with_the_reply_as_it_came_and_what_is_missing(operator: Console, sold: Any) -> None:
    row = operator.get(f"/api/console/outbox/{row_of(operator, sold[0]['number'])['n']}").json["row"]
    assert row["reply"] == REPLY
    assert [(one["code"], one["name"]) for one in row["missing"]] == [("MUG", "Mug")]
    assert row["missing"][0]["make"].endswith("/app/item/new?item_code=MUG&item_name=MUG")
    assert [step["step"] for step in row["story"]] == ["rejected"]
    other = operator.get(f"/api/console/outbox/{row_of(operator, sold[1]['number'])['n']}").json["row"]
    assert [step["step"] for step in other["story"]] == ["post", "sent", "differs"]
    assert other["remote_page"].endswith("/app/sales-invoice/SINV-1")


def test_the_page_shows_them_and_what_a_person_wrote_is_text(till: App, operator: Console, sold: Any) -> None:
    till.store.execute("UPDATE outbox SET message = '<script>alert(1)</script>' WHERE state = 'rejected'")
    page = operator.get("/console/outbox").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_one_many_and_all_that_fit_are_tried_again(till: App, operator: Console, sold: Any) -> None:
    refused, booked = row_of(operator, sold[0]["number"]), row_of(operator, sold[2]["number"])
    answer = operator.post("/api/console/outbox/retry", {"rows": [refused["n"], booked["n"]], "reason": "item made"})
    assert answer.json["done"] == 1
    assert [one["n"] for one in answer.json["refused"]] == [booked["n"]]
    assert row_of(operator, sold[0]["number"])["state"] == "queued"
    rest = operator.post("/api/console/outbox/retry", {"fitting": {"show": "needs"}})
    assert (rest.json["done"], rest.json["left"]) == (1, 0)
    told = till.store.execute("SELECT actor, detail FROM audit WHERE act = 'outbox.retry' ORDER BY n").fetchall()
    assert [actor for actor, _ in told] == ["6", "6"]
    assert "item made" in told[0][1]


def test_parked_it_is_not_sent_until_somebody_takes_it_up_again(till: App, operator: Console, sold: Any) -> None:
    row = row_of(operator, sold[3]["number"])
    path = f"/api/console/outbox/{row['n']}"
    refused = operator.post(f"{path}/park", {"reason": "   "})
    assert (refused.status_code, refused.json["field"]) == (422, "reason")
    parked = operator.post(f"{path}/park", {"reason": "waits for the price list"}).json["row"]
    assert (parked["state"], parked["may"]) == ("parked", ["retry", "unpark"])
    later = clock.now()
    assert outbox.due(till.store, "erpnext", later, 10) == []
    assert outbox.take(till.store, row["n"], "somebody", later) is None
    assert listed(operator, "show=parked") == [(sold[3]["number"], "parked")]
    assert notices.is_open(till.store, f"outbox:{row['n']}")
    assert operator.post(f"{path}/park", {"reason": "once more, please"}).status_code == 422
    assert operator.post(f"{path}/unpark").json["row"]["state"] == "queued"
    assert outbox.due(till.store, "erpnext", clock.now(), 10) == [row["n"]]
    assert not notices.is_open(till.store, f"outbox:{row['n']}")


def test_a_refused_one_taken_up_again_needs_a_person_as_before(till: App, operator: Console, sold: Any) -> None:
    row = row_of(operator, sold[0]["number"])
    operator.post(f"/api/console/outbox/{row['n']}/park", {"reason": "asked the supplier"})
    assert listed(operator) == [(sold[1]["number"], "differs")]
    assert operator.post(f"/api/console/outbox/{row['n']}/unpark").json["row"]["needs"]
    assert [n.level for n in notices.open_notices(till.store, prefix=f"outbox:{row['n']}")] == ["needs"]


def test_what_is_being_sent_just_now_is_not_parked(till: App, operator: Console, sold: Any) -> None:
    row = row_of(operator, sold[3]["number"])
    assert outbox.take(till.store, row["n"], "sender", clock.now()) is not None
    answer = operator.post(f"/api/console/outbox/{row['n']}/park", {"reason": "waits for the price list"})
    assert answer.json["code"] == "lost_lease"


SECOND = {"code": "8", "secret": PINS["8"]}


def test_settling_by_hand_needs_a_reason_and_a_second_person(till: App, operator: Console, sold: Any) -> None:
    people.add_user(till.store, "4", "Mona Field", "manager", "4812")
    row = row_of(operator, sold[0]["number"])
    path = f"/api/console/outbox/{row['n']}/resolve"

    def settle(**second: str) -> tuple[int, str | None]:
        answer = operator.post(path, {"reason": "booked by hand as SINV-9", "second": second})
        return answer.status_code, answer.json.get("field")

    assert operator.post(path, {"reason": "x", "second": SECOND}).json["field"] == "reason"
    assert operator.post(path, {"reason": "booked by hand"}).json["field"] == "second"
    assert settle(code="6", secret=PASSWORD) == (422, "second"), "not oneself"
    assert settle(**SECOND) == (422, "second"), "a supervisor may not"
    assert settle(code="4", secret="0000") == (422, "pin")
    assert row_of(operator, sold[0]["number"])["state"] == "rejected"
    assert settle(code="4", secret="4812") == (200, None)
    after = row_of(operator, sold[0]["number"])
    assert (after["state"], after["resolved"]) == ("settled", "6 and 4: booked by hand as SINV-9")
    assert settle(code="4", secret="4812")[0] == 422, "once"
    operator.post("/api/console/outbox/retry", {"fitting": {"show": "all"}, "reason": "the line was away"})
    assert row_of(operator, sold[0]["number"])["state"] == "settled", "all of them is never one that was settled"


def test_a_programs_key_and_its_owner_are_not_two_people(till: App, operator: Console, sold: Any) -> None:
    row = row_of(operator, sold[0]["number"])
    key = keys.add_token(till.store, "monitor", "admin")
    head = {"Authorization": f"Bearer {key}"}
    body = {"reason": "booked by hand as SINV-9", "second": {"code": "9", "secret": PASSWORD}}
    answer = till.flask.test_client().post(f"/api/console/outbox/{row['n']}/resolve", json=body, headers=head)
    assert (answer.status_code, answer.json["field"]) == (422, "second")


def test_another_persons_password_agrees_as_well(operator: Console, sold: Any) -> None:
    row = row_of(operator, sold[0]["number"])
    body = {"reason": "booked by hand as SINV-9", "second": {"code": "9", "secret": PASSWORD}}
    assert operator.post(f"/api/console/outbox/{row['n']}/resolve", body).status_code == 200


def test_a_reader_sees_everything_and_changes_nothing(till: App, operator: Console, sold: Any) -> None:
    """Right `z_read` reads; only `operate` acts. The buttons are not on the reader's page."""
    reader = Console(till).sign_in("8")
    n = row_of(reader, sold[0]["number"])["n"]
    for act, body in (("park", {"reason": "because I say"}), ("unpark", {}), ("resolve", {"reason": "because I say"})):
        assert reader.post(f"/api/console/outbox/{n}/{act}", body).status_code == 403
    assert reader.post("/api/console/outbox/retry", {"rows": [n]}).status_code == 403
    assert 'id="retry-chosen"' not in reader.get("/console/outbox").text
    assert 'id="retry-chosen"' in operator.get("/console/outbox").text


def test_the_export_holds_all_that_fits_and_runs_no_formula(till: App, operator: Console, sold: Any) -> None:
    till.store.execute("UPDATE outbox SET message = '=HYPERLINK(1)' WHERE state = 'rejected'")
    answer = operator.get("/console/outbox.csv?show=all")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="outbox-all.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["number"] for row in rows] == [one["number"] for one in reversed(sold)]
    assert rows[3]["message"] == "'=HYPERLINK(1)"


def test_nothing_is_ever_deleted(till: App) -> None:
    rules = [rule for rule in till.flask.url_map.iter_rules() if "console" in rule.rule]
    assert rules
    assert not [rule for rule in rules if "DELETE" in (rule.methods or ()) or "delete" in rule.rule]
