"""The mapping of a company's words to its QuickBooks: kept per company, checked when it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.actions import qbo_mapping
from pos.errors import Conflict, Invalid, SignInNeeded
from pos.store import companies
from pos.store.db import Store
from tests.contract import qbo_books
from tests.contract.qbo_books import MAPPING, Shop


@pytest.fixture
def corner(tmp_path: Path) -> Iterator[Shop]:
    with qbo_books.shop(tmp_path) as made:
        yield made


def test_a_mapping_is_its_company_s_alone(store: Store) -> None:
    companies.add(store, "north", "North", "boss")
    before = qbo_mapping.read(store, "main")
    made = qbo_mapping.write(store, "main", MAPPING, before, "boss")
    assert qbo_mapping.read(store, "main").values == MAPPING == made.values
    assert qbo_mapping.read(store, "north").values == {}
    with pytest.raises(Conflict):
        qbo_mapping.write(store, "main", MAPPING | {"prefix": "T"}, before, "boss")


def test_codes_that_collide_are_refused_when_they_are_written(store: Store) -> None:
    same = {name: {**tender, "code": "CA"} for name, tender in MAPPING["tenders"].items()}
    with pytest.raises(Invalid, match="the same code, CA"):
        qbo_mapping.write(store, "main", MAPPING | {"tenders": same}, qbo_mapping.read(store, "main"), "boss")
    with pytest.raises(Invalid, match="8 letters together; 7 fit"):
        qbo_mapping.write(store, "main", MAPPING | {"prefix": "TKX"}, qbo_mapping.read(store, "main"), "boss")
    lame = MAPPING | {"taxes": {"V20": {"code": "2", "rates": []}}}
    with pytest.raises(Invalid, match="Tax V20 has no tax code and rates"):
        qbo_mapping.write(store, "main", lame, qbo_mapping.read(store, "main"), "boss")


def test_nothing_is_bundled_before_anything_is_mapped_and_then_it_goes(corner: Shop) -> None:
    corner.mapped({})
    corner.sell()
    corner.next_day()
    corner.round()
    assert corner.states("sale") == ["queued"]
    qbo_mapping.write(corner.store, "main", MAPPING, qbo_mapping.read(corner.store, "main"), "boss")
    corner.mapped(qbo_mapping.read(corner.store, "main").values)
    corner.passes(seconds=90)
    assert corner.round().booked == 1


def test_without_a_sign_in_the_first_question_says_so(corner: Shop) -> None:
    found = qbo_mapping.connector(
        corner.store, corner.config, "quickbooks", qbo_mapping.facts(corner.store, "quickbooks")
    )
    with pytest.raises(SignInNeeded):
        found.check()
