"""Reading a request's JSON: exact numbers, one object, nothing else.

A figure with decimals becomes a Decimal, never a float; NaN, Infinity, anything that is not RFC 8259, and a
number nobody can have meant (1e999) are refused.
"""

from __future__ import annotations

from typing import Any

import msgspec
from flask import request

from pos.errors import Invalid, UserError
from pos.rules import money
from pos.said import said

TEXT_CHARS_MAX = 500
_decoder = msgspec.json.Decoder(float_hook=money.figure)


class WrongType(UserError):
    """The body does not say it is JSON."""

    code = "content_type"
    status = 415


def raw_json() -> bytes:
    """The body as sent. 415 when it does not say it is JSON: no form of another site can say that."""
    if request.mimetype != "application/json":
        raise WrongType("Send this as application/json.")
    return request.get_data(cache=True)


def json_object() -> dict[str, Any]:
    """The body as one object. 400 when it is none."""
    return decoded(raw_json())


def decoded(raw: bytes) -> dict[str, Any]:
    """One JSON object from bytes."""
    try:
        value = _decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError):
        raise UserError("This is not valid JSON.", code="json") from None
    if not isinstance(value, dict):
        raise UserError("This must be one JSON object.", code="json")
    return value


def text(body: dict[str, Any], field: str, chars_max: int = TEXT_CHARS_MAX) -> str:
    """A text of the object; "" when it is missing. 422 names the field."""
    value = body.get(field, "")
    if not isinstance(value, str) or len(value) > chars_max:
        raise Invalid(
            said("{field} must be text of at most {chars_max} characters.", field=field, chars_max=chars_max),
            field=field,
        )
    return value
