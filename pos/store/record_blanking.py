"""Records of the office without a customer who was forgotten: theirs is empty and gone, others name somebody else."""

from __future__ import annotations

import json

from pos import clock
from pos.store.companies import MAIN
from pos.store.db import Store


def forget(store: Store, customer: str, instead: str) -> None:
    """Take a customer of the first company out of its records, links and conflicts; a pull does not bring them back.
    Inside a transaction. instead: what stands in the customer's place."""
    mine, gone = (MAIN, customer), f"forgotten-{clock.uuid7()}"
    row = store.execute("SELECT fields FROM record WHERE company = ? AND kind = 'customer' AND id = ?", mine).fetchone()
    if row is not None:
        empty = {name: value if isinstance(value, bool) else "" for name, value in json.loads(row[0]).items()}
        store.execute(
            "UPDATE record SET fields = ?, title = '', id = ?, deleted = 1, version = version + 1"
            " WHERE company = ? AND kind = 'customer' AND id = ?",
            (json.dumps(empty), gone, *mine),
        )
    store.execute(
        "UPDATE record_link SET record_id = ?, state = 'gone', agreed = '', sent = '', message = '', code = 'forgotten'"
        " WHERE company = ? AND kind = 'customer' AND record_id = ?",
        (gone, *mine),
    )
    store.execute("DELETE FROM record_conflict WHERE company = ? AND kind = 'customer' AND record_id = ?", mine)
    store.execute("DELETE FROM sync_job_record WHERE record_kind = 'customer' AND record_id = ?", (customer,))
    named = store.execute(
        "SELECT kind, id, fields FROM record WHERE company = ? AND kind <> 'customer'"
        " AND json_extract(fields, '$.customer') = ?",
        mine,
    ).fetchall()
    for kind, key, text in named:
        fields = json.dumps({**json.loads(text), "customer": instead}, ensure_ascii=False, sort_keys=True)
        store.execute(
            "UPDATE record SET fields = ? WHERE company = ? AND kind = ? AND id = ?", (fields, MAIN, kind, key)
        )
        store.execute(
            "UPDATE record_link SET agreed = '', agreed_version = (SELECT version FROM record WHERE company = ?"
            " AND kind = ? AND id = ?) WHERE company = ? AND kind = ? AND record_id = ?",
            (MAIN, kind, key, MAIN, kind, key),
        )
