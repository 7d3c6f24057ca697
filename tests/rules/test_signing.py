"""Signatures of webhooks, against known values and against what was recorded of a real site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pos.rules import signing

BODY = b'{"order": "WEB-7"}'
AT = "1795252800"


def test_our_signature_is_hmac_sha256_over_id_time_and_body() -> None:
    """Made with: printf '%s' 'evt-1.1795252800.{"order": "WEB-7"}' | openssl dgst -sha256 -hmac key"""
    known = "84f7886273221e8c670ad819be6b23f26b349b1ce80df35d7abc670e3f279c30"
    assert signing.sign("key", "evt-1", AT, BODY) == known
    assert signing.is_signed(["key"], "evt-1", AT, BODY, known)
    assert signing.is_signed(["key"], "evt-1", AT, BODY, f"sha256={known}")
    assert signing.is_signed(["key"], "evt-1", AT, BODY, known.upper())


def test_nothing_that_was_signed_can_be_changed() -> None:
    given = signing.sign("key", "evt-1", AT, BODY)
    assert not signing.is_signed(["key"], "evt-2", AT, BODY, given)
    assert not signing.is_signed(["key"], "evt-1", "1795252801", BODY, given)
    assert not signing.is_signed(["key"], "evt-1", AT, BODY + b" ", given)
    assert not signing.is_signed(["other"], "evt-1", AT, BODY, given)
    assert not signing.is_signed(["key"], "evt-1", AT, BODY, given[:-1])
    for odd in ("", "sha256=", "é", "\ud800"):
        assert not signing.is_signed(["key"], "evt-1", AT, BODY, odd)


def test_the_parts_cannot_be_shifted_into_each_other() -> None:
    """A dot parts id, time and body: moving a digit from one to the other is another message."""
    assert signing.sign("key", "1", "23", b"x") != signing.sign("key", "12", "3", b"x")


def test_two_secrets_hold_while_one_is_changed_and_none_holds_nothing() -> None:
    old, new = (signing.sign(secret, "1", AT, BODY) for secret in ("old", "new"))
    assert all(signing.is_signed(["new", "old"], "1", AT, BODY, given) for given in (old, new))
    assert not signing.is_signed([], "1", AT, BODY, signing.sign("", "1", AT, BODY))
    assert not signing.is_frappe_signed([], BODY, signing.frappe_sign("", BODY))


RECORDED = (
    ('{"name": "ACC-SINV-2026-00058", "rid": "WH-ef2b2f"}', "aTtxVomc8VYz9HX0rr3EyT7FlkFzgX/eQ28bOETGx+8="),
    (
        '{"item_code": "COKE-330", "price_list_rate": 1.25, "modified": "2026-11-21 08:25:31.946555"}',
        "Mp2r7+g/129z14+KaCKCGgHHTtIwX8UfbNROioBgt2A=",
    ),
)


@pytest.mark.parametrize(("body", "signature"), RECORDED)
def test_the_signatures_a_real_site_sent(body: str, signature: str) -> None:
    assert signing.is_frappe_signed(["whsec-test-123"], body.encode(), signature)
    assert signing.is_frappe_signed(["new", "whsec-test-123"], body.encode(), f" {signature} ")
    assert not signing.is_frappe_signed(["whsec-test-124"], body.encode(), signature)
    assert not signing.is_frappe_signed(["whsec-test-123"], body.encode() + b"\n", signature)


@pytest.mark.shared
def test_every_recorded_webhook_is_signed_as_we_check_it(shared: Path) -> None:
    recorded = json.loads((shared / "contracts" / "erpnext" / "wh-04-received-webhooks.json").read_text())
    assert recorded["received"]
    for one in recorded["received"]:
        given = one["headers"]["X-Frappe-Webhook-Signature"]
        assert signing.frappe_sign(recorded["webhook_secret"], one["raw_body"].encode()) == given
