"""`outbox`: what a person sees of it, tries again or settles, with a reason and in the audit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pos_server
from pos import clock
from pos import config as settings
from pos.store import companies, notices, outbox
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Audit, Connection, Outbox
from tests import books as other
from tests import receipts

Outcome = tuple[int, str, str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(settings.load(tmp_path, environ={}))
    yield opened
    opened.close()


@pytest.fixture
def refused(store: Store) -> list[str]:
    """Four sales: the first two refused, the third booked otherwise, the last one waiting. Their numbers."""
    other.connected(store)
    journal = Journal(store)
    docs = [journal.commit(receipts.sale()).doc for _ in range(4)]
    journal.close()
    rows = outbox.claim(store, "erpnext", "me", 3, clock.now())
    outbox.rejected(store, rows[0], clock.now(), "out_of_stock", "Not enough stock.", "Book the missing stock in.")
    outbox.rejected(store, rows[1], clock.now(), "account_missing", "No account is set.", "Set one.")
    outbox.differs(store, outbox.sent(store, rows[2], clock.now(), "SINV-3"), clock.now(), {}, "total 1.00 there")
    return [d["invoice_name"] for d in docs]


@pytest.fixture
def till(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def run(*words: str) -> Outcome:
        try:
            code = pos_server.main(["--root", str(tmp_path), "outbox", *words])
        except SystemExit as end:
            code = int(end.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def states(store: Store) -> list[str]:
    return [row.state for row in Outbox.select().order_by(Outbox.n)]


def test_the_list_shows_what_waits_for_a_person_with_its_remedy(
    refused: list[str], till: Callable[..., Outcome]
) -> None:
    code, out, _ = till("list")
    assert code == 1
    for word in (*refused[:3], "out_of_stock", "Book the missing stock in.", "differs", "total 1.00 there"):
        assert word in out
    assert refused[3] not in out
    code, out, _ = till("list", "--state", "waiting")
    assert (code, refused[3] in out, refused[0] in out) == (0, True, False)
    code, out, _ = till("list", "--state", "all", "--json")
    assert (code, [row["state"] for row in json.loads(out)]) == (1, ["rejected", "rejected", "differs", "queued"])
    assert till("list", "--code", "nothing")[:2] == (0, "Nothing needs a person.\n")


def test_one_is_shown_with_everything_known_of_it(refused: list[str], till: Callable[..., Outcome]) -> None:
    code, out, _ = till("show", refused[2].lower())
    assert code == 0
    for word in (refused[2], "differs", "SINV-3", "total 1.00 there", "Compare SINV-3 with the receipt"):
        assert word in out
    assert till("show", "1")[1].startswith(f"{refused[0]}, sale for erpnext: rejected")
    code, _, err = till("show", "T9-000001")
    assert (code, "There is no T9-000001 in the outbox" in err) == (1, True)


def test_a_retry_says_what_was_put_right(refused: list[str], till: Callable[..., Outcome], store: Store) -> None:
    assert till("retry", refused[0], "--reason", "stock booked in")[0] == 0
    assert states(store) == ["queued", "rejected", "differs", "queued"]
    last = Audit.select().order_by(Audit.n.desc()).get()
    assert (last.act, json.loads(last.detail)["reason"]) == ("outbox.retry", "stock booked in")
    assert last.actor.startswith("cli")
    assert "tried again: stock booked in" in till("show", refused[0])[1]


def test_all_of_one_reason_or_all_at_once(refused: list[str], till: Callable[..., Outcome], store: Store) -> None:
    assert till("retry", "--all", "--code", "account_missing")[0] == 0
    assert states(store) == ["rejected", "queued", "differs", "queued"]
    assert till("retry", "--all")[0] == 0
    assert states(store) == ["queued", "queued", "sent", "queued"], "what differs is read back, never posted again"
    assert till("retry", "--all")[:2] == (0, "Nothing needs a person.\n")
    assert notices.open_notices(store) == []


def test_settled_by_hand_it_goes_nowhere_and_says_who_and_why(
    refused: list[str], till: Callable[..., Outcome], store: Store
) -> None:
    assert till("resolve", refused[0])[0] == 2, "never without a reason"
    assert till("resolve", refused[0], "--reason", "ok")[0] == 1
    assert till("resolve", refused[0], refused[2], "--reason", "booked by hand as SINV-77")[0] == 0
    assert till("list")[1].count("T1-") == 1
    out = till("show", refused[0])[1]
    assert "settled by hand" in out
    assert "booked by hand as SINV-77" in out
    assert states(store)[0] == "rejected", "the row stays as it is"
    code, out, _ = till("resolve", refused[3], "--reason", "booked by hand")
    assert (code, "only one that needs a person" in out) == (1, True)


def test_what_is_meant_must_be_said(refused: list[str], till: Callable[..., Outcome], store: Store) -> None:
    for words in (("retry",), ("retry", refused[0], "--all"), ("retry", refused[0], "--code", "x")):
        assert till(*words)[0] != 0
    Outbox.update(state="sending", owner="server:1").where(Outbox.n == 4).execute()
    code, out, _ = till("retry", refused[0], "4")
    assert (code, "is sending" in out) == (1, True)
    assert states(store) == ["queued", "rejected", "differs", "sending"], "one that cannot be changed hinders no other"


def test_where_there_are_several_companies_each_row_says_whose_books_it_goes_to(
    store: Store, till: Callable[..., Outcome], refused: list[str]
) -> None:
    companies.add(store, "north", "North Ltd", "test")
    Connection.create(id="quickbooks-north", kind="quickbooks", title="QuickBooks Online", company="north")
    Outbox.update(connection="quickbooks-north").where(Outbox.n == 1).execute()
    _, told, _ = till("list")
    rows = [line.split() for line in told.splitlines() if line.split()[:1][0] in ("row", "1", "2")]
    assert [row[4:6] for row in rows] == [["company", "to"], ["north", "quickbooks-north"], ["main", "erpnext"]]
    _, told, _ = till("list", "--company", "North Ltd", "--json")
    assert [(row["number"], row["company"]) for row in json.loads(told)] == [(refused[0], "north")]
    _, told, _ = till("show", refused[0])
    assert "quickbooks-north (QuickBooks Online" in told
