"""The day report: any stretch of days, each table adding up, held against the Zs, and taken away as a file."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.store import takings
from tests.web.conftest import Page

DAY = "2026-11-20"
NOON = datetime.fromisoformat("2026-11-20T12:00:00+00:00")


def rows(page: Page, first: str, last: str = "") -> list[dict[str, str]]:
    answer = page.get(f"/report.csv?from={first}&to={last or first}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def part(found: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    return [row for row in found if row["part"] == name]


def close(page: Page) -> dict[str, Any]:
    expected = page.get("/api/shift/x").json["report"]["cash"]["expected"]
    count = page.post("/api/shift/count-check", {"id": clock.uuid7(), "cash": expected, "tenders": {}}).json
    answer = page.post("/api/shift/close", {"id": clock.uuid7(), "count": count["count"], "reason": "", "note": ""})
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json["z"]
    return found


@pytest.fixture
def traded(till: App, admin: Page, basket: Any) -> Page:
    """Two mugs on the 20th, then its Z; three on the 21st, still open."""
    for n, (mugs, days) in enumerate(((1, 0), (1, 0), (3, 1))):
        with clock.set_to(lambda days=days: NOON + timedelta(days=days)):  # type: ignore[misc]
            assert admin.post("/api/create-sale", basket(mugs)).status_code == 201
            if n == 1:
                close(admin)
    return admin


@pytest.mark.parametrize("rolled", [False, True], ids=["above the watermark", "from the sums"])
def test_each_part_adds_up_to_the_total(till: App, traded: Page, rolled: bool) -> None:
    if rolled:
        takings.roll(till.store)
    found = rows(traded, "2026-11-20", "2026-11-21")
    assert Decimal(part(found, "days")[0]["total"]) == Decimal("24.95")
    for name in ("tender", "cashier", "group", "tax", "day", "hour", "session"):
        assert sum(Decimal(row["total"]) for row in part(found, name)) == Decimal("24.95"), name
    assert [(row["name"], row["count"], row["total"]) for row in part(found, "day")] == [
        ("2026-11-20", "2", "9.98"),
        ("2026-11-21", "1", "14.97"),
    ]


def test_it_is_held_against_the_zs_and_the_open_session(traded: Page) -> None:
    one = traded.get(f"/report?from={DAY}&to={DAY}").text
    assert "Every session is closed, and its Z says the same to the penny." in one
    both = traded.get(f"/report?from={DAY}&to=2026-11-21").text
    assert "£14.97 is in a session that is still open; its Z will say it." in both
    assert re.search(r'id="total"><bdi>£24\.95', both)
    assert re.search(r'id="zs-now"><bdi>£24\.95', both)


def test_a_z_that_says_something_else_is_named(till: App, traded: Page) -> None:
    takings.roll(till.store)
    till.store.execute("UPDATE takings_people SET total = total + 100 WHERE kind = 'sale' AND business_day = ?", (DAY,))
    page = traded.get(f"/report?from={DAY}&to={DAY}").text
    assert "A Z does not say what its receipts come to." in page


def test_a_stretch_without_trade_says_so_and_shows_no_empty_tables(traded: Page) -> None:
    page = traded.get("/report?from=2026-01-01&to=2026-01-31").text
    assert "Nothing was sold and nothing came back on these days." in page
    assert "<table" not in page


def test_a_wrong_stretch_is_refused_in_words(admin: Page) -> None:
    assert "A day is written like 2026-11-21." in admin.get("/report?from=yesterday").text
    assert admin.get("/report?from=2026-11-21&to=2026-11-20").status_code == 422
    assert admin.get("/report.csv?from=&to=").status_code == 422


def test_a_name_that_would_be_a_formula_stays_a_text(till: App, admin: Page, basket: Any) -> None:
    till.store.execute("UPDATE user SET name = '=HYPERLINK(\"x\")' WHERE code = '9'")
    admin.post("/api/create-sale", basket())
    today = admin.get("/api/shift").json["session"]["business_day"]
    names = [row["name"] for row in rows(admin, today)]
    assert not [name for name in names if name.startswith(("=", "+", "-", "@"))]


def test_only_who_may_see_figures_sees_them(anna: Page) -> None:
    for path in ("/report", "/report.csv", "/api/day"):
        assert anna.get(f"{path}?from={DAY}").status_code == 403, path
    assert 'href="/report"' not in anna.get("/day").text
