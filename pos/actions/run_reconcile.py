"""A run's day on its three sides: what was sold, what was sent, what stands in the books now.

There is one comparison in this program, `actions.reconcile`: it reads the books, page by page, and holds them against
what documents must come to. This adds the side before it: receipts and rows of exports, read afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from pos.actions import bank, counting, reconcile, verdicts
from pos.actions.line import Job
from pos.rules import reconcile as books
from pos.rules import run_sums
from pos.rules.daybook import Book
from pos.rules.reconcile import Figures, Pair
from pos.rules.run_sums import MATCH, MISMATCH, NOT_RUN, Doc, Result
from pos.said import nsaid, said
from pos.store import bundles, import_sums, reconciliations, run_artifacts
from pos.store.bundles import Closed
from pos.store.reconciliations import Brief
from pos.store.run_artifacts import Figure
from pos.store.scopes import Scope

#: Reasons why a day was not compared that may be gone at another try: nobody answers, documents are on their way.
AGAIN = ("line", "waiting", "answer")


class Part(Protocol):
    """What is asked of a run's work for one company."""

    @property
    def job(self) -> str: ...
    @property
    def company(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day came to. status: MATCH, MISMATCH or NOT RUN. code: why it was not run, a word ("nothing": nothing of
    it goes there; see `again`). reason: the same, or what differs, as a sentence. difference: what the books come to
    beyond what was sold; minor units. documents: the names of those that differ."""

    status: str
    code: str = ""
    reason: str = ""
    difference: int = 0
    documents: tuple[str, ...] = ()

    @property
    def again(self) -> bool:
        """Whether another try may come to a comparison."""
        return self.code in AGAIN


def of_day(job: Job, part: Part, day: str, artifact: int, holds: Callable[[], bool] = lambda: True) -> Outcome | None:
    """Compare one business day (ISO) and keep what it came to, with every figure, in the artifact (its `n`). None when
    the program stops meanwhile, or the part is not held any more when that is to be kept (`holds`): nothing was kept.
    Never raises for what the other side does."""
    scope, seen = Scope("day", day, day), reconcile.Seen(run=tag(part.job))
    found = reconcile.look(job, scope, seen)
    if found is None:
        return None
    outcome, result = _outcome(job, part, scope, seen, found)
    store = job.store
    values = {"status": outcome.status, "reason": str(outcome.reason), "difference": outcome.difference}
    with store.transaction():
        if not holds():
            return None
        if result is None:
            run_artifacts.put_artifact(store, part.job, part.company, day, **values)
            run_artifacts.put_figures(store, artifact, [])
            return outcome
        total, counts = result.total, result.counts
        run_artifacts.put_artifact(
            store, part.job, part.company, day, **values, tolerance=seen.tolerance, raw_total=total.here,
            sent_total=total.sent, sent_count=counts.sent, booked_total=total.booked, booked_count=counts.booked,
        )  # fmt: skip
        run_artifacts.put_figures(store, artifact, _figures(result))
    bank.rematch(store, part.company, day)
    return outcome


def _outcome(job: Job, part: Part, scope: Scope, seen: reconcile.Seen, found: Brief) -> tuple[Outcome, Result | None]:
    loose = import_sums.loose(job.store, part.company, scope.day)
    if found.outcome == "not_run" and not (found.code == "nothing" and loose.many):
        return Outcome(NOT_RUN, found.code, verdicts.reason_of(found)), None
    docs = list(_docs(job, scope, seen))
    if loose.many:
        name = nsaid("{n} row of the export", "{n} rows of the export", loose.many)
        figures = replace(loose.figures, taxes=_percent(loose.figures.taxes))
        words = said("In no document for the books.")
        docs.append(Doc(name, figures, None, None, wrong=True, words=words))
    result = run_sums.compare(docs, seen.tolerance)
    return Outcome(result.verdict, "", words_of(result), result.difference, result.documents), result


def tag(job_id: str) -> str:
    """What a run is called where a person should find it again: the end of its id, its beginning being the time."""
    return job_id[-6:]


def words_of(result: Result) -> str:
    """What a comparison came to beside its verdict, as a sentence."""
    if result.verdict == MISMATCH:
        names = ", ".join(result.documents[: reconciliations.NAMED_MAX])
        more = len(result.documents) - reconciliations.NAMED_MAX
        if more > 0:
            names = said("{names} and {n} more", names=names, n=more)
        return said("Not the same: {names}.", names=names)
    if result.explained:
        return nsaid("{n} difference was explained.", "{n} differences were explained.", result.explained)
    return ""


def _figures(result: Result) -> list[Figure]:
    return [
        Figure(row.kind, row.name, *row.sides, "match" if row.verdict == MATCH else "mismatch", row.words)
        for row in result.rows
    ]


# -- documents ---------------------------------------------------------------------------------------------------------


def _docs(job: Job, scope: Scope, seen: reconcile.Seen) -> Iterator[Doc]:
    """Every document of the day, each under a name of its own."""
    currency = counting.of_connection(job.store, job.store.config, job.connection).shop.currency
    made = {one.number: one for one in bundles.of_day(job.store, job.connection, scope.day)}
    explained = reconciliations.explained(job.store, job.connection, scope)
    names = set[str]()
    for pair in seen.pairs.values():
        finding = books.judge(pair, currency)
        wrong = finding is not None and not books.is_within(finding, seen.tolerance)
        here, sent, booked = _sides(pair, seen, made)
        if here is sent is booked is None:
            continue  # it counts nowhere: one of nobody here that was cancelled there
        yield Doc(
            _name(pair, names), here, sent, booked, wrong=wrong,
            words=(finding.words or verdicts.WHAT[finding.what]) if finding is not None else "",
            explained=explained.get(pair.key, "") or pair.settled,
        )  # fmt: skip


def _name(pair: Pair, taken: set[str]) -> str:
    """Its number; what tells it from another of that number is added."""
    name = pair.number or pair.remote_id or pair.key
    for more in (pair.part, pair.remote_id, pair.key):
        if name not in taken:
            break
        name = f"{pair.number} ({more})" if more else name
    taken.add(name)
    return name


def _sides(
    pair: Pair, seen: reconcile.Seen, made: dict[str, Closed]
) -> tuple[Figures | None, Figures | None, Figures | None]:
    if pair.part == bundles.PART and pair.ours is not None:
        one = made[pair.document]
        here, off = pair.ours, seen.origins.off.get(pair.key)
        if off is not None:
            here = run_sums.added(here, replace(off, taxes=_percent(off.taxes)))
        sides = (here, pair.ours if one.sent else None, pair.counted)
        paid = tuple(None if side is None else _paid(one.book, side) for side in sides)
        return paid[0], paid[1], paid[2]
    if pair.key in seen.origins.alone:
        alone = seen.origins.alone[pair.key]
        return replace(alone, taxes=_percent(alone.taxes)), None, pair.counted
    return pair.ours, None if pair.unqueued else pair.ours, pair.counted


def _paid(book: Book, side: Figures) -> Figures:
    """A document of the books has one way to pay."""
    return replace(side, tenders={book.tender: side.total})


def _percent(taxes: books.Sums) -> dict[str, int]:
    """Taxes that have no name in the books, by what they charge."""
    return {f"{rate}%": units for rate, units in taxes.items()}
