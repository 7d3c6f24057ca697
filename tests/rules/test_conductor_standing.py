"""How a field stands between here and QuickBooks Desktop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos.rules.conductor_standing import STATES, Standing, read_only, state
from pos.rules.conductor_tables import Field

TEXT, TOLD = Field(), Field(on="never", merged=False)
THERE = Standing({"phone": "2", "fax": ""}, there=True, copy=False, refused=False, off=False)


@pytest.mark.parametrize(
    ("name", "one", "seen", "owner", "on", "wanted"),
    [
        ("phone", TEXT, "2", "latest", THERE, "same"),
        ("phone", TEXT, "3", "latest", THERE, "changed"),
        ("phone", TEXT, "3", "only_theirs", THERE, "returns"),
        ("phone", TEXT, "3", "theirs", replace(THERE, refused=True), "parked"),
        ("phone", TEXT, "2", "theirs", replace(THERE, refused=True), "same"),
        ("phone", TEXT, "2", "ask", replace(THERE, open=("phone",)), "conflict"),
        ("fax", TEXT, "", "ours", THERE, "same"),
        ("email", TEXT, "a@b", "ours", THERE, "changed"),  # they never agreed on it
        ("balance", TOLD, "9", "ask", THERE, "theirs"),
        ("phone", TEXT, "2", "ours", replace(THERE, copy=True), "theirs"),
        ("phone", TEXT, "2", "ours", replace(THERE, off=True), "alone"),
        ("phone", TEXT, "2", "only_theirs", replace(THERE, there=False, agreed=None), "new"),
        ("phone", TEXT, "2", "ours", replace(THERE, there=False, agreed=None, refused=True), "parked"),
        ("phone", TEXT, "", "ours", replace(THERE, there=False, agreed=None), "none"),
        ("lines", None, [{"item": "A"}], "ours", replace(THERE, agreed={"lines": []}), "changed"),
    ],
)
def test_a_field_stands_as_both_sides_last_agreed(
    name: str, one: Field | None, seen: object, owner: str, on: Standing, wanted: str
) -> None:
    assert wanted in STATES
    assert state(name, one, seen, owner, on) == wanted


def test_what_may_not_be_written_now_is_read_only() -> None:
    assert not read_only("phone", TEXT, "latest", THERE)
    assert read_only("phone", TEXT, "only_theirs", THERE)
    assert not read_only("phone", TEXT, "only_theirs", replace(THERE, there=False))
    assert read_only("phone", TEXT, "ask", replace(THERE, open=("phone",)))
    assert read_only("balance", TOLD, "latest", THERE)
    assert read_only("type", Field(on="create"), "latest", THERE)
    assert read_only("sku", Field(on="update"), "latest", replace(THERE, there=False))
    assert not read_only("lines", None, "ours", THERE)
