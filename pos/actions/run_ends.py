"""How a run's part ended, out of what it came to: status, exit code, reason and a sentence for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pos.rules import run_codes, wording
from pos.said import nsaid, said
from pos.store import run_logs, runs
from pos.store.db import Store
from pos.store.run_rows import FAILED, OK, REFUSED
from pos.store.run_work import End
from pos.store.runs import Artifact, Job, Part

__all__ = ["FAILED", "OK", "REFUSED", "cancelled", "of", "together"]

MATCH, MISMATCH = "MATCH", "MISMATCH"


def of(store: Store, job: Job, part: Part, goes_on: Callable[[str], bool]) -> End:
    """What a part that went through all of its phases ends with. Documents the books refused make it fail; that the
    books differ, that rows were rejected, that a day was not compared and what the log warns of are warnings."""
    found = runs.of_part(store, job.id, part.company)
    failed, rejected = sum(one.failed for one in found), sum(one.rejected_rows for one in found)
    sentences = [_sent(found)]
    if rejected:
        sentences.append(nsaid("{n} row was rejected.", "{n} rows were rejected.", rejected))
    sentences.append(_compared(store, found))
    if goes_on(job.day_to):
        sentences.append(said("The day goes on: what comes later goes with the next run."))
    wrong = [one for one in found if one.status == MISMATCH]
    missing = [one for one in found if one.status not in (MATCH, MISMATCH) and _has_any(one)]
    warned = run_logs.warned(store, job.id, part.company, ("collect", "transform"))
    if warned and not rejected:
        sentences.append(nsaid("{n} warning: see the log.", "{n} warnings: see the log.", warned))
    warnings = len(wrong) + len(missing) + max(warned, 1 if rejected else 0)
    words = together(*sentences)
    if failed:
        told = nsaid("{n} document was refused.", "{n} documents were refused.", failed)
        return End("failed", FAILED, "failed", together(told, words), warnings)
    return End("succeeded", OK, "mismatch" if wrong else "", words, warnings)


def unmapped(store: Store, job: Job, part: Part, problems: Sequence[str]) -> End:
    """What a part ends with whose books are not set up: failed, unless there is nothing to post."""
    if any(_has_any(one) for one in runs.of_part(store, job.id, part.company)):
        remedy = said("Put it right on the QuickBooks page, then start the run again.")
        return End("failed", FAILED, "failed", together(*problems, remedy))
    return End("succeeded", OK, "", said("Nothing to post."))


def cancelled(store: Store, job: Job, part: Part, sent: int, left: int, posting: str) -> End:
    """What a part that was stopped ends with. sent: its documents that were sent and not read back; left: those that
    were not sent: they go on by the company's `posting`."""
    booked = sum(one.uploaded for one in runs.of_part(store, job.id, part.company))
    sentences = [said("Cancelled in the phase {phase}.", phase=run_codes.PHASES.get(part.phase, part.phase))]
    if booked:
        sentences.append(nsaid("{n} document was sent and stays.", "{n} documents were sent and stay.", booked))
    if sent:
        told = nsaid("{n} was sent and is read back by itself.", "{n} were sent and are read back by themselves.", sent)
        sentences.append(told)
    if left:
        if posting == "runs":
            told = nsaid("{n} goes with the next run.", "{n} go with the next run.", left)
        else:
            told = nsaid("{n} goes by itself.", "{n} go by themselves.", left)
        sentences.append(told)
    return End("cancelled", FAILED, "cancelled", together(*sentences))


def together(*sentences: str) -> str:
    """Sentences one after the other, each of which can still be said in another language; empty ones left out."""
    text = ""
    for one in sentences:
        text = said("{before} {words}", before=text, words=one) if text and one else text or one
    return text


def _has_any(one: Artifact) -> bool:
    return bool(one.raw_count or one.raw_rows or one.uploaded or one.skipped)


def _sent(found: Sequence[Artifact]) -> str:
    uploaded, skipped = sum(one.uploaded for one in found), sum(one.skipped for one in found)
    if not any(_has_any(one) or one.failed for one in found):
        return said("Nothing to post.")
    told = nsaid("{n} document was booked.", "{n} documents were booked.", uploaded)
    if not skipped:
        return told
    return together(told, nsaid("{n} was booked before.", "{n} were booked before.", skipped))


def _compared(store: Store, found: Sequence[Artifact]) -> str:
    if len(found) > 1:
        match = sum(one.status == MATCH for one in found)
        closed = sum(not _has_any(one) and one.status != MISMATCH for one in found)
        if closed == len(found):
            return ""
        told = nsaid("{match} of {n} day matches.", "{match} of {n} days match.", len(found) - closed, match=match)
        nothing = nsaid("Nothing was sold on {n} day.", "Nothing was sold on {n} days.", closed) if closed else ""
        return together(told, nothing)
    if not found or not _has_any(found[0]):
        return ""
    only = found[0]
    if only.status == MATCH:
        return said("The books match.")
    if only.status == MISMATCH:
        amount = wording.money(only.difference, only.currency, store.config.shop.locale)
        if only.difference:
            return said("The books differ by {amount}.", amount=amount)
        return said("The books differ, though their total does not.")
    return said("Not compared: {why}", why=only.reason) if only.reason else said("Not compared.")
