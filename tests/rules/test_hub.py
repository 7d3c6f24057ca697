"""What till and hub say to each other, as pure rules."""

from __future__ import annotations

import pytest

from pos.rules import hub

KEY = "tk_0123456789"


def test_a_hub_that_holds_the_keys_digest_proves_it_and_nobody_else_can() -> None:
    answer = hub.proof(hub.digest(KEY), "c" * 20, "hub-1", "T1")
    assert hub.proves(answer, KEY, "c" * 20, "hub-1", "t1"), "ids know no case"
    for other in ((KEY + "x", "c" * 20, "hub-1", "T1"), (KEY, "d" * 20, "hub-1", "T1"), (KEY, "c" * 20, "hub-2", "T1"),
                  (KEY, "c" * 20, "hub-1", "T2")):  # fmt: skip
        assert not hub.proves(answer, *other), other
    assert KEY not in answer and hub.digest(KEY) not in answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"12:{'a' * 64}", hub.Head(12, "a" * 64)),
        (f"0:{'0' * 64}", hub.Head(0, "0" * 64)),
        ("", None),
        (f"-1:{'a' * 64}", None),
        (f"12:{'A' * 64}", None),
        (f"{'9' * 13}:{'a' * 64}", None),
        (f"12:{'a' * 64}\n", None),
    ],
)
def test_a_head_is_read_or_it_is_none(text: str, found: hub.Head | None) -> None:
    assert hub.head(text) == found
    if found:
        assert str(found) == text


@pytest.mark.parametrize(
    ("gap", "come", "left"),
    [
        ((3, 3), 3, []),
        ((3, 5), 3, [(4, 5)]),
        ((3, 5), 5, [(3, 4)]),
        ((3, 5), 4, [(3, 3), (5, 5)]),
    ],
)
def test_a_gap_is_filled_number_by_number(gap: tuple[int, int], come: int, left: list[tuple[int, int]]) -> None:
    assert hub.without(gap, come) == left


def test_what_is_still_to_come_counts_what_is_behind_the_newest_and_what_is_missing_below() -> None:
    assert hub.still_to_come(10, 7, 2) == 5
    assert hub.still_to_come(7, 7, 0) == 0
    assert hub.still_to_come(0, 7, 1) == 1, "a till that has not said its newest yet"


def test_every_document_goes_up_whole_but_a_copy_of_what_the_books_hold() -> None:
    assert hub.parts({"series": "till"}) == hub.parts({"series": "imported"}) == ("document",)
    assert hub.parts({"series": "recovered"}) == ()


@pytest.mark.parametrize("text", ["", "short", "x" * 129, "with space in it!!"])
def test_a_challenge_has_a_shape(text: str) -> None:
    assert not hub.is_challenge(text)
    assert hub.is_challenge("A-z_0123456789ab")
    assert hub.is_till("T1") and not hub.is_till("T-1") and not hub.is_till("T12345678")
    assert hub.is_digest("a" * 64) and not hub.is_digest("a" * 63)
    assert hub.is_instance("0193-ab") and not hub.is_instance("../x")


def test_a_fingerprint_is_short_enough_to_be_read_aloud() -> None:
    assert len(hub.fingerprint("hub-1")) == 14
    assert hub.fingerprint("hub-1") != hub.fingerprint("hub-2")
