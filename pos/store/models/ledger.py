"""What happened: documents and everything that follows from their files alone (`rules.documents.rows`)."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Document(Row):
    """One money event, exactly as its file in invoices/ says. `n` is the order of commit on this server."""

    n = BigAutoField()
    id = TextField(unique=True)
    kind = TextField()
    till = TextField()
    store = TextField()
    series = TextField()  # "till": this till's gapless sequence; "imported": taken in from elsewhere
    sequence = BigIntegerField()
    number = TextField()  # invoice_name on the receipt
    path = TextField()  # below invoices/: 2026-11-21/T1-000001.json
    created_at = TextField()
    business_day = TextField()
    session = TextField()
    cashier = TextField()
    customer = TextField()
    currency = TextField()
    total = BigIntegerField()
    tax = BigIntegerField()
    hash = TextField()
    prev_hash = TextField()
    body = TextField()  # the file, byte for byte (UTF-8)

    class Meta:
        indexes = ((("till", "series", "sequence"), True), (("number",), False), (("business_day", "kind"), False))


class Line(Row):
    """One line of a document. Amounts in minor units, signed; qty in thousandths, signed."""

    document = TextField()
    line = TextField()  # the line's own id
    position = IntegerField()
    item_code = TextField()
    item_name = TextField()
    item_group = TextField()
    qty = BigIntegerField()
    list_price = BigIntegerField()
    amount = BigIntegerField()  # what the customer pays for the line, tax included
    net = BigIntegerField()
    tax = BigIntegerField()
    tax_code = TextField()
    discount = BigIntegerField()
    against_document = TextField(null=True)
    against_line = TextField(null=True)
    tax_rate = TextField(default="")  # percent, exact: "20", "7.5"
    brand = TextField(default="")
    voucher = IntegerField(default=0)  # 1: a gift voucher was sold: money owed, no revenue

    class Meta:
        primary_key = CompositeKey("document", "line")
        without_rowid = True  # one page less to flush with each sale


#: Each index is a page more to flush with a sale; this one has rows for returns alone.
Line.add_index(Line.index(Line.against_document, Line.against_line, where=Line.against_document.is_null(False)))


class Tender(Row):
    """One payment of a document. `amount` is what was handed over; `change` what of it went back (cash only)."""

    document = TextField()
    position = IntegerField()
    kind = TextField()
    mode = TextField()
    amount = BigIntegerField()
    change = BigIntegerField()
    reference = TextField()

    class Meta:
        primary_key = CompositeKey("document", "position")
        without_rowid = True  # one page less to flush with each sale


class Movement(Row):
    """Goods that left (negative) or came back (positive), in thousandths of the item's unit."""

    document = TextField()
    position = IntegerField()
    item_code = TextField(index=True)
    warehouse = TextField()
    qty = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("document", "position")
        without_rowid = True  # one page less to flush with each sale


class Session(Row):
    """One cashier drawer from opening to Z. Stamped into each document at commit."""

    id = TextField(primary_key=True)
    till = TextField(index=True)
    number = BigIntegerField()
    opened_at = TextField()
    opened_by = TextField()
    business_day = TextField()
    closed_at = TextField(null=True)
    open = BooleanField(default=True)
    first_sequence = BigIntegerField(default=0)
    last_sequence = BigIntegerField(null=True)  # of the last document its Z counted
    z_number = BigIntegerField(null=True)  # gapless per till
    z_document = TextField(null=True)
    counted = IntegerField(null=True)  # documents its Z counted, and later Zs named as late

    class Meta:
        indexes = ((("till", "z_number"), False),)
