"""What changed here goes to QuickBooks Desktop: made, changed, deleted, refused, each once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conductor_bench import DAY, Bench, bench_at
from tests.contract.emulators.conductor import Conductor

ORDER = "qbd_sales_order"


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        yield running
        assert running.broken == []
        assert running.overlaps == 0, "QuickBooks does one thing at a time"


@pytest.fixture
def bench(there: Conductor, tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, there) as made:
        yield made


def ordered(bench: Bench, key: str = "O1", **given: object) -> None:
    lines = [{"item": "Pen", "quantity": "3", "rate": "1.20"}, {"description": "Gift wrap", "amount": "2.00"}]
    bench.add(ORDER, key, lines, **{"customer": "C1", "transactionDate": DAY, **given})


def test_what_is_made_here_is_made_there_with_its_id_number_and_references(bench: Bench) -> None:
    bench.add("qbd_customer", "C1", name="Ada", phone="12", billingAddress={"line1": "1 High St", "city": "Leeds"})
    bench.add("qbd_vendor", "V1", name="Wool Ltd")
    bench.item("Pen", salesPrice="1.20", preferredVendor="V1")
    ordered(bench)
    assert bench.push("customers", "vendors", "items", "sales_orders") == (4, 0, 0)
    ada, pen = bench.one("customers", "qbd_customer", "C1"), bench.one("inventory_items", "qbd_item", "Pen")
    assert (ada["name"], ada["phone"], ada["billingAddress"]["city"]) == ("Ada", "12", "Leeds")
    assert pen["preferredVendor"]["id"] == bench.remote("qbd_vendor", "V1")
    order = bench.one("sales_orders", ORDER, "O1")
    assert (order["customer"]["id"], order["totalAmount"]) == (ada["id"], "5.60")
    assert [line["item"] and line["item"]["id"] for line in order["lines"]] == [pen["id"], None]
    record = bench.get(ORDER, "O1")
    assert record.fields["refNumber"] == order["refNumber"] and len(order["refNumber"]) == 11
    assert [line["id"] for line in record.lines] == [line["id"] for line in order["lines"]], "lines know theirs"
    assert record.fields["totalAmount"] == "5.60"
    link = bench.link(ORDER, "O1")
    assert (link.state, link.sync_token, link.sent) == ("synced", order["revisionNumber"], b"")
    before = len(bench.there.calls)
    assert bench.push("customers", "vendors", "items", "sales_orders") == (0, 0, 0)
    assert len(bench.there.calls) == before, "nothing goes twice"
