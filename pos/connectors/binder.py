"""What a connector promises that books documents made of receipts, or of rows of another till's export."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pos.rules.daybook import Book, Group, Share

if TYPE_CHECKING:
    from pos.connectors.base import Document, Posted


@runtime_checkable
class Binder(Protocol):
    """A connector that books documents made of receipts (`rules.daybook`), each under a number made of its content.

    Nothing here speaks to anybody but `marked`. lines_max: so many lines one document takes.
    """

    lines_max: int

    def problems(self) -> list[str]:
        """What keeps every receipt from being booked, in words; until it is put right nothing is bundled."""
        ...

    def lacks(self, share: Share) -> list[str]:
        """What of a share is not mapped, in words; such a receipt waits for a person."""
        ...

    def tax_codes(self, net: int, tax: int, rate: str) -> list[tuple[str, str]]:
        """The tax codes, each with its rate (percent as text), that a line of so much net and tax in minor units can be
        of, when nobody said; rate: where that is told, "" = it is not. One is the answer, none or several are not."""
        ...

    def number(self, group: Group, supplement: int) -> str:
        """What a document of a day is called. Everything of the group is mapped."""
        ...

    def own_number(self, share: Share, split: bool) -> str:
        """What a share is called as a document by itself; split: several paid the receipt. Invalid when too long."""
        ...

    def prepare(self, book: Book, edition: int) -> bytes:
        """The bytes to keep and then to send. Rejected ("unmapped") names what is not mapped."""
        ...

    def key(self, book: Book) -> str:
        """What `find` wants."""
        ...

    def beyond(self, document: Document, posted: Posted, tolerance: int) -> str:
        """What `compare` says, amounts that are off by no more minor units left out. Pure."""
        ...

    def marked(self, day: str, keys: Collection[str], known: Collection[str]) -> Iterator[tuple[str, Posted]]:
        """Read from there, page by page: whatever of a day says it is ours, those with a known remote id left out. Each
        with the one of `keys` whose content it was made of, "" = of none. Reads; ConnectorError."""
        ...
