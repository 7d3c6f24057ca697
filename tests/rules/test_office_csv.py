"""Customers and invoices in a CSV file, by tables: columns, whole invoices, reasons, who is meant and who may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pos.errors import Invalid
from pos.rules import csv_records, office_csv
from pos.rules.epos_csv import Form
from pos.rules.office_csv import Entry, People, Person

FORM = Form(currency="GBP", zone="Europe/London")
HEAD = "Invoice No,Date,Due,Customer,Description,Qty,Price"


def read(kind: str, *lines: str, form: Form = FORM, **more: Any) -> office_csv.Read:
    return office_csv.read(kind, csv_records.records([f"{line}\n" for line in lines], ","), form, **more)


def one(*lines: str, **more: Any) -> Entry:
    (found,) = read("invoice", *lines, **more).entries
    return found


def test_columns_go_by_what_files_call_them_and_the_others_are_told() -> None:
    found = read("customer", "Display Name,E-Mail,Post-Code,VAT no,QBO ID,Customer ID", "Ana,a@x.uk,N1,GB1,58,C7")
    assert found.entries == [
        Entry((2,), "Ana", "C7", {"name": "Ana", "email": "a@x.uk", "postcode": "N1"}, quickbooks_id="58")
    ]
    assert found.ignored == ["VAT no"]
    for kind, head in (("customer", "E-Mail"), ("invoice", "Number,Date,Price"), ("invoice", "Number,Date,Customer")):
        with pytest.raises(Invalid, match="Columns are missing"):
            read(kind, head, "x")
    with pytest.raises(Invalid, match="empty"):
        read("customer")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",a@x.uk,,", "name is needed"),
        (f"{'n' * 101},,,", "at most 100"),
        ("Bo,,12x,", "no id of QuickBooks"),
        ("Bo,,,/7", "begins with a letter"),
        ("ANA,,,", "name stands in row 2"),
        ("Bo,,58,", "quickbooks_id stands in row 2"),
        ("Bo,,,C7", "id stands in row 2"),
        ("Bo", "has 1 cell,"),
        ('Bo,"a,,', "never closed"),
    ],
)
def test_a_customer_that_cannot_be_taken_is_told_with_its_row(row: str, words: str) -> None:
    found = read("customer", "name,email,quickbooks id,id", "Ana,,58,C7", row, "Zoe,,,").entries
    assert [(each.rows, bool(each.reason)) for each in found] == [((2,), False), ((3,), True), ((4,), False)]
    assert words in found[1].reason


def test_rows_of_one_number_are_one_invoice_wherever_they_stand() -> None:
    found = read(
        "invoice", HEAD, 'I-1,2026-11-20,,Ana,Tea,2,"1,250.50"', "I-2,2026-11-21,2026-11-30,Bo,Pot,1,9",
        "I-1,,,,Cup,,3",
    ).entries  # fmt: skip
    assert [(each.rows, each.key, each.fields["due"]) for each in found] == [
        ((2, 4), "I-1", "2026-12-20"), ((3,), "I-2", "2026-11-30"),
    ]  # fmt: skip
    assert [(line["name"], line["qty"], line["price"]) for line in found[0].lines] == [
        ("Tea", "2", "1250.50"), ("Cup", "1", "3"),
    ]  # fmt: skip
    assert found[0].who == ("", "Ana", "")
    assert one(HEAD, "I-1,2026-01-31,,Ana,Tea,1,1", due_days=0).fields["due"] == "2026-01-31"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["I-1,,,Ana,Tea,1,1"], "invoice date is empty"),
        (["I-1,03/04/2026,,Ana,Tea,1,1"], "two ways"),
        (["I-1,2026-02-30,,Ana,Tea,1,1"], "no day"),
        (["I-1,2026-11-20,2026-11-19,Ana,Tea,1,1"], "due before"),
        (["I-1,2026-11-20,,,Tea,1,1"], "names no customer"),
        (["I-1,2026-11-20,,Ana,Tea,1,ten"], "Row 2: unit price: ten is no number"),
        (["I-1,2026-11-20,,Ana,Tea,1,"], "Row 2: unit price is empty"),
        (["I-1,2026-11-20,,Ana,Tea,-1,1"], "above nothing"),
        (["I-1,2026-11-20,,Ana,,1,1"], "an item or a name"),
        (["I-1,2026-11-20,,Ana,Tea,1,1", "I-1,2026-11-21,,Ana,Tea,1,1"], "different things of invoice date"),
        (["I-1,2026-11-20,,Ana,Tea,1,1", "I-1,,,Bo,Tea,1,1"], "different things of customer"),
        ([f"{'9' * 22},2026-11-20,,Ana,Tea,1,1"], "at most 21"),
    ],
)
def test_an_invoice_is_whole_or_refused(rows: list[str], words: str) -> None:
    found = one(HEAD, *rows)
    assert words in found.reason and not found.lines


def test_a_row_that_may_belong_to_any_invoice_holds_them_all_up() -> None:
    for stray in (",,,,Cup,1,3", 'I-1,"2026'):
        found = read("invoice", HEAD, "I-1,2026-11-20,,Ana,Tea,1,1", stray).entries
        assert [each.rows for each in found] == [(2,), (3,)]
        assert "Row 3 may belong to it" in found[0].reason and found[1].reason


def test_the_form_says_how_dates_and_figures_are_read() -> None:
    form = Form(currency="EUR", zone="Europe/Oslo", order="dmy", decimal=",")
    found = one(HEAD, 'I-1,03/04/2026,,Ana,Tea,"1,5","1.250,25"', form=form)
    assert (found.fields["date"], found.lines[0]["qty"], found.lines[0]["price"]) == ("2026-04-03", "1.5", "1250.25")
    with pytest.raises(Invalid, match="from 0 to 366"):
        read("invoice", HEAD, due_days=400)


HERE = [
    Person("C1", "Ana Lima Ltd", "ana@x.uk"), Person("C2", "Bo's  Cafe", "shared@x.uk"),
    Person("C3", "Corner", "shared@x.uk"), Person("Corner", "Somebody", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "aliases", "ids"),
    [
        (("C1", "", ""), {}, ["C1"]),
        (("", "ana lima LTD", ""), {}, ["C1"]),
        (("", "Bo's Cafe", ""), {}, ["C2"]),
        (("", "", "ANA@x.uk"), {}, ["C1"]),
        (("", "", "shared@x.uk"), {}, ["C2", "C3"]),  # two have it: not known
        (("", "Bo's Cafe", "shared@x.uk"), {}, ["C2"]),
        (("C1", "Bo's Cafe", ""), {}, []),  # says two people
        (("", "Ana Lima", ""), {}, []),  # similar is not the same
        (("", "Corner", ""), {}, ["Corner"]),  # an id comes before a name
        (("", "Ana Lima", ""), {"ANA LIMA": "C1"}, ["C1"]),
        (("", "Ana Lima", ""), {"Ana Lima": "bo's cafe"}, ["C2"]),
        (("", "Ana Lima Ltd", ""), {"Ana Lima Ltd": "nobody"}, []),  # what a person said is not set aside
    ],
)
def test_a_customer_is_found_by_what_is_the_same_alone(
    who: tuple[str, ...], aliases: Mapping[str, str], ids: list[str]
) -> None:
    assert [each.id for each in People(HERE, aliases).of(who)] == ids


def test_who_is_similar_is_proposed_and_a_stranger_is_nobody() -> None:
    people = People(HERE, {})
    assert [each.id for each in people.alike(("", "Anna Lima", ""))] == ["C1"]
    assert [each.id for each in people.alike(("", "The Bos Cafe Company", ""))] == ["C2"]
    assert people.alike(("", "Zürich Insurance", "")) == []
    zoe = People([Person("C9", "Zoë & Co")], {})
    assert ([each.id for each in zoe.alike(["Zoe"])], zoe.named("Zoe & Co")) == (["C9"], [])
    assert zoe.named("Zoe\u0308 & CO")[0].id == "C9", "the same letter, written in two signs"


def test_a_file_that_is_too_long_is_cut_by_whoever_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_csv, "ROWS_MAX", 1)
    monkeypatch.setattr(office_csv, "LOOKED_MAX", 1)
    with pytest.raises(Invalid, match="At most 1 rows"):
        read("customer", "name", "Ana", "Bo")
    people = People(HERE, {})
    assert [len(people.alike(["Anna Lima"])) for _ in range(2)] == [1, 0]


def test_ids_and_tokens_are_of_the_content_and_differences_of_what_the_file_says() -> None:
    assert office_csv.record_id("customer", "Ana  LIMA") == office_csv.record_id("customer", "ana lima")
    assert office_csv.record_id("invoice", "i-1") != office_csv.record_id("invoice", "I-1")
    entry = one(HEAD, "I-1,2026-11-20,,Ana,Tea,2,1.50")
    told = {office_csv.token("main", "invoice", "k", n, each) for n in (1, 2) for each in (entry, Entry((2,), "I-1"))}
    assert len(told) == 4
    here = {**entry.fields, "memo": "ours"}
    assert office_csv.differences(entry, here, [{"name": "Tea", "qty": "2.0", "price": "1.5", "net": "3.00"}]) == []
    found = office_csv.differences(entry, {**here, "due": "2026-11-21"}, [{"name": "Tea", "qty": "1", "price": "1.5"}])
    assert found == [("due", "2026-11-21", "2026-12-20"), ("lines", "1 × 1.5 Tea", "2 × 1.5 Tea")]
    assert office_csv.comes_to("3.00", "3") == "" == office_csv.comes_to("3.00", "")
    assert "3.00 by the tax codes here" in office_csv.comes_to("3.00", "3.01")
