"""QuickBooks Online, over its REST API (accounting, minor version 75)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pos.config import Config
from pos.connectors.base import Connector, Kind
from pos.connectors.qbo import discovery
from pos.connectors.qbo.connector import Books, signed_out

#: Where a person finds a document, by its entity.
_PAGES = {"SalesReceipt": "salesreceipt", "RefundReceipt": "refundreceipt", "Invoice": "invoice",
          "CreditMemo": "creditmemo"}  # fmt: skip


def _configured(config: Config) -> bool:
    return bool(config.quickbooks.client_id)


def _address(config: Config) -> str:
    return discovery.api(config.quickbooks, config.quickbooks.environment)


def _connect(_config: Config, facts: Mapping[str, Any]) -> Connector:
    """Without a sign-in, which only who has the database can bring: see `actions.line`."""
    return Books(signed_out, facts.get("mapping") or {})


def _page(config: Config, _kind: str, remote_id: str) -> str:
    entity, _, key = remote_id.partition("/")
    if entity not in _PAGES:
        return ""
    host = (
        "https://qbo.intuit.com" if config.quickbooks.environment == "production" else "https://sandbox.qbo.intuit.com"
    )
    return f"{host}/app/{_PAGES[entity]}?txnId={quote(key, safe='')}"


KIND = Kind(
    name="quickbooks",
    title="QuickBooks Online",
    documents=("book",),
    feeds=(),
    whole=(),
    settings=(
        "client_id", "client_secret", "webhook_token", "environment", "redirect_url", "api_url", "authorize_url",
        "token_url", "revoke_url", "discovery_url", "grain", "settle_minutes", "settle_seconds", "timeout_seconds",
        "probe_seconds", "pull_minutes", "warn_days",
    ),
    configured=_configured,
    address=_address,
    connect=_connect,
    accounting=True,
    page=_page,
)  # fmt: skip
