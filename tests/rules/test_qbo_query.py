"""Questions to QuickBooks: what may be asked is written anew, everything else is refused before it goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import Invalid
from pos.rules import qbo_query

PAGE = " STARTPOSITION 1 MAXRESULTS 1000"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("select * from Customer", f"SELECT * FROM Customer{PAGE}"),
        ("SELECT COUNT(*) FROM SalesReceipt", "SELECT COUNT(*) FROM SalesReceipt"),
        ("Select Id, Name from Item maxresults 5", "SELECT Id, Name FROM Item STARTPOSITION 1 MAXRESULTS 5"),
        (
            "SELECT * FROM SalesReceipt WHERE TxnDate >= '2026-11-01' AND TotalAmt > 10.50 ORDER BY TxnDate DESC, Id"
            " STARTPOSITION 11 MAXRESULTS 10",
            "SELECT * FROM SalesReceipt WHERE TxnDate >= '2026-11-01' AND TotalAmt > 10.50 ORDERBY TxnDate DESC, Id"
            " STARTPOSITION 11 MAXRESULTS 10",
        ),
        ("select * from Item where Active in (true, false)", f"SELECT * FROM Item WHERE Active IN (true, false){PAGE}"),
        (
            r"select * from Customer where DisplayName like 'O\'Brien %' and MetaData.CreateTime < '2026-01-01'",
            rf"SELECT * FROM Customer WHERE DisplayName LIKE 'O\'Brien %' AND MetaData.CreateTime < '2026-01-01'{PAGE}",
        ),
        ("select\n*\tfrom Item\n", f"SELECT * FROM Item{PAGE}"),
    ],
)
def test_what_may_be_asked_is_written_anew(words: str, text: str) -> None:
    assert qbo_query.read(words).text == text


@pytest.mark.parametrize(
    "words",
    [
        "",
        "delete from Customer",
        "UPDATE Customer SET Active = false",
        "insert into Item values (1)",
        "select * from Customer; delete from Customer",
        "select * from Customer select * from Item",
        "select * from Customer -- all of them",
        "select * from Customer /* x */",
        "select * from Customer, Item",
        "select * from Customer where Id = '1' or Id = '2'",
        "select * from Customer where Id = 'it's'",
        "select * from Customer where Id = 'open",
        'select * from Customer where Id = "1"',
        "select * from Customer where Id = '1' union select * from Item",
        "select * from Customer where Id in (select Id from Item)",
        "select * from Customer where DisplayName = 'a\nb'",
        "select * from Customer where DisplayName = 'a\x00b'",
        "select * from Customer maxresults 1001",
        "select * from Customer maxresults 0",
        "select * from Customer maxresults -5",
        "select * from Customer maxresults 1e3",
        "select * from Customer&minorversion=1",
        "select * from Customer%3B",
        "select * from ../../companyinfo",
        "select * from select",
        "select count(Id) from Customer",
        "select * from Customer where 1 = 1",
        "select * from Customer limit 5",
        "explain select * from Customer",
        "select * from Cüstomer",
        "select * from Customer where DisplayName = 'x'" + " and Id = '1'" * 200,
    ],
)
def test_anything_else_is_refused(words: str) -> None:
    with pytest.raises(Invalid):
        qbo_query.read(words)


@given(st.text(alphabet="selctfromwhrinadb*(),.=<>'\\;- 1\n", max_size=80))
def test_whatever_is_typed_a_question_is_one_select_or_refused(words: str) -> None:
    try:
        found = qbo_query.read(f"select * from Customer where Id = {words}")
    except Invalid:
        return
    assert (
        found.text.startswith("SELECT * FROM Customer WHERE ")
        and ";" not in found.text.replace("\\'", "").split("'")[0]
    )
    assert qbo_query.read(found.text) == found, "what goes out reads as itself"
