"""The audit: each row carries the hash of the one before."""

from __future__ import annotations

import pytest

from pos.store import audit
from pos.store.db import Store


def three(store: Store) -> None:
    audit.record(store, "ann", "sign_in", "ann", {"device": "Till 1"})
    with store.transaction():
        audit.record(store, "ann", "user.pin", "bob")
        audit.record(store, "ann", "sale", "id-1", {"total": "1.00 GBP", "number": "T1-000001"})


def test_a_whole_chain_is_counted(store: Store) -> None:
    assert audit.verify_chain(store) == (0, "")
    three(store)
    assert audit.verify_chain(store) == (3, "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE n = 2", "audit row 2 was changed"),
        ("UPDATE audit SET detail = '{}' WHERE n = 1", "audit row 1 was changed"),
        ("DELETE FROM audit WHERE n = 2", "audit row 3 does not follow"),
        ("DELETE FROM audit WHERE n = 1", "audit row 2 does not follow"),
    ],
)
def test_a_change_or_a_gap_shows(store: Store, change: str, words: str) -> None:
    three(store)
    store.execute(change)
    assert words in audit.verify_chain(store)[1]


def test_a_row_goes_with_the_transaction_it_is_part_of(store: Store) -> None:
    with pytest.raises(KeyError), store.transaction():
        audit.record(store, "ann", "sale")
        raise KeyError
    assert audit.verify_chain(store) == (0, "")
