"""What is handed to a connector for one row of the outbox: the document, the key it goes by, what it refers to."""

from __future__ import annotations

from typing import Any

from pos.actions import bundle
from pos.actions.line import Job
from pos.connectors.base import Binder, Context, Original, Posted, key_of
from pos.rules import documents, hub
from pos.store import bundles, hub_link, outbox
from pos.store.outbox import Claimed


def binder_of(job: Job) -> Binder | None:
    """The connector, where it takes receipts bundled."""
    connector: object = job.memory.connector
    return connector if isinstance(connector, Binder) else None


def part(job: Job) -> str:
    """The only part that is posted where receipts are bundled; "" = all."""
    return bundles.PART if binder_of(job) is not None else ""


def document(job: Job, row: Claimed) -> dict[str, Any]:
    """The document a row stands for. NotFound."""
    if row.part == bundles.PART:
        return bundle.document_of(job, row.document)
    return documents.decode(outbox.body(job.store, row.document))


def key(job: Job, row: Claimed, document: dict[str, Any]) -> str:
    """What it is found by on the other side."""
    if row.part == bundles.PART and (binder := binder_of(job)) is not None:
        return binder.key(document["book"])
    return key_of(row.document, row.part, documents.parts(document))


def context(job: Job, row: Claimed, document: dict[str, Any]) -> Context:
    """The originals this document's lines give back, as they stand on the other side; or the whole document."""
    if row.part == bundles.PART and (binder := binder_of(job)) is not None:
        return bundle.made_ready(job, binder, document)
    if row.part == hub.PART:
        return Context(body=outbox.body(job.store, row.document), head=str(hub_link.head(job.store)))
    against = {r["return_against"]["id"] for r in document["items"] if r.get("return_against")} - {document["id"]}
    originals = {}
    for original, part, remote_id, remote in outbox.posted(job.store, job.connection, sorted(against)):
        if part == "sale":
            posted = Posted(remote_id, "submitted", remote.get("figures", {}), tuple(remote.get("rows", ())))
            originals[original] = Original(documents.decode(outbox.body(job.store, original)), part, posted)
    return Context(originals)
