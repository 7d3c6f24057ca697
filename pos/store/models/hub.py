"""What a hub knows of its tills, and who alone does a thing now."""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Lease(Row):
    """Who alone does a thing now. `fence` grows with each new holder, so a late one is told from the present."""

    name = TextField(primary_key=True)
    holder = TextField()
    until = TextField()
    fence = BigIntegerField()


class HubTill(Row):
    """A till that sends its documents here. Secrets are kept as their SHA-256 alone."""

    id = TextField(primary_key=True)
    name = TextField()
    state = TextField()  # waiting: for its code | on | doubled | revoked
    till = TextField(default="")  # T1; empty until it joined
    ids = TextField(default="")  # T1 and what it was called before, space between
    key_hash = TextField(default="", index=True)
    code_hash = TextField(default="")  # set while a one-time code waits, and kept for an answer that got lost
    code_until = TextField(default="")
    instance = TextField(default="")  # which folder it works on
    added_at = TextField()
    added_by = TextField()
    joined_at = TextField(default="")  # the last time
    first_joined_at = TextField(default="")
    revoked_at = TextField(default="")
    seen_at = TextField(default="")
    version = TextField(default="")
    clock_off_seconds = IntegerField(default=0)  # how far its clock is ahead of ours
    head_sequence = BigIntegerField(default=0)  # what it says its newest document is
    head_hash = TextField(default="")
    top_sequence = BigIntegerField(default=0)  # the newest of its series that is here
    why = TextField(default="")  # of the state doubled
    company = TextField(default="main")
    shop = TextField(default="main")

    class Meta:
        table_name = "hub_till"


class HubGap(Row):
    """Numbers of a till's series below its newest that are not here (yet): first to last."""

    till = TextField()
    first = BigIntegerField()
    last = BigIntegerField()
    found_at = TextField()

    class Meta:
        table_name = "hub_gap"
        primary_key = CompositeKey("till", "first")


class HubTop(Row):
    """The number of the newest change a hub's tills may hear of. epoch: numbers of another one mean nothing here."""

    id = IntegerField(primary_key=True)  # 1
    epoch = TextField()
    change = BigIntegerField()

    class Meta:
        table_name = "hub_top"


class HubChange(Row):
    """The newest change of one row tills hear of. Of a row that is gone this stays."""

    feed = TextField()
    name = TextField()
    change = BigIntegerField()

    class Meta:
        table_name = "hub_change"
        primary_key = CompositeKey("feed", "name")
        indexes = ((("feed", "change"), False),)


class ForeignCopy(Row):
    """A receipt of another till, or what another till gave back of one, as the hub has it. Read only; no document of
    this till, so it is in no list, sum or chain here."""

    original = TextField()  # the receipt it is about; its own id where it is that receipt
    id = TextField()
    number = TextField(index=True)
    body = TextField()
    fetched_at = TextField()

    class Meta:
        table_name = "foreign_copy"
        primary_key = CompositeKey("original", "id")
