"""What documents come to, up to the one `meta.takings_upto` names. Follows from them; `store.takings` keeps it."""

from __future__ import annotations

from peewee import BigIntegerField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class TakingsPeople(Row):
    """Documents by hour and cashier. sold, back: lines sold and given back, vouchers apart."""

    session = TextField()
    business_day = TextField()
    hour = TextField()
    cashier = TextField()
    kind = TextField()
    documents = IntegerField()
    sold = BigIntegerField()
    back = BigIntegerField()
    total = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("session", "business_day", "hour", "cashier", "kind")
        without_rowid = True


class TakingsGoods(Row):
    """Lines by group, brand and tax. side: 1 sold, -1 given back. voucher: 1 where a gift voucher was sold."""

    session = TextField()
    business_day = TextField()
    kind = TextField()
    item_group = TextField()
    brand = TextField()
    tax_code = TextField()
    tax_rate = TextField()
    side = IntegerField()
    voucher = IntegerField()
    lines = IntegerField()
    qty = BigIntegerField()
    amount = BigIntegerField()
    net = BigIntegerField()
    tax = BigIntegerField()
    discount = BigIntegerField()

    class Meta:
        primary_key = CompositeKey(
            "session", "business_day", "kind", "item_group", "brand", "tax_code", "tax_rate", "side", "voucher"
        )
        without_rowid = True


class TakingsVouchers(Row):
    """What documents did to gift vouchers, by act."""

    session = TextField()
    business_day = TextField()
    kind = TextField()
    act = TextField()
    rows = IntegerField()
    amount = BigIntegerField()
    exposure = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("session", "business_day", "kind", "act")
        without_rowid = True


class TakingsTenders(Row):
    """Payments by way to pay. side: 1 taken, -1 given back."""

    session = TextField()
    business_day = TextField()
    kind = TextField()
    tender = TextField()
    mode = TextField()
    side = IntegerField()
    payments = IntegerField()
    amount = BigIntegerField()
    change = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("session", "business_day", "kind", "tender", "mode", "side")
        without_rowid = True
