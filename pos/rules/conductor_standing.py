"""How a field of a record stands between here and QuickBooks Desktop, from what both sides agreed on last. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pos.rules.conductor_tables import Field
from pos.rules.merge import same

#: same: on both sides. changed: here; goes with the next sync. new: the record is not there yet. parked: QuickBooks
#: refused it. conflict: both changed it, a person decides. theirs: only QuickBooks says it. alone: it stays here.
#: returns: changed here, though QuickBooks wins; its value comes back. none: empty and not there.
STATES = ("same", "changed", "new", "parked", "conflict", "theirs", "alone", "returns", "none")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a record's other side. agreed: None = they never agreed. there: it is in QuickBooks. copy: it is
    only looked at here. refused: QuickBooks said no to what it says now. off: its type does not go there."""

    agreed: Mapping[str, Any] | None
    there: bool
    copy: bool
    refused: bool
    off: bool
    open: Collection[str] = ()


def state(name: str, one: Field | None, seen: Any, owner: str, on: Standing) -> str:
    """One of STATES. one: None for the lines. seen: its value as it is compared."""
    if on.copy or (one is not None and (one.on == "never" or not one.merged)):
        return "theirs"
    if name in on.open:
        return "conflict"
    if on.off:
        return "alone"
    if not on.there:
        return "none" if same(seen, "") else "parked" if on.refused else "new"
    if on.agreed is not None and name in on.agreed and same(seen, on.agreed[name]):
        return "same"
    if owner == "only_theirs":
        return "returns"
    return "parked" if on.refused else "changed"


def read_only(name: str, one: Field | None, owner: str, on: Standing) -> bool:
    """Whether a person here may not write it now."""
    if on.copy or name in on.open or (on.there and owner == "only_theirs"):
        return True
    if one is None:
        return False
    return one.on == "never" or (one.on == "create" and on.there) or (one.on == "update" and not on.there)
