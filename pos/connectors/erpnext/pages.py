"""Where a person finds something in ERPNext: addresses of its own pages."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from pos.config import Config
from pos.connectors.erpnext import cash


def of_document(config: Config, kind: str, remote_id: str) -> str:
    """The page of a document that was booked, "" without a site. kind: of the till's document."""
    if not config.erpnext.url:
        return ""
    return f"{_site(config)}/{_slug(cash.doctype_of(kind))}/{quote(remote_id, safe='')}"


def of_item(config: Config, code: str, missing: bool) -> str:
    """The page of an item, "" without a site; missing: the form that makes one with this code."""
    if not config.erpnext.url:
        return ""
    if missing:
        return f"{_site(config)}/item/new?{urlencode({'item_code': code, 'item_name': code})}"
    return f"{_site(config)}/item/{quote(code, safe='')}"


def _site(config: Config) -> str:
    return f"{config.erpnext.url.rstrip('/')}/app"


def _slug(doctype: str) -> str:
    return doctype.lower().replace(" ", "-")
