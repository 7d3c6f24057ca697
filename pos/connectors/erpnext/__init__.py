"""ERPNext v15, over its REST API with nothing installed there but one unique field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.config import Config, renewed
from pos.connectors.base import Connector, Kind, VoucherBook
from pos.connectors.erpnext import pages
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.vouchers import Vouchers


def _configured(config: Config) -> bool:
    return bool(config.erpnext.url)


def _address(config: Config) -> str:
    return config.erpnext.url


def _connect(config: Config, facts: Mapping[str, Any]) -> Connector:
    return Erpnext(renewed(config, "erpnext"), facts)


def _voucher_book(connector: Connector) -> VoucherBook | None:
    if isinstance(connector, Erpnext) and connector.is_set_up and connector.facts.vouchers:
        return Vouchers(connector)
    return None


KIND = Kind(
    name="erpnext",
    title="ERPNext",
    documents=("sale", "return", "cash"),
    feeds=("taxes", "items", "prices", "stock", "customers", "modes", "cashiers"),
    whole=("items", "prices", "customers", "modes"),
    settings=(
        "url", "api_key", "api_secret", "company", "pos_profile", "tax_template", "income_account", "rounding_account",
        "cash_account", "paid_out_account", "paid_in_account", "safe_account", "over_short_account", "reason_accounts",
        "settle_seconds", "timeout_seconds", "probe_seconds", "pull_minutes",
    ),
    configured=_configured,
    address=_address,
    connect=_connect,
    voucher_book=_voucher_book,
    page=pages.of_document,
    item_page=pages.of_item,
)  # fmt: skip
