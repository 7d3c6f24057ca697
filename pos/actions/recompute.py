"""A Z made again before one's eyes: from the files, from the database, as it was printed, and what was counted.

Each column is read by itself: files byte by byte from where they lie (also from an archive), the database from the sums
it keeps, the print from the saved Z. Nothing is changed. A hub on PostgreSQL has no files: there the column `files` is
what the documents themselves come to, each proven by its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pos.actions import figures, reports
from pos.config import Config
from pos.errors import Corrupt
from pos.rules import documents, zread
from pos.rules.money import minor
from pos.said import Said, nsaid, said
from pos.store import shifts
from pos.store.archives import Files
from pos.store.db import Store

COLUMNS = ("printed", "database", "files", "counted")
CSV = ("of", "name", *COLUMNS, "equal")
LISTED_MAX = 50

Line = tuple[str, str]


def recompute(store: Store, config: Config, named: str) -> dict[str, Any]:
    """Every figure of a Z, side by side. NotFound when there is no such Z."""
    doc = reports.z_read(store, named)
    z, cur = doc["z"], doc["currency"]
    with store.reading():
        kept = _figures(zread.made_again(z, reports.facts_now(store, doc), cur))
        saved = shifts.counted_files(store, doc)
    bodies, trouble, unread = _files(config, saved, cur) if store.keeps_files else _proven(saved)
    columns: dict[str, Mapping[Line, Any]] = {
        "printed": _figures(z),
        "database": kept,
        "files": _made(z, bodies, cur),
        "counted": _counted(z),
    }
    names = list(dict.fromkeys(key for name in COLUMNS[:3] for key in columns[name]))
    rows = [_row(key, columns, cur, config) for key in names]
    return {
        "number": z["number"],
        "name": z["name"],
        "session": z["session"],
        "business_day": z["business_day"],
        "documents": z["documents"],
        "rows": rows,
        "trouble": trouble[:LISTED_MAX],
        "equal": not trouble and all(row["equal"] for row in rows),
        "words": (_words if store.keeps_files else _words_of_hub)(rows, unread, len(trouble) - unread),
    }


def _made(z: Mapping[str, Any], bodies: list[bytes], cur: str) -> dict[Line, Decimal | int]:
    """The figures these documents come to."""
    found = [(documents.decode(body), body) for body in bodies]
    missing = set(z["missing"])
    counted = [pair for pair in found if pair[0]["sequence"] not in missing]
    return _figures(zread.made_again(z, zread.facts_of(counted), cur)) if counted else {}


def _files(config: Config, saved: Mapping[str, bytes], cur: str) -> tuple[list[bytes], list[dict[str, str]], int]:
    """The bodies of the files; those that cannot be read as receipts or say something else than what was saved, each
    in words; and how many could not be read."""
    files, bodies, trouble, unread = Files(config), list[bytes](), list[dict[str, str]](), 0
    for path, written in saved.items():
        words: str = ""
        try:
            body = files.read(path)
            documents.decode(body)
            bodies.append(body)
            if body != written:
                words = _changed(body, written, cur, config)
        except FileNotFoundError:
            words, unread = said("The file is missing."), unread + 1
        except (OSError, Corrupt) as error:
            words, unread = said("The file cannot be read: {why}", why=str(error)), unread + 1
        if words:
            trouble.append({"path": path, "words": words})
    return bodies, trouble, unread


def _proven(saved: Mapping[str, bytes]) -> tuple[list[bytes], list[dict[str, str]], int]:
    """The documents that are as they were sold; those that are not, and how many."""
    wrong = [path for path, body in saved.items() if not _whole(body)]
    trouble = [{"path": path, "words": said("It is not as it was sold.")} for path in wrong]
    return [body for path, body in saved.items() if path not in wrong], list[dict[str, str]](trouble), len(wrong)


def _changed(file: bytes, saved: bytes, cur: str, config: Config) -> Said:
    """What a receipt comes to on either side, and which of the two was changed: the one whose hash does not fit."""
    ours, theirs = documents.decode(saved), documents.decode(file)
    facts = {
        "number": str(ours["invoice_name"]),
        "there": figures.money(minor(theirs["total"], cur), config),
        "here": figures.money(minor(ours["total"], cur), config),
    }
    if not _whole(file):
        return said("{number} was changed in the file: {there} there, {here} in the database, as it was sold.", **facts)
    if not _whole(saved):
        return said("{number} was changed in the database: {here} there, {there} in the file, as it was sold.", **facts)
    return said("{number} is another receipt in the file: {there} there, {here} in the database.", **facts)


def _whole(body: bytes) -> bool:
    try:
        documents.verify(body)
    except Corrupt:
        return False
    return True


def _figures(z: Mapping[str, Any]) -> dict[Line, Decimal | int]:
    """What is compared, by what it is of and its name."""
    found: dict[Line, Decimal | int] = {("count", "documents"): z["documents"]}
    found |= {("sum", name): z[name] for name in ("gross", "net", "tax", "rounding", "total")}
    for tax in z["taxes"]:
        found["tax", f"{tax['code']} {tax['rate'].normalize():f} %"] = tax["tax"]
    for tender in z["tenders"]:
        found["tender", tender["name"]] = tender["net"]
    found["drawer", "cash"] = z["cash"]["expected"]
    return found


def _counted(z: Mapping[str, Any]) -> dict[Line, Decimal]:
    """What a person counted, in the row it is held against."""
    found = {}
    for row in (z["count"] or {}).get("rows", ()):
        if row["counted"] is not None:
            found[("drawer", "cash") if row["kind"] == "cash" else ("tender", row["name"])] = row["counted"]
    return found


_NAMES: dict[str, Said] = {
    "documents": said("Documents"),
    "gross": said("Gross"),
    "net": said("Net"),
    "tax": said("Tax"),
    "rounding": said("Rounding"),
    "total": said("Total"),
    "cash": said("Cash in the drawer"),
}
_OF: dict[str, Said | str] = {
    "count": "", "sum": "", "tax": said("Tax"), "tender": said("Paid by"), "drawer": said("Expected"),
}  # fmt: skip


def _row(key: Line, columns: Mapping[str, Mapping[Line, Any]], cur: str, config: Config) -> dict[str, Any]:
    of, name = key
    made = [columns[column].get(key) for column in COLUMNS[:3]]
    counted = columns["counted"].get(key)
    equal = all(value == made[0] and value is not None for value in made)
    text: Callable[[Any], str] = str if of == "count" else lambda value: figures.money(minor(value, cur), config)
    row: dict[str, Any] = {"of": of, "of_text": _OF[of], "name": name, "name_text": _NAMES.get(name, name)}
    for column, value in zip(COLUMNS, [*made, counted], strict=True):
        row[column] = None if value is None else f"{value}"
        row[f"{column}_text"] = "" if value is None else text(value)
    return row | {"equal": equal, "over": counted is not None and counted != made[0]}


def _words(rows: list[dict[str, Any]], unread: int, changed: int) -> Said:
    if unread:
        return nsaid(
            "{n} file is missing or damaged; what stands under the files is without it.",
            "{n} files are missing or damaged; what stands under the files is without them.",
            unread,
        )
    if changed:
        return nsaid(
            "{n} receipt is not the same in file and database; it is named below.",
            "{n} receipts are not the same in file and database; they are named below.",
            changed,
        )
    return _differing(rows) or said("Files, database and print give the same, to the penny.")


def _words_of_hub(rows: list[dict[str, Any]], unread: int, _changed: int) -> Said:
    if unread:
        return nsaid(
            "{n} document is not as it was sold; what stands under the documents is without it.",
            "{n} documents are not as they were sold; what stands under the documents is without them.",
            unread,
        )
    return _differing(rows) or said("Documents, database and print give the same, to the penny.")


def _differing(rows: list[dict[str, Any]]) -> Said | None:
    wrong = sum(not row["equal"] for row in rows)
    return nsaid("{n} figure differs.", "{n} figures differ.", wrong) if wrong else None
