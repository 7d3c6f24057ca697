"""The number a transaction of ours has in QuickBooks Desktop, where nobody gave it one. Pure.

It is of the same make as those of the Web Connector: 11 characters, which is all QuickBooks takes. Made of what the
record is, so that a server which came back from an older copy of its data makes the same one again and finds what it
has forgotten. QuickBooks lets two documents have one number: whose it is, the externalId says.
"""

from __future__ import annotations

from collections.abc import Container

from pos.errors import Invalid
from pos.rules import qbd_split
from pos.said import said

#: What QuickBooks takes of a refNumber.
CHARS_MAX = 11
#: So often another one is made where one is in use here.
TRIES = 20
_SOURCE = "record"


def ref_number(connection: str, kind: str, key: str, used: Container[str] = ()) -> str:
    """The number of one record. used: numbers other records here have. Invalid when every one that is tried is."""
    for part in range(1, TRIES + 1):
        made = qbd_split.ref_number(connection, f"{_SOURCE}/{key}", kind, part)
        if made not in used:
            return made
    raise Invalid(said("Every number that was made for it is in use here. Give it one."), field="refNumber")
