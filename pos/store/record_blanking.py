"""Records of the office without a customer who was forgotten: theirs is empty and gone, others name somebody else."""

from __future__ import annotations

import json
from typing import Any

from pos import clock
from pos.store import conductor_till
from pos.store.companies import MAIN
from pos.store.db import Store

#: Kinds of records that are a customer of the till, whichever books they go to.
KINDS = ("customer", "qbd_customer")
#: What else of a document of QuickBooks Desktop says who somebody is.
_PERSONAL = ("billingAddress", "shippingAddress")


def forget(store: Store, customer: str, instead: str) -> None:
    """Take a customer of the first company out of its records, links, conflicts and what failed; a pull does not bring
    them back. Inside a transaction. instead: what stands in the customer's place."""
    left = {kind: _forget(store, kind, customer) for kind in KINDS}
    conductor_till.forget(store, customer)
    store.execute("DELETE FROM sync_job_record WHERE record_kind = 'customer' AND record_id = ?", (customer,))
    store.execute("DELETE FROM conductor_failure WHERE object_type = 'customers' AND object_id = ?", (customer,))
    named = store.execute(
        "SELECT kind, id, fields FROM record WHERE company = ? AND kind NOT IN ('customer', 'qbd_customer')"
        " AND json_extract(fields, '$.customer') = ?",
        (MAIN, customer),
    ).fetchall()
    for kind, key, text in named:
        found = json.loads(text)
        whose = left["qbd_customer"] if kind.startswith("qbd_") else instead  # as the next pull will name it
        blank: dict[str, Any] = {name: {} for name in _PERSONAL if isinstance(found.get(name), dict)}
        fields = json.dumps({**found, **blank, "customer": whose}, ensure_ascii=False, sort_keys=True)
        store.execute(
            "UPDATE record SET fields = ? WHERE company = ? AND kind = ? AND id = ?", (fields, MAIN, kind, key)
        )
        store.execute(
            "DELETE FROM record_conflict WHERE company = ? AND kind = ? AND record_id = ?"
            f" AND field IN ('customer', {', '.join('?' * len(_PERSONAL))})",
            (MAIN, kind, key, *_PERSONAL),
        )
        store.execute(
            "UPDATE record_link SET agreed = '', agreed_version = (SELECT version FROM record WHERE company = ?"
            " AND kind = ? AND id = ?) WHERE company = ? AND kind = ? AND record_id = ?",
            (MAIN, kind, key, MAIN, kind, key),
        )


def _forget(store: Store, kind: str, customer: str) -> str:
    """What its record is called from now on."""
    mine, gone = (MAIN, kind, customer), f"forgotten-{clock.uuid7()}"
    row = store.execute("SELECT fields FROM record WHERE company = ? AND kind = ? AND id = ?", mine).fetchone()
    if row is not None:
        empty = {name: _nothing(value) for name, value in json.loads(row[0]).items()}
        store.execute(
            "UPDATE record SET fields = ?, title = '', words = '', id = ?, deleted = 1, version = version + 1"
            " WHERE company = ? AND kind = ? AND id = ?",
            (json.dumps(empty), gone, *mine),
        )
    store.execute(
        "UPDATE record_link SET record_id = ?, state = 'gone', agreed = '', sent = '', message = '', code = 'forgotten'"
        " WHERE company = ? AND kind = ? AND record_id = ?",
        (gone, *mine),
    )
    store.execute("DELETE FROM record_conflict WHERE company = ? AND kind = ? AND record_id = ?", mine)
    return gone


def _nothing(value: Any) -> Any:
    return value if isinstance(value, bool) else type(value)()
