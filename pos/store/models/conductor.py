"""QuickBooks Desktop through Conductor: whose company file it is, sessions that bring records together, what became of
each step of one, what failed, and lists of theirs that forms choose from. The records themselves are in `office.py`."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class ConductorCompany(Row):
    """One company file behind Conductor. A company has this or a Web Connector that is enabled, never both."""

    connection = TextField(primary_key=True)  # conductor, or conductor-<company>
    company = TextField(unique=True)
    end_user = TextField(default="")  # their id of whose computer it is; "" = [conductor] end_user_id
    enabled = BooleanField(default=False)
    stock_owner = TextField(default="ours")  # ours | quickbooks: whose word counts on what is on hand
    history_from = TextField(default="")  # first day of documents that are pulled, ISO; "" = [conductor] history_days
    facts = TextField(default="{}")  # JSON of what the last test of the connection told: name of the file, milliseconds
    tested_at = TextField(default="")
    last_good_at = TextField(default="")  # end of the last session without a failure
    last_error = TextField(default="")
    last_error_at = TextField(default="")
    made_at = TextField()
    made_by = TextField(default="")

    class Meta:
        table_name = "conductor_company"


class ConductorSession(Row):
    """One session: chosen types of records brought together, once. Of a company file one is running at a time."""

    n = BigAutoField()
    id = TextField(unique=True)
    connection = TextField()
    company = TextField()
    objects = TextField()  # JSON list of types
    status = TextField(default="running")  # running | completed | failed | cancelled
    cause = TextField(default="person")  # person | schedule | program
    asked_by = TextField(default="")
    started_at = TextField()
    ended_at = TextField(default="")
    owner = TextField(default="")
    lease_until = TextField(default="")
    next_at = TextField(default="")  # they cannot be reached, or an answer is waited for: not before
    waits_from = TextField(default="")  # since when nobody could be asked, "" = they answer
    cancel_at = TextField(default="")
    cancel_by = TextField(default="")
    code = TextField(default="")
    message = TextField(default="")
    took_ms = BigIntegerField(default=0)  # from its start to its end, kept at its end: what the history is sorted by

    class Meta:
        table_name = "conductor_session"
        indexes = ((("connection", "status"), False), (("company", "n"), False))


class ConductorStep(Row):
    """One step of a session: a type of records in one direction. Counts are this session's own."""

    session = BigIntegerField()  # n
    position = IntegerField()
    object_type = TextField()
    direction = TextField()  # refs | pull | push | stock
    state = TextField(default="waiting")  # waiting | working | done | failed | cancelled
    total = IntegerField(default=0)  # as far as it is known
    synced = IntegerField(default=0)
    failed = IntegerField(default=0)
    unchanged = IntegerField(default=0)  # of synced: what said the same on both sides
    cursor = TextField(default="{}")  # JSON: how far it came
    started_at = TextField(default="")
    ended_at = TextField(default="")
    code = TextField(default="")
    message = TextField(default="")

    class Meta:
        table_name = "conductor_step"
        primary_key = CompositeKey("session", "position")


class ConductorFailure(Row):
    """An object that failed in a session, once a session."""

    n = BigAutoField()
    session = BigIntegerField()
    at = TextField()
    object_type = TextField()
    object_id = TextField(default="")  # here; "" = it has none
    remote_id = TextField(default="")
    title = TextField(default="")
    code = TextField(default="")
    message = TextField(default="")  # what the other side says people should read
    remedy = TextField(default="")

    class Meta:
        table_name = "conductor_failure"
        indexes = ((("session", "object_type", "object_id", "remote_id"), True),)


class ConductorRef(Row):
    """An entry of a small list of theirs: account, terms, tax code, ..., as it was when it was asked for last."""

    connection = TextField()
    sort = TextField()  # account | terms | sales_representative | customer_type | payment_method | ...
    id = TextField()
    name = TextField()
    active = BooleanField(default=True)
    facts = TextField(default="{}")  # JSON: kind of account, rate of a tax, ...
    seen_at = TextField()

    class Meta:
        table_name = "conductor_ref"
        primary_key = CompositeKey("connection", "sort", "id")
        indexes = ((("connection", "sort", "name"), False),)


class ConductorStock(Row):
    """What an item's stock is in their file, beside ours. A change of it changes no item: it is asked for by itself."""

    connection = TextField()
    item = TextField()  # their id
    site = TextField(default="")  # their id; "" = the file as a whole
    on_hand = TextField(default="")  # exact decimal text
    on_order = TextField(default="")
    on_sales_order = TextField(default="")
    seen_at = TextField()

    class Meta:
        table_name = "conductor_stock"
        primary_key = CompositeKey("connection", "item", "site")


class ConductorTill(Row):
    """What the till said of a customer or item of its own when its record said the same; what it says otherwise since
    is a change made at the till."""

    sort = TextField()  # customer | item
    code = TextField()
    name = TextField()
    description = TextField(default="")
    phone = TextField(default="")
    email = TextField(default="")
    disabled = BooleanField(default=False)
    price_list = TextField(default="")  # whose price it is; a till that sells by another one changed no price
    amount = BigIntegerField(null=True)  # minor units; null = none

    class Meta:
        table_name = "conductor_till"
        primary_key = CompositeKey("sort", "code")
