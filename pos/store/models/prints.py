"""The print queue. Not part of the ledger: a document counts whether it was printed or not."""

from __future__ import annotations

from peewee import BigAutoField, BooleanField, IntegerField, TextField

from pos.store.models.base import Row


class PrintJob(Row):
    """One slip for the printer, or one pulse for the drawer. Never deleted: it says whether the next one is a COPY."""

    n = BigAutoField()
    id = TextField(unique=True)
    document = TextField()  # "" for an X and a test page
    number = TextField()
    template = TextField()  # receipt gift voucher balance float cash z x test drawer
    part = TextField()  # the lines of a gift receipt, "" = all
    body = TextField()  # JSON of what belongs to no document: the report of an X
    copy = BooleanField()
    cause = TextField()  # auto | person
    by_code = TextField()
    by_name = TextField()
    device = TextField()  # the printer's address, or "browser"
    state = TextField()  # waiting sending printed failed
    sure = BooleanField()  # False: failed, and it may have printed all the same
    confirmed = BooleanField()  # the printer itself said that it had printed
    reason = TextField()
    tries = IntegerField()
    made_at = TextField()
    next_at = TextField()  # not before
    until = TextField()  # given up after
    sent_at = TextField()
    done_at = TextField()

    class Meta:
        indexes = ((("document", "template"), False),)
