"""Settings at the console: what is in force, where it comes from, and how it is changed, without a secret."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from pos import config
from pos.app import App
from pos.store import disk
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


# -- changed on the screen ---------------------------------------------------------------------------------------------

FILE = "; mine\n[security]\n; how often\npin_tries = 5\n\n[shop]\nname = Corner ; a shop\n"


@pytest.fixture
def file(till: App) -> Path:
    found = till.config.root / "config.ini"
    found.write_text(FILE, encoding="utf-8")
    found.chmod(0o600)
    return found


def test_a_setting_is_changed_in_the_file_among_peoples_own_lines(till: App, operator: Console, file: Path) -> None:
    given = {"section": "security", "name": "pin_tries", "value": " 7 ", "was": "5"}
    answer = operator.post("/api/console/settings", given)
    assert answer.status_code == 200, answer.text
    assert file.read_text(encoding="utf-8") == FILE.replace("tries = 5", "tries = 7"), "not one line else"
    row = answer.json["row"]
    assert (row["waits"], row["then"], row["file"], row["origin"]) == (True, "7", "7", "config.ini")
    assert row["value"] != "7", "what is in force stays until the next start, and is said so"
    assert "from the next start" in operator.get("/console/settings").text
    kept = till.config.data / "settings" / answer.json["kept"]
    assert kept.read_text(encoding="utf-8") == FILE
    if os.name != "nt":
        assert file.stat().st_mode & 0o777 == kept.stat().st_mode & 0o777 == 0o600, "nobody else may read it now"
    told = till.store.execute("SELECT actor, act, subject, detail FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    assert told[:3] == ("6", "settings.change", "security.pin_tries")
    assert json.loads(told[3]) == {"before": "5", "after": "7", "file_before": kept.name}
    assert operator.post("/api/console/settings", given | {"was": "7"}).json["kept"] == "", "the same again is nothing"
    changed = operator.post("/api/console/settings", given | {"value": "8"})
    assert (changed.status_code, changed.json["code"]) == (409, "changed")


@pytest.mark.parametrize(
    ("section", "name", "value", "words"),
    [
        ("security", "pin_tries", "many", "must be a whole number"),
        ("security", "pin_tries", "0", "1 or more"),
        ("shop", "name", "two\nlines", "line break"),
        ("shop", "locale", "xx_XX", "not known"),
        ("pricing", "tax_rule", "mine", "must be one of"),
        ("server", "trusted_proxy", "0.0.0.0/0", "everybody"),
        ("notices", "email_to", "me@example.com", "smtp_host"),
        ("erpnext", "api_secret", "s3cret", "A secret"),
        ("scanner", "prefix", "x", "Set by environment, TILLKEEP_SCANNER_PREFIX"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_the_file_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch, operator: Console, file: Path, section: str, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("TILLKEEP_SCANNER_PREFIX", "]C1")
    answer = operator.post("/api/console/settings", {"section": section, "name": name, "value": value})
    assert (answer.status_code, words in answer.json["message"]) == (422, True), answer.json
    assert file.read_text(encoding="utf-8") == FILE
    assert not (file.parent / "data" / "settings").exists()


def test_what_the_environment_says_is_shown_as_fixed(
    monkeypatch: pytest.MonkeyPatch, operator: Console, file: Path
) -> None:
    monkeypatch.setenv("TILLKEEP_SCANNER_PREFIX", "]C1")
    found = rows(operator)
    assert found["scanner.prefix"]["fixed"] == "Set by environment, TILLKEEP_SCANNER_PREFIX; change it there."
    assert "A secret" in found["erpnext.api_secret"]["fixed"]
    assert found["security.pin_tries"]["fixed"] == ""
    assert found["pricing.tax_rule"]["choices"] == ["erpnext", "per_rate", "per_line"]
    assert (found["shop.day_starts"]["kind"], found["console.from_elsewhere"]["choices"]) == ("time", ["yes", "no"])
    page = operator.get("/console/settings").text
    assert 'data-setting="security.pin_tries"' in page and 'data-setting="scanner.prefix"' not in page


def test_where_receipts_lie_is_not_moved_under_a_till_that_has_some(
    anna: Page, operator: Console, file: Path, basket: Any
) -> None:
    assert anna.post("/api/create-sale", basket()).status_code == 201
    for section, name, value in (
        ("storage", "url", "sqlite:///new.db"),
        ("till", "id", "T9"),
        ("shop", "currency", "EUR"),
    ):
        answer = operator.post("/api/console/settings", {"section": section, "name": name, "value": value})
        assert (answer.status_code, answer.json["field"]) == (422, f"{section}.{name}")


def test_a_file_of_another_editor_keeps_its_line_ends_and_one_that_is_no_text_is_refused(
    till: App, operator: Console, file: Path
) -> None:
    asked = {"section": "security", "name": "pin_tries", "value": "7"}
    file.write_bytes(FILE.replace("\n", "\r\n").encode())
    assert operator.post("/api/console/settings", asked).status_code == 200
    assert file.read_bytes() == FILE.replace("tries = 5", "tries = 7").replace("\n", "\r\n").encode()
    file.write_bytes(b"[shop]\nname = Caf\xe9\n")
    answer = operator.post("/api/console/settings", asked)
    assert (answer.status_code, "UTF-8" in answer.json["message"]) == (422, True)
    assert file.read_bytes() == b"[shop]\nname = Caf\xe9\n"


def test_killed_anywhere_the_file_is_the_old_one_or_the_new_one(
    till: App, operator: Console, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each step of writing; what is read afterwards is whole."""
    after = FILE.replace("tries = 5", "tries = 7")
    met = set[str]()
    for step in ("before_file", "in_file", "before_replace", "after_replace"):
        file.write_text(FILE, encoding="utf-8")

        def stop(name: str, step: str = step) -> None:
            if name == step:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(disk, "at", stop)
        asked = {"section": "security", "name": "pin_tries", "value": "7"}
        answer = operator.post("/api/console/settings", asked)
        assert answer.status_code == 503 and "cannot be written" in answer.json["message"]
        assert file.read_text(encoding="utf-8") in (FILE, after)
        met.add(file.read_text(encoding="utf-8"))
        config.load(till.config.root)
    assert FILE in met


def test_without_the_right_nobody_changes_one(till: App, operator: Console, file: Path) -> None:
    given = {"section": "security", "name": "pin_tries", "value": "7"}
    assert Console(till).sign_in("8").post("/api/console/settings", given).status_code == 403
    assert file.read_text(encoding="utf-8") == FILE
    assert operator.post("/api/console/settings", given | {"name": "pin_triez"}).status_code == 404
    assert operator.post("/api/console/settings", {"section": "shop", "name": "name"}).json["field"] == "value"
