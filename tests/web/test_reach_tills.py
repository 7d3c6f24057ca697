"""Two companies on one hub: a till of one never hears of a row of the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pos import clock
from pos.rules import hub
from pos.store import people, reach
from pos.store.companies import Place
from pos.store.models import Held, User
from tests.web.conftest import Page
from tests.web.two_companies import Hub, Side, a_hub


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub(tmp_path_factory.mktemp("two")) as found:
        yield found


def _till(two: Hub, side: Side) -> Page:
    name = side.ids["beginning"].rstrip("-")
    headers = {
        "HTTP_AUTHORIZATION": f"Bearer {side.key}",
        "HTTP_" + hub.TILL.upper().replace("-", "_"): name,
        "HTTP_" + hub.INSTANCE.upper().replace("-", "_"): f"folder{name}",
        "HTTP_" + hub.VERSION.upper().replace("-", "_"): "1.0",
    }
    return Page(two.app, **headers)


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/api/hub/v1/feeds/people", True),
        ("/api/hub/v1/feeds/notices", True),
        ("/api/hub/v1/feeds/vouchers", True),
        ("/api/hub/v1/held?store=main", True),
        ("/api/hub/v1/vouchers/GV-SAME", True),
        ("/api/hub/v1/receipts/{number}", False),
        ("/api/hub/v1/documents/{document}", False),
    ],
)
def test_a_till_hears_of_its_own_company_alone(two: Hub, address: str, own: bool) -> None:
    for side, other in (two.sides, two.sides[::-1]):
        answer = _till(two, side).get(address.format(**other.ids))
        text = answer.get_data(as_text=True)
        assert other.marks[0] not in text and other.ids["document"] not in text, text
        assert answer.status_code == (200 if own else 404), text
        mine = _till(two, side).get(address.format(**side.ids))
        assert mine.status_code == 200 and any(mark in mine.text for mark in side.marks), mine.text


def test_a_till_cannot_take_up_a_basket_of_another_company(two: Hub) -> None:
    for side, other in (two.sides, two.sides[::-1]):
        [basket] = [row.id for row in Held.select().where(Held.till == other.ids["beginning"].rstrip("-"))]
        body = {"store": "main", "act": clock.uuid7(), "to": "resumed", "by": "1", "reason": "", "again": ""}
        till = _till(two, side)
        assert till.post(f"/api/hub/v1/held/{basket}/claim", body).status_code == 404
        assert till.post("/api/hub/v1/held/states", {"store": "main", "ids": [basket]}).json["held"] == []
        assert till.post("/api/hub/v1/vouchers/find", {"ids": [f"{other.marks[0]}:1"]}).json["rows"] == []
        assert till.post(f"/api/hub/v1/receipts/{other.ids['number']}/claim").status_code == 404


def test_who_comes_out_of_a_companys_reach_is_gone_at_its_tills(two: Hub) -> None:
    store, (main, north) = two.app.store, two.sides
    people.add_user(store, "50", "Mira", "cashier", "4711", "test")

    def told(side: Side) -> dict[str, bool]:
        rows = _till(two, side).get("/api/hub/v1/feeds/people").json["rows"]
        return {row["code"]: row["active"] for row in rows}

    assert told(main)["50"] and told(north)["50"], "somebody of the whole hub works anywhere"
    reach.keep_to(store, "50", [Place("north", "")], "test")
    assert (told(main)["50"], told(north)["50"]) == (False, True)
    assert User.get(User.code == "50").active
