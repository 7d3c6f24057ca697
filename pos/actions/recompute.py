"""A Z made again before one's eyes: from the files, from the database, as it was printed, and what was counted.

Each column is read by itself: files byte by byte from where they lie (also from an archive), the database from the sums
it keeps, the print from the saved Z. Nothing is changed.
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
        paths = shifts.counted_paths(store, doc)
    bodies, trouble = _files(config, paths)
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
        "words": _words(rows, len(trouble)),
    }


def _made(z: Mapping[str, Any], bodies: list[bytes], cur: str) -> dict[Line, Decimal | int]:
    """The figures these documents come to."""
    found = [(documents.decode(body), body) for body in bodies]
    missing = set(z["missing"])
    counted = [pair for pair in found if pair[0]["sequence"] not in missing]
    return _figures(zread.made_again(z, zread.facts_of(counted), cur)) if counted else {}


def _files(config: Config, paths: list[str]) -> tuple[list[bytes], list[dict[str, str]]]:
    """The bodies of the files, and those that cannot be read as receipts."""
    files, bodies, trouble = Files(config), list[bytes](), list[dict[str, str]]()
    for path in paths:
        try:
            body = files.read(path)
            documents.decode(body)
            bodies.append(body)
        except FileNotFoundError:
            trouble.append({"path": path, "words": said("The file is missing.")})
        except (OSError, Corrupt) as error:
            trouble.append({"path": path, "words": said("The file cannot be read: {why}", why=str(error))})
    return bodies, trouble


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


def _words(rows: list[dict[str, Any]], trouble: int) -> Said:
    wrong = sum(not row["equal"] for row in rows)
    if trouble:
        return nsaid(
            "{n} file is missing or damaged; what stands under the files is without it.",
            "{n} files are missing or damaged; what stands under the files is without them.",
            trouble,
        )
    if wrong:
        return nsaid("{n} figure differs.", "{n} figures differ.", wrong)
    return said("Files, database and print give the same, to the penny.")
