"""The first questions: what is answered stands in config.ini among people's own comments, or is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config
from pos.actions import setup
from pos.cli.reference import config_ini
from pos.config import Config
from pos.errors import Invalid
from pos.store import beginning, people
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests.receipts import sale


@pytest.fixture
def shop(tmp_path: Path) -> Config:
    (tmp_path / "config.ini").write_text(f"; mine\n{config_ini()}", encoding="utf-8")
    return config.load(tmp_path, {})


@pytest.fixture
def store(shop: Config) -> Iterator[Store]:
    opened = open_store(shop)
    yield opened
    opened.close()


def values(store: Store) -> dict[str, str]:
    shown = setup.view(store, store.config)["steps"]
    return {one["key"]: one["value"] for step in shown for one in step["fields"]}


def test_answers_stand_in_the_file_and_nothing_else_of_it_changes(store: Store) -> None:
    before = (store.config.root / "config.ini").read_text(encoding="utf-8").splitlines()
    answers = {"shop.name": "  Blau & Söhne ", "shop.timezone": "Europe/Berlin", "shop.phone": ""}
    assert setup.save(store, store.config, "company", answers, "9") == ["shop.name", "shop.timezone"]
    after = (store.config.root / "config.ini").read_text(encoding="utf-8").splitlines()
    assert [b for a, b in zip(before, after, strict=True) if a != b] == [
        "name = Blau & Söhne",
        "timezone = Europe/Berlin",
    ]
    assert values(store)["shop.name"] == "Blau & Söhne"
    assert setup.view(store, store.config)["again"], "the till that runs has the old ones"
    assert store.execute("SELECT actor, act, subject FROM audit").fetchall() == [("9", "settings", "company")]
    assert setup.save(store, store.config, "company", answers, "9") == [], "the same again changes nothing"
    assert beginning.answered(store) == ["company"]


@pytest.mark.parametrize(
    ("step", "key", "value"),
    [
        ("company", "shop.timezone", "Mars/Olympus"),
        ("company", "shop.language", "tlh"),
        ("company", "shop.name", "two\nlines"),
        ("company", "shop.name", "x\u2028[security]"),
        ("company", "shop.name", "x" * 301),
        ("company", "security.pin_tries", "99"),
        ("money", "shop.currency", "pounds"),
        ("money", "pricing.tax_rule", "mine"),
        ("money", "pricing.cash_step", "0.001"),
        ("money", "pricing.prices_include_tax", "perhaps"),
        ("till", "till.id", "T 1"),
        ("till", "till.id", "../../etc"),
        ("till", "till.id", "TOOLONG123"),
        ("printer", "printer.url", "gopher://printer"),
        ("printer", "printer.columns", "many"),
        ("scanner", "scanner.key_gap_ms", "0"),
    ],
)
def test_what_would_not_start_is_refused_at_its_question_and_nothing_is_written(
    store: Store, step: str, key: str, value: str
) -> None:
    before = (store.config.root / "config.ini").read_bytes()
    with pytest.raises(Invalid) as refused:
        setup.save(store, store.config, step, {key: value}, "9")
    assert refused.value.field == key
    assert (store.config.root / "config.ini").read_bytes() == before
    assert beginning.answered(store) == []


def test_a_number_that_was_given_out_stays(store: Store) -> None:
    setup.save(store, store.config, "till", {"till.id": "T7"}, "9")
    journal = Journal(store)
    journal.commit(sale())
    journal.close()
    for step, key, value in (("till", "till.id", "T8"), ("money", "shop.currency", "EUR")):
        with pytest.raises(Invalid, match="Receipts carry it"):
            setup.save(store, store.config, step, {key: value}, "9")
    assert setup.save(store, store.config, "till", {"till.id": "T7", "till.name": "Front"}, "9") == ["till.name"]


def test_a_number_another_till_keeps_copies_under_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "share" / "T2").mkdir(parents=True)
    text = (tmp_path / "config.ini").read_text(encoding="utf-8").replace("places =", f"places = {tmp_path / 'share'}")
    (tmp_path / "config.ini").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match="Copies of a till T2"):
        setup.save(store, store.config, "till", {"till.id": "T2"}, "9")
    assert setup.save(store, store.config, "till", {"till.id": "T3"}, "9") == ["till.id"]


def test_what_the_environment_says_is_shown_and_not_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLKEEP_SHOP_NAME", "By environment")
    shown = {one["key"]: one for one in setup.view(store, store.config)["steps"][0]["fields"]}
    assert (shown["shop.name"]["value"], shown["shop.tagline"]["fixed"]) == ("By environment", "")
    assert "TILLKEEP_SHOP_NAME" in shown["shop.name"]["fixed"]
    with pytest.raises(Invalid, match="change it there"):
        setup.save(store, store.config, "company", {"shop.name": "Mine"}, "9")


def test_the_first_person_is_the_owner(store: Store) -> None:
    assert beginning.is_fresh(store)
    with pytest.raises(Invalid, match="owner"):
        setup.add_person(store, "1", "Ada", "cashier", "4711", "setup")
    with pytest.raises(Invalid, match="no role"):
        setup.add_person(store, "1", "Ada", "copier", "4711", "setup")
    setup.add_person(store, "1", "Ada", "admin", "4711", "setup")
    setup.add_person(store, "2", "Ben", "cashier", "2468", "setup")
    assert [(one.code, one.role) for one in people.people(store)] == [("1", "admin"), ("2", "cashier")]
    assert not beginning.is_fresh(store)


def test_the_test_page_holds_pound_and_euro_and_saves_nothing(store: Store, tmp_path: Path) -> None:
    paper = tmp_path / "paper"
    paper.touch()
    answers = {"printer.url": f"file://{paper}", "printer.columns": "32"}
    assert setup.try_printer(setup.with_printer(store.config, answers), "test") is False
    printed = paper.read_bytes()
    assert b"\x9c" in printed and b"\xd5" in printed, "the pound and the euro sign of CP858"
    assert setup.try_printer(setup.with_printer(store.config, answers), "drawer") is False
    assert b"\x1bp\x00" in paper.read_bytes()
    assert values(store)["printer.url"] == ""
    with pytest.raises(Invalid, match="address of the printer"):
        setup.with_printer(store.config, {"printer.url": " "})
    with pytest.raises(Invalid) as refused:
        setup.try_printer(setup.with_printer(store.config, {"printer.url": "tcp://127.0.0.1:1"}), "test")
    assert refused.value.field == "printer.url"
