"""What a place is: somewhere files are put, listed and fetched by their path. It overwrites nothing by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pos.errors import PosError

#: Files of a place are moved in pieces of this size.
PIECE_BYTES = 1 << 20


class PlaceError(PosError):
    """A place did not take, list or give a file. The till sells on; it is tried again.

    away: nobody was there (unplugged, no network), so nothing can have been written.
    """

    code = "place"

    def __init__(self, message: str, *, code: str | None = None, away: bool = False) -> None:
        super().__init__(message, code=code)
        self.away = away


@dataclass(frozen=True, slots=True)
class Listed:
    """One file at a place."""

    path: str
    bytes: int


class Place(Protocol):
    """One place. Paths have forward slashes and begin with a till's id. Every call may raise PlaceError.

    word: what the settings call it. kind: folder, till or s3.
    """

    word: str
    kind: str

    def near(self) -> bool:
        """Whether it shares a disk, or the machine, with the till: what takes one takes both."""

    def put_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Put small files; they are there for good when this returns. What has the same path and bytes stays.

        PlaceError `other` when something else has that path.
        """

    def put(self, path: str, file: Path) -> None:
        """Put one large file; it is there as a whole and for good, or not at all."""

    def listed(self, folder: str) -> Iterator[Listed]:
        """Every file below a folder, in the order of their paths; nothing when there is no such folder."""

    def read(self, path: str, most: int) -> bytes | None:
        """A small file; None when there is none. PlaceError when it is larger than `most` bytes."""

    def fetch(self, path: str, file: Path) -> None:
        """Fetch a file as it lies there, not as it may still be in a memory of this machine."""

    def remove(self, paths: Iterable[str]) -> None:
        """Take files away; one that is not there is no error."""

    def close(self) -> None:
        """Let go of connections."""
