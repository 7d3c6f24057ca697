"""The bookkeeping export of another till: what its cells mean, which row is refused with which words, and which row is
the same row."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules import epos_csv
from pos.rules.epos_csv import Form, Refused, header, key_of, number, order_of, orders_of, row

HEAD = (
    "Customer Full Name,Location Name,Quantity,Product,Category,Date/Time,TOTAL Sales,Tender,NET Sales,Cost Price,"
    "Tax,Staff"
)
NAMES = HEAD.split(",")
FORM = Form("GBP", "Europe/London", time(5), "dmy")
CELLS = dict(zip(NAMES, ["Ann", "Quay", "2", "Tea", "Drinks", "20/11/2026 10:59", "2.40", "Cash", "2.00", "0.33",
                         "0.40", "Bob"], strict=True))  # fmt: skip


def read(form: Form = FORM, **cells: str) -> epos_csv.Row | None:
    told = {**CELLS, **{name.replace("_", " "): value for name, value in cells.items() if name != "at"}}
    told["Date/Time"] = cells.get("at", told["Date/Time"])
    return row(list(told.values()), header(list(told)), form)


def test_a_row_is_one_line_of_goods() -> None:
    found = read()
    assert found is not None
    assert (found.day, found.at, found.kind, found.place, found.tender) == (
        "2026-11-20", "2026-11-20T10:59:00", "sale", "Quay", "Cash",
    )  # fmt: skip
    assert (found.qty, found.net, found.tax, found.gross, found.cost, found.rate) == (2000, 200, 40, 240, 33, "")
    back = read(Quantity="-1", TOTAL_Sales="-1.20", NET_Sales="(1.00)", Tax="0.20-")
    assert back is not None
    assert (back.kind, back.qty, back.net, back.tax, back.gross) == ("refund", -1000, -100, -20, -120)


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (HEAD, []),
        (HEAD.upper().replace("DATE/TIME", "date  time"), []),
        ("Customer,Location,Qty,Product Name,Category,Date,Total", []),
        ("Customer Full Name,Quantity", ["Location Name", "Product", "Category", "Date/Time", "TOTAL Sales"]),
        ("", ["Customer Full Name", "Location Name", "Quantity", "Product", "Category", "Date/Time", "TOTAL Sales"]),
    ],
)
def test_columns_go_by_their_names_in_any_order(names: str, missing: list[str]) -> None:
    assert header(names.split(",")).missing == missing
    assert header(names.split(",")[::-1]).missing == missing


def test_without_tax_or_net_the_format_has_to_say_how_tax_is_reckoned() -> None:
    head = header(["Customer", "Location", "Qty", "Product", "Category", "Date", "Total"])
    assert epos_csv.usable(head, "columns") == (
        "It has neither a column Tax nor NET Sales: say in its format how tax is reckoned."
    )
    assert epos_csv.usable(head, "inclusive") == ""


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,234.50", ".", "1234.50"), ("£1,234.50", ".", "1234.50"), ("-£5", ".", "-5"), ("£-5", ".", "-5"),
        ("(5.00)", ".", "-5.00"), ("5.00-", ".", "-5.00"), ("NGN 1 234", ".", "1234"), ("12.50 GBP", ".", "12.50"),
        ("₦1,000,000.00", ".", "1000000.00"), (".5", ".", "0.5"), ("−3", ".", "-3"), ("1.234,50", ",", "1234.50"),
        ("12,50 €", ",", "12.50"), ("1\u00a0234,5", ",", "1234.5"), ("+2", ".", "2"),
        ("12,50", ".", None), ("12.50", ",", None), ("1,23,456", ".", None), ("1e5", ".", None), ("12abc34", ".", None),
        ("", ".", None), ("-", ".", None), ("--5", ".", None), ("(5", ".", None), ("1.2.3", ".", None),
        ("=1+1", ".", None), ("NaN", ".", None), ("Infinity", ".", None), ("٣", ".", None), ("1 2", ".", None),
        ("(-5)", ".", None), ("0x1F", ".", None), ("9" * 29, ".", None),
    ],
)  # fmt: skip
def test_a_number_is_exactly_what_is_written_or_none(text: str, decimal: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(ValueError):
            number(text, decimal)
    else:
        assert number(text, decimal) == Decimal(value)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"TOTAL_Sales": "about 5"}, "TOTAL Sales: about 5 is no number."),
        ({"TOTAL_Sales": "100000000000"}, "TOTAL Sales: 100000000000 is too large."),
        ({"Quantity": "99999999999999999999"}, "Quantity: 99999999999999999999 is too large."),
        ({"at": "20/11/2026 10:00+9900"}, "There is no time 20/11/2026 10:00+9900."),
        ({"Product": "Tea\x1b[31m"}, "Product has characters in it that are no text."),
        ({"TOTAL_Sales": ""}, "TOTAL Sales is empty."),
        ({"TOTAL_Sales": "2.405"}, "TOTAL Sales: 2.405 has more decimals than GBP."),
        ({"Quantity": ""}, "Quantity is empty."),
        ({"Quantity": "1.2345"}, "Quantity: 1.2345 has more than three decimals."),
        ({"Quantity": "0"}, "It has an amount and no quantity."),
        ({"Quantity": "-2"}, "Its quantity is negative and its amount is not."),
        ({"Product": ""}, "Product is empty."),
        ({"at": ""}, "Date/Time is empty."),
        ({"at": "yesterday"}, "yesterday is no date."),
        ({"at": "31/02/2026 10:00"}, "There is no day 31/02/2026 10:00."),
        ({"at": "11/13/2026"}, "There is no day 11/13/2026."),
        ({"at": "20/11/2026 25:00"}, "There is no time 20/11/2026 25:00."),
        ({"at": "20/11/1926"}, "There is no day 20/11/1926."),
        ({"Tax": "0.50"}, "NET 2.00 and Tax 0.50 do not make TOTAL 2.40."),
        ({"Tax": "", "NET_Sales": ""}, "Tax is empty."),
        ({"Tax": "-0.40", "NET_Sales": ""}, "Tax -0.40 is not of TOTAL 2.40."),
        ({"Cost_Price": "n/a"}, "Cost Price: n/a is no number."),
        ({"Product": "x" * 201}, "A cell is longer than 200 letters."),
    ],
)
def test_what_cannot_be_taken_as_it_stands_is_refused_and_no_money_becomes_nothing(
    cells: dict[str, str], words: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(**cells)
    assert refused.value.message == words


def test_a_row_of_another_length_is_refused() -> None:
    cells = list(CELLS.values())
    with pytest.raises(Refused, match="It has 5 cells, the heading 12"):
        row(cells[:5], header(NAMES), FORM)
    with pytest.raises(Refused, match="It has 13 cells, the heading 12"):
        row([*cells, "more"], header(NAMES), FORM)
    assert row([*cells, ""], header(NAMES), FORM) == read()


@pytest.mark.parametrize(
    "cells",
    [
        {"Staff": "Total", "at": ""},
        {"Staff": "Grand total:", "Product": ""},
        {"Customer_Full_Name": "Totals", "Product": "", "at": ""},
        dict.fromkeys([*(name.replace(" ", "_") for name in NAMES if name != "Date/Time"), "at"], ""),
        {**{name.replace(" ", "_"): name for name in NAMES if name != "Date/Time"}, "at": "Date/Time"},
    ],
)
def test_lines_of_sums_headings_and_empty_rows_are_left_out(cells: dict[str, str]) -> None:
    assert read(**cells) is None


def test_goods_sold_by_somebody_called_total_are_goods() -> None:
    found = read(Staff="Total")
    assert found is not None
    assert found.gross == 240


@pytest.mark.parametrize(
    ("mode", "rate", "cells", "amounts"),
    [
        ("columns", "0", {}, (200, 40, 240)),
        ("columns", "0", {"NET_Sales": ""}, (200, 40, 240)),
        ("columns", "0", {"Tax": ""}, (200, 40, 240)),
        ("columns", "0", {"NET_Sales": "1.9992", "Tax": "0.4008"}, (200, 40, 240)),
        ("inclusive", "7.5", {"TOTAL_Sales": "10.75"}, (1000, 75, 1075)),
        ("exclusive", "7.5", {"TOTAL_Sales": "10.00"}, (1000, 75, 1075)),
        ("none", "0", {"Tax": "0.00"}, (240, 0, 240)),
    ],
)
def test_tax_is_as_the_format_says(mode: str, rate: str, cells: dict[str, str], amounts: tuple[int, ...]) -> None:
    found = read(Form("GBP", "Europe/London", time(5), "dmy", ".", mode, Decimal(rate)), **cells)
    assert found is not None
    assert (found.net, found.tax, found.gross) == amounts
    assert found.rate == ("" if mode == "columns" else rate)


def test_tax_where_there_is_to_be_none_is_refused() -> None:
    with pytest.raises(Refused, match="there is none"):
        read(Form("GBP", "Europe/London", time(5), "dmy", tax_mode="none"))


@pytest.mark.parametrize(
    ("text", "zone", "cutoff", "day"),
    [
        ("20/11/2026 04:59:59", "Europe/London", "05:00", "2026-11-19"),
        ("20/11/2026 05:00", "Europe/London", "05:00", "2026-11-20"),
        ("20/11/2026 00:00", "Europe/London", "00:00", "2026-11-20"),
        ("20/11/2026 11:30 pm", "Europe/London", "05:00", "2026-11-20"),
        ("20/11/2026 12:10 am", "Europe/London", "05:00", "2026-11-19"),
        ("20/11/2026", "Europe/London", "05:00", "2026-11-20"),  # a day alone is a business day
        ("20 Nov 2026 04:00", "Europe/London", "05:00", "2026-11-19"),
        # The clocks go forward: 01:30 is left out there. A till that shows it all the same meant that night.
        ("29/03/2026 01:30", "Europe/London", "00:00", "2026-03-29"),
        ("29/03/2026 01:30", "Europe/London", "01:15", "2026-03-29"),
        ("29/03/2026 04:59", "Europe/London", "05:00", "2026-03-28"),
        # The clocks go back: 01:30 is there twice, and is of one day both times.
        ("25/10/2026 01:30", "Europe/London", "05:00", "2026-10-24"),
        ("25/10/2026 01:30", "Europe/London", "00:00", "2026-10-25"),
        ("01/11/2026 04:59", "America/New_York", "05:00", "2026-10-31"),
        ("01/11/2026 05:00", "America/New_York", "05:00", "2026-11-01"),
        ("20/11/2026 04:30", "Africa/Lagos", "05:00", "2026-11-19"),
    ],
)
def test_the_business_day_is_by_the_shop_s_clock_and_cut_off(text: str, zone: str, cutoff: str, day: str) -> None:
    found = read(Form("GBP", zone, time.fromisoformat(cutoff), "dmy"), at=text)
    assert found is not None
    assert found.day == day


def test_a_time_with_an_offset_is_that_of_the_shop() -> None:
    found = read(Form("GBP", "Africa/Lagos", time(5), "ymd"), at="2026-11-20T03:30:00Z")
    assert found is not None
    assert (found.at, found.day) == ("2026-11-20T04:30:00", "2026-11-19")


def test_a_date_that_reads_in_two_ways_is_refused_until_somebody_says_which() -> None:
    assert orders_of("03/04/2026") == {"dmy", "mdy"}
    assert orders_of("13/04/2026 10:00") == {"dmy"}
    assert orders_of("04/13/2026") == {"mdy"}
    assert orders_of("2026-04-13T10:00:00") == {"ymd"}
    assert orders_of("soon") == orders_of("31/02/2026") == set()
    with pytest.raises(Refused, match="can be read in two ways"):
        read(Form("GBP", "Europe/London"), at="03/04/2026")
    days = [read(Form("GBP", "Europe/London", order=order), at="03/04/2026") for order in ("dmy", "mdy")]
    assert [day.day for day in days if day] == ["2026-04-03", "2026-03-04"]


def test_formats_as_programs_write_them_say_an_order() -> None:
    told = {"%d/%m/%Y": "dmy", "%m/%d/%Y %H:%M": "mdy", "%Y-%m-%d": "ymd", "%d %b %Y": "dmy", "": "", "ymd": "ymd"}
    assert {text: order_of(text) for text in told} == told
    with pytest.raises(Invalid):
        order_of("%H:%M")


def test_the_same_row_is_the_same_however_it_is_written() -> None:
    plain = read()
    again = row(
        [
            "Ann",
            "Quay",
            "2.0",
            " Tea ",
            "Drinks",
            "20.11.2026 10:59:00",
            "£2.4",
            "Cash",
            "2",
            "0.33",
            "0.4",
            "Bob",
            "x",
        ],
        header([*NAMES, "Device"]),
        FORM,
    )
    assert plain is not None
    assert plain == again
    for cells in ({"Quantity": "3"}, {"Staff": "Eve"}, {"at": "20/11/2026 11:00"}, {"Cost_Price": ""}):
        other = read(**cells)
        assert other is not None
        assert other.hash != plain.hash, cells


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["19/11/2026 10:00", "20/11/2026 04:00", "20/11/2026 10:00"]),
        st.sampled_from(["Tea", "Bun"]),
        st.sampled_from(["1", "2"]),
    ),
    max_size=20,
)


@given(rows=ROWS, data=st.data())
@settings(max_examples=80, deadline=None)
def test_any_order_and_any_split_into_files_keeps_the_same_rows(rows: list[tuple[str, str, str]], data: Any) -> None:
    """Identical rows are of one moment, so one export has them all; the others may be in any, and in several."""
    kept = [key for key, _ in _taken(rows)]
    assert len(kept) == len(rows) == len(set(kept))
    places = {one: data.draw(st.integers(0, 2)) for one in rows}
    files = [[one for one in rows if places[one] == n] for n in range(3)]
    files.append(data.draw(st.sampled_from(files)))
    found: set[str] = set()
    for file in data.draw(st.permutations(files)):
        found |= {key for key, _ in _taken(data.draw(st.permutations(file)))}
    assert found == set(kept)


def _taken(rows: list[tuple[str, str, str]]) -> list[tuple[str, epos_csv.Row]]:
    """The keys of a file's rows, as the store gives them."""
    met: dict[str, int] = {}
    keys = []
    for at, product, qty in rows:
        found = read(at=at, Product=product, Quantity=qty)
        assert found is not None
        keys.append((key_of(found.hash, met.get(found.hash, 0)), found))
        met[found.hash] = met.get(found.hash, 0) + 1
    return keys
