"""Three-way merge: whoever changed a field alone is heard; where both did, its owner decides, or a person."""

from __future__ import annotations

import itertools

import pytest

from pos.rules.merge import OWNERS, Conflict, merge

AGREED = {"name": "Ana", "phone": "1", "email": "a@x"}


def test_each_side_s_own_changes_are_taken_and_nothing_else() -> None:
    ours, theirs = AGREED | {"phone": "2", "here": "h"}, AGREED | {"email": "b@x", "there": "t"}
    found = merge(AGREED, ours, theirs, {})
    assert found.fields == {"name": "Ana", "phone": "2", "email": "b@x", "here": "h"}
    assert (found.push, found.pull, found.conflicts) == ({"phone"}, {"email"}, ())


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    both = AGREED | {"phone": "2"}
    found = merge(AGREED, both, both, {})
    assert (found.push, found.pull, found.conflicts) == (frozenset(), frozenset(), ())


@pytest.mark.parametrize(
    ("owner", "kept", "pushed", "pulled"),
    [("ours", "2", True, False), ("theirs", "3", False, True), ("ask", "2", False, False),
     ("only_ours", "2", True, False), ("only_theirs", "3", False, True)],
)  # fmt: skip
def test_where_both_changed_the_owner_decides(owner: str, kept: str, pushed: bool, pulled: bool) -> None:
    found = merge(AGREED, AGREED | {"phone": "2"}, AGREED | {"phone": "3"}, {"phone": owner})
    assert found.fields["phone"] == kept
    assert ("phone" in found.push, "phone" in found.pull) == (pushed, pulled)
    won = "ours" if pushed else "theirs" if pulled else ""
    assert found.conflicts == (Conflict("phone", "2", "3", owner, won),)  # type: ignore[arg-type]
    assert found.open == ({"phone"} if owner == "ask" else set())


def test_the_latest_change_wins_and_ours_when_they_are_of_one_moment() -> None:
    def kept(ours_at: str, theirs_at: str) -> str:
        ours, theirs = AGREED | {"phone": "2"}, AGREED | {"phone": "3"}
        return str(
            merge(AGREED, ours, theirs, {"phone": "latest"}, ours_at=ours_at, theirs_at=theirs_at).fields["phone"]
        )

    assert (kept("1", "2"), kept("2", "1"), kept("1", "1")) == ("3", "2", "2")


def test_a_field_that_is_only_one_side_s_hears_nothing_of_the_other() -> None:
    theirs = AGREED | {"phone": "3"}
    assert merge(AGREED, AGREED, theirs, {"phone": "only_ours"}).push == {"phone"}
    assert merge(AGREED, theirs, AGREED, {"phone": "only_theirs"}).fields["phone"] == "1"


def test_before_anything_was_agreed_an_empty_field_gives_way() -> None:
    found = merge(None, {"name": "Ana", "phone": "", "email": "a"}, {"name": "Anna", "phone": "9", "email": None}, {})
    assert (found.push, found.pull, found.open) == ({"email"}, {"phone"}, {"name"})


def test_an_owner_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no owner 'me'"):
        merge({}, {"a": 1}, {"a": 2}, {"a": "me"})


def test_whatever_the_values_nothing_is_lost_unseen() -> None:
    """Every value of agreed, ours and theirs: what disappears from one side was changed by the other, or is a row."""
    for a, o, t, owner in itertools.product(("", "1", "2"), ("", "1", "2"), ("", "1", "2"), OWNERS):
        found = merge({"f": a}, {"f": o}, {"f": t}, {"f": owner})
        in_one = {"f"} & (found.push | found.pull)
        assert not found.push & found.pull
        if o == t:
            assert not in_one and not found.conflicts
            continue
        assert (found.fields["f"] == t) == ("f" in found.pull)
        if owner in ("ours", "theirs", "ask", "latest"):
            assert bool(found.conflicts) == (o != a and t != a)
        else:  # the side that is not heard had changed it: that is a row
            assert bool(found.conflicts) == ((t if owner == "only_ours" else o) != a)
