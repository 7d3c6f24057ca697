"""A request that comes twice is one act, also when both come at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pos import trail
from pos.errors import UserError
from pos.store import intake
from pos.store.db import Store
from pos.store.journal import Committed


def once(store: Store, key: str, same: Callable[[Mapping[str, Any]], None], make: Callable[[], Committed]) -> Committed:
    """What was saved under this id, else what `make` saves. `same` raises when the saved one is not what is asked.

    A refusal is looked at twice: the very same request may have been quicker on another thread, and then what it used
    up (an approval, goods to give back, the open session) is no reason to refuse.
    """
    trail.follow(correlation=key)
    found = _find(store, key)
    if found is None:
        try:
            found = make()
        except UserError:
            found = _find(store, key)
            if found is None:
                raise
    trail.follow(document=found.doc["invoice_name"])
    if found.duplicate:
        same(found.doc)
    return found


def _find(store: Store, key: str) -> Committed | None:
    before = intake.find(store, key)
    return None if before is None else Committed(before.doc, before.body, True, before.n, before.path)
