"""Setting up a company's Web Connector: its .qwc file."""

from __future__ import annotations

import re

from pos.errors import Invalid
from pos.rules import qwc
from pos.said import said
from pos.store import companies, qbd_companies
from pos.store.db import Store


def qwc_file(store: Store, company: str = companies.MAIN) -> tuple[str, bytes]:
    """Name and bytes of a company's file. NotFound; Invalid, in words, when no Web Connector would take it."""
    row, own = qbd_companies.of_company(store, company), store.config.qbwc
    if not own.app_url:
        raise Invalid("Set the address the Web Connector calls first: [qbwc] app_url.", field="app_url")
    wrong = qwc.why_not(own.app_url)
    if wrong:
        raise Invalid(said("[qbwc] app_url: {why}", why=wrong), field="app_url")
    facts = qwc.Facts(
        app_name=row.app_name, unique_name=row.unique_name, address=own.app_url, username=row.username,
        owner_id=row.owner_id, file_id=row.file_id, minutes=own.run_every_minutes,
        description=f"{companies.one(store, row.company).name}: stock and sales of the till",
    )  # fmt: skip
    return f"{re.sub('[^A-Za-z0-9]+', '-', row.app_name).strip('-').lower() or 'till'}.qwc", qwc.build(facts)
