"""A customer taken out of what exports of other tills and files of banks left here: rows, and lines not taken.
The figures stay, and so does the hash a row is known by: the same export once more does not bring the name back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pos.store.db import Store

#: Texts that may name somebody, as (table, its key, column).
_TEXTS = (
    ("import_reject", ("file", "line"), "row_text"),
    ("import_reject", ("file", "line"), "reason"),
    ("bank_row", ("n",), "text"),
    ("bank_reject", ("file", "line"), "row_text"),
    ("bank_reject", ("file", "line"), "reason"),
)


def called(store: Store, words: Iterable[str]) -> list[str]:
    """How rows write a customer with one of these names."""
    wanted = {" ".join(word.split()).casefold() for word in words}
    rows = store.execute("SELECT DISTINCT customer FROM import_row WHERE customer <> ''").fetchall()
    return [name for (name,) in rows if name.casefold() in wanted]


def rows(store: Store, words: Iterable[str]) -> int:
    """How many rows name the customer."""
    count = 0
    for name in called(store, words):
        count += int(store.execute("SELECT count(*) FROM import_row WHERE customer = ?", (name,)).fetchone()[0])
    return count


def files(store: Store) -> list[str]:
    """Where exports lie, below the data folder, that nobody takes in any more as they are."""
    asked = (
        "SELECT DISTINCT f.place FROM import_file f WHERE f.place <> '' AND f.state <> 'waiting' AND NOT EXISTS"
        " (SELECT 1 FROM import_file g WHERE g.place = f.place AND g.state = 'waiting')"
    )
    return [place for (place,) in store.execute(asked).fetchall()]


def forget(store: Store, words: Iterable[str], struck: Callable[[str], str], instead: str) -> None:
    """Take the customer out of rows and of lines that were not taken. Inside a transaction."""
    for name in called(store, words):
        store.execute("UPDATE import_row SET customer = ? WHERE customer = ?", (instead, name))
    for table, key, column in _TEXTS:
        facts = ", made_of = ''" if column == "reason" else ""
        where = " AND ".join(f"{one} = ?" for one in key)
        for *of, text in store.execute(f"SELECT {', '.join(key)}, {column} FROM {table}").fetchall():
            if (left := struck(text)) != text:
                store.execute(f"UPDATE {table} SET {column} = ?{facts} WHERE {where}", (left, *of))
