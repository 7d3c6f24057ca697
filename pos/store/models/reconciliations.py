"""Till and books side by side: what each comparison came to, and every document that was not the same on both sides."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, IntegerField, TextField

from pos.store.models.base import Row


class Reconciliation(Row):
    """One session or business day against one connection: the last comparison, and the last try at one."""

    n = BigAutoField()
    scope = TextField()  # session | day
    name = TextField()  # T1-S000004 | 2026-11-21
    connection = TextField()
    day = TextField()  # the business day it is listed under
    verdict = TextField()  # match | mismatch | not_run: of the last comparison that was made
    compared_at = TextField()  # of that one
    here = IntegerField()  # document parts on each side
    there = IntegerField()
    total_here = BigIntegerField()
    total_there = BigIntegerField()
    within = IntegerField()  # documents that differ by no more than the tolerance
    note = TextField()  # what was left out, in words
    sums = TextField()  # JSON: [[of, name, here, there]]
    tried_at = TextField()
    outcome = TextField()  # match | mismatch | not_run: of the last try
    code = TextField()  # why it was not made, as a word
    reason = TextField()  # and as a sentence
    wanted_at = TextField()  # a person asked for another look

    class Meta:
        indexes = ((("scope", "name", "connection"), True), (("connection", "day"), False))


class ReconciliationItem(Row):
    """One document part that was not the same on both sides. Never deleted: it matches one day, or is settled."""

    n = BigAutoField()
    connection = TextField()
    key = TextField()  # what it is known by there
    document = TextField()  # its id here, "" = the till does not know it
    number = TextField()
    part = TextField()
    session = TextField()
    day = TextField()
    remote_id = TextField()
    what = TextField()  # see rules.reconcile.WHAT
    words = TextField()
    here = TextField()  # JSON of its figures, "" = none
    there = TextField()
    found_at = TextField()
    last_at = TextField()
    state = TextField()  # open | matched | settled
    closed_at = TextField()
    closed_by = TextField()
    reason = TextField()

    class Meta:
        indexes = (
            (("connection", "key"), True),
            (("connection", "session"), False),
            (("connection", "day"), False),
        )
