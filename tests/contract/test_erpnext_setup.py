"""`erpnext setup` against the emulator: what it makes, what it learns, what it asks a person for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pos.actions.erpnext_setup import prepare
from pos.cli import erpnext as command
from pos.config import Erpnext as Settings
from pos.connectors import KINDS
from pos.connectors.base import FEEDS
from pos.connectors.erpnext import KIND
from pos.errors import BadSettings, Rejected
from pos.store import connections
from pos.store.db import open_store
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.sites import basket_site, till_config


@pytest.fixture
def site() -> Iterator[Emulator]:
    with Emulator(basket_site()) as made:
        yield made


def test_setup_is_harmless_when_repeated_and_keeps_no_administrators_key(tmp_path: Path) -> None:
    with Emulator(shops.recorded(installed=False)) as emulator:
        config = till_config(tmp_path, emulator.url, TILLKEEP_TILL_WAREHOUSE="Shop 1 - TS")
        store = open_store(config)
        first = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        assert not first.blocking
        kept = connections.facts(store, "erpnext")
        assert {"Cashier", "Gift Voucher"} <= set(emulator.site.docs["DocType"])
        fields = len(emulator.site.custom_fields)
        again = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
        assert (again.blocking, len(emulator.site.custom_fields)) == ([], fields)
        assert connections.facts(store, "erpnext") == kept
        assert (kept["site_zone"], kept["rounding"], kept["exchange_mode"]) == ("Europe/London", "bankers", "Cash")
        store.close()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert shops.MANAGER[1].encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: s.docs["Custom Field"]["Sales Invoice-pos_receipt_id"].update(unique=0), "is not unique"),
        (lambda s: s.system.update(rounding_method="Banker's Rounding (legacy)"), "legacy method"),
        (lambda s: s.system.update(rounding_method="Commercial Rounding"), "set [pricing] rounding = commercial"),
        (lambda s: s.system.update(currency_precision="3"), "Currency Precision is 3"),
        (lambda s: s.docs["Fiscal Year"]["2026"].update(disabled=1), "No Fiscal Year holds"),
        (lambda s: s.docs["Customer"].pop("Walk-in"), "The walk-in customer 'Walk-in' is not in ERPNext"),
        (lambda s: s.docs["Warehouse"].pop("Stores - TS"), "The warehouse 'Stores - TS' is not in ERPNext"),
        (lambda s: s.docs["Price List"].pop("Standard Selling"), "The price list"),
        (lambda s: s.docs["User"][shops.TILL[2]].update(roles=[{"role": "Sales User"}]), "Accounts User"),
        (
            lambda s: setattr(s.accounts[shops.TILL[0]], "roles", ("Accounts User", "Sales User")),
            "may not read Item Price",
        ),
        (lambda s: s.docs["Mode of Payment"]["Cash"].update(accounts=[]), "No Mode of Payment of type Cash"),
    ],
)
def test_setup_says_what_is_left_to_do(tmp_path: Path, site: Emulator, spoil: Any, words: str) -> None:
    spoil(site.site)
    config = till_config(tmp_path, site.url)
    store = open_store(config)
    report = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
    store.close()
    assert any(words in sentence for sentence in report.blocking), report.blocking


@pytest.mark.parametrize(
    ("settings", "spoil", "words"),
    [
        ({"PAID_OUT_ACCOUNT": ""}, None, "No account is set for cash paid out: set [erpnext] paid_out_account."),
        ({"SAFE_ACCOUNT": "Vault - TS"}, None, "'Vault - TS', is not in the chart of accounts of Test Shop Ltd."),
        ({"SAFE_ACCOUNT": "Cash - TS"}, None, "is the drawer's own"),
        ({"OVER_SHORT_ACCOUNT": "Debtors - TS"}, None, "is of type Receivable, which needs a customer"),
        ({"REASON_ACCOUNTS": "Milk 5200"}, None, "reason_accounts cannot be read: 'Milk 5200' must be written"),
        ({}, {"is_group": 1}, "is a group; name an account below it"),
        ({}, {"disabled": 1}, "is disabled in ERPNext"),
        ({}, {"account_currency": "EUR"}, "is kept in EUR, not GBP"),
        ({}, {"account_type": ""}, "is of type none; one of type Cash or Bank is meant"),
    ],
)
def test_setup_says_which_accounts_cash_cannot_be_booked_on(
    tmp_path: Path, site: Emulator, settings: dict[str, str], spoil: dict[str, Any] | None, words: str
) -> None:
    site.site.docs["Account"]["Safe - TS"].update(spoil or {})
    config = till_config(tmp_path, site.url, **{f"TILLKEEP_ERPNEXT_{k}": v for k, v in settings.items()})
    store = open_store(config)
    report = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
    store.close()
    assert any(words in sentence for sentence in report.todo), report.todo
    assert report.blocking == [], "sales need none of them"
    assert [s for s in report.todo if "account" in s.casefold()] == [s for s in report.todo if words in s]


def test_an_account_is_known_by_whole_name_number_or_name(tmp_path: Path, site: Emulator) -> None:
    site.site.docs["Account"]["Safe - TS"]["account_number"] = "1810"
    named = {"SAFE_ACCOUNT": "1810", "PAID_IN_ACCOUNT": "Owner", "CASH_ACCOUNT": "Cash - TS"}
    config = till_config(tmp_path, site.url, **{f"TILLKEEP_ERPNEXT_{k}": v for k, v in named.items()})
    store = open_store(config)
    facts = prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1]).facts
    store.close()
    assert {k: facts.accounts[k] for k in named.values()} == {
        "1810": "Safe - TS", "Owner": "Owner - TS", "Cash - TS": "Cash - TS",
    }  # fmt: skip
    assert (facts.mode_accounts["Cash"], facts.cost_center) == ("Cash - TS", "Main - TS")


def test_setup_by_somebody_who_may_not_is_refused(tmp_path: Path) -> None:
    with Emulator(shops.recorded(installed=False)) as emulator:
        config = till_config(tmp_path, emulator.url)
        store = open_store(config)
        with pytest.raises(Rejected) as caught:
            prepare(store, config, "cli", shops.TILL[0], shops.TILL[1])
        store.close()
    assert (caught.value.code, "System Manager" in caught.value.remedy) == ("right_missing", True)


def test_several_companies_must_be_told_apart(tmp_path: Path, site: Emulator) -> None:
    site.site.put("Company", "Other Ltd", default_currency="GBP", abbr="OL")
    config = till_config(tmp_path, site.url)
    store = open_store(config)
    with pytest.raises(Rejected, match="2 companies"):
        prepare(store, config, "cli", shops.MANAGER[0], shops.MANAGER[1])
    named = till_config(tmp_path, site.url, TILLKEEP_ERPNEXT_COMPANY="Test Shop Ltd")
    assert not prepare(store, named, "cli", shops.MANAGER[0], shops.MANAGER[1]).blocking
    store.close()


def test_setup_without_a_site_in_the_settings_says_which_settings(tmp_path: Path) -> None:
    config = till_config(tmp_path, "")
    store = open_store(config)
    with pytest.raises(BadSettings, match="ERPNEXT_URL"):
        prepare(store, config, "cli")
    store.close()


def test_the_command_prints_sentences_and_ends_with_its_code(
    tmp_path: Path, site: Emulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("URL", site.url), ("API_KEY", shops.TILL[0]), ("API_SECRET", shops.TILL[1])):
        monkeypatch.setenv(f"ERPNEXT_{name}", value)
    monkeypatch.setenv("TILLKEEP_TILL_WALK_IN", "Walk-in")
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    given = ["setup", "--admin-key", shops.MANAGER[0], "--admin-secret", shops.MANAGER[1]]
    assert command.run(parser.parse_args(given), tmp_path) == 0
    assert "Ready: Test Shop Ltd on ERPNext 15.71.1." in capsys.readouterr().out
    site.site.system["currency_precision"] = "9"
    assert command.run(parser.parse_args(given), tmp_path) == 1
    said = capsys.readouterr().out
    assert "NEEDS  ERPNext's Currency Precision is 9" in said
    assert shops.MANAGER[1] not in said


def test_the_kind_is_listed_with_settings_that_exist() -> None:
    kind = KIND
    assert kind in KINDS
    assert set(kind.feeds) <= set(FEEDS)
    assert set(kind.whole) <= set(kind.feeds)
    assert set(kind.settings) == {f.name for f in fields(Settings)}
