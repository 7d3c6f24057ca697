"""How a field of a record stands beside the two values of a conflict about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pos.store.records import Record

#: The field of a conflict about the whole record: it was deleted on one side, changed on the other.
DELETED = "deleted"


class Held:
    """Both ways between a record and a conflict. Where records are compared in a form of its own, as a reference by its
    id alone, both differ."""

    def seen(self, record: Record, field: str) -> Any:
        """What the record says, as a conflict keeps it."""
        if field == DELETED:
            return record.deleted
        return record.lines if field == "lines" else record.fields.get(field)

    def whole(self, record: Record, field: str, value: Any) -> Any:  # noqa: ARG002
        """A value of a conflict as the record is to hold it."""
        return value
