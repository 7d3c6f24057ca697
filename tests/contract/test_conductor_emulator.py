"""The emulator of Conductor does what its description and the contract say: asked with the official client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import conductor
import pytest

from tests.contract.emulators.conductor import END_USER, KEY, Conductor


@pytest.fixture
def there() -> Iterator[Conductor]:
    with Conductor() as running:
        yield running
        assert running.broken == [], "answers that are not as the description says"


@pytest.fixture
def qbd(there: Conductor) -> Iterator[Any]:
    with conductor.Conductor(api_key=KEY, base_url=there.url, max_retries=0, timeout=30) as client:
        yield client.qbd


WHO: Any = {"conductor_end_user_id": END_USER}


def test_a_customer_made_read_and_changed(there: Conductor, qbd: Any) -> None:
    made = qbd.customers.create(name="Ada", phone="12", billing_address={"line1": "1 High St"}, **WHO)
    assert (made.full_name, made.billing_address.line1, made.is_active) == ("Ada", "1 High St", True)
    changed = qbd.customers.update(made.id, revision_number=made.revision_number, phone="13", **WHO)
    assert (changed.phone, changed.name) == ("13", "Ada") and changed.revision_number != made.revision_number
    with pytest.raises(conductor.InternalServerError) as stale:
        qbd.customers.update(made.id, revision_number=made.revision_number, phone="14", **WHO)
    error = stale.value.body["error"] if "error" in stale.value.body else stale.value.body
    assert (stale.value.status_code, error["code"], error["integrationCode"]) == (502, "QBD_REQUEST_ERROR", "3200")
    assert there.file.row("customers", made.id)["phone"] == "13"


def test_a_cursor_stays_and_gives_the_next_page_each_time(there: Conductor, qbd: Any) -> None:
    for n in range(7):
        there.file.put("customers", name=f"C{n}")
    first = qbd.customers.list(limit=3, **WHO)
    second = qbd.customers.list(limit=3, cursor=first.next_cursor, **WHO)
    third = qbd.customers.list(limit=3, cursor=first.next_cursor, **WHO)
    assert [[one.name for one in page.data] for page in (first, second, third)] == [
        ["C0", "C1", "C2"], ["C3", "C4", "C5"], ["C6"]]  # fmt: skip
    assert [page.remainingCount for page in (first, second, third)] == [4, 1, 0]
    assert second.next_cursor == first.next_cursor and third.next_cursor is None
