"""Whether a company's sales go to QuickBooks Desktop: switched on from the terminal, kept to its own company file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.actions import qbd_mapping
from pos.cli import qbwc_sales
from pos.errors import Conflict, Invalid
from pos.store import companies, connections, qbd_companies
from pos.store.models import QbdItem, QbdWork
from tests.contract import desktop_books
from tests.contract.desktop_desk import DAY, MAPPING, Desk, company_file


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desktop_books.shop(tmp_path, company_file()) as shop:
        yield Desk(shop)


def test_a_currency_without_two_decimals_is_not_switched_on(desk: Desk) -> None:
    companies.add(desk.store, "east", "East", "boss", currency="JPY")
    qbd_companies.add(desk.store, "east", "connector-east", "kettle-orange-door", "boss")
    qbd_mapping.write(desk.store, "east", MAPPING, qbd_mapping.read(desk.store, "east"), "boss")
    with pytest.raises(Invalid, match="JPY"):
        qbd_mapping.switch_on(desk.store, "east", "adjustments", DAY, "boss")


def test_the_installer_maps_and_switches_on_from_the_terminal(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    qbwc_sales.arguments(parser)
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps(MAPPING), encoding="utf-8")
    QbdItem.create(connection=desk.name, list_id="1", full_name="SALES GOODS", kind="ItemService", seen_at="")
    for words in (["map", "--file", str(file)], ["on", "--moves", "documents"], ["off"], ["show"]):
        assert qbwc_sales.run(desk.store, parser.parse_args(words)) == 0
    told = capsys.readouterr().out
    assert "sales go to" in told and "from 2026-11-20 on documents move stock" in told and '"default_item"' in told
    assert "QuickBooks has no item VAT 20." in told and "Sales goods." not in told and "no account" not in told
    with pytest.raises(Conflict):
        qbwc_sales.run(desk.store, parser.parse_args(["cutover", "--day", DAY]))


def test_what_one_company_sold_is_told_to_its_own_company_file_alone(desk: Desk) -> None:
    desk.on()
    companies.add(desk.store, "north", "North", "boss")
    qbd_companies.add(desk.store, "north", "connector-north", "kettle-orange-door", "boss")
    qbd_mapping.write(desk.store, "north", MAPPING, qbd_mapping.read(desk.store, "north"), "boss")
    qbd_mapping.switch_on(desk.store, "north", "adjustments", DAY, "boss")
    name = qbd_companies.of_company(desk.store, "north").connection
    desk.sell()
    desk.tomorrow()
    desk.name = name
    assert desk.round().idle
    desk.name = "quickbooks_desktop"
    done = desk.round()
    assert (done.told, done.goods) == (1, 1)
    assert {row.connection for row in QbdWork.select().where(QbdWork.source != "ask")} == {"quickbooks_desktop"}
    connections.sync(desk.store, [])  # a start with nothing set up: a company's choice stays
    assert [line.id for line in connections.lines(desk.store)] == ["quickbooks_desktop", name]


def test_the_agents_leave_it_to_its_web_connector(desk: Desk) -> None:
    desk.on()
    desk.sell()
    desk.tomorrow()
    runner = desk.shop.app.runner
    runner._look_for_connections()  # as it does each minute
    assert all(runner.once(agent, desk.name) for agent in ("sync_out", "sync_in"))
    assert (desk.states(), desk.states("sale")) == (["queued"], ["bundled"])
    desk.session()
    assert runner.once("sync_out", desk.name) and runner.once("zread", desk.name)
    assert desk.states() == ["booked"]
    line = connections.line(desk.store, desk.name)
    assert (line.last_error, line.paused_reason, line.offline_since, line.last_contact_at) == ("", "", "", "")
