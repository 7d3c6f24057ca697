"""What a run came to, side by side: what differs first, every figure in a file, and nothing of another company."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from pos import clock
from pos.app import App
from pos.store import run_artifacts
from pos.store.run_artifacts import Figure
from tests.web.two_companies import Hub, a_hub

BASE = "/epos-qbo"
DAY = "2026-11-20"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub(tmp_path_factory.mktemp("two")) as hub:
        yield hub


def artifact(app: App, company: str, word: str, day: str = DAY, run: str = "run-1", status: str = "MISMATCH") -> int:
    n = run_artifacts.put_artifact(
        app.store, run, company, day, connection=f"erpnext-{company}", source="journal", currency="GBP", raw_count=3,
        raw_total=1200, sent_total=1200, booked_total=1100, difference=-100, status=status,
        reason=f"Not the same: {word}-2.", processed_at=clock.stamp(clock.now()),
    )  # fmt: skip
    run_artifacts.put_figures(app.store, n, [
        Figure("total", "", 1200, 1200, 1100, "mismatch", ""),
        Figure("tender", "Cash", 1200, 1200, 1100, "mismatch", ""),
        Figure("tax", "20%", 200, 200, 200, "match", ""),
        Figure("document", f"{word}-1", 700, 700, 700, "match", ""),
        Figure("document", f"{word}-2", 500, 500, 400, "mismatch", "total is 4.00, not 5.00"),
    ])  # fmt: skip
    return n


@pytest.fixture(scope="module")
def made(two: Hub) -> list[int]:
    return [artifact(two.app, side.company, side.marks[0]) for side in two.sides]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_page_shows_three_sides_with_what_differs_first(two: Hub, made: list[int]) -> None:
    page = two.pages[0].get(f"{BASE}/artifacts/{made[0]}/").text
    shown = (">Total<", "Cash", "20%", "q=Aquila-2", "q=Aquila-1")
    order = [page.index(words, page.index("Sums, what differs first")) for words in shown]
    assert order == sorted(order)
    for words in ("£12.00", "£11.00", "-£1.00", "total is 4.00, not 5.00", "/console/trace?q=Aquila-2", "1 differs"):
        assert words in page, words


def test_figures_are_saved_as_plain_rows(two: Hub, made: list[int]) -> None:
    found = rows(two.pages[0].get(f"{BASE}/artifacts/{made[0]}.csv").text)
    assert [(row["kind"], row["name"], row["sold"], row["booked"], row["difference"]) for row in found] == [
        ("document", "Aquila-1", "7.00", "7.00", "0.00"),
        ("document", "Aquila-2", "5.00", "4.00", "-1.00"),
        ("tax", "20%", "2.00", "2.00", "0.00"),
        ("tender", "Cash", "12.00", "11.00", "-1.00"),
        ("total", "", "12.00", "11.00", "-1.00"),
    ]
    assert {(row["currency"], row["status"], row["run"]) for row in found} == {("GBP", "MISMATCH", "run-1")}


def test_all_of_a_company_and_of_days_are_saved_and_nothing_of_another(two: Hub, made: list[int]) -> None:
    assert made
    for n in range(3):
        artifact(two.app, "north", "Boreal", f"2026-11-0{n + 1}", f"run-{n + 2}", "MATCH")
    own, both = two.pages[1], two.whole
    every = [(row["company"], row["day"]) for row in rows(both.get(f"{BASE}/artifacts.csv").text)]
    days = [("north", f"2026-11-0{n}") for n in (1, 2, 3)]
    assert every == [*days, ("main", DAY), ("north", DAY)]
    some = rows(both.get(f"{BASE}/artifacts.csv?company=north&first=2026-11-02&last=2026-11-03").text)
    assert [(row["company"], row["day"]) for row in some] == days[1:]
    assert {row["company"] for row in rows(own.get(f"{BASE}/artifacts.csv").text)} == {"north"}
    assert own.get(f"{BASE}/artifacts.csv?company=main").status_code == 404
    assert own.get(f"{BASE}/artifacts.csv?first=20.11.2026").status_code == 422
    for address in (f"{BASE}/artifacts/{made[0]}/", f"{BASE}/artifacts/{made[0]}.csv", f"{BASE}/artifacts/999/"):
        answer = own.get(address)
        assert (answer.status_code, "Aquila" in answer.text) == (404, False), address


def test_the_screen_of_reconciliation_names_days_whose_last_run_does_not_match(two: Hub, made: list[int]) -> None:
    page = two.pages[1].get("/console/reconciliation").text
    assert f"{BASE}/artifacts/{made[1]}/" in page and f"{BASE}/artifacts/{made[0]}/" not in page
    artifact(two.app, "north", "Boreal", DAY, "run-9", "MATCH")
    page = two.pages[1].get("/console/reconciliation").text
    assert "/artifacts/" not in page, "a later run of that day matched"


def test_a_long_day_comes_in_pages_and_its_bad_ones_are_on_the_first(two: Hub) -> None:
    n = artifact(two.app, "main", "Aquila", "2026-11-10", "run-long")
    many = [Figure("document", f"T1-{at:06d}", 1, 1, 1, "match", "") for at in range(450)]
    run_artifacts.put_figures(two.app.store, n, [*many, Figure("document", "ZZ-1", 1, 1, 0, "mismatch", "not there")])
    first, last = (two.pages[0].get(f"{BASE}/artifacts/{n}/?page={at}").text for at in (1, 3))
    assert [name in first for name in ("ZZ-1", "T1-000198", "T1-000199")] == [True, True, False]
    assert [name in last for name in ("T1-000398", "T1-000399", "T1-000449")] == [False, True, True]
    assert "451 documents" in last
