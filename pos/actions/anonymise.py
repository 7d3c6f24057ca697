"""Anonymise: a customer taken out of everything the till holds, without breaking the chain of its receipts.

What stays: every figure, who sold, card slips' references and voucher codes. What goes: who the customer was, and what
was written about them. The chain keeps the hash each receipt had; a record in it says what was blanked, why, by whom.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pos import clock
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.places import Place, PlaceError, open_place, words_of
from pos.rules import record, shift
from pos.rules.blanking import blanked
from pos.store import audit, blanking, book_blanking, copies, import_blanking
from pos.store.archives import DAY
from pos.store.blanking import Of
from pos.store.db import Store
from pos.store.journal import Journal

#: Called before each step with its name; a test ends the process there.
STEPS = ("planned", "recorded", "files", "archives", "written", "done")
Step = Callable[[str], None]
COPY_BYTES_MAX = 16 << 20
PIECE_BYTES = 1 << 20
NAMED_HERE = 5
#: Shorter words stand in any file by chance.
SOUGHT_CHARS_MIN = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a customer here. receipts: those that name them; rows: of exports of other tills."""

    customer: str
    receipts: tuple[Of, ...]
    listed: bool
    rows: int = 0


@dataclass(slots=True)
class Done:
    """What became of it. records: numbers of the documents that say so. left: sentences about what this till cannot
    reach, or must not touch."""

    receipts: int = 0
    records: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def planned(store: Store, customer: str) -> Plan:
    """What there is of a customer. NotFound when there is nothing; Conflict says what must be done first."""
    if customer == store.config.till.walk_in:
        raise Invalid(f"{customer} is nobody: it stands for customers without a name.", field="customer")
    receipts = tuple(blanking.about(store, customer))
    listed = store.execute("SELECT 1 FROM customer WHERE code = ?", (customer,)).fetchone() is not None
    title = blanking.held_open(store, customer)
    rows = import_blanking.rows(store, (customer, *blanking.details(store, customer)))
    if not (receipts or listed or title or rows):
        raise NotFound(f"There is no customer {customer} on this till. Give the code as receipts have it.")
    if title:
        raise Conflict(f"The basket {title} is held for this customer. Sell or discard it first.", code="held")
    if left := blanking.waiting(store, customer):
        number, state = left[0]
        more = f", and {len(left) - 1} more" if len(left) > 1 else ""
        raise Conflict(
            f"{number} is {state} in the outbox{more}: the books still need to know whose it is. Book or settle it "
            "first: `pos_server.py outbox list`.",
            code="not_booked",
        )
    return Plan(customer, receipts, listed, rows)


def take_out(journal: Journal, plan: Plan, reason: str, by: str, step: Step = lambda _name: None) -> Done:
    """Take the customer out. Invalid without a reason; CannotSave when the disk refuses.

    The record and the rows of the database are one transaction; files and archives follow, and are finished at the next
    start when this one is ended.
    """
    store, text = journal.store, reason.strip()
    if not record.REASON_CHARS_MIN <= len(text) <= record.REASON_CHARS_MAX:
        raise Invalid("Say in a few words why. Not who: the reason stays for ever.", field="reason")
    words = (plan.customer, *blanking.details(store, plan.customer))
    if any(word in text for word in words):
        raise Invalid("The reason names the customer, and it stays for ever. Write it without.", field="reason")
    step("planned")
    _exports(store, words)
    done = Done(len(plan.receipts))
    groups = [plan.receipts[i : i + record.NAMED_MAX] for i in range(0, len(plan.receipts), record.NAMED_MAX)]
    for group in groups:
        done.records.append(_recorded(journal, plan, group, text, by, last=group is groups[-1]))
    if not groups:
        with store.transaction():
            _forget(store, plan, text, by, "")
    step("recorded")
    blanking.finish(store, step)
    store.database.forget_deleted()  # the log holds what was there before
    done.left = [*_copies(store), *_elsewhere(store, words), *_in_books(store, plan)]
    return done


def _recorded(journal: Journal, plan: Plan, group: tuple[Of, ...], reason: str, by: str, *, last: bool) -> str:
    store, key = journal.store, clock.uuid7()
    walk_in = store.config.till.walk_in
    named = []
    for one in group:
        left, _ = blanked(one.doc, key, walk_in)
        row = {"id": one.id, "invoice_name": one.number, "hash": left["blanked"]["hash"], "blanked": left["hash"]}
        named.append(row)
    rows = [(row["id"], key, row["hash"], row["blanked"], walk_in) for row in named]
    doc = {
        **shift.blank(record.KIND, key, maker(store.config, by)),
        record.KIND: record.blank_block(reason, walk_in, named),
    }

    def change(tx: Store) -> None:
        if blanking.change(tx, rows) != len(rows):
            raise Conflict("A receipt was changed meanwhile. Run `pos_server.py verify`.", code="changed")
        if last:
            _forget(tx, plan, reason, by, key)

    return str(journal.commit(doc, change).doc["invoice_name"])


def maker(config: Config, by: str) -> shift.Maker:
    """Who makes a record at this machine's keyboard."""
    pricing = config.pricing
    return shift.Maker(
        by, by, config.shop.currency, "", config.till.price_list, pricing.prices_include_tax, pricing.tax_rule,
        pricing.rounding,
    )  # fmt: skip


def _forget(store: Store, plan: Plan, reason: str, by: str, key: str) -> None:
    blanking.forget(store, plan.customer, store.config.till.walk_in, [one.id for one in plan.receipts])
    audit.record(store, by, "anonymise", key, {"receipts": len(plan.receipts), "reason": reason})


# -- copies and what lies about ----------------------------------------------------------------------------------------


def _exports(store: Store, words: tuple[str, ...]) -> None:
    """Remove exports that were taken in, or refused, and name the customer. Their rows stay, without the name. First of
    all: when this is ended here, the rows still say that there is something to do."""
    wanted = _forms(words)
    for place in import_blanking.files(store):
        path = (store.config.data / place).resolve()
        if path.is_relative_to(store.config.data.resolve()) and path.is_file() and _holds(path, wanted):
            with contextlib.suppress(OSError):  # it is open elsewhere: named with what is left
                path.unlink()


def _forms(words: tuple[str, ...]) -> list[bytes]:
    """How files may write these words."""
    encodings = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252")
    long = [word for word in words if len(word) >= SOUGHT_CHARS_MIN]
    return list({word.encode(name, "ignore") for word in long for name in encodings} - {b""})


def _copies(store: Store) -> list[str]:
    """Put what is left over the copies at every place; sentences about what cannot be reached."""
    told: list[str] = []
    for word in words_of(store.config):
        place = open_place(store.config, word)
        try:
            told += _at(store, place)
        except PlaceError as error:
            told.append(f"Copies at {word} could not be blanked: {error.message} Give `anonymise --copies` later.")
        finally:
            place.close()
    return told


def again(store: Store) -> list[str]:
    """Put what is left of every blanked receipt over its copies once more; sentences about what cannot be reached."""
    return _copies(store)


def _at(store: Store, place: Place) -> Iterator[str]:
    folder = f"{store.config.till.id}/receipts"
    for path, body in _all_blanked(store):
        there = place.read(f"{folder}/{path}", COPY_BYTES_MAX)
        if there is not None and there != body:
            place.remove([f"{folder}/{path}"])
            place.put_all([(f"{folder}/{path}", body)])
    kept = [one for one in copies.snapshots(store, place.word) if one.state == "there"]
    if kept:
        yield (
            f"{len(kept)} snapshots at {place.word} were made before and still name the customer; they go by [backup] "
            f"keep_hours to keep_months, the newest of them was made {kept[0].made_at[:10]}."
        )


def _in_books(store: Store, plan: Plan) -> Iterator[str]:
    names = book_blanking.there(store, [one.id for one in plan.receipts])
    if names:
        shown = ", ".join(names[:NAMED_HERE])
        more = f" and {len(names) - NAMED_HERE} more" if len(names) > NAMED_HERE else ""
        yield f"QuickBooks keeps the customer on {shown}{more}, and in its own list; ask for it there."


def _all_blanked(store: Store) -> list[tuple[str, bytes]]:
    rows = store.execute("SELECT d.path, d.body FROM blanking b JOIN document d ON d.id = b.document").fetchall()
    return [(path, body.encode()) for path, body in rows]


def _elsewhere(store: Store, words: tuple[str, ...]) -> Iterator[str]:
    """Files beside the till's own that hold one of these words: databases kept aside, dropped receipts, lists."""
    wanted = _forms(words)
    own, config = store.path.name, store.config
    for file in sorted({*_files(config.data), *_files(config.invoices), *config.root.glob("*.csv")}):
        a_receipt = file.parent.parent == config.invoices and DAY.match(file.parent.name)
        ours = a_receipt or file.name in (own, f"{own}-wal", f"{own}-shm")
        if not ours and file.is_file() and _holds(file, wanted):
            yield f"{file.relative_to(config.root)} still names the customer; look at it and remove it."


def _files(folder: Path) -> Iterator[Path]:
    return folder.rglob("*") if folder.is_dir() else iter(())


def _holds(file: Path, wanted: list[bytes]) -> bool:
    longest, before = max(map(len, wanted), default=0), b""
    try:
        with file.open("rb") as source:
            while piece := source.read(PIECE_BYTES):
                if any(word in before + piece for word in wanted):
                    return True
                before = piece[-longest:]
    except OSError:
        return False
    return False
