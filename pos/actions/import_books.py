"""Rows of another till's export become documents of the books: one a business day, shop, way to pay and kind, under the
same numbers as those of receipts; what comes later goes into a supplement.

What is not mapped waits, and a notice says for what. Nothing here speaks to anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pos.actions import bundle, run_settings
from pos.actions.line import Job
from pos.actions.run_settings import RunSettings
from pos.connectors.base import Binder
from pos.errors import PosError
from pos.rules import daybook
from pos.rules.daybook import Gathered, Group, Line, Share
from pos.rules.money import round_places
from pos.said import nsaid, said
from pos.store import companies, imports, notices
from pos.store import import_books as kept
from pos.store.db import Store
from pos.store.import_books import Kept, Loose

log = logging.getLogger(__name__)

#: Files named in a document's note, and letters of a name.
FILES_MAX, NAME_MAX = 2, 60
#: Reasons one notice gives.
WORDS_MAX = 5


#: net, tax, rate ("" = not told) -> the tax codes it can be, each with its rate.
Codes = Callable[[int, int, str], list[tuple[str, str]]]


@dataclass(slots=True)
class _Sums:
    """What rows of one document come to. lacks: why they cannot be booked. last: the newest row."""

    gathered: Gathered = field(default_factory=Gathered)
    lacks: dict[str, None] = field(default_factory=dict)
    last: int = 0
    stopped: bool = False


def make_bundles(
    job: Job, binder: Binder, company: str, days: Sequence[str], stopping: Callable[[], bool] = bool
) -> int:
    """Documents of the rows of these days (ISO) that are in none; how many were handed out. What lacks a mapping is
    left as it is, and told."""
    if binder.problems():  # said where the line is checked
        return 0
    settings, places = run_settings.of(job.store, company), _places(job.store, company)
    waiting: dict[str, dict[str, None]] = {day: {} for day in days}
    made = 0
    for group, some in _groups(kept.loose(job.store, company, days), places, settings.currency).items():
        if stopping() or job.stopping():
            break
        lacks, count = _close(job, binder, settings, group, some)
        waiting[group.day].update(lacks)
        made += count
        job.breathe()
    else:
        for day, words in waiting.items():
            _tell(job, settings, day, list(words))
    return made


def _places(store: Store, company: str) -> dict[str, str]:
    """What a shop is called, in an export or here -> its id."""
    found: dict[str, str] = {}
    for shop in companies.shops(store, company):
        found |= {shop.id.casefold(): shop.id, shop.name.casefold(): shop.id}
    return found


def _groups(loose: Iterable[Loose], places: dict[str, str], currency: str) -> dict[Group, list[Loose]]:
    found: dict[Group, list[Loose]] = {}
    for one in loose:
        shop = places.get(one.place.casefold(), one.place)
        found.setdefault(Group(one.day, shop, one.tender, one.kind, currency), []).append(one)
    return found


def _close(
    job: Job, binder: Binder, settings: RunSettings, group: Group, some: list[Loose]
) -> tuple[dict[str, None], int]:
    """Why a group waits, and how many documents were handed out."""
    sums = read(job, binder, settings, group, some)
    if sums.stopped or sums.lacks or not sums.gathered.receipts:
        return sums.lacks, 0
    lines = sums.gathered.lines()
    try:
        numbers = bundle.numbers(job, binder, group, -(-len(lines) // binder.lines_max))
    except (KeyError, ValueError, AssertionError, PosError) as error:
        words = said("The day's document of {day}, {tender} has no number.", day=group.day, tender=group.tender)
        log.warning("%s: %s", words, error)
        return {words: None}, 0
    rows = sums.gathered.receipts
    sums.gathered.receipts = 0  # it has none: its note says what it is made of
    note = note_of(rows, _names(job.store, settings.company, some))
    books = daybook.books(group, sums.gathered, [name for name, _ in numbers], binder.lines_max, note=note)
    pairs = [(book, supplement) for book, (_, supplement) in zip(books, numbers, strict=True)]
    try:
        done = kept.hand_out(job.store, job.connection, settings.company, group, some, sums.last, pairs, job.now())
    except kept.Changed:
        done = False
    return {}, len(pairs) if done else 0


def _names(store: Store, company: str, some: Sequence[Loose]) -> list[str]:
    """The files these rows came in, in their order."""
    files = {n for one in some for n in kept.files_of(store, company, one)}
    return [imports.one(store, company, n).name for n in sorted(files)]


def note_of(rows: int, names: Sequence[str]) -> str:
    """What a document without receipts is made of, as its note says it to people in the books: in English."""
    told = ", ".join(name[:NAME_MAX] for name in names[:FILES_MAX])
    more = f" and {len(names) - FILES_MAX} more" if len(names) > FILES_MAX else ""
    return f"{rows} row{'' if rows == 1 else 's'} of {told}{more}"


def source_words(rows: int, files: Sequence[str]) -> str:
    """The same on a screen."""
    names = ", ".join(files[:FILES_MAX])
    if len(files) > FILES_MAX:
        names = said("{names} and {more} more", names=names, more=len(files) - FILES_MAX)
    return nsaid("{n} row of {names}", "{n} rows of {names}", rows, names=names)


def words_of(store: Store, connection: str, number: str) -> str:
    """What a document without receipts is made of, in words; "" for one of receipts."""
    found = kept.source(store, connection, number)
    return source_words(found.rows, found.files) if found else ""


def read(job: Job, binder: Binder, settings: RunSettings, group: Group, some: Sequence[Loose]) -> _Sums:
    """What the rows of a group come to, and what of them is not mapped; their rates are written down beside them."""
    sums, sign = _Sums(), -1 if group.kind == daybook.REFUND else 1
    for one in some:
        for rows in kept.rows_of(job.store, settings.company, one):
            found = [(row, *line_of(binder.tax_codes, row, sign, sums.lacks)) for row in rows]
            clear = _share(group, tuple(line for _, line, is_clear in found if is_clear))
            sums.lacks.update(dict.fromkeys(binder.lacks(clear)))
            sums.gathered.add(_share(group, tuple(line for _, line, _ in found)))
            sums.gathered.receipts += len(rows) - 1  # it counts rows here
            sums.last = max(sums.last, rows[-1].n)
            if not sums.lacks:
                kept.rate(job.store, [(line.rate, row.n) for row, line, _ in found if line.rate != row.rate])
            job.breathe()
            if job.stopping():
                sums.stopped = True
                return sums
    return sums


def _share(group: Group, lines: tuple[Line, ...]) -> Share:
    return Share("", group.kind, "", group.kind, group.day, group.shop, group.tender, "", group.currency, False, "",
                 lines)  # fmt: skip


def line_of(codes_for: Codes, row: Kept, sign: int, lacks: dict[str, None]) -> tuple[Line, bool]:
    """A row as a line, and whether its tax is clear: it is of one code, or of none that is mapped. lacks: told where
    it is not."""
    codes = codes_for(sign * row.net, sign * row.tax, row.rate)
    if len(codes) > 1:
        names = ", ".join(sorted({name for name, _ in codes}))
        lacks[said("Tax of {name}: {codes} are all of {rate}%. Leave one of them in the mapping.", name=row.name,
                   codes=names, rate=codes[0][1])] = None  # fmt: skip
    code, rate = codes[0] if codes else ("", row.rate or _percent(row))
    # A name that begins with a star would be one of our own.
    item = (row.item or row.name).lstrip("*") or "-"
    line = Line(item, row.name, row.category, code, rate, sign * row.qty, sign * row.net, sign * row.tax,
                sign * row.gross)  # fmt: skip
    return line, len(codes) <= 1


def shares(store: Store, codes_for: Codes, company: str, most: int) -> Iterator[Share]:
    """What of a company's rows is in no document yet, up to so many rows: for what of it is not mapped."""
    places, currency = _places(store, company), run_settings.of(store, company).currency
    for group, some in _groups(kept.loose(store, company, kept.days_loose(store, company)), places, currency).items():
        sign = -1 if group.kind == daybook.REFUND else 1
        for rows in (rows for one in some for rows in kept.rows_of(store, company, one)):
            found = [line_of(codes_for, row, sign, {}) for row in rows]
            yield _share(group, tuple(line for line, is_clear in found if is_clear))
            most -= len(rows)
            if most <= 0:
                return


def _percent(row: Kept) -> str:
    """What it was charged at, for a sentence; nothing is reckoned with it."""
    return f"{round_places(Decimal(100 * row.tax) / row.net, 1).normalize():f}" if row.net else "0"


def _tell(job: Job, settings: RunSettings, day: str, words: list[str]) -> None:
    """Rows that wait are said, until they do not."""
    store, key = job.store, f"import:{settings.company}:{day}"
    if not words:
        notices.settle(store, key)
        return
    text = said("Imported sales of {company} of {day} are not in the books: {why}", company=settings.name, day=day,
                why=" ".join(words[:WORDS_MAX]))  # fmt: skip
    if any(one.text == text for one in notices.open_notices(store, prefix=key)):
        return
    remedy = said("Map what is named on the QuickBooks page; the next run books these sales.")
    notices.raise_notice(store, key, "needs", text, remedy, job.connection)
