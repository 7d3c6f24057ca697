"""Documents of the books that are made of receipts, and the receipts in each."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Bundle(Row):
    """One document of the books. number: empty while receipts still join; from then on it never changes."""

    n = BigAutoField()
    connection = TextField()
    company = TextField()
    root = BigIntegerField(default=0)  # the bundle whose members it is made of: itself, or the first of several
    kind = TextField()  # sale | refund | invoice | credit
    day = TextField()
    shop = TextField()
    tender = TextField()
    currency = TextField()
    single = BooleanField(default=False)  # one receipt by itself
    supplement = IntegerField(default=1)
    number = TextField(default="")
    total = BigIntegerField(default=0)
    body = TextField(default="")  # the document as the daybook made it
    sent = TextField(default="")  # the bytes to send, kept before they are
    request_id = TextField(default="")
    edition = IntegerField(default=1)
    refused = BooleanField(default=False)  # they said no to these bytes
    made_at = TextField()
    closed_at = TextField(default="")

    class Meta:
        indexes = ((("connection", "day"), False), (("root",), False))


class BundleMember(Row):
    """A receipt's part in a document of the books; never taken out again."""

    bundle = BigIntegerField()
    outbox = BigIntegerField(index=True)
    document = TextField(index=True)
    part = TextField()

    class Meta:
        table_name = "bundle_member"
        primary_key = CompositeKey("bundle", "outbox")
