"""Anchors in use: read from what people have of them, held against a database, and kept of other tills."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos.errors import Corrupt, NotFound
from pos.rules import anchor, backup, documents
from pos.rules.anchor import AUDIT, Anchor, Kept
from pos.store import archive, disk
from pos.store.takings import Readable

#: The list a till keeps of another one, beside that one's copies.
LIST = "anchors.jsonl"
#: The newest lines of a list are looked for in its last so many bytes.
TAIL_BYTES = 64 << 10
_lock = threading.Lock()


@dataclass(slots=True)
class Anchors:
    """Everything that is known outside. receipts: path -> SHA-256 of each receipt a snapshot lists, by its name."""

    heads: list[Anchor] = field(default_factory=list)
    receipts: dict[str, dict[str, str]] = field(default_factory=dict)

    def told(self) -> str:
        """How much there is to hold a till against, in words."""
        receipts = sum(map(len, self.receipts.values()))
        heads = f"{len(self.heads)} head{'' if len(self.heads) == 1 else 's'}"
        return f"{heads} and {receipts} receipts" if receipts else heads


# -- reading -----------------------------------------------------------------------------------------------------------


def read(words: Iterable[str], key: Path | None, work: Path) -> Anchors:
    """HASH:COUNT as a Z says it, or a file: a Z or any receipt, a snapshot, the console's list; or a receipts' folder.

    key, work: what opens an encrypted snapshot, and where. NotFound, Invalid, Corrupt in words.
    """
    found = Anchors()
    for word in words:
        typed = anchor.given(word)
        path = Path(word)
        if typed is not None and not path.exists():
            found.heads.append(typed)
        elif path.is_dir():
            files = sorted(path.glob("*/*.json")) or sorted(path.glob("*.json"))
            if not files:
                raise NotFound(f"There are no receipts in {path}.", field="anchor")
            found.heads += [_of_receipt(file.read_bytes(), file.name) for file in files]
        elif path.is_file():
            _of_file(path, key, work, found)
        else:
            raise NotFound(f"{word} is neither HASH:COUNT, as a Z has it, nor a file.", field="anchor")
    return found


def _of_file(path: Path, key: Path | None, work: Path, found: Anchors) -> None:
    with path.open("rb") as source:
        first = source.read(32)
    if backup.made_at(path.name) is not None or archive.is_encrypted(path) or first[:2] == b"\x1f\x8b":
        with archive.opened(path, key, work) as plain:
            manifest, sums = archive.listed(plain)
        found.heads += anchor.of_figures(manifest.figures, manifest.name)
        found.receipts[manifest.name] = {
            name.removeprefix(backup.RECEIPTS): digest for name, digest in sums.items() if backup.is_receipt(name)
        }
        return
    body = path.read_bytes()
    if path.name == LIST or body.startswith(b'{"at"'):
        kept_there = anchor.kept_in(body)
        if not kept_there:
            raise Corrupt(f"{path.name} proves nothing: no line of it can be read")
        found.heads += anchor.of_kept(kept_there, "the console's list")
    else:
        found.heads.append(_of_receipt(body, path.name))


def _of_receipt(body: bytes, name: str) -> Anchor:
    try:
        return anchor.of_document(documents.verify(body))
    except Corrupt as error:
        raise Corrupt(f"{name} proves nothing: {error.message}") from error


# -- held against a database -------------------------------------------------------------------------------------------


def differences(reader: Readable, known: Anchors, tills: tuple[str, ...]) -> list[str]:
    """What is not as it was known, in words, each chain from its first wrong document. tills: this till's ids, for an
    anchor that names none."""
    found: list[str] = []
    chains: dict[tuple[str, str], list[Anchor]] = {}
    for one in known.heads:
        till = one.till or (_till_of(reader, one, tills) if one.series != AUDIT else "")
        chains.setdefault((till, one.series), []).append(one)
    for (till, series), heads in chains.items():
        ordered = sorted(heads, key=lambda a: a.sequence)
        words = _audit(reader, ordered) if series == AUDIT else _chain(reader, till, series, ordered)
        found += [words] if words else []
    for name, receipts in known.receipts.items():
        words = _receipts(reader, name, receipts)
        found += [words] if words else []
    return found


def _till_of(reader: Readable, one: Anchor, tills: tuple[str, ...]) -> str:
    """Which of this till's ids an anchor without one is of: the one that has it, else the present one."""
    for till in tills:
        row = _head(reader, till, one.series, one.sequence)
        if row is not None and row[0].startswith(one.hash):
            return till
    return tills[0]


def _head(reader: Readable, till: str, series: str, sequence: int) -> Any:
    asked = "SELECT hash, path, number FROM document WHERE till = ? AND series = ? AND sequence = ?"
    return reader.execute(asked, (till, series, sequence)).fetchone()


def _chain(reader: Readable, till: str, series: str, heads: list[Anchor]) -> str:
    right = 0
    for one in heads:
        row = _head(reader, till, series, one.sequence)
        if row is None:
            return _gone(reader, till, series, one)
        if not row[0].startswith(one.hash):
            since = (
                "it was changed or put in its place"
                if one.sequence == right + 1
                else f"it, or one before it {f'behind number {right} ' if right else ''}was changed, put in or moved"
            )
            return f"{row[1]}: {one.source} knew another document as number {one.sequence} of till {till}: {since}"
        right = one.sequence
    return ""


def _gone(reader: Readable, till: str, series: str, one: Anchor) -> str:
    asked = "SELECT coalesce(max(sequence), 0) FROM document WHERE till = ? AND series = ?"
    last = reader.execute(asked, (till, series)).fetchone()[0]
    if last >= one.sequence:
        return f"number {one.sequence} of till {till} ({series}) is missing, and {one.source} knew it"
    return (
        f"the end of the chain of till {till} ({series}) is missing: {one.source} knew {one.sequence} documents and "
        f"there are {last}; those from number {last + 1} on were taken away"
    )


def _receipts(reader: Readable, name: str, receipts: Mapping[str, str]) -> str:
    """The first receipt of a snapshot, in the order they were saved, that is not here as it was there."""
    left = dict(receipts)
    for path, body in reader.execute("SELECT path, body FROM document ORDER BY n"):
        wanted = left.pop(path, None)
        if wanted is None or hashlib.sha256(body.encode("utf-8")).hexdigest() == wanted:
            continue
        if '"blanked": {' not in body:  # one whose customer was taken out since is held against its record
            return f"{path}: the snapshot {name} holds it with other content: it was changed since"
    if left:
        more = f", and {len(left) - 1} others" if len(left) > 1 else ""
        return f"{min(left)}: it is missing, and the snapshot {name} holds it{more}"
    return ""


def _audit(reader: Readable, heads: list[Anchor]) -> str:
    wanted = {one.sequence: one for one in heads}
    right, count = 0, 0
    for (digest,) in reader.execute("SELECT hash FROM audit ORDER BY n"):
        count += 1
        one = wanted.get(count)
        if one is not None and not digest.startswith(one.hash):
            since = f"behind row {right} " if right else ""
            return (
                f"the audit is not the one {one.source} knew: row {count}, or one before it {since}was changed, put in "
                "or taken away (or the database was rebuilt from the receipts, which begins it anew)"
            )
        right = count if one is not None else right
    last = heads[-1]
    if last.sequence > count:
        return f"the end of the audit is missing: {last.source} knew {last.sequence} rows and there are {count}"
    return ""


# -- what a till keeps of others ---------------------------------------------------------------------------------------


def kept(folder: Path) -> dict[tuple[str, str], Kept]:
    """What is known last of each chain of one till. folder: where its copies lie."""
    try:
        with (folder / LIST).open("rb") as source:
            size = source.seek(0, 2)
            source.seek(max(size - TAIL_BYTES, 0))
            body = source.read()
    except FileNotFoundError:
        return {}
    if size > TAIL_BYTES:
        body = body.partition(b"\n")[2]
    return {(one.till, one.series): one for one in sorted(anchor.kept_in(body), key=lambda one: one.sequence)}


def arrived(folder: Path, docs: Iterable[Mapping[str, Any]], at: str) -> list[Kept]:
    """Write down the heads of chains that these documents, just kept, lengthen. Only ever added to. Those that do not
    follow and did until now. OSError."""
    with _lock:
        known = kept(folder)
        return _put(folder, known, anchor.after(known, docs, at))


def told(folder: Path, heads: Iterable[Anchor], at: str) -> list[Kept]:
    """Write down what a snapshot that was just kept says of its chains, as far as it is new. OSError. One that lies
    behind says nothing: receipts went on arriving while it was made."""
    new = []
    with _lock:
        known = kept(folder)
        for one in heads:
            last = known.get((one.till, one.series))
            if last is not None and (
                one.sequence < last.sequence or (one.sequence, one.hash) == (last.sequence, last.hash)
            ):
                continue
            other = last is not None and one.sequence == last.sequence
            broken = f"{one.source} has another document {one.sequence} than the one known here" if other else ""
            broken = broken or (last.broken if last is not None else "")
            new.append(Kept(at, one.till, one.series, one.sequence, one.hash, broken))
        return _put(folder, known, new)


def _put(folder: Path, known: Mapping[tuple[str, str], Kept], new: list[Kept]) -> list[Kept]:
    if new:
        _add(folder / LIST, b"".join(map(anchor.line_of, new)))
    whole = {key for key, last in known.items() if not last.broken}
    return [one for one in new if one.broken and ((one.till, one.series) in whole)]


def own(reader: Readable, till: str) -> str:
    """This till's own anchor as people write it down, "" before its first document."""
    asked = "SELECT sequence, hash FROM document WHERE till = ? AND series = 'till' ORDER BY sequence DESC LIMIT 1"
    row = reader.execute(asked, (till,)).fetchone()
    return anchor.text_of(*row) if row else ""


def _add(file: Path, lines: bytes) -> None:
    """A line cut by a power cut is ended first, so that only that one is lost."""
    with file.open("a+b") as out:
        size = out.seek(0, 2)
        if size:
            out.seek(size - 1)
            lines = lines if out.read(1) == b"\n" else b"\n" + lines
        out.write(lines)
    disk.flush_file(file)
