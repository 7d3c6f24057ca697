"""Where `verify` finds the bytes of each receipt: the files of a till, or what was read out of a snapshot."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Protocol

from pos.errors import Corrupt
from pos.store import intake
from pos.store.archives import Files
from pos.store.takings import Readable

#: A file is written a moment after its sale was saved; a running till gets this long.
FILE_WAIT_SECONDS = 2.0


class Originals(Protocol):
    """Receipts beside a database, to be compared with it."""

    def trouble(self) -> list[str]: ...
    def difference(self, reader: Readable, path: str, n: int, body: bytes) -> str: ...
    def paths(self) -> list[str]: ...
    def unknown(self, path: str) -> str: ...


class OfTill:
    """The files of a till, loose or archived; also while it sells."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def trouble(self) -> list[str]:
        """What is wrong with archives, in words."""
        return [words for _name, words in self._files.archives.trouble()]

    def difference(self, reader: Readable, path: str, n: int, body: bytes) -> str:
        """What is not as the database has it, "" = nothing. A file behind the newest ones may be being written at this
        very moment: it is looked at again for a while."""
        until = time.monotonic() + FILE_WAIT_SECONDS
        while True:
            try:
                found = self._files.all_of(path)
            except OSError:
                found = []
            except Corrupt as error:
                return error.message
            if found and all(content == body for content in found):
                return ""
            mark = reader.execute("SELECT value FROM meta WHERE key = 'files_durable'").fetchone()
            if (mark and int(mark[0]) >= n) or time.monotonic() > until:
                break
            time.sleep(0.05)  # the journal may still be writing this file; its mark says when it was
        if not found:
            return "its file is missing"
        content = next(one for one in found if one != body)
        pairs = enumerate(zip(content, body, strict=False))
        at = next((i for i, (a, b) in pairs if a != b), min(len(content), len(body)))
        line = body[:at].count(b"\n") + 1
        return f"its file differs from the database from line {line} on ({len(content)} bytes, should be {len(body)})"

    def paths(self) -> list[str]:
        """Each path once."""
        return self._files.paths()

    def unknown(self, path: str) -> str:
        """What a file is that the database does not know."""
        try:
            intake.proven(self._files.read(path))
        except (Corrupt, OSError) as error:
            return f"no receipt of this till: {error}"
        return "a whole receipt the database does not know; a restart of the till takes it in"


class OfSnapshot:
    """Receipts as they were read out of a snapshot. sums: path -> SHA-256 of the bytes that were read."""

    def __init__(self, sums: Mapping[str, str]) -> None:
        self._sums = sums

    def trouble(self) -> list[str]:
        """Nothing: every byte was proven when it was read."""
        return []

    def difference(self, _reader: Readable, path: str, _n: int, body: bytes) -> str:
        """Whether the very bytes the database has were read."""
        found = self._sums.get(path)
        if found == hashlib.sha256(body).hexdigest():
            return ""
        return "its file is missing" if found is None else "its file differs from the database"

    def paths(self) -> list[str]:
        """Each path once."""
        return sorted(self._sums)

    def unknown(self, _path: str) -> str:
        """What a file is that the database does not know."""
        return "a file of the snapshot that its database does not know"
