"""A run's day of a company on ERPNext: each receipt by itself on three sides, named when it is cancelled over there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pos.actions import run_reconcile
from pos.store import notices, run_artifacts
from tests.contract.reconciled import cancelled, traded
from tests.contract.tills import Till, till


@dataclass(frozen=True)
class Part:
    job: str = "0000-a1b2c3"
    company: str = "main"


def run(shop: Till, day: str) -> run_reconcile.Outcome:
    n = run_artifacts.put_artifact(shop.store, Part.job, "main", day, processed_at="x")
    found = run_reconcile.of_day(shop.job, Part(), day, n)
    assert found is not None
    return found


def test_each_receipt_is_compared_by_itself_and_the_notice_names_the_run(tmp_path: Path) -> None:
    with till(tmp_path) as shop:
        first, *_ = traded(shop)
        day, number = first["business_day"], first["invoice_name"]
        assert run(shop, day) == run_reconcile.Outcome("MATCH")
        (artifact,) = run_artifacts.artifacts(shop.store, Part.job)
        rows = {(r.kind, r.name): (r.here, r.sent, r.booked) for r in run_artifacts.figures(shop.store, artifact.n)}
        assert rows["total", ""] == (5800, 5800, 5800)
        assert rows["tender", "Cash"] == (3400, 3400, 3400)
        assert rows["document", number] == (2400, 2400, 2400)
        cancelled(shop, first)
        found = run(shop, day)
        assert (found.status, found.documents, found.difference) == ("MISMATCH", (number,), -2400)
        told = [str(one.text) for one in notices.open_notices(shop.store, prefix="reconcile:")]
        assert [number in text and "Found by the run a1b2c3." in text for text in told] == [True], told
