"""What records say of other documents. Made anew from invoices/, but for who was forgotten."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, TextField

from pos.store.models.base import Row


class Blanking(Row):
    """One document out of which a customer was taken. done: its files here are as they must be."""

    document = TextField(primary_key=True)
    record = TextField()  # the document that says so
    hash = TextField()  # of the original, as it is chained
    blanked = TextField()  # of what is left
    customer = TextField()  # what stands in the customer's place
    done = BooleanField()

    class Meta:
        without_rowid = True


Blanking.add_index(Blanking.index(Blanking.document, where=Blanking.done == 0, name="blanking_open"))


class LostNumber(Row):
    """Numbers, sessions and Zs a till gave out before its receipts were lost."""

    record = TextField(primary_key=True)
    till = TextField()
    sequence = BigIntegerField()
    session = BigIntegerField()
    z = BigIntegerField()

    class Meta:
        without_rowid = True
        table_name = "lost_number"


class Forgotten(Row):
    """A customer that is not taken in again. mark: a keyed hash of the code, so that the table names nobody."""

    mark = TextField(primary_key=True)
    at = TextField()

    class Meta:
        without_rowid = True
