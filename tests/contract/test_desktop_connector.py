"""Sessions of an emulated Web Connector, one by one: what it is given, whose company file it is, what follows a no."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos.rules.inventory import Draft, Line
from pos.store import companies, inventory, inventory_places, qbd_companies
from pos.store.inventory_places import Location
from pos.store.models import QbdCompany
from tests.contract import desktop_books as books
from tests.contract.emulators import desktop_line
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_forms import Unreadable

pytestmark = pytest.mark.sqlite  # what is said on the line is the same on both engines


def clean(connector: WebConnector) -> bool:
    return not connector.complaints and not connector.line.complaints


def test_our_own_description_serves_the_same_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop_line, "WSDL", tmp_path / "nowhere.wsdl")
    with books.shop(tmp_path) as shop:
        shop.transfer()
        connector = shop.connector()
        assert connector.run().outcome == "closed"
        assert shop.states() == ["applied"]
        assert clean(connector)


def test_a_session_goes_on_to_100_and_never_beyond(tmp_path: Path) -> None:
    with books.shop(tmp_path) as shop:
        for item in ("COLA", "TEA", "SALT", "COLA"):
            shop.transfer(item)
        connector = shop.connector()
        told = connector.run()
        assert told.percents == sorted(told.percents)
        assert (told.percents[-1], told.requests, told.outcome) == (100, 4, "closed")
        assert all(1 <= percent <= 99 for percent in told.percents[:-1])
        assert connector.run().outcome == "none"
        assert clean(connector)


def test_another_company_file_gets_nothing_once_one_was_seen(tmp_path: Path) -> None:
    other = CompanyFile("Another shop")
    with books.shop(tmp_path) as shop:
        shop.transfer()
        connector = shop.connector(other=other)
        assert connector.run().outcome == "closed"
        shop.transfer("TEA")
        for named in (True, False):  # whether the till names the path, or takes the file that is open
            if not named:
                other.path = shop.file.path
            connector.faults.next("wrong_company")
            shop.passes(3600)
            assert connector.run().outcome in ("refused", "error")
            assert not other.txns
            assert not [body for new, body in other.log if new]
        shop.passes(3600)
        assert connector.run().outcome == "closed"
        assert shop.states() == ["applied", "applied"]


def test_an_older_quickbooks_is_spoken_to_in_its_own_version(tmp_path: Path) -> None:
    file = books.company_file(version="13.0")
    with books.shop(tmp_path, file) as shop:
        shop.transfer()
        assert shop.connector().run().outcome == "closed"
        assert '<?qbxml version="13.0"?>' in file.log[0][1]
        assert shop.states() == ["applied"]


def test_one_message_nobody_can_read_stops_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with books.shop(tmp_path) as shop:
        bad, held, free = shop.transfer("COLA"), shop.transfer("COLA"), shop.transfer("TEA")
        real = shop.file._parsed

        def refusing(body: str) -> object:
            if bad.id in body:
                raise Unreadable("as the test wants it")
            return real(body)

        monkeypatch.setattr(shop.file, "_parsed", refusing)
        connector = shop.connector()
        for _ in range(3):
            connector.run()
            shop.passes(4000)
        assert shop.states() == ["error", "pending", "applied"]
        assert shop.file.refused == ["as the test wants it"], "it was sent once"
        assert not shop.there(held.id) and len(shop.there(free.id)) == 1
        monkeypatch.undo()
        shop.retry()
        connector.run()
        assert shop.states() == ["applied"] * 3
        assert [txn.number for event in (bad, held) for txn in shop.there(event.id)] == [2, 3]


def test_without_sites_a_transfer_waits_for_a_person_and_is_not_sent_for_ever(tmp_path: Path) -> None:
    with books.shop(tmp_path, books.company_file(multi_site=False)) as shop:
        shop.transfer()
        connector = shop.connector()
        for _ in range(3):
            connector.run()
            shop.passes(8000)
        (event,) = [one for one in shop.events() if one.kind == "transfer"]
        assert event.qb_status == "error"
        assert "multiple sites" in event.qb_words
        assert len([new for new, _ in shop.file.log if new]) <= 1


def test_each_company_has_its_own_file_and_neither_gets_the_others(tmp_path: Path) -> None:
    theirs = books.company_file(name="Second shop")
    with books.shop(tmp_path) as shop:
        second = companies.add(shop.store, "second", "Second shop", "admin").id
        _row, password = qbd_companies.add(shop.store, second, "second", None, "admin")
        for code, site in (("S-SHOP", "Shop"), ("S-BACK", "Back room")):
            inventory_places.put_location(shop.store, Location(code, second, code, qb_site_name=site), "admin")
        day = shop.moment.date().isoformat()
        stocked = Draft("open-2", second, "opening", day, (Line("COLA", destination="S-SHOP", set_to=9000),))
        moved = Draft("move-2", second, "transfer", day, (Line("COLA", 4000, source="S-SHOP", destination="S-BACK"),))
        for draft in (stocked, moved):
            inventory.post(shop.store, draft, by="7", now=shop.moment)
        first = shop.transfer("TEA")
        row = qbd_companies.of_company(shop.store, second)
        connector = WebConnector(
            desktop_line.Line(books.URL, shop.app.flask), theirs, username="second", password=password,
            owner_id=row.owner_id, file_id=row.file_id, app=row.app_name,
        )  # fmt: skip
        own = shop.connector()
        steps = [own.steps(), connector.steps()]
        while steps:  # in turn, as two machines do
            steps = [one for one in steps if next(one, None) is not None]
        assert (own.told.outcome, connector.told.outcome) == ("closed", "closed")
        assert [txn.memo for txn in shop.file.txns.values()] == [first.id]
        assert [txn.memo for txn in theirs.txns.values()] == ["move-2"]
        assert clean(own) and clean(connector)


MEMOS = (
    "]]> <!-- & --> <Memo> &lt; &#8364;", "\U0001f600 caf\u00e9 \u2013 \u201equoted\u201c \u20ac",
    "\u0141\u00f3d\u017a \u0645\u062e\u0632\u0646", "x" * 4000, "  ", "=cmd|' /C calc'!A0",
)  # fmt: skip


def test_whatever_people_write_in_a_memo_is_read_and_the_event_is_found_by_it(tmp_path: Path) -> None:
    with books.shop(tmp_path) as shop:
        events = [
            shop.post("transfer", Line("COLA", 1, source="SHOP", destination="BACK"), memo=memo) for memo in MEMOS
        ]
        connector = shop.connector()
        assert connector.run().outcome == "closed"
        assert (shop.file.refused, set(shop.states())) == ([], {"applied"})
        assert [len(shop.there(event.id)) for event in events] == [1] * len(events)
        assert shop.file.moved()["COLA", "Shop"] * 1000 == -len(events)


def test_a_closed_period_there_waits_for_a_person(tmp_path: Path) -> None:
    with books.shop(tmp_path) as shop:
        event = shop.transfer()
        shop.file.closed_until = "2026-11-30"
        connector = shop.connector()
        for _ in range(2):
            connector.run()
            shop.passes(8000)
        assert (shop.states(), len(shop.file.log)) == (["error"], 1)
        assert "closed" in shop.events()[-1].qb_words
        shop.file.closed_until = ""
        shop.retry()
        connector.run()
        assert (shop.states(), len(shop.there(event.id))) == (["applied"], 1)


def test_a_level_overwrites_only_where_the_company_wants_it(tmp_path: Path) -> None:
    with books.shop(tmp_path) as shop:
        connector = shop.connector()
        shop.file.put("COLA", "Shop", 390)  # ten were sold there meanwhile
        shop.post("adjustment", Line("COLA", destination="SHOP", set_to=420_000, reason="found"))
        connector.run()
        assert shop.file.level("COLA", "Shop") == 410  # twenty more, as here
        QbdCompany.update(counts_as="level").execute()
        shop.post("adjustment", Line("COLA", destination="SHOP", set_to=500_000, reason="found"))
        connector.run()
        assert (shop.file.level("COLA", "Shop"), shop.states()) == (500, ["applied", "applied"])
        assert "<NewQuantity>500</NewQuantity>" in shop.file.log[-1][1]
