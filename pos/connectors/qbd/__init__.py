"""QuickBooks Desktop, spoken to by its Web Connector: what is asked, what is answered, and what that means. Pure.

`requests` builds what is handed out, `checks` says what may stand in it, `answers` reads what came back, `codes` says
what its codes mean, `compared` whether it is what was sent. Who hands it out, and when, is no business of this package.
`desk` is what the bundles of receipts know of it, by the company's `mapping`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.config import Config
from pos.connectors.base import Connector, Kind
from pos.connectors.qbd.desk import Desk


def _connect(_config: Config, facts: Mapping[str, Any]) -> Connector:
    return Desk(facts)


#: No setting switches it on: a company does, when its sales are to go there (`actions.qbd_mapping`).
KIND = Kind(
    name="quickbooks_desktop",
    title="QuickBooks Desktop",
    documents=("book",),
    feeds=(),
    whole=(),
    settings=(),
    configured=lambda _config: False,
    address=lambda _config: "",
    connect=_connect,
    accounting=True,
    mailbox=True,
)
