"""Records of the office that two sides may change: customers, items, invoices, orders, payments; what joins them to
the books elsewhere, what the two do not agree on, and the jobs that bring them together."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Record(Row):
    """One record of a company."""

    company = TextField()
    kind = TextField()  # customer | item | invoice | order | payment
    id = TextField()
    title = TextField(default="")  # its name or number, for lists
    fields = TextField(default="{}")  # JSON
    lines = TextField(default="[]")  # JSON
    version = IntegerField(default=1)  # counts up with every change
    edited_at = TextField()
    edited_by = TextField()
    origin = TextField(default="here")  # here | there: a money document from there is a copy that is only read
    deleted = BooleanField(default=False)
    facet = TextField(default="")  # of QuickBooks Desktop: the type of an item, the day of a document
    active = BooleanField(default=True)
    words = TextField(default="")  # of QuickBooks Desktop: what it is found by, in small letters, its name first

    class Meta:
        primary_key = CompositeKey("company", "kind", "id")


class RecordLink(Row):
    """What a record is in the books of one connection, what both sides agreed on last, and what is on its way there."""

    company = TextField()
    connection = TextField()
    kind = TextField()
    record_id = TextField()
    remote_id = TextField(default="")  # "" = it is not there yet
    sync_token = TextField(default="")
    agreed = TextField(default="")  # JSON of the fields; "" = they never agreed
    agreed_version = IntegerField(default=0)  # the record's version both sides have; an edit makes it older
    state = TextField(default="pending")  # pending | sending | synced | conflict | error | gone
    code = TextField(default="")
    message = TextField(default="")
    synced_at = TextField(default="")
    sent = TextField(default="")  # the bytes to send, kept before they are
    request_id = TextField(default="")
    operation = TextField(default="")  # create | update | delete | void
    sent_version = IntegerField(default=0)
    sent_at = TextField(default="")
    settle_at = TextField(default="")  # before this "not there" proves nothing
    edition = IntegerField(default=1)  # counts up when they said no to the bytes
    seen = BigIntegerField(default=0)  # the last full pull that met it

    class Meta:
        primary_key = CompositeKey("company", "connection", "kind", "record_id")
        table_name = "record_link"


class RecordConflict(Row):
    """A field both sides changed."""

    id = BigAutoField()
    company = TextField()
    connection = TextField()
    kind = TextField()
    record_id = TextField()
    field = TextField()
    ours = TextField()  # JSON
    theirs = TextField()  # JSON
    rule = TextField()  # whose word decided; ask = a person's
    state = TextField(default="open")  # open | decided
    made_at = TextField()
    decided_by = TextField(default="")
    decided_at = TextField(default="")
    decision = TextField(default="")  # ours | theirs
    undo = TextField(default="")  # JSON of the value that gave way

    class Meta:
        table_name = "record_conflict"


class SyncJob(Row):
    """One push or pull of one resource of one company."""

    id = BigAutoField()
    company = TextField()
    connection = TextField()
    direction = TextField()  # push | pull
    resource = TextField()  # customers | items | invoices | orders | payments
    state = TextField(default="pending")  # pending | processing | synced | error | skipped
    asked_by = TextField()
    asked_at = TextField()
    chosen = TextField(default="")  # JSON list of ids when single records were chosen: of records, or of theirs
    started_at = TextField(default="")
    ended_at = TextField(default="")
    owner = TextField(default="")
    lease = TextField(default="")  # until when it is held
    next_at = TextField(default="")  # not before: they cannot be reached, or an answer is waited for
    totals = TextField(default="{}")  # JSON
    cursor = TextField(default="")  # JSON: how far it came
    code = TextField(default="")
    message = TextField(default="")

    class Meta:
        table_name = "sync_job"


class SyncJobRecord(Row):
    """What became of one record in a job. mark: in a pull its id there, in a push its id here."""

    job_id = BigIntegerField()
    mark = TextField()
    record_kind = TextField()
    record_id = TextField(default="")
    remote_id = TextField(default="")
    state = TextField()  # synced | skipped | error
    code = TextField(default="")
    message = TextField(default="")
    at = TextField()

    class Meta:
        primary_key = CompositeKey("job_id", "mark")
        table_name = "sync_job_record"
