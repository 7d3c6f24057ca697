"""Files of customers and invoices brought into office records: looked at, written once, and never over what is here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import pos_server
from pos import clock
from pos.actions import office, office_csv
from pos.actions.office_csv import How, Outcome
from pos.errors import Invalid, NotFound
from pos.store import companies, feeds, record_links, records
from pos.store.db import Store
from pos.store.record_links import Link

CUSTOMERS = "name,email,phone,quickbooks id\nAna Lima Ltd,ana@x.uk,1,\nBo,,2,58\n"
HEAD = "number,date,customer,description,item,qty,price,invoice total\n"
INVOICES = f"{HEAD}I-1,2026-11-20,Ana Lima Ltd,Tea,,2,1.50,\nI-1,,,Pot,,1,9,12.00\nI-2,2026-11-20,Bo,Cup,,1,3,\n"


def look(store: Store, what: str, text: str, company: str = "main", **how: Any) -> Outcome:
    return office_csv.look(store, store.config, company, what, text.encode(), How(**how))


def take(store: Store, what: str, text: str, company: str = "main", **how: Any) -> Outcome:
    return office_csv.take_in(store, store.config, company, what, "a.csv", text.encode(), How(**how), "7")


def states(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(one.entry.key, one.state, one.done) for one in outcome.found]


def kept(store: Store, kind: str, company: str = "main") -> dict[str, tuple[dict[str, Any], int]]:
    return {one.title: (one.fields, one.version) for one in records.listed(store, company, kind)}


def acts(store: Store) -> list[str]:
    found = store.execute("SELECT act FROM audit WHERE act LIKE 'record.%' OR act LIKE 'office.%' ORDER BY n")
    return [row[0] for row in found.fetchall()]


def test_a_look_writes_nothing_and_the_same_file_again_changes_nothing(store: Store) -> None:
    assert states(look(store, "customers", CUSTOMERS)) == [("Ana Lima Ltd", "new", ""), ("Bo", "new", "")]
    assert kept(store, "customer") == {} and acts(store) == []
    assert states(take(store, "customers", CUSTOMERS)) == [
        ("Ana Lima Ltd", "new", "created"), ("Bo", "new", "created"),
    ]  # fmt: skip
    done = take(store, "invoices", INVOICES)
    assert [(one.entry.rows, one.state, one.total) for one in done.found] == [
        ((2, 3), "new", "12.00"), ((4,), "new", "3.00"),
    ]  # fmt: skip
    before = {kind: kept(store, kind) for kind in ("customer", "invoice")}
    fields, version = before["invoice"]["I-1"]
    assert (fields["due"], fields["total"], version) == ("2026-12-20", "12.00", 1)
    for what, text in (("customers", CUSTOMERS), ("invoices", INVOICES)):
        assert {state for _, state, _ in states(take(store, what, text))} == {"same"}
    assert {kind: kept(store, kind) for kind in before} == before
    assert acts(store) == [
        "record.create", "record.create", "record.link", "office.import", "record.create", "record.create",
        *["office.import"] * 3,
    ]  # fmt: skip


def test_an_id_of_quickbooks_links_and_creates_nothing_beside_it(store: Store) -> None:
    for key, name in (("C1", "Bo"), ("C2", "Zoe")):
        office.create(store, store.config, "main", "customer", {"id": key, "fields": {"name": name}}, "7")
    record_links.put(store, Link("main", "quickbooks", "customer", "C2", remote_id="77", state="synced"))
    text = "name,quickbooks id\nBo,58\nZoe Other,77\n"
    found = look(store, "customers", text).found
    assert [(one.id, one.state, one.link) for one in found] == [("C1", "same", "58"), ("C2", "changed", "")]
    assert states(take(store, "customers", text)) == [("Bo", "same", "linked"), ("Zoe Other", "changed", "")]
    link = record_links.of_record(store, "main", "quickbooks", "customer", "C1")
    assert link is not None and (link.remote_id, link.state, link.agreed) == ("58", "pending", None)
    assert record_links.waiting(store, "main", "quickbooks", "customer", "", 9) == ["C1", "C2"]
    again = take(store, "customers", "name,quickbooks id\nBo,59\nNew,58\n").found
    assert [one.state for one in again] == ["refused", "changed"], "58 is C1, whatever the file calls it"
    assert "linked to 58" in again[0].reason and again[1].id == "C1"


def test_what_is_changed_is_written_only_where_somebody_said_so_for_just_that(store: Store) -> None:
    take(store, "customers", CUSTOMERS)
    take(store, "invoices", INVOICES)
    other = INVOICES.replace("Cup,,1,3", "Cup,,1,4").replace("2,1.50", "2,1.00").replace("12.00", "11.00")
    first, second = look(store, "invoices", other).found
    assert first.differences == (("lines", "2 × 1.5 Tea; 1 × 9 Pot", "2 × 1 Tea; 1 × 9 Pot"),)
    done = take(store, "invoices", other, overwrite=frozenset([second.token]))
    assert states(done) == [("I-1", "changed", ""), ("I-2", "changed", "changed")]
    invoices = kept(store, "invoice")
    assert (invoices["I-1"][1], invoices["I-2"][1], invoices["I-2"][0]["total"]) == (1, 2, "4.00")
    assert states(take(store, "invoices", other))[1][1] == "same"
    mark = records.titled(store, "main", "invoice", "I-1")[0].id
    office.edit(store, store.config, "main", "invoice", mark, {"version": 1, "fields": {"memo": "ours"}}, "7")
    late = take(store, "invoices", other, overwrite=frozenset([first.token]))
    assert states(late)[0] == ("I-1", "changed", ""), "said of a version that is gone"
    assert kept(store, "invoice")["I-1"][0]["memo"] == "ours"
    empty = look(store, "customers", "name,phone\nBo,\n").found[0]
    assert empty.state == "same", "an empty cell takes nothing away"


def test_whose_an_invoice_is_is_never_guessed(store: Store) -> None:
    take(store, "customers", CUSTOMERS)
    text = f"{HEAD}I-7,2026-11-20,Anna Lima,Tea,,1,1,\n"
    (found,) = take(store, "invoices", text).found
    assert (found.state, found.done, [one.name for one in found.proposals]) == ("refused", "", ["Ana Lima Ltd"])
    assert kept(store, "invoice") == {}
    key = found.proposals[0].id
    for aliases in ({"Anna Lima": "nobody"}, {"anna lima": "ANA@x.uk"}):
        (found,) = take(store, "invoices", text, aliases=aliases).found
    assert (found.state, found.done, found.entry.fields["customer"]) == ("new", "created", key)
    near = look(store, "customers", "name\nAna Lima\n").found[0]
    assert (near.state, [one.id for one in near.proposals]) == ("new", [key])


def test_whom_and_what_the_till_knows_is_known_before_the_first_push(store: Store) -> None:
    feeds.put_customers(store, [{"code": "K1", "name": "Ana", "phone": "1", "email": "ana@x.uk"}], "csv")
    feeds.put_items(store, [{"code": "MUG", "name": "Mug", "item_group": "Cups"}], "csv")
    people, goods = "name,phone\nAna,1\n", f"{HEAD}I-1,2026-11-20,Ana,Tea,Mug,2,1.50,\n"
    assert [(one.id, one.state) for one in look(store, "customers", people).found] == [("K1", "same")]
    (seen,) = look(store, "invoices", goods).found
    assert (seen.state, seen.entry.lines[0]["item"], kept(store, "customer")) == ("new", "MUG", {})
    (done,) = take(store, "invoices", goods).found
    assert (done.done, done.token, list(kept(store, "customer"))) == ("created", seen.token, ["Ana"])
    (other,) = look(store, "customers", "id,name,phone\nK1,Ana,2\n").found
    assert (other.state, other.differences) == ("changed", (("phone", "1", "2"),))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("I-3,2026-11-20,Bo,Cup,NONE,1,3,", "no item NONE"),
        ("I-3,2026-11-20,Bo,Cup,,1,3,4", "comes to 3.00"),
        ("I-4,2026-11-20,Bo,Cup,,1,3,", "was deleted here"),
        ("I-5,2026-11-20,Bo,Cup,,1,3,", "copy of a document made in the books"),
    ],
)
def test_what_is_refused_is_listed_and_the_others_are_written(store: Store, row: str, words: str) -> None:
    take(store, "customers", CUSTOMERS)
    take(store, "invoices", f"{HEAD}I-4,2026-11-20,Bo,Cup,,1,3,\n")
    gone = records.titled(store, "main", "invoice", "I-4")[0]
    office.delete(store, "main", "invoice", gone.id, {"version": 1}, "7")
    theirs = {"number": "I-5", "date": "2026-11-19"}
    records.create(store, "main", "invoice", "Q-5", theirs, [], "quickbooks", clock.now(), "there")
    done = take(store, "invoices", f"{HEAD}{row}\nI-9,2026-11-20,Bo,Cup,,1,3,\n")
    assert done.counts == {"new": 1, "same": 0, "changed": 0, "refused": 1}
    assert words in done.found[0].reason and done.found[1].done == "created"


def test_companies_are_kept_apart_and_a_file_that_cannot_be_read_is_refused_as_a_whole(store: Store) -> None:
    companies.add(store, "north", "North Ltd", "7")
    take(store, "customers", CUSTOMERS, "north")
    assert kept(store, "customer") == {} and len(kept(store, "customer", "north")) == 2
    assert look(store, "invoices", INVOICES).counts["refused"] == 2, "customers of north are nobody here"
    assert look(store, "invoices", INVOICES, "north").counts["new"] == 2
    with pytest.raises(NotFound):
        look(store, "bills", CUSTOMERS)
    for text, how in (("", {}), (CUSTOMERS, {"delimiter": "x"}), (CUSTOMERS, {"decimal": "'"}), ("a;b\n1;2\n", {})):
        with pytest.raises(Invalid):
            look(store, "customers", text, **how)


def test_the_command_looks_unless_told_to_apply(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    def run(*words: str) -> tuple[int, str]:
        try:
            code = pos_server.main(["--root", str(store.config.root), "office", "import", *words])
        except SystemExit as end:
            code = int(str(end.code))
        return code, capsys.readouterr().out

    file = tmp_path / "customers.csv"
    file.write_text(CUSTOMERS, encoding="utf-8")
    code, out = run("customers", str(file))
    assert (code, "add --apply" in out, kept(store, "customer")) == (0, True, {})
    code, out = run("customers", str(file), "--apply")
    assert (code, "2 written" in out, len(kept(store, "customer"))) == (0, True, 2)
    file.write_text(f"{HEAD}I-7,2026-11-20,Anna Lima,Tea,,1,1,\n", encoding="utf-8")
    code, out = run("invoices", str(file), "--apply")
    assert code == 1 and "line 2: I-7 refused" in out and "Ana Lima Ltd" in out
    assert run("invoices", str(file), "--apply", "--alias", "Anna Lima=ana@x.uk")[0] == 0
    for words in (["bills", str(file)], ["invoices", "none.csv"], ["invoices", str(file), "--company", "nobody"]):
        assert run(*words)[0] == 2, words
