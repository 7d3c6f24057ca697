"""The .qwc file: complete, escaped, and only with an address a Web Connector takes."""

from __future__ import annotations

import pytest
from lxml import etree

from pos.rules import qwc

FACTS = qwc.Facts(
    app_name="Tillkeep", unique_name="Tillkeep 1234ABCD", address="https://till.example/qbwc", username="A & <B>",
    owner_id="{11111111-1111-4111-8111-111111111111}", file_id="{22222222-2222-4222-8222-222222222222}",
    description="Café & Söhne " * 20, minutes=15,
)  # fmt: skip


def test_all_that_a_web_connector_asks_for_is_there() -> None:
    body = qwc.build(FACTS)
    assert body.startswith(b"<?xml") and not body.startswith(b"\xef\xbb\xbf")
    root = etree.fromstring(body)
    said = {child.tag: child.text or "" for child in root}
    assert root.tag == "QBWCXML"
    assert said["AppURL"] == "https://till.example/qbwc" and said["AppSupport"] == "https://till.example/qbwc/support"
    assert (said["UserName"], said["OwnerID"], said["FileID"]) == (FACTS.username, FACTS.owner_id, FACTS.file_id)
    assert (said["QBType"], said["Style"], said["IsReadOnly"]) == ("QBFS", "Document", "false")
    assert len(said["AppDescription"]) == 80 and said["AppUniqueName"] == "Tillkeep 1234ABCD"
    assert root.findtext("Scheduler/RunEveryNMinutes") == "15"
    assert not any("password" in child.tag.lower() for child in root)


@pytest.mark.parametrize("address", ["https://till.example/qbwc", "http://localhost:8085/qbwc", "https://localhost/q"])
def test_addresses_that_are_taken(address: str) -> None:
    assert qwc.why_not(address) == ""


@pytest.mark.parametrize("address", [
    "", "till.example/qbwc", "ftp://till.example/qbwc", "http://till.example/qbwc", "http://127.0.0.1:8085/qbwc",
    "https://192.0.2.1/qbwc", "https://[2001:db8::1]/qbwc", "https://till.example", "https://till.example/",
    "https://till.example/qbwc?wsdl", "https://till.example/qbwc#a", "https://me:secret@till.example/qbwc",
    "https://till.example:x/qbwc", "http://localhost.evil.example/qbwc", "https://3232235777/qbwc",
])  # fmt: skip
def test_addresses_that_are_refused_in_words(address: str) -> None:
    assert qwc.why_not(address)
    with pytest.raises(ValueError):
        qwc.build(qwc.Facts("a", "b", address, "c", "d", "e", "f"))


@pytest.mark.parametrize(("minutes", "kept"), [(0, "1"), (1, "1"), (60, "60"), (100_000, "1440")])
def test_how_often_it_comes_round_is_kept_in_bounds(minutes: int, kept: str) -> None:
    facts = qwc.Facts("a", "b", "https://till.example/qbwc", "c", "d", "e", "f", minutes)
    assert etree.fromstring(qwc.build(facts)).findtext("Scheduler/RunEveryNMinutes") == kept
