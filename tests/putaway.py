"""A till with receipts of months that are over, for tests of what puts them away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pos.config import Config
from pos.rules import documents
from pos.store.journal import Journal
from tests.receipts import sale, stamped

REASON = "copied by hand to the safe"


def month_of_sales(journal: Journal, month: str, count: int, first: int = 1, prev: str = "", **more: Any) -> str:
    """Adopt sales of one month, chained, two a day; the hash of the last one."""
    prev = prev or documents.GENESIS
    for i in range(count):
        day = f"{month}-{i // 2 % 28 + 1:02d}"
        moment = f"{day}T10:00:00.000+00:00"
        doc, body = stamped(
            sale(), first + i, business_day=day, created_at=moment, prev_hash=prev, **{"session": "", **more}
        )
        journal.adopt(body, "test", "ann")
        prev = doc["hash"]
    journal.flush()
    return prev


def loose(config: Config) -> list[str]:
    """Every file below the days of invoices/."""
    return sorted(p.relative_to(config.invoices).as_posix() for p in config.invoices.glob("*/*") if p.is_file())


def folders(config: Config) -> list[str]:
    return sorted(p.name for p in config.invoices.iterdir() if p.is_dir())


def only(folder: Path) -> Path:
    """The one archive."""
    (found,) = folder.glob("receipts-*.zip")
    return found
