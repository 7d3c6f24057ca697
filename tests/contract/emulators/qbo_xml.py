"""The same answers as XML, for whoever does not say `Accept: application/json`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://schema.intuit.com/finance/v3"
_ATTRIBUTES = (
    "domain",
    "sparse",
    "status",
    "startPosition",
    "maxResults",
    "totalCount",
    "bId",
    "type",
    "code",
    "element",
)


def from_json(body: bytes) -> bytes:
    said = json.loads(body, parse_float=Decimal)
    time = said.pop("time", "")
    inside = "".join(_element(name, value) for name, value in said.items())
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return f'{head}<IntuitResponse xmlns="{NAMESPACE}" time={quoteattr(str(time))}>{inside}</IntuitResponse>'.encode()


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if not isinstance(value, dict):
        return "" if value is None else f"<{name}>{escape(_text(value))}</{name}>"
    if set(value) <= {"value", "name"} and "value" in value:
        named = f" name={quoteattr(str(value['name']))}" if "name" in value else ""
        return f"<{name}{named}>{escape(_text(value['value']))}</{name}>"
    plain = {k: v for k, v in value.items() if k in _ATTRIBUTES and not isinstance(v, dict | list)}
    marks = "".join(f" {k}={quoteattr(_text(v))}" for k, v in plain.items() if v is not None)
    inside = "".join(_element(k, v) for k, v in value.items() if k not in plain)
    return f"<{name}{marks}>{inside}</{name}>"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
