"""Settings at the console: what is in force and where it comes from, without a secret."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from typing import Any

import pytest

from pos import config
from pos.app import App
from tests.web.conftest import Console, Page

SECRET = "s3cret-of-the-books"


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    return replace(shop, erpnext=replace(shop.erpnext, api_secret=SECRET), shop=replace(shop.shop, name="Corner"))


def rows(page: Page, query: str = "") -> dict[str, dict[str, Any]]:
    answer = page.get(f"/api/console/settings?{query}")
    assert answer.status_code == 200, answer.text
    return {f"{row['section']}.{row['name']}": row for row in answer.json["rows"]}


def test_every_setting_is_there_with_value_default_and_origin(till: App, operator: Console) -> None:
    found = rows(operator)
    assert list(found) == [f"{section}.{f.name}" for section, cls in config.GROUPS.items() for f in fields(cls)]
    assert found["shop.name"]["value"] == "Corner"
    assert found["shop.name"]["changed"]
    assert found["security.pin_tries"]["value"] == found["security.pin_tries"]["default"]
    assert "Corner" in operator.get("/console/settings").text


def test_no_secret_is_shown_anywhere(till: App, operator: Console) -> None:
    assert rows(operator)["erpnext.api_secret"]["value"] == "(hidden)"
    for path in ("/console/settings", "/console/settings.csv", "/api/console/settings"):
        assert SECRET not in operator.get(path).text
        assert SECRET[:8] not in operator.get(f"{path}?q={SECRET[:8]}").text.replace(f"q={SECRET[:8]}", "").replace(
            f'value="{SECRET[:8]}"', ""
        )
    assert rows(operator, f"q={SECRET}") == {}, "nor can it be guessed by searching"


def test_what_the_file_says_by_now_waits_for_the_next_start(till: App, operator: Console) -> None:
    (till.config.root / "config.ini").write_text("[security]\npin_tries = 9\n", encoding="utf-8")
    row = rows(operator)["security.pin_tries"]
    assert (row["waits"], row["then"], row["origin"]) == (True, "9", "config.ini")
    assert row["value"] != "9"
    (till.config.root / "config.ini").write_text("[security]\npin_tries = many\n", encoding="utf-8")
    answer = operator.get("/api/console/settings").json
    assert "pin_tries" in answer["problem"] and answer["rows"]
    (till.config.root / "config.ini").write_text("no section\n", encoding="utf-8")
    assert "would not start" in operator.get("/console/settings").text


def test_filters_and_the_export(till: App, operator: Console) -> None:
    assert set(rows(operator, "section=scanner")) < set(rows(operator))
    assert "shop.name" in rows(operator, "show=changed") and "security.pin_tries" not in rows(operator, "show=changed")
    assert operator.get("/api/console/settings?section=odd").json["field"] == "section"
    text = operator.get("/console/settings.csv?section=shop").text.removeprefix("\ufeff")
    assert {line["section"] for line in csv.DictReader(io.StringIO(text))} == {"shop"}


def test_without_the_right_nobody_reads_them(till: App, operator: Console) -> None:
    reader = Console(till).sign_in("8")
    for path in ("/console/settings", "/console/settings.csv", "/api/console/settings"):
        assert reader.get(path).status_code == 403
