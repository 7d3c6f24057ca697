"""Vouchers of the older till: what is left on each goes into the ledger once, whoever gives the list how often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import old_vouchers, voucher
from pos.actions.issuer import Asked
from pos.rules import documents
from pos.store import vouchers
from pos.store.rebuild import rebuild
from pos.store.verify import verify
from tests.actions.gifts import left, used, with_gifts
from tests.actions.shop import Person, Till, open_till

ROWS = [
    {"code": "old-0001", "balance": "25.00", "expires": "2099-03-31", "origin": "ERPpos", "note": "Mrs Ames"},
    {"code": "OLD-0002", "balance": "600"},
]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    opened = with_gifts(open_till(settings.load(tmp_path, {})))
    yield opened
    opened.close()


def test_each_becomes_a_document_that_issues_it_by_hand_and_says_where_it_comes_from(till: Till) -> None:
    found = old_vouchers.take_in(till, ROWS, Person())
    assert (found.counts.added, found.counts.unchanged, found.refused) == (2, 0, ())
    assert (left(till, "OLD-0001"), left(till, "OLD-0002")) == (2500, 60000), "also more than a new one may hold"
    assert vouchers.balance(till.store, "OLD-0001").expires == "2099-03-31"
    assert vouchers.balance(till.store, "OLD-0002").expires == ""
    bodies = [documents.decode(body.encode()) for (body,) in till.store.execute("SELECT body FROM document ORDER BY n")]
    assert [(d["kind"], d["total"], d["voucher"]) for d in bodies] == [
        ("voucher", 0, {"reason": "Brought in from ERPpos", "note": "Mrs Ames"}),
        ("voucher", 0, {"reason": "Brought in from older till", "note": ""}),
    ]
    assert used(till, "OLD-0001", "20.00").doc["payments"][0]["reference"] == "OLD-0001"
    assert left(till, "OLD-0001") == 500


def test_the_same_list_again_makes_nothing_also_after_some_was_used(till: Till) -> None:
    old_vouchers.take_in(till, ROWS, Person())
    used(till, "OLD-0001", "20.00")
    before = till.store.execute("SELECT count(*) FROM document").fetchone()
    again = old_vouchers.take_in(till, ROWS, Person())
    assert (again.counts.added, again.counts.unchanged, again.refused) == (0, 2, ())
    assert till.store.execute("SELECT count(*) FROM document").fetchone() == before
    assert left(till, "OLD-0001") == 500


def test_another_balance_or_another_voucher_under_the_code_is_refused(till: Till) -> None:
    old_vouchers.take_in(till, ROWS, Person())
    asked = {"id": "0193a1b2-0000-7000-8000-000000000001", "code": "NEW-0001", "amount": "10.00", "reason": "x"}
    voucher.issue(till, asked, Person())
    found = old_vouchers.take_in(
        till,
        [{"code": "OLD-0001", "balance": "30.00"}, {"code": "NEW-0001", "balance": "10.00"}, {"code": "X" * 41}],
        Person(),
    )
    assert [at for at, _ in found.refused] == [0, 1, 2]
    assert "25.00 already" in found.refused[0][1] and "known here already" in found.refused[1][1]
    assert left(till, "OLD-0001") == 2500 and left(till, "NEW-0001") == 1000


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"balance": "0"}, "above nothing"),
        ({"balance": "-5"}, "above nothing"),
        ({"balance": "1.005"}, "finer than GBP"),
        ({"balance": "five"}, "balance is 'five'"),
        ({"expires": "31.3.2027"}, "write the day like"),
        ({"code": "4111111111111111"}, "card number"),
        ({"code": "5.01E+12"}, "letters, digits and dashes"),
        ({"code": ""}, "code is empty"),
        ({"note": "a\0b"}, "control character"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_and_nothing_is_saved(
    till: Till, cells: dict[str, str], words: str
) -> None:
    found = old_vouchers.take_in(till, [{"code": "OLD-0001", "balance": "5.00", **cells}], Person())
    assert words in found.refused[0][1]
    assert till.store.execute("SELECT count(*) FROM document").fetchone() == (0,)


def test_rebuilt_from_the_receipts_alone_they_are_there(till: Till) -> None:
    old_vouchers.take_in(till, ROWS, Person())
    config = till.config
    till.close()
    rebuild(config)
    assert verify(config).differences == []
    again = open_till(config)
    try:
        assert (left(again, "OLD-0001"), left(again, "OLD-0002")) == (2500, 60000)
    finally:
        again.close()


def test_where_the_books_keep_the_vouchers_they_are_asked_first(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may know the code already; unheard, nothing is brought in."""
    monkeypatch.setattr(vouchers, "issuer", lambda _store: "erpnext")
    unheard = old_vouchers.take_in(till, ROWS, Person(), lambda *_: Asked(reached=False, why_not="The line is away."))
    assert [words.count("The line is away") for _, words in unheard.refused] == [1, 1]
    assert till.store.execute("SELECT count(*) FROM document").fetchone() == (0,)
    heard = old_vouchers.take_in(till, ROWS, Person(), lambda *_: Asked(reached=True))
    assert heard.counts.added == 2
