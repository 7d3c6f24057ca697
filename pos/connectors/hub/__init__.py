"""The hub of several tills: every document goes up as it is, and the hub books it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.config import Config
from pos.connectors.base import Connector, Kind, VoucherBook
from pos.connectors.hub.feeds import FEEDS, Feeds
from pos.connectors.hub.vouchers import Vouchers
from pos.rules import hub


def _configured(config: Config) -> bool:
    return bool(config.hub.url)


def _address(config: Config) -> str:
    return config.hub.url


def _connect(config: Config, facts: Mapping[str, Any]) -> Connector:
    return Feeds(config, facts)


def _book(connector: Connector) -> VoucherBook | None:
    return Vouchers(connector) if isinstance(connector, Feeds) else None


KIND = Kind(
    name=hub.KIND,
    title="Hub",
    documents=(hub.PART,),
    feeds=FEEDS,
    whole=(),
    settings=("url", "key", "timeout_seconds", "settle_seconds", "probe_seconds"),
    configured=_configured,
    address=_address,
    connect=_connect,
    compares=False,
    voucher_book=_book,
)
