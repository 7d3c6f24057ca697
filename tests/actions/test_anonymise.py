"""Anonymise: nothing names the customer any more, every figure and the chain stay, and a forged blanking is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos.actions import anonymise, archive
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import documents, record
from pos.rules import shift as rule
from pos.rules.blanking import blanked
from pos.store import archives, audit, feeds, outbox, rebuild, receipts, recover, shifts, sold, takings
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.models import Outbox
from pos.store.verify import verify
from tests import books
from tests.putaway import REASON, month_of_sales
from tests.receipts import line, refund, sale, stamped
from tests.store.looking import differences, kept
from tests.store.test_rebuild import ledger_rows

WHO, NAME, PHONE, MAIL = "CUST-JANE-00042", "Jané Featherstone", "+44 7700 900123", "jane@example.org"
WHY = "asked for it in writing"
SECRET = (WHO, NAME, PHONE, MAIL, "left her umbrella", "engrave: J.F.")


@pytest.fixture
def traded(store: Store, journal: Journal) -> list[dict[str, Any]]:
    """Two of her receipts in a month that is over, two of today, one of somebody else."""
    catalog_of(store)
    last = month_of_sales(journal, "2026-03", 2, customer=WHO, note="left her umbrella")
    month_of_sales(journal, "2026-03", 1, first=3, prev=last)
    mine = journal.commit(sale(line("A", 2, note="engrave: J.F."), customer=WHO, note="left her umbrella")).doc
    back = journal.commit(refund(mine, customer=WHO)).doc
    journal.commit(sale())
    journal.flush()
    return [mine, back]


def catalog_of(store: Store) -> None:
    her = {"code": WHO, "name": NAME, "phone": PHONE, "email": MAIL, "tax_id": ""}
    feeds.put_customers(store, [her, {"code": "OTHER", "name": "Otto Other"}], "erpnext")


def take_out(journal: Journal, **more: Any) -> anonymise.Done:
    return anonymise.take_out(journal, anonymise.planned(journal.store, WHO), WHY, "cli:ann", **more)


def found_in(folder: Path) -> list[str]:
    """Every word of hers that any byte of a folder still holds."""
    bodies = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    forms = [(word, form) for word in SECRET for form in {word, word.encode("ascii", "backslashreplace").decode()}]
    return [f"{word} in {p.name}" for p, body in bodies.items() for word, form in forms if form.encode() in body]


def named_in(store: Store) -> list[str]:
    """The same of what a till or hub keeps: its folder, and its database where that is another program's."""
    if store.keeps_files:
        return found_in(store.config.root)
    everything = kept(store)
    there = [f"{word} in the database" for word in SECRET if word.encode() in everything]
    return [*found_in(store.config.root), *there]


def figures(store: Store) -> list[Any]:
    rows = store.execute("SELECT id, kind, sequence, number, total, tax, hash, prev_hash FROM document ORDER BY n")
    lines = store.execute("SELECT * FROM line ORDER BY document, position")
    tenders = store.execute("SELECT * FROM tender ORDER BY document, position")
    return [rows.fetchall(), lines.fetchall(), tenders.fetchall()]


@pytest.mark.both_engines
def test_nothing_names_her_and_every_figure_and_hash_stays(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    before = figures(store)
    assert {words.split(" in ")[0] for words in named_in(store)} == set(SECRET), "the search itself finds things"
    done = take_out(journal)
    assert (done.receipts, len(done.records), done.left) == (4, 1, [])
    after = figures(store)
    assert [rows[: len(was)] for rows, was in zip(after, before, strict=True)] == before
    assert len(after[0]) == len(before[0]) + 1 and after[0][-1][1] == "record"
    assert differences(store) == []
    journal.close()
    assert store.keeps_files or named_in(store) == []
    store.close()
    assert found_in(shop.root) == []


def test_what_is_left_of_a_receipt_says_so_and_proves_itself(
    store: Store, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    original = traded[0]
    done = take_out(journal)
    left = documents.verify(receipts.body(store, original["invoice_name"]))
    assert (left["customer"], left["note"], left["items"][0]["note"]) == ("Walk-in Customer", "", "")
    assert left["blanked"]["fields"] == ["customer", "note", f"items.{original['items'][0]['line']}.note"]
    assert left["blanked"]["hash"] == original["hash"] != left["hash"]
    kept = {k: v for k, v in original.items() if k not in ("customer", "note", "items", "hash")}
    assert kept.items() <= left.items()
    told = documents.verify(receipts.body(store, done.records[0]))
    assert told["record"]["reason"] == WHY and told["cashier"]["code"] == "cli:ann" and not told["total"]
    assert {(r["hash"], r["blanked"]) for r in told["record"]["documents"]} >= {(original["hash"], left["hash"])}
    assert audit.verify_chain(store)[1] == ""
    assert store.execute("SELECT count(*) FROM audit WHERE act = 'anonymise'").fetchone()[0] == 1


def test_archived_receipts_are_blanked_in_their_archive(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    (march,) = archive.planned(store, "2026-05", without_backup=REASON)
    name = archive.put_away(store, march, "ann", REASON).file
    take_out(journal)
    assert archive.proven(store, name) == "" and differences(store) == []
    held = archives.Archive(shop.archive / name)
    first = documents.verify(held.read("2026-03-01/T1-000001.json"))
    assert first["customer"] == "Walk-in Customer" and first["blanked"]
    assert "blanked" not in documents.verify(held.read("2026-03-01/T1-000003.json")), "somebody else's"
    assert found_in(shop.archive) == []


def test_the_z_of_before_and_of_after_are_right(store: Store, shop: Config, journal: Journal) -> None:
    catalog_of(store)
    journal.commit(sale(customer=WHO))
    before = shifts.facts(store, shifts.current(store, "T1"))  # type: ignore[arg-type]
    take_out(journal)
    journal.commit(sale())
    journal.flush()
    session = shifts.current(store, "T1")
    assert session is not None
    after = shifts.facts(store, session)
    assert after.missing == () and after.documents == before.documents + 2
    assert takings.wrong(store) == []
    kinds = {key[3]: row[0] for key, row in after.sums.people.items()}
    assert kinds == {"sale": 2, "record": 1}
    assert differences(store) == []


def test_the_files_alone_give_the_same_database(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    take_out(journal)
    rows = ledger_rows(store)
    blanked = store.execute("SELECT document, record, hash, blanked, customer FROM blanking ORDER BY 1").fetchall()
    journal.close()
    store.close()
    found = rebuild.rebuild(shop)
    assert found.left_alone == []
    again = open_store(shop)
    writer = Journal(again)
    try:
        assert ledger_rows(again) == rows
        assert (
            again.execute("SELECT document, record, hash, blanked, customer FROM blanking ORDER BY 1").fetchall()
            == blanked
        )
        assert verify(shop).differences == []
        assert writer.commit(sale()).doc["sequence"] == 8
    finally:
        writer.close()
        again.close()


def test_her_goods_can_still_come_back(store: Store, journal: Journal, traded: list[dict[str, Any]]) -> None:
    take_out(journal)
    doc = sold.document(store, "T1-000001")
    assert doc is not None and doc["customer"] == "Walk-in Customer"
    assert journal.commit(refund(doc)).doc["items"][0]["return_against"]["id"] == doc["id"]


def test_an_older_copy_brings_nothing_back(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    original = receipts.body(store, traded[0]["invoice_name"])
    take_out(journal)
    here = receipts.body(store, traded[0]["invoice_name"])
    taken = journal.adopt(original, "replay", "ann")
    assert taken.duplicate and taken.body == here
    assert differences(store) == []


def test_she_is_not_taken_in_again_by_the_next_pull(
    store: Store, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    take_out(journal)
    catalog_of(store)
    assert store.execute("SELECT code FROM customer").fetchall() == [("OTHER",)]


def test_what_the_books_answered_is_kept_without_her(store: Store, shop: Config, journal: Journal) -> None:
    books.connected(store)
    catalog_of(store)
    doc = journal.commit(sale(customer=WHO, mode="erpnext")).doc
    (row,) = outbox.claim(store, "erpnext", "me", 1, clock.now())
    row = outbox.sent(store, row, clock.now(), "SINV-1")
    outbox.booked(store, row, clock.now(), {"figures": {"customer": WHO, "key": doc["id"]}, "rows": [{"name": "r1"}]})
    Outbox.update(message=f"{NAME} was slow.", reply=f'{{"customer": "{WHO}"}}').execute()
    take_out(journal)
    (there,) = Outbox.select()
    assert '"customer": "Walk-in Customer"' in there.remote and doc["id"] in there.remote
    assert there.message == "(blanked) was slow."
    journal.close()
    store.close()
    assert found_in(shop.root) == []


# -- what stands in the way --------------------------------------------------------------------------------------------


def test_what_is_not_booked_yet_waits(store: Store, journal: Journal) -> None:
    books.connected(store)
    journal.commit(sale(customer=WHO))
    with pytest.raises(Conflict, match="T1-000001 is queued in the outbox"):
        anonymise.planned(store, WHO)


def test_nobody_and_somebody_unknown(store: Store, journal: Journal) -> None:
    with pytest.raises(Invalid, match="is nobody"):
        anonymise.planned(store, "Walk-in Customer")
    with pytest.raises(NotFound, match="no customer X"):
        anonymise.planned(store, "X")


@pytest.mark.parametrize("reason", ["", "no", f"because {WHO} asked", f"letter of {NAME}"])
def test_a_reason_that_says_nothing_or_too_much(store: Store, journal: Journal, traded: list[Any], reason: str) -> None:
    with pytest.raises(Invalid):
        anonymise.take_out(journal, anonymise.planned(store, WHO), reason, "ann")
    assert anonymise.planned(store, WHO).receipts


def test_one_who_never_bought_is_only_forgotten(store: Store, journal: Journal) -> None:
    catalog_of(store)
    done = take_out(journal)
    assert (done.receipts, done.records) == (0, [])
    assert store.execute("SELECT code FROM customer").fetchall() == [("OTHER",)]


def test_copies_kept_aside_are_named(store: Store, shop: Config, journal: Journal, traded: list[Any]) -> None:
    (shop.data / "till.db.before-rebuild-1").write_bytes(b"..." + NAME.encode() + b"...")
    (shop.invoices / "dropped").mkdir()
    (shop.invoices / "dropped" / "T1-000001.json").write_bytes(receipts.body(store, "T1-000001"))
    left = take_out(journal).left
    assert [words.split(" still")[0] for words in left] == [
        "data/till.db.before-rebuild-1",
        "invoices/dropped/T1-000001.json",
    ]


# -- harmed, forged, ended ---------------------------------------------------------------------------------------------


def rewrite(shop: Config, number: str, body: bytes) -> None:
    (file,) = shop.invoices.glob(f"*/{number}.json")
    file.write_bytes(body)
    with closing(sqlite3.connect(shop.data / "till.db")) as database, database:
        database.execute("UPDATE document SET body = ? WHERE number = ?", (body.decode(), number))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_hub_finds_a_blanking_that_no_record_names(
    store: Store, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    """The same where there are no files; what its tables hold of a document follows its bytes."""
    take_out(journal)
    name = traded[0]["invoice_name"]
    doc = documents.decode(receipts.body(store, name))
    forged = {**{k: v for k, v in doc.items() if k != "hash"}, "note": "x"}
    body = documents.stamp(forged, prev_hash=doc["prev_hash"])[1]
    assert differences(store) == []
    store.execute("UPDATE document SET body = ? WHERE number = ?", (body.decode(), name))
    assert [words for words in differences(store) if name in words and "no record says so" in words]


def test_a_blanking_that_no_record_names_is_found(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    """Somebody makes a receipt look blanked to hide a change."""
    take_out(journal)
    name = traded[0]["invoice_name"]
    doc = documents.decode(receipts.body(store, name))
    journal.close()
    store.close()
    for change in ({"note": "x"}, {"blanked": {**doc["blanked"], "fields": []}}):
        forged = {**{k: v for k, v in doc.items() if k != "hash"}, **change}
        rewrite(shop, name, documents.stamp(forged, prev_hash=doc["prev_hash"])[1])
        assert any(name in words and "no record says so" in words for words in verify(shop).differences), change
    other = documents.decode((next(shop.invoices.glob("*/T1-000006.json"))).read_bytes())
    hidden = {k: v for k, v in other.items() if k != "hash"}
    hidden["blanked"] = {"hash": other["hash"], "record": doc["blanked"]["record"], "fields": ["note"]}
    rewrite(shop, "T1-000006", documents.stamp(hidden, prev_hash=other["prev_hash"])[1])
    assert any("T1-000006" in words and "no record says so" in words for words in verify(shop).differences)


def test_a_receipt_that_should_be_blanked_and_is_not_is_found_and_blanked_at_the_start(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    name = traded[0]["invoice_name"]
    original = receipts.body(store, name)
    take_out(journal)
    journal.close()
    store.close()
    rewrite(shop, name, original)
    with closing(sqlite3.connect(shop.data / "till.db")) as database, database:
        database.execute("UPDATE document SET customer = ? WHERE number = ?", (WHO, name))
        database.execute("UPDATE blanking SET done = 0")
    assert any("blanks it, and it is not blanked" in words for words in verify(shop).differences)
    again = open_store(shop)
    Journal(again).close()
    again.close()
    assert verify(shop).differences == [] and found_in(shop.invoices) == []


class _Ended(BaseException):
    pass


@pytest.fixture
def ended(store: Store, shop: Config, journal: Journal, traded: list[Any]) -> Iterator[Callable[[str], None]]:
    """End it at a step, with a month put away; then start the till again."""
    (march,) = archive.planned(store, "2026-05", without_backup=REASON)
    archive.put_away(store, march, "ann", REASON)

    def at(step: str) -> None:
        def end(name: str) -> None:
            if name == step:
                raise _Ended

        with pytest.raises(_Ended):
            take_out(journal, step=end)
        journal.close()
        store.close()

    yield at


@pytest.mark.parametrize("step", [s for s in anonymise.STEPS if s != "planned"])
def test_ended_at_any_step_the_next_start_goes_on(ended: Callable[[str], None], shop: Config, step: str) -> None:
    ended(step)
    again = open_store(shop)
    Journal(again).close()
    assert differences(again) == []
    assert again.keeps_files or named_in(again) == []
    again.close()
    assert found_in(shop.root) == []


def test_ended_before_the_record_nothing_happened(ended: Callable[[str], None], shop: Config) -> None:
    ended("planned")
    again = open_store(shop)
    assert differences(again) == []
    assert len(anonymise.planned(again, WHO).receipts) == 4
    again.close()


def test_ended_with_the_database_lost_the_files_go_on(ended: Callable[[str], None], shop: Config) -> None:
    ended("files")
    assert rebuild.rebuild(shop).left_alone == []
    again = open_store(shop)
    found = recover.recover(again)
    again.close()
    assert found.notices == [] and verify(shop).differences == [] and found_in(shop.invoices) == []


def test_another_tills_record_blanks_nothing_here(
    store: Store, shop: Config, journal: Journal, traded: list[dict[str, Any]]
) -> None:
    left, _ = blanked(traded[0], "foreign", "Walk-in Customer")
    named = [{"id": left["id"], "invoice_name": "", "hash": traded[0]["hash"], "blanked": left["hash"]}]
    doc = {
        **rule.blank(record.KIND, "foreign", anonymise.maker(shop, "eve")),
        "record": record.blank_block("because I can", "Walk-in Customer", named),
    }
    journal.adopt(stamped(doc, till="T2", invoice_name="T2-000001", session="")[1], "replay", "eve")
    recover.recover(store)
    assert documents.decode(receipts.body(store, traded[0]["invoice_name"]))["customer"] == WHO
