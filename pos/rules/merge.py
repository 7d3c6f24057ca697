"""Three-way merge, field by field: what both sides agreed on last, what stands here now, what stands there. Pure.

A field that one side alone changed is taken from it. Both changed it to the same: they agree. Both changed it to
different things: the field's owner decides, and where nobody does it stays open for a person, with nothing sent and
nothing taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Owner = Literal["ours", "theirs", "latest", "ask", "only_ours", "only_theirs"]
#: ours, theirs: wins where both changed. latest: whoever changed it last. ask: a person. only_ours, only_theirs: the
#: other side's changes of it are never taken at all, and told where there are any.
OWNERS: tuple[Owner, ...] = ("ours", "theirs", "latest", "ask", "only_ours", "only_theirs")
#: What a field without a word of its own does.
DEFAULT: Owner = "ask"
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field, or one that may not. rule: the owner's word that decided it; "ask" = it is open.
    won: ours | theirs; "" as long as it is open."""

    field: str
    ours: Any
    theirs: Any
    rule: Owner
    won: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """fields: as they are to stand here. push: fields to send there; pull: fields taken from there."""

    fields: dict[str, Any]
    push: frozenset[str]
    pull: frozenset[str]
    conflicts: tuple[Conflict, ...]

    @property
    def open(self) -> frozenset[str]:
        """Fields a person is asked about."""
        return frozenset(one.field for one in self.conflicts if one.rule == "ask")


def merge(
    agreed: Mapping[str, Any] | None,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    owners: Mapping[str, str],
    *,
    ours_at: str = "",
    theirs_at: str = "",
) -> Merged:
    """Bring both sides together. agreed: None = they never did: then an empty field counts as unchanged.

    Only fields that both `ours` and `theirs` know are looked at; others of ours stay. ours_at, theirs_at: moments in
    one format that sorts as text, for "latest"; ours where they are the same. ValueError for an owner that is none.
    """
    fields, push, pull, conflicts = dict(ours), set[str](), set[str](), list[Conflict]()
    for name in ours.keys() & theirs.keys():
        mine, other = ours[name], theirs[name]
        owner = owners.get(name, DEFAULT)
        if owner not in OWNERS:
            raise ValueError(f"no owner {owner!r}; there are: {', '.join(OWNERS)}")
        if same(mine, other):
            continue
        changed_here, changed_there = _changed(agreed, name, mine), _changed(agreed, name, other)
        won = _won(owner, changed_here, changed_there, ours_at, theirs_at)
        if changed_there if won == "ours" else changed_here if won == "theirs" else True:
            conflicts.append(Conflict(name, mine, other, owner, won))
        (push if won == "ours" else pull if won == "theirs" else set()).add(name)
    fields |= {name: theirs[name] for name in pull}
    found = tuple(sorted(conflicts, key=lambda one: one.field))
    return Merged(fields, frozenset(push), frozenset(pull), found)


def same(a: Any, b: Any) -> bool:
    """Whether two values say the same: nothing, no text and an empty list do."""
    return a == b or (_is_empty(a) and _is_empty(b))


def _is_empty(value: Any) -> bool:
    return any(value is one or (type(value) is type(one) and value == one) for one in _EMPTY)


def _changed(agreed: Mapping[str, Any] | None, name: str, value: Any) -> bool:
    if agreed is None or name not in agreed:
        return not _is_empty(value)
    return not same(agreed[name], value)


def _won(owner: Owner, changed_here: bool, changed_there: bool, ours_at: str, theirs_at: str) -> str:
    """Whose value stands; "" = a person is asked."""
    if owner in ("only_ours", "only_theirs"):
        return owner.removeprefix("only_")
    if changed_here != changed_there:
        return "ours" if changed_here else "theirs"
    if owner == "latest":
        return "theirs" if theirs_at > ours_at else "ours"
    return owner if owner in ("ours", "theirs") else ""
