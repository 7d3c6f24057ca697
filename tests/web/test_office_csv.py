"""Files of customers and invoices by the door of programs: looked at, written, refused in words."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from pos.app import App
from tests.web.conftest import Console, Page

BASE = "/api/office/import"


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"data": base64.b64encode(text.encode()).decode(), **more}


def test_a_file_is_looked_at_then_written_and_a_conflict_is_a_person_s(till: App, operator: Console) -> None:
    text = "name;e-mail;fax\nAna;ana@x.uk;1\n;b@x.uk;2\n"
    seen = operator.post(f"{BASE}/customers/preview", body(text)).json
    assert (seen["counts"], seen["ignored"]) == ({"new": 1, "same": 0, "changed": 0, "refused": 1}, ["fax"])
    assert operator.get("/api/office/records/customer").json["records"] == []
    done = operator.post(f"{BASE}/customers", body(text, name="customers.csv")).json["records"]
    assert [(row["rows"], row["state"], row["done"], bool(row["reason"])) for row in done] == [
        ([2], "new", "created", False), ([3], "refused", "", True),
    ]  # fmt: skip
    invoices = "number,date,customer,description,price\nI-1,20/11/2026,A. Na,Tea,1.50\n"
    how = {"aliases": {"A. Na": "ana@x.uk"}, "dueDays": 14, "dateOrder": "dmy"}
    (row,) = operator.post(f"{BASE}/invoices", body(invoices, name="i.csv", **how)).json["records"]
    made = operator.get(f"/api/office/records/invoice/{row['id']}").json["record"]
    assert (made["fields"]["due"], made["fields"]["customer"], made["version"]) == ("2026-12-04", done[0]["id"], 1)
    (row,) = operator.post(f"{BASE}/invoices/preview", body(invoices.replace("1.50", "2"), **how)).json["records"]
    assert (row["state"], row["differences"][0]["field"]) == ("changed", "lines")
    told = body(invoices.replace("1.50", "2"), name="i.csv", overwrite=[row["token"]], **how)
    assert operator.post(f"{BASE}/invoices", told).json["records"][0]["done"] == "changed"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"data": "?"}, "data"),
        ({"dueDays": "30"}, "dueDays"),
        ({"dueDays": 999}, "due_days"),
        ({"aliases": {"A": 1}}, "aliases"),
        ({"overwrite": "x"}, "overwrite"),
        ({"dateOrder": "%H"}, "date_format"),
        ({"encoding": "klingon"}, "encoding"),
    ],
)
def test_what_is_wrong_is_named(operator: Console, more: dict[str, Any], field: str) -> None:
    answer = operator.post(f"{BASE}/customers/preview", {**body("name\nAna\n"), **more})
    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_other_lists_are_not_known_and_a_cashier_brings_in_nothing(operator: Console, anna: Page) -> None:
    assert operator.post(f"{BASE}/bills/preview", body("name\nAna\n")).status_code == 404
    assert anna.post(f"{BASE}/customers", body("name\nAna\n", name="c.csv")).status_code in (401, 403)
