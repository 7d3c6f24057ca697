"""The screen of a company's bank: uploaded, both gaps listed, lines that were not taken, and nothing of another."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from pos.actions import run_settings
from pos.store import companies, passwords, people, reach
from tests.web.conftest import PASSWORD, Console, Page
from tests.web.two_companies import Hub, a_hub

BASE = "/epos-qbo"
DAY = "2026-11-20"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub(tmp_path_factory.mktemp("two")) as hub:
        for side in hub.sides:
            before = companies.kept(hub.app.store, side.company, run_settings.PART)
            rule = {"bank": {"fee_percent": "0", "tolerance": "0"}}
            companies.keep(hub.app.store, side.company, run_settings.PART, rule, before, "test")
            # What each till sold by then was paid by card.
            with hub.app.store.transaction():
                hub.app.store.execute("UPDATE tender SET kind = 'card', mode = 'Card'")
        yield hub


def put(page: Page, company: str, *lines: str, **more: str) -> Any:
    text = "\n".join(["Date,Description,Amount", *lines])
    data = base64.b64encode(text.encode()).decode()
    return page.post(f"{BASE}/bank/upload", {"company": company, "name": "november.csv", "data": data, **more})


def taken(two: Hub, at: int) -> tuple[str, str, str, str]:
    """Business day, number and amount of what the till of a company sold, and the day a bank would write: in the small
    hours that is another one."""
    key = two.sides[at].ids["document"]
    row = two.app.store.execute(
        "SELECT d.business_day, d.number, t.amount, d.created_at FROM document d JOIN tender t ON t.document = d.id"
        " WHERE d.id = ?",
        (key,),
    ).fetchone()
    return row[0], row[1], f"{row[2] / 100:.2f}", row[3][:10]


def test_a_file_is_uploaded_and_both_gaps_are_on_the_page_with_a_way_to_the_receipt(two: Hub) -> None:
    first, number, amount, day = taken(two, 1)
    page, address = two.pages[1], f"{BASE}/bank/?company=north&first={first}&last={day}"
    assert f"/console/trace?q={number}" in page.get(address).text, "taken by card, and not at the bank"
    answer = put(page, "north", f"{day},RENT OF THE SHOP,-500.00", f"{day},broken,ten")
    assert (answer.status_code, answer.json["new"], answer.json["rejected"]) == (201, 1, 1), answer.text
    text = page.get(f"{address}&file={answer.json['file']}").text
    for words in (f"/console/trace?q={number}", "RENT OF THE SHOP", "-£500.00", f"{day},broken,ten", "november.csv"):
        assert words in text, words
    assert put(page, "north", f"{day},CARD,{amount}").json["new"] == 1
    text = page.get(address).text
    assert f"/console/trace?q={number}" not in text, "it turned up"
    found = list(
        csv.DictReader(io.StringIO(page.get(f"{BASE}/bank.csv?company=north&first={first}&last={day}").text[1:]))
    )
    assert [(row["state"], row["number"], row["taken"], row["paid"], row["text"]) for row in found] == [
        ("matched", number, amount, amount, "CARD"),
        ("at the bank alone", "", "", "-500.00", "RENT OF THE SHOP"),
    ]


def test_nobody_sees_or_changes_the_bank_of_another_company(two: Hub) -> None:
    _, _, _, day = taken(two, 0)
    file = put(two.pages[0], "main", f"{day},AQUILA RENT,-7.00", f"{day},x,y").json["file"]
    own = two.pages[1]
    for address in (
        f"{BASE}/bank/?company=main", f"{BASE}/bank.csv?company=main", f"{BASE}/bank/?file={file}",
        f"{BASE}/bank/?file={9 * 10**30}",
    ):  # fmt: skip
        answer = own.get(address)
        assert (answer.status_code, "AQUILA" in answer.text) == (404, False), address
    assert put(own, "main", f"{day},X,1.00").status_code == 404
    text = own.get(f"{BASE}/bank/?first={day}&last={day}").text
    assert "AQUILA" not in text and taken(two, 0)[1] not in text


def test_what_cannot_be_read_or_shown_is_refused_in_words(two: Hub) -> None:
    page = two.pages[0]
    assert put(page, "main", f"{DAY},X,1.00", amount_column="Value").json["field"] == "file"
    broken: Any = page.post(f"{BASE}/bank/upload", {"company": "main", "name": "x", "data": "%%%"})
    assert (broken.status_code, broken.json["field"]) == (422, "data")
    for days in ("first=2026-11-20&last=2026-11-01", "first=2025-01-01&last=2026-11-01", "first=yesterday"):
        assert page.get(f"{BASE}/bank/?{days}").status_code == 422, days


def test_only_who_may_start_runs_uploads(two: Hub) -> None:
    store = two.app.store
    people.add_user(store, "33", "Rita Look", "accountant", "5926", "test")
    reach.keep_to(store, "33", [companies.Place("main", "")], "test", new=True)
    passwords.set_password(store, "33", PASSWORD, "test")
    looks = Console(two.app).sign_in("33")
    text = looks.get(f"{BASE}/bank/").text
    assert 'id="bank-days-title"' in text and 'id="bank-upload"' not in text
    assert put(looks, "main", f"{DAY},X,1.00").status_code == 403
