"""Exports of another till as the source of a run: taken in first, then each day read afresh from the rows kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.actions import import_books as books
from pos.actions import imports
from pos.connectors.base import Binder
from pos.said import nsaid, said
from pos.store import import_books
from pos.store import imports as files

if TYPE_CHECKING:
    from pos.actions.run_phases import Work
    from pos.actions.run_sources import Sums

#: Rows of a day that a log names.
NAMED_MAX = 10
#: Another look, while somebody takes files in on the screen.
AGAIN_SECONDS = 5.0


class Export:
    """Rows of the company's exports."""

    def begin(self, hold: Work) -> None:
        """Take in what was dropped or uploaded, a bite at a time; what did not go smoothly is a warning."""
        done = imports.take_in(
            hold.store, hold.config, hold.part.company, hold.job.requested_by, stopping=hold.must_stop
        )
        for file in done:
            facts = {"name": file.name, "new": file.new_rows, "known": file.known_rows}
            others = imports.listed(files.also_in(hold.store, file))
            known = said("{name}. New rows: {new}, here already: {known}, by {others}.", **facts, others=others)
            hold.say("info", known if others else said("{name}. New rows: {new}, here already: {known}.", **facts))
        for words in imports.warnings(hold.store, done):
            hold.say("warning", words)
        hold.safe_point()
        if files.next_waiting(hold.store, hold.part.company) is not None:
            from pos.actions.run_phases import Later

            raise Later(AGAIN_SECONDS, said("Its files are being taken in by somebody else."))

    def collect(self, hold: Work, day: str) -> Sums:
        """From the rows that stand; one that is gone from a newer export and is booked is named."""
        from pos.actions.run_sources import Sums

        raw = imports.raw_of(hold.store, hold.part.company, day)
        if raw.gone:
            names = ", ".join(import_books.gone(hold.store, hold.part.company, day, NAMED_MAX))
            hold.say("warning", nsaid(
                "{day}: {n} row that is booked is gone from a newer export: {names}",
                "{day}: {n} rows that are booked are gone from a newer export: {names}", raw.gone, day=day, names=names,
            ))  # fmt: skip
        return Sums(raw.receipts, raw.total, raw.rows, raw.rejected)

    def receipts(self, hold: Work, day: str) -> list[int]:  # noqa: ARG002
        """None: another till made them."""
        return []

    def transform(self, hold: Work, binder: Binder) -> int:
        """Of the days that were asked for; rows of other days wait for theirs."""
        company, days = hold.part.company, hold.days()
        made = books.make_bundles(hold.line, binder, company, days, hold.must_stop)
        for day in days:
            raw = imports.raw_of(hold.store, company, day)
            if raw.loose and not hold.must_stop():
                hold.say("warning", nsaid("{day}: {n} row waits for a mapping.", "{day}: {n} rows wait for a mapping.",
                                          raw.loose, day=day))  # fmt: skip
        return made

    def put_away(self, hold: Work) -> None:
        """They were put aside as they were taken in."""
