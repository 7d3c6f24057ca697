"""One artifact of a run as people read it: three sides next to each other, what differs first, each document with the
receipts behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pos.actions.outbox_views import moment
from pos.actions.run_reconcile import tag
from pos.actions.run_views import VERDICTS, Reader
from pos.connectors.qbo.mapping import OWN_TENDERS
from pos.rules import run_sums, wording
from pos.rules.money import major
from pos.rules.run_sums import Sides
from pos.said import said
from pos.store import bundle_days, bundles, companies, run_artifacts
from pos.store.run_artifacts import Artifact, Figure

#: Documents of one page; and how many of them have their receipts named.
PAGE_DOCUMENTS = 200
NAMED_DOCUMENTS = 40
NAMED_RECEIPTS = 12
KINDS = {"total": said("Total"), "tender": said("Way to pay"), "tax": said("Tax"), "document": said("Document")}


def detail(eyes: Reader, n: int, page: int = 1) -> dict[str, Any]:
    """An artifact with its sums and a page of its documents. NotFound, also for one outside the reach."""
    found = run_artifacts.one(eyes.store, n, eyes.reach)
    sums = run_artifacts.sums(eyes.store, n)
    _, count, bad = run_artifacts.documents(eyes.store, n, 0)
    pages = max(1, -(-count // PAGE_DOCUMENTS))
    page = min(max(page, 1), pages)
    documents, _, _ = run_artifacts.documents(eyes.store, n, PAGE_DOCUMENTS, (page - 1) * PAGE_DOCUMENTS)
    order = {"mismatch": 0}
    sums.sort(key=lambda one: (order.get(one.verdict, 1), run_sums.KINDS.index(one.kind), one.name))
    rows = [_row(eyes, found, one) for one in sums]
    behind = [_document(eyes, found, one, at < NAMED_DOCUMENTS) for at, one in enumerate(documents)]
    return {
        "artifact": _head(eyes, found),
        "sums": rows,
        "documents": behind,
        "document_count": count,
        "bad_count": bad,
        "page": page,
        "pages": pages,
    }


def _head(eyes: Reader, one: Artifact) -> dict[str, Any]:
    tone, text = VERDICTS.get(one.status, VERDICTS[""])
    locale = eyes.config.shop.locale
    return {
        "n": one.n,
        "job": one.job,
        "tag": tag(one.job),
        "company": one.company,
        "name": companies.one(eyes.store, one.company).name,
        "day": one.day,
        "day_text": wording.short_day(date.fromisoformat(one.day), locale),
        "tone": tone,
        "status": one.status,
        "status_text": text,
        "reason": one.reason,
        "difference": wording.money(one.difference, one.currency, locale),
        "tolerance": wording.money(one.tolerance, one.currency, locale) if one.tolerance else "",
        "source": said("Export of another till") if one.source == "csv" else said("Tills"),
        "from_export": one.source == "csv",
        "rows": one.raw_rows,
        "receipts": one.raw_count,
        "rejected": one.rejected_rows,
        "uploaded": one.uploaded,
        "skipped": one.skipped,
        "failed": one.failed,
        "compared_text": moment(eyes.store, eyes.config, one.processed_at),
        "ingested": one.ingested,
    }


def _row(eyes: Reader, artifact: Artifact, one: Figure) -> dict[str, Any]:
    def money(units: int) -> str:
        return wording.money(units, artifact.currency, eyes.config.shop.locale)

    return {
        "kind": one.kind,
        "kind_text": KINDS[one.kind],
        "name": said("Total") if one.kind == "total" else OWN_TENDERS.get(one.name, one.name),
        "here": money(one.here),
        "sent": money(one.sent),
        "booked": money(one.booked),
        "difference": money(one.booked - one.here) if one.booked != one.here else "",
        "sent_differs": one.sent != one.here,
        "booked_differs": one.booked not in (one.here, one.sent) or (one.booked != one.here and one.sent == one.here),
        "bad": one.verdict == "mismatch",
        "words": one.words,
    }


def _document(eyes: Reader, artifact: Artifact, one: Figure, named: bool) -> dict[str, Any]:
    """A document of the books is made of receipts, which are traced; a receipt by itself is."""
    names, count = list[str](), 0
    of_books = bundles.taken(eyes.store, artifact.connection, one.name)
    if named and of_books:
        names, count = bundle_days.receipts(eyes.store, artifact.connection, one.name, NAMED_RECEIPTS)
    return {
        **_row(eyes, artifact, one),
        "trace": "" if of_books else one.name.partition(" (")[0],
        "receipts": names,
        "receipts_more": count - len(names),
    }


# -- as rows of a file -------------------------------------------------------------------------------------------------

COLUMNS = (
    "company", "day", "run", "status", "reason", "kind", "name", "sold", "sent", "booked", "difference", "currency",
    "verdict", "words",
)  # fmt: skip
ALL_COLUMNS = (
    "company", "day", "run", "source", "status", "reason", "currency", "sold", "sent", "booked", "difference",
    "tolerance", "receipts", "rows", "rejected", "documents_sent", "documents_booked", "uploaded", "skipped", "failed",
    "run_status", "processed_at",
)  # fmt: skip


def rows_of(eyes: Reader, n: int) -> Iterator[dict[str, Any]]:
    """Every figure of an artifact, one row each. NotFound before the first of them."""
    one = run_artifacts.one(eyes.store, n, eyes.reach)
    return (_plain(one, figure) for figure in run_artifacts.figures(eyes.store, n))


def _plain(one: Artifact, figure: Figure) -> dict[str, Any]:
    sides = Sides(figure.here, figure.sent, figure.booked)
    return {
        "company": one.company, "day": one.day, "run": one.job, "status": one.status, "reason": one.reason,
        "kind": figure.kind, "name": figure.name, **_money(sides, one.currency), "currency": one.currency,
        "verdict": figure.verdict, "words": figure.words,
    }  # fmt: skip


def _money(sides: Sides, currency: str) -> dict[str, Any]:
    named = {"sold": sides.here, "sent": sides.sent, "booked": sides.booked, "difference": sides.booked - sides.here}
    return {name: major(units, currency) for name, units in named.items()}


def every(eyes: Reader, company: str, day_from: str, day_to: str) -> Iterator[dict[str, Any]]:
    """What runs came to on these days, one row for each run, company and day."""
    for one in run_artifacts.between(eyes.store, eyes.reach, company, day_from, day_to):
        yield {
            "company": one.company, "day": one.day, "run": one.job, "source": one.source, "status": one.status,
            "reason": one.reason, "currency": one.currency,
            **_money(Sides(one.raw_total, one.sent_total, one.booked_total), one.currency),
            "tolerance": major(one.tolerance, one.currency), "receipts": one.raw_count, "rows": one.raw_rows,
            "rejected": one.rejected_rows, "documents_sent": one.sent_count, "documents_booked": one.booked_count,
            "uploaded": one.uploaded, "skipped": one.skipped, "failed": one.failed, "run_status": one.run_status,
            "processed_at": one.processed_at,
        }  # fmt: skip


def differing(eyes: Reader) -> list[dict[str, Any]]:
    """Days whose last run does not match, for the screen of reconciliation."""
    return [_head(eyes, one) for one in run_artifacts.mismatches(eyes.store, eyes.reach)]
