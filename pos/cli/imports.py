"""import items|customers|vouchers|locations|stock|receipts FILE…: bring in lists and older receipts, by the running
server or straight into the folder."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from pos import cli, config
from pos.actions import bring_in, issuer, old_vouchers
from pos.cli import control, opened, replay
from pos.errors import Invalid
from pos.rules import sheet, sheet_stock
from pos.store import companies, inventory_begin, people
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from pos.store.rehearsal import rehearsal

#: Well below the least [security] body_kb_max anybody would set.
PIECE_BYTES_MAX = 200_000
#: Of the older till; taken in as `replay` takes them.
RECEIPTS = "receipts"

_ANY = bring_in.Choices()
Row = tuple[int, dict[str, str]]
#: Takes a piece of a list; answers (added, changed, [(index, reason)]).
Door = Callable[[list[dict[str, str]]], tuple[int, int, list[tuple[int, str]]]]


@dataclass(slots=True)
class Tally:
    """What became of one file. refused: (line, reason, cells)."""

    added: int = 0
    changed: int = 0
    rows: int = 0
    refused: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Bring in lists. Refused rows are written beside the file, as NAME.rejected.csv, with the reason.\n\n"
        + "\n\n".join(
            f"Columns of {kind}:\n" + "\n".join(f"  {name:<13} {words}" for name, words in columns.items())
            for kind, columns in sheet.COLUMNS.items()
        )
        + f"\n  {sheet.ATTRIBUTE + 'NAME':<13} (items) an attribute, such as Size"
    )
    kinds = (*sorted(sheet.COLUMNS), RECEIPTS)
    parser.add_argument("kind", choices=kinds, help="what the files list; receipts: of the older till, as by replay")
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="CSV with a first line that names the columns; vouchers also as a JSON list; receipts: files or folders",
    )
    parser.add_argument("--company", default="main", metavar="ID", help="items, locations, stock: whose they are")
    parser.add_argument("--date", default="", metavar="DAY", help="stock: the day it is on hand, as 2026-01-01")
    parser.add_argument("--zero-fill", action="store_true", help="stock: none of these items at places not listed")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")


def run(args: argparse.Namespace, root: Path) -> int:
    """One line a file; 1 when any row was refused. Giving a corrected file again changes only what differs."""
    loaded = opened.settings(root)
    if args.kind == RECEIPTS:
        if args.dry_run:
            raise Invalid("Receipts know no dry run: what is here already is left as it is.", field="dry_run")
        return replay.run(argparse.Namespace(files=[str(file) for file in args.files]), root)
    lists = [(file, text_of(file, args.kind)) for file in args.files]  # every header is read before anything goes in
    failed = False
    chosen = bring_in.Choices(args.company, args.date)
    key = bring_in.stock_key(loaded.till.warehouse) if args.kind == "stock" else _code
    if args.zero_fill:
        lists = [(file, zero_filled(rows, loaded.till.warehouse)) for file, rows in lists]
    with rehearsed(loaded, args.kind, chosen) if args.dry_run else door(loaded, args.kind, chosen) as take_in:
        for file, rows in lists:
            tally = bring(rows, take_in, key)
            print(
                f"{file}: {tally.rows} rows, {tally.added} new, {tally.changed} changed, {len(tally.refused)} refused."
                + (" Nothing was changed: this was a dry run." if args.dry_run else "")
            )
            failed |= bool(tally.refused)
            report(file, tally)
    return cli.FAILED if failed else cli.OK


def text_of(file: Path, kind: str) -> list[Row]:
    """The rows of a file: UTF-8, else Windows-1252, as Excel's "CSV". Invalid when it is no list of this kind."""
    body = file.read_bytes()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _windows(file, body)
    try:
        return (sheet.read_json if file.suffix.lower() == ".json" else sheet.read)(text, kind)
    except Invalid as error:
        raise Invalid(f"{file}: {error.message}", field=error.field) from error


def _windows(file: Path, body: bytes) -> str:
    try:
        if body.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
            raise ValueError
        text = body.decode("cp1252")
    except ValueError:
        raise Invalid(f"{file} is neither UTF-8 nor Windows-1252. Save it again as CSV UTF-8.", field="file") from None
    print(f"{file} is not UTF-8; it is read as Windows-1252. Look at the accents, or save it as CSV UTF-8.")
    return text


def _code(cells: Mapping[str, str]) -> str:
    return cells.get("code", "")


def zero_filled(rows: list[Row], warehouse: str) -> list[Row]:
    """The list, where each row says which places its item is listed at: at all others there is none."""
    named: dict[str, list[str]] = {}
    for _, cells in rows:
        named.setdefault(_code(cells), []).append(cells.get("location") or warehouse)
    return [(line, {**cells, sheet_stock.ZERO_FILL: json.dumps(named[_code(cells)])}) for line, cells in rows]


def bring(rows: list[Row], take_in: Door, key: Callable[[Mapping[str, str]], str] = _code) -> Tally:
    """Hand the list over in pieces. A code (or what `key` says) that stands twice in one list is refused the second
    time."""
    tally = Tally(rows=len(rows))
    seen: set[str] = set()
    fresh: list[Row] = []
    for line, cells in rows:
        code = key(cells)
        if code and code in seen:
            tally.refused.append((line, f"the code {code} stands further up already", cells))
        else:
            fresh.append((line, cells))
        seen.add(code)
    fresh.sort(key=lambda row: bool(row[1].get("template")))  # templates before their variants, wherever they stand
    with tqdm(total=len(fresh), desc="import", unit=" rows", disable=None, leave=False) as shown:
        for piece in pieces(fresh):
            added, changed, refused = take_in([cells for _, cells in piece])
            tally.added, tally.changed = tally.added + added, tally.changed + changed
            tally.refused += [(piece[i][0], reason, piece[i][1]) for i, reason in refused]
            shown.update(len(piece))
    tally.refused.sort(key=lambda refusal: refusal[0])
    return tally


def pieces(rows: list[Row]) -> Iterator[list[Row]]:
    """The list in pieces that fit a transaction and a request."""
    piece: list[Row] = []
    size = 0
    for row in rows:
        long = len(json.dumps(row[1]))
        if piece and (len(piece) == bring_in.ROWS_MAX or size + long > PIECE_BYTES_MAX):
            yield piece
            piece, size = [], 0
        piece.append(row)
        size += long
    if piece:
        yield piece


def report(file: Path, tally: Tally) -> None:
    """Write the reject list, or remove an old one when nothing was refused."""
    rejects = file.with_name(f"{file.stem}.rejected.csv")
    if not tally.refused:
        rejects.unlink(missing_ok=True)
        return
    names = (name for _, _, cells in tally.refused for name in cells if name != sheet_stock.ZERO_FILL)
    columns = list(dict.fromkeys(filter(None, names)))
    with rejects.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["line", "reason", *columns])
        writer.writerows([line, why, *(cells.get(name, "") for name in columns)] for line, why, cells in tally.refused)
    line, reason, _ = tally.refused[0]
    print(f"  line {line}: {reason}{' (and more)' if len(tally.refused) > 1 else ''}; all in {rejects}")


@contextmanager
def door(loaded: config.Config, kind: str, chosen: bring_in.Choices = _ANY) -> Iterator[Door]:
    """The way in: the server on this folder when one runs, else the folder itself, locked for as long as this takes."""
    server = control.running(loaded)
    if server is not None:

        def through(rows: list[dict[str, str]]) -> tuple[int, int, list[tuple[int, str]]]:
            asked = {"rows": rows, "company": chosen.company, "date": chosen.day}
            answer = server.call(f"/api/import/{kind}", json.dumps(asked).encode())
            return int(answer["added"]), int(answer["changed"]), [(int(at), str(why)) for at, why in answer["refused"]]

        yield through
        return
    store = open_store(loaded)
    try:
        store.lock()
        with _straight(store, kind, chosen) as take_in:
            yield take_in
    finally:
        store.close()


@contextmanager
def rehearsed(loaded: config.Config, kind: str, chosen: bring_in.Choices = _ANY) -> Iterator[Door]:
    """The way into a copy of the till, which is thrown away."""
    with rehearsal(loaded) as store, _straight(store, kind, chosen) as take_in:
        yield take_in


@contextmanager
def _straight(store: Store, kind: str, chosen: bring_in.Choices) -> Iterator[Door]:
    by = opened.operator()
    if kind in bring_in.KINDS:
        chosen = replace(chosen, company=companies.one(store, chosen.company).id)
        inventory_begin.begin(store)
        yield lambda rows: _told(bring_in.KINDS[kind](store, rows, by, chosen))
        return
    journal = Journal(store)
    try:
        till, person = _Till(store.config, store, journal), people.Actor(by, by, "admin", "token", "")
        ask = partial(issuer.ask, store, store.config)
        yield lambda rows: _told(old_vouchers.take_in(till, rows, person, ask))
    finally:
        journal.close()


@dataclass(frozen=True, slots=True)
class _Till:
    config: config.Config
    store: Store
    journal: Journal


def _told(found: bring_in.Outcome) -> tuple[int, int, list[tuple[int, str]]]:
    return found.counts.added, found.counts.changed, list(found.refused)
