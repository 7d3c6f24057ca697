"""The list every screen of the console shows: what the address asks for, a page of it, and the whole of it as CSV.

?sort=&down=&after=&before=&limit= and the screen's own filters. The store reads the pages (`pos/store/listing.py`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context

from pos.errors import Invalid
from pos.said import said
from pos.store.listing import COUNT_MAX, ROWS, ROWS_MAX, Asked, Page

#: A cell that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "@", "\t", "\r")
#: What is typed to filter or search is no longer than this.
FILTER_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column. name: the key in a row. sort: what it sorts by, "" = it does not. number: set to the end."""

    name: str
    title: str
    sort: str = ""
    number: bool = False


def asked(*, sorts: Sequence[str], sort: str, down: bool = True) -> Asked:
    """What the address asks for. sort, down: when it says nothing. Invalid names what cannot be."""
    given = request.args
    by = given.get("sort", "") or sort
    if by not in sorts:
        raise Invalid(said("This list cannot be sorted by {sort}.", sort=repr(by[:40])), field="sort")
    way = given.get("down", "")
    return Asked(
        sort=by,
        down=down if way not in ("0", "1") else way == "1",
        after=given.get("after", "")[:2000],
        before=given.get("before", "")[:2000],
        limit=_limit(given.get("limit", "")),
    )


def filled(names: Sequence[str], one_of: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What somebody filters by, by name; "" = any. one_of: the words a name may be. Invalid."""
    given = {name: request.args.get(name, "").strip() for name in names}
    for name, value in given.items():
        if len(value) > FILTER_CHARS_MAX:
            raise Invalid(
                said("{name} is text of at most {most} letters.", name=name, most=FILTER_CHARS_MAX), field=name
            )
        if value and name in one_of and value not in one_of[name]:
            raise Invalid(said("{name} cannot be {value}.", name=name, value=repr(value[:40])), field=name)
    return given


def as_json(rows: list[dict[str, Any]], page: Page) -> dict[str, Any]:
    """The page for a program: rows, marks of the next and the former page, and how many there are."""
    more = page.total is not None and page.total > COUNT_MAX
    total = COUNT_MAX if more else page.total
    return {"rows": rows, "after": page.after, "before": page.before, "total": total, "more": more}


def view(columns: Sequence[Column], given: Asked, chosen: Mapping[str, str], page: Page) -> dict[str, Any]:
    """What the template of a list needs beside its rows: heads that sort, and the ways on and back."""
    base = request.path
    kept = {name: value for name, value in chosen.items() if value}

    def link(**more: str) -> str:
        return f"{base}?{urlencode({**kept, **more})}"

    def head(column: Column) -> dict[str, Any]:
        current = bool(column.sort) and column.sort == given.sort
        turned = "0" if current and given.down else "1"
        return {
            "title": column.title,
            "number": column.number,
            "sorted": ("descending" if given.down else "ascending") if current else "",
            "link": link(sort=column.sort, down=turned) if column.sort else "",
        }

    order = {"sort": given.sort, "down": "1" if given.down else "0"}
    more = page.total is not None and page.total > COUNT_MAX
    return {
        "heads": [head(column) for column in columns],
        "order": order,
        "next": link(**order, after=page.after) if page.after else "",
        "back": link(**order, before=page.before) if page.before else "",
        "first": link(**order) if given.after or given.before else "",
        "csv": f"{base}.csv?{urlencode({**kept, **order})}",
        "total": COUNT_MAX if more else page.total,
        "more": more,
    }


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """Every row as CSV, sent while it is read: plain values, moments in UTC, decimals with a point."""

    def written() -> Iterator[str]:
        out = io.StringIO()
        out.write("\ufeff")
        writer = csv.writer(out)
        writer.writerow(columns)
        for at, row in enumerate(rows):
            writer.writerow(cells(columns, row))
            if at % 200 == 199:
                yield _taken(out)
        yield _taken(out)

    answer = Response(stream_with_context(written()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def cells(columns: Sequence[str], row: Mapping[str, Any]) -> list[str]:
    """A row of CSV no spreadsheet runs anything of."""
    return [_cell(row.get(column)) for column in columns]


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def _cell(value: Any) -> str:
    """A cell no spreadsheet runs as a formula; a figure below nought stays a figure."""
    text = "" if value is None else str(value)
    number = text[1:].replace(".", "", 1).isdigit()
    return f"'{text}" if text.startswith(_FORMULA) or (text.startswith("-") and not number) else text


def _limit(text: str) -> int:
    if not text:
        return ROWS
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text)):
        raise Invalid(said("{name} is a whole number.", name="limit"), field="limit")
    return min(int(text), ROWS_MAX)
