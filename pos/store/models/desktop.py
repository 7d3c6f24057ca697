"""QuickBooks Desktop through its Web Connector: who calls, what is handed out, what was answered, and what their
company file said of itself."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class QbdCompany(Row):
    """One company file. Its ids are made once and never change: QuickBooks knows us by them."""

    connection = TextField(primary_key=True)  # quickbooks_desktop, or quickbooks_desktop:<company>
    company = TextField(unique=True)
    username = TextField(unique=True)
    password_hash = TextField(default="")
    owner_id = TextField()  # {GUID}
    file_id = TextField()  # {GUID}
    app_name = TextField()
    company_file = TextField(default="")  # path on their machine; "" = the one that is open
    company_name = TextField(default="")  # what CompanyRet called itself when it was bound
    bound_at = TextField(default="")  # when a company file first answered with our FileID or was confirmed
    version = TextField(default="")  # highest qbXML it took, as "16.0"
    country = TextField(default="")
    edition = TextField(default="")
    facts = TextField(default="{}")  # JSON of the host answer: preferences, multi-site, build
    moves_stock = TextField(default="adjustments")  # adjustments | documents: what moves stock there, never both
    counts_as = TextField(default="difference")  # difference | level: what is told of stock that was set or counted
    enabled = BooleanField(default=True)
    made_at = TextField()
    last_set = TextField(default="")  # message sets that are booked, oldest first; each is cleared with a next one
    last_contact_at = TextField(default="")
    last_error = TextField(default="")
    last_error_at = TextField(default="")

    class Meta:
        table_name = "qbd_company"


class QbdTicket(Row):
    """One session of a Web Connector. The ticket itself is only kept as its SHA-256."""

    ticket = TextField(primary_key=True)
    connection = TextField()
    username = TextField()
    address = TextField(default="")  # where it called from
    state = TextField(default="open")  # open | closed | expired | dropped | probe
    client_version = TextField(default="")
    version = TextField(default="")  # qbXML this session takes
    company_file = TextField(default="")
    checked = BooleanField(default=False)  # the company file was found to be the right one
    outstanding = BigIntegerField(default=0)  # n of the work handed out and not answered
    done = IntegerField(default=0)
    total = IntegerField(default=0)  # how many it will have done, where more is left than is counted each time
    connection_errors = IntegerField(default=0)
    last_error = TextField(default="")
    made_at = TextField()
    seen_at = TextField()
    until = TextField()
    closed_at = TextField(default="")

    class Meta:
        table_name = "qbd_ticket"
        indexes = ((("connection", "state"), False), (("made_at",), False))


class QbdWork(Row):
    """One message set: a posting transaction, or a question. What was handed out is kept byte for byte."""

    n = BigAutoField()
    turn = BigIntegerField(default=0)  # its place in the order of its items: n of the first part of its source
    connection = TextField()
    company = TextField()
    kind = TextField()  # transfer | adjustment | sale | refund | item_add | account_add | ask_*
    source = TextField()  # id of the event, the bundle's root, the proposal
    part = IntegerField(default=1)
    parts = IntegerField(default=1)
    writes = BooleanField(default=True)  # false: a question, which may be asked again
    state = TextField(default="pending")  # not_ready | pending | in_flight | unknown | applied | error | cancelled
    payload = TextField(default="{}")  # JSON the request is built from
    blocked = IntegerField(default=0)  # how many of its items something earlier is open on
    doubt = BooleanField(default=False)  # handed out, and nobody knows what became of it: only the same bytes may go
    probing = BooleanField(default=False)  # QuickBooks is asked whether it is there before anything else
    tries = IntegerField(default=0)
    attempt = IntegerField(default=1)  # grows with each new message set id
    next_at = TextField(default="")
    ticket = TextField(default="")  # SHA-256 of who holds it
    lease_until = TextField(default="")
    set_id = TextField(default="")  # newMessageSetID
    request_id = TextField(default="")
    version = TextField(default="")
    body = TextField(default="")  # the exact bytes, ASCII
    handed_at = TextField(default="")
    ref_number = TextField(default="")
    remote_id = TextField(default="")  # TxnID, of list objects ListID
    edit_sequence = TextField(default="")
    txn_number = TextField(default="")
    code = TextField(default="")
    message = TextField(default="")
    made_at = TextField()
    done_at = TextField(default="")

    class Meta:
        table_name = "qbd_work"
        indexes = (
            (("connection", "source", "kind", "part"), True),
            (("connection", "state", "blocked", "next_at", "n"), False),
            (("source",), False),
            (("set_id",), False),
        )


class QbdWorkItem(Row):
    """An item a message set moves: what is open on it holds back what comes later on the same item."""

    connection = TextField()
    item = TextField()
    work = BigIntegerField()
    turn = BigIntegerField(default=0)  # of the work
    open = BooleanField(default=True)  # false once it is applied or given up
    first = BooleanField(default=True)  # nothing earlier is open on the item

    class Meta:
        table_name = "qbd_work_item"
        primary_key = CompositeKey("work", "item")


QbdWorkItem.add_index(
    QbdWorkItem.index(
        QbdWorkItem.connection, QbdWorkItem.item, QbdWorkItem.turn, QbdWorkItem.work, where=QbdWorkItem.open == 1
    )
)


class QbdArchive(Row):
    """A request or an answer as it went over the wire; kept for `[qbwc] archive_days`."""

    n = BigAutoField()
    connection = TextField()
    work = BigIntegerField(default=0)
    source = TextField(default="")
    ticket = TextField(default="")
    at = TextField()
    direction = TextField()  # ask | answer
    set_id = TextField(default="")
    code = TextField(default="")
    message = TextField(default="")
    body = TextField()

    class Meta:
        table_name = "qbd_archive"
        indexes = ((("connection", "n"), False), (("source",), False), (("work",), False), (("at",), False))


class QbdItem(Row):
    """An item of a company file, as it was when it was last asked for."""

    connection = TextField()
    list_id = TextField()
    full_name = TextField()
    kind = TextField()  # ItemInventory, ItemInventoryAssembly, ...
    active = BooleanField(default=True)
    on_hand = TextField(default="")  # exact decimal text
    cost = TextField(default="")  # average or purchase cost
    price = TextField(default="")
    income_account = TextField(default="")
    cogs_account = TextField(default="")
    asset_account = TextField(default="")
    seen_at = TextField()

    class Meta:
        table_name = "qbd_item"
        primary_key = CompositeKey("connection", "list_id")
        indexes = ((("connection", "full_name"), False),)


class QbdSite(Row):
    """An inventory site of a company file."""

    connection = TextField()
    list_id = TextField()
    full_name = TextField()
    active = BooleanField(default=True)
    seen_at = TextField()

    class Meta:
        table_name = "qbd_site"
        primary_key = CompositeKey("connection", "list_id")


class QbdLevel(Row):
    """How much of an item a company file has at a site."""

    connection = TextField()
    item = TextField()  # ListID
    site = TextField()  # ListID
    on_hand = TextField()  # exact decimal text
    seen_at = TextField()

    class Meta:
        table_name = "qbd_level"
        primary_key = CompositeKey("connection", "item", "site")


class QbdAccount(Row):
    """An account of a company file."""

    connection = TextField()
    list_id = TextField()
    full_name = TextField()
    kind = TextField()
    active = BooleanField(default=True)
    seen_at = TextField()

    class Meta:
        table_name = "qbd_account"
        primary_key = CompositeKey("connection", "list_id")
        indexes = ((("connection", "full_name"), False),)
