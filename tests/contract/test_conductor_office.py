"""What people write in the office goes to the emulated company file and stands as "the same" on the form afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pos.actions import conductor_office as office
from pos.actions import conductor_shown as shown
from tests.contract.conductor_bench import Bench, bench_at
from tests.contract.emulators.conductor import Conductor


def states(bench: Bench, kind: str, key: str) -> dict[str, str]:
    view = office.one(bench.store, bench.config, "main", kind, key)
    return {name: one["state"] for name, one in view["states"].items()}


def put(bench: Bench, kind: str, key: str, fields: dict[str, Any], **more: Any) -> None:
    version = bench.get(kind, key).version
    office.edit(bench.store, "main", kind, key, {"version": version, "fields": fields, **more}, "7")


def test_a_customer_an_item_and_an_order_go_there_and_back(tmp_path: Path) -> None:
    with Conductor() as there, bench_at(tmp_path, there) as bench:
        named = {name: {"id": bench.accounts[title]} for name, title in (
            ("incomeAccount", "Merchandise Sales"), ("cogsAccount", "Cost of Goods Sold"),
            ("assetAccount", "Inventory Asset"),
        )}  # fmt: skip
        mug = {"name": "Mug", "type": "inventory_items", "salesPrice": "4.99", **named}
        for kind, body in (
            ("qbd_customer", {"id": "C1", "fields": {"name": "Ana", "phone": "2"}}),
            ("qbd_item", {"id": "MUG", "fields": mug}),
            ("qbd_sales_order", {"id": "S1", "fields": {"customer": "C1", "transactionDate": "2026-11-20"},
                                 "lines": [{"item": "MUG", "quantity": "3", "rate": "4.99"}]}),
        ):  # fmt: skip
            office.create(bench.store, "main", kind, body, "7")
        assert bench.push("customers", "items", "sales_orders") == (3, 0, 0)
        for kind, key in (("qbd_customer", "C1"), ("qbd_item", "MUG"), ("qbd_sales_order", "S1")):
            assert set(states(bench, kind, key).values()) == {"same", "theirs"}, kind
        order = shown.whole(bench.store, "main", bench.get("qbd_sales_order", "S1"))
        sums = shown.order_sums(bench.store, order.record)
        assert sums["total"] == "14.97" and "14.97" in [value for _, value in sums["theirs"]]

        lines = [{"id": bench.get("qbd_sales_order", "S1").lines[0]["id"], "quantity": "4"}, {"item": "MUG"}]
        put(bench, "qbd_sales_order", "S1", {"memo": "soon"}, lines=lines)
        put(bench, "qbd_customer", "C1", {"phone": "3"})
        after = states(bench, "qbd_sales_order", "S1")
        assert (after["lines"], after["memo"], after["customer"]) == ("changed", "changed", "same")
        assert states(bench, "qbd_customer", "C1")["phone"] == "changed"
        assert bench.push("customers", "sales_orders") == (2, 0, 0)
        there_now = bench.one("sales_orders", "qbd_sales_order", "S1")
        assert next((line["quantity"], line["rate"]) for line in there_now["lines"]) == (4, "4.99")
        assert set(states(bench, "qbd_sales_order", "S1").values()) == {"same", "theirs"}
        assert there.broken == []


def test_what_is_refused_says_so_at_the_record_and_goes_once_it_is_mended(tmp_path: Path) -> None:
    with Conductor() as there, bench_at(tmp_path, there) as bench:
        there.file.put("vendors", name="Ana", accountNumber="77")
        made = {"id": "C1", "fields": {"name": "Ana"}}
        office.create(bench.store, "main", "qbd_customer", made, "7")
        assert bench.push("customers")[1] == 1
        view = office.one(bench.store, bench.config, "main", "qbd_customer", "C1")
        assert (view["sync"]["state"], view["states"]["name"]["state"]) == ("error", "parked") and view["sync"][
            "message"
        ]
        put(bench, "qbd_customer", "C1", {"name": "Ana Two"})
        assert office.one(bench.store, bench.config, "main", "qbd_customer", "C1")["sync"]["state"] == "again"
        assert bench.push("customers") == (1, 0, 0)
        assert [row["name"] for row in bench.rows("customers")] == ["Ana Two"]
