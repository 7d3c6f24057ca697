"""With the till lost and no backup: its sales come back from ERPNext as read-only copies; nothing is posted again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import pos_server
from pos import config as settings
from pos.actions import deliver, recovered, refund, trace
from pos.actions.line import Job, Memory
from pos.errors import Conflict
from pos.rules import documents
from pos.store import connections, intake, rebuild, receipts, shifts, sold, takings
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from pos.store.verify import verify
from tests import receipts as made
from tests.contract import baskets, sites
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.reconciled import close, look, sale
from tests.contract.tills import Till, till
from tests.rules.test_receipt_schema import problems, read

DAY = "2026-11-21"
FIGURES = ("subtotal", "tax_total", "rounding", "total", "change", "currency", "prices_include_tax")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Till]:
    """The till as it was: sales, returns and exchanges, a closed session, everything booked."""
    (tmp_path / "old").mkdir()
    with till(tmp_path / "old", seed=7) as shop:
        while len(shop.world.sold) < 6:
            doc = baskets.random_sale(shop.chance, shop.world)
            if doc is not None:
                shop.commit(doc)
        for _ in range(2):
            doc = baskets.random_return(shop.chance, shop.world)
            if doc is not None:
                shop.commit(doc)
        close(shop)
        while shop.round().left:
            shop.later(60)
        assert {(row.state, row.message) for row in shop.rows()} == {("booked", "")}
        yield shop


@contextmanager
def anew(shop: Till, root: Path) -> Iterator[tuple[Store, Journal, Job]]:
    """A fresh machine under the same id, connected to the same books."""
    root.mkdir(exist_ok=True)
    store = open_store(replace(shop.config, root=root))
    connections.sync(store, [connections.Wanted("erpnext", "erpnext", "ERPNext", shop.emulator.url)])
    journal = Journal(store)
    memory = Memory(shop.job.memory.connector, shop.job.memory.facts)
    try:
        yield store, journal, Job(store, "erpnext", shop.emulator.url, memory, "test", 150)
    finally:
        journal.close()
        store.close()


def found(job: Job) -> recovered.Found:
    return recovered.look(job, *recovered.days(DAY, DAY))


def copies(store: Store) -> list[dict[str, Any]]:
    rows = store.execute("SELECT body FROM document WHERE series = 'recovered' ORDER BY sequence").fetchall()
    return [documents.decode(body.encode()) for (body,) in rows]


def test_each_invoice_comes_back_once_with_its_figures(old: Till, tmp_path: Path) -> None:
    invoices = {d["name"]: d for d in old.invoices()}
    with anew(old, tmp_path / "new") as (store, journal, job):
        seen = found(job)
        assert (len(seen.missing), seen.known, seen.twice) == (len(invoices), 0, [])
        done = recovered.take(job, journal, seen, "ann")
        assert (done.taken, done.refused) == (len(invoices), [])
        docs = copies(store)
        assert {d["recovered"]["remote_id"] for d in docs} == set(invoices)
        for doc in docs:
            there = invoices[doc["recovered"]["remote_id"]]
            assert doc["total"] == Decimal(str(there["grand_total"])).quantize(Decimal("0.01"))
            assert doc["flags"] == [], doc["invoice_name"]
            assert [(i["item_code"], i["qty"]) for i in doc["items"]] == [
                (r["item_code"], Decimal(str(r["qty"]))) for r in there["items"]
            ]
            original = old.store.execute(
                "SELECT body FROM document WHERE number = ?", (doc["invoice_name"],)
            ).fetchone()
            was = documents.decode(original[0].encode())
            assert (doc["created_at"], doc["customer"], doc["cashier"]) == (
                was["created_at"],
                was["customer"],
                was["cashier"],
            )
            if len(documents.parts(was)) == 1:  # an exchange is two over there
                assert [doc[k] for k in FIGURES] == [was[k] for k in FIGURES], doc["invoice_name"]
            assert problems(read(receipts.body(store, name_of(doc)))) == []
        assert verify(store.config).differences == []
        again = found(job)
        assert (again.missing, again.known) == ([], len(invoices))
        before = store.execute("SELECT count(*), max(hash) FROM document").fetchone()
        assert recovered.take(job, journal, again, "ann") == recovered.Taken()
        assert store.execute("SELECT count(*), max(hash) FROM document").fetchone() == before


def name_of(doc: dict[str, Any]) -> str:
    return f"recovered-{doc['sequence']:06d}-{doc['invoice_name']}"


def test_what_cannot_be_known_is_empty_and_they_are_in_no_session_and_no_takings(old: Till, tmp_path: Path) -> None:
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        for doc in copies(store):
            assert (doc["session"], doc["note"], doc["discount"], doc["store"], doc["vouchers"]) == (
                "",
                "",
                None,
                "",
                [],
            )
            assert all(i["discount"] is None and i["note"] == "" and not i["stocked"] for i in doc["items"])
            assert doc["recovered"]["session"] == "T1-S000001"
        assert store.execute("SELECT count(*) FROM session").fetchone()[0] == 0
        assert store.execute("SELECT count(*) FROM movement").fetchone()[0] == 0
        assert store.execute("SELECT count(*) FROM voucher_row").fetchone()[0] == 0
        journal.flush()
        assert takings.of_days(store, ["T1"], DAY, DAY).people == {}
        journal.commit(sale())
        journal.flush()
        session = shifts.current(store, "T1")
        assert session is not None
        facts = shifts.facts(store, session)
        assert (facts.documents, facts.missing) == (1, ())


def test_the_till_goes_on_above_every_number_and_session_that_was_seen(old: Till, tmp_path: Path) -> None:
    last = old.store.execute("SELECT max(sequence) FROM document WHERE id IN (SELECT document FROM outbox)").fetchone()[
        0
    ]
    with anew(old, tmp_path / "new") as (store, journal, job):
        done = recovered.take(job, journal, found(job), "ann", last_z=7)
        assert done.record == f"T1-{last + 1:06d}"
        fresh = journal.commit(sale()).doc
        assert (fresh["sequence"], fresh["session"]) == (last + 2, "T1-S000002")
        assert shifts.next_z(store, "T1") == 8
        assert verify(store.config).differences == []
        config = store.config
        record = documents.verify(receipts.body(store, done.record))
        assert record["record"] | {"reason": ""} == {
            "act": "numbers", "reason": "", "sequence": last, "session": 1, "z": 7,
        }  # fmt: skip
    assert rebuild.rebuild(config).left_alone == []
    again = open_store(config)
    writer = Journal(again)
    assert writer.commit(sale()).doc["sequence"] == last + 3
    assert shifts.next_z(again, "T1") == 8
    assert verify(config).differences == []
    writer.close()
    again.close()


def test_numbers_that_are_gone_without_a_record_are_still_a_gap(old: Till, tmp_path: Path) -> None:
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        journal.commit(sale())
        last = journal.commit(sale()).doc
        journal.flush()
        store.execute("DELETE FROM document WHERE sequence = ? AND series = 'till'", (last["sequence"] - 1,))
        assert any("the sequence has a gap" in words for words in verify(store.config).differences)


def test_nothing_is_posted_again(old: Till, tmp_path: Path) -> None:
    before = len(old.invoices())
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        assert {row.state for row in Outbox.select()} == {"booked"}
        asked = len(old.emulator.requests) if hasattr(old.emulator, "requests") else 0
        old.time.passes(100_000)
        deliver.queued(job)
        assert len(old.invoices()) == before and asked >= 0
        config = store.config
    assert rebuild.rebuild(config).left_alone == []
    with anew(old, tmp_path / "new") as (_store, _journal, job):
        deliver.queued(job)
        assert len(old.invoices()) == before


def test_goods_come_back_on_a_copy_and_the_return_is_tied_to_the_invoice_there(old: Till, tmp_path: Path) -> None:
    (before,) = [old.commit(sale(qty=3))]
    old.round()
    number, invoice = before["invoice_name"], old.invoices(before["id"])[0]
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        view = refund.lines(store, store.config, number)
        assert [(row["qty"], row["left"], row["why_not"]) for row in view["lines"]] == [("3", "3", "")]
        doc = sold.document(store, number)
        assert doc is not None and doc["id"] == f"recovered:{before['id']}"
        back = made.line("STD", -1, "12.00", tax_code=sites.STANDARD) | {
            "return_against": {"id": doc["id"], "invoice_name": number, "line": doc["items"][0]["line"]}
        }
        returned = made.sale(back, customer="Walk-in")
        returned["taxes"][0]["code"] = sites.STANDARD
        journal.commit(returned)
        deliver.queued(job)
        (booked,) = old.invoices(returned["id"])
        assert (booked["is_return"], booked["return_against"], booked["docstatus"]) == (1, invoice["name"], 1)
        assert booked["items"][0]["sales_invoice_item"] == invoice["items"][0]["name"]
        view = refund.lines(store, store.config, number)
        assert [row["left"] for row in view["lines"]] == ["2"]
        told = trace.trace(store, store.config, number)
        assert told["document"]["number"] == number if "document" in told else told


def test_an_earlier_return_there_leaves_less_to_come_back(old: Till, tmp_path: Path) -> None:
    """A return that is recovered as well counts against its copy, by its very line."""
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        tied = [(i["return_against"], i["qty"]) for d in copies(store) for i in d["items"] if i["return_against"]]
        assert tied
        for against, qty in tied:
            original = intake.find(store, against["id"])
            assert original is not None and against["invoice_name"] == original.doc["invoice_name"]
            line = next(i for i in original.doc["items"] if i["line"] == against["line"])
            assert line["qty"] >= -qty > 0


def test_what_is_here_is_left_alone_and_returns_of_it_find_its_line(old: Till, tmp_path: Path) -> None:
    (first,) = [old.commit(sale(qty=2))]
    back = made.line("STD", -1, "12.00", tax_code=sites.STANDARD)
    back["return_against"] = {
        "id": first["id"], "invoice_name": first["invoice_name"], "line": first["items"][0]["line"],
    }  # fmt: skip
    returned = made.sale(back, customer="Walk-in")
    returned["taxes"][0]["code"] = sites.STANDARD
    old.commit(returned)
    z = close(old)
    while old.round().left:
        old.later(60)
    with anew(old, tmp_path / "new") as (store, journal, job):
        for number in (first["invoice_name"], z["invoice_name"]):
            journal.adopt(receipts.body(old.store, number), "found on a stick", "ann")
        old.time.passes(1000)
        deliver.queued(job)
        seen = found(job)
        assert first["invoice_name"] not in {one.number for one in seen.missing} and seen.known == 1
        recovered.take(job, journal, seen, "ann")
        (copy,) = [d for d in copies(store) if d["recovered"]["key"] == returned["id"]]
        assert copy["items"][0]["return_against"] == back["return_against"]


def test_the_original_that_turns_up_later_stands_beside_its_copy(old: Till, tmp_path: Path) -> None:
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        number = copies(store)[0]["invoice_name"]
        body = receipts.body(old.store, number)
        journal.adopt(body, "found on a stick", "ann")
        assert receipts.body(store, number) == body
        doc = sold.document(store, number)
        assert doc is not None and doc["series"] == "till"
        old.time.passes(1000)
        deliver.queued(job)
        assert len(old.invoices()) == len(copies(store)), "found there by its id, not posted"


def test_reconciliation_knows_the_copies_and_compares_none_of_them(old: Till, tmp_path: Path) -> None:
    with anew(old, tmp_path / "new") as (store, journal, job):
        recovered.take(job, journal, found(job), "ann")
        shop = replace(old, store=store, journal=journal, job=job)
        journal.commit(sale())
        close(shop)
        deliver.queued(job)
        brief = look(shop)
        assert (brief.verdict, brief.here, brief.there, brief.open) == ("match", 1, 1, 0)


def test_an_open_session_is_closed_before_numbers_are_passed_over(old: Till, tmp_path: Path) -> None:
    with anew(old, tmp_path / "new") as (store, journal, job):
        journal.commit(sale())
        seen = found(job)
        assert seen.twice == ["T1-000001"], "the fresh till gave out a number that was given out before"
        with pytest.raises(Conflict, match="T1-S000001 is open"):
            recovered.take(job, journal, seen, "ann")
        assert copies(store) == []


def test_one_that_cannot_be_read_stops_no_other(old: Till, tmp_path: Path) -> None:
    bad = old.invoices()[0]
    bad["posting_time"] = "noon"
    with anew(old, tmp_path / "new") as (_store, journal, job):
        done = recovered.take(job, journal, found(job), "ann")
        assert done.taken == len(old.invoices()) - 1
        assert len(done.refused) == 1 and bad["name"] in done.refused[0]


def test_of_a_till_that_was_restored_the_sales_under_its_old_id_come_back_too(old: Till, tmp_path: Path) -> None:
    with anew(old, tmp_path / "new") as (store, journal, job):
        store.config = replace(store.config, till=replace(store.config.till, id="T1R7KQ", succeeds="T1"))
        seen = found(job)
        assert len(seen.missing) == len(old.invoices())
        done = recovered.take(job, journal, seen, "ann")
        assert done.record == "", "its own numbers were never given out"
        assert journal.commit(sale()).doc["invoice_name"] == "T1R7KQ-000001"
        assert {d["till"] for d in copies(store)} == {"T1"}
        assert verify(store.config).differences == []


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(
    old: Till, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    root = tmp_path / "new"
    root.mkdir()
    environ = {
        "ERPNEXT_URL": old.emulator.url, "ERPNEXT_API_KEY": shops.TILL[0], "ERPNEXT_API_SECRET": shops.TILL[1],
        "TILLKEEP_TILL_WALK_IN": "Walk-in", **sites.CASH,
    }  # fmt: skip
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    store = open_store(settings.load(root))
    connections.sync(store, [connections.Wanted("erpnext", "erpnext", "ERPNext", old.emulator.url)])
    connections.keep_facts(store, "erpnext", dict(old.job.memory.facts))
    store.close()

    def one(*words: str) -> tuple[int, str]:
        code = pos_server.main(["--root", str(root), "recover", "erpnext", "--from", DAY, "--to", DAY, *words])
        out = capsys.readouterr()
        return code, out.out + out.err

    return one


def test_the_command_shows_first_and_takes_when_told(run: Callable[..., tuple[int, str]], old: Till) -> None:
    many = len(old.invoices())
    code, words = run()
    assert code == 0 and f"{many} sales and returns are known there and missing here; 0 are here." in words
    assert "Nothing was changed." in words and "must be above" in words
    code, words = run("--take")
    assert code == 0 and f"{many} taken in as read-only copies. The next receipt of T1 has a number above" in words
    code, words = run("--take")
    assert code == 0 and f"0 sales and returns are known there and missing here; {many} are here." in words
    assert "0 taken in" in words
