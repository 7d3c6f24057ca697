"""What the shop sells, to whom, how it may be paid. Pulled or imported; never needed to read an old receipt."""

from __future__ import annotations

from peewee import BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Item(Row):
    code = TextField(primary_key=True)
    name = TextField()
    item_group = TextField(index=True)
    brand = TextField(default="")
    description = TextField(default="")
    uom = TextField(default="Nos")
    tax_code = TextField(default="")
    variant_of = TextField(null=True, index=True)
    has_variants = BooleanField(default=False)  # a template: opens the grid, cannot be sold itself
    open_price = BooleanField(default=False)  # the cashier types the price
    weighed = BooleanField(default=False)  # quantity with three decimals
    stocked = BooleanField(default=True)
    disabled = BooleanField(default=False)
    image = TextField(default="")  # address at the source
    thumb = TextField(default="")  # file name below data/thumbs, made by sync_in
    modified = TextField(default="")  # the source's own stamp, compared only with itself
    source = TextField(default="")  # connection id, "csv" or "demo"
    reorder = BigIntegerField(null=True)  # thousandths; people are told at or below it; null = only when none is left


class Barcode(Row):
    code = TextField(primary_key=True)
    item = TextField(index=True)
    uom = TextField(default="")


class Attribute(Row):
    item = TextField()
    name = TextField()
    value = TextField()
    position = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("item", "name")


class Price(Row):
    price_list = TextField()
    item = TextField(index=True)
    amount = BigIntegerField()
    currency = TextField()
    valid_from = TextField(default="")  # ISO dates; empty = no bound
    valid_upto = TextField(default="")
    name = TextField(default="")  # the source's own name for this row
    modified = TextField(default="")

    class Meta:
        primary_key = CompositeKey("price_list", "item", "valid_from")


class Stock(Row):
    """What the owner of the stock last told us. Shown = this + our own movements it does not know yet."""

    item = TextField()
    warehouse = TextField()
    qty = BigIntegerField()
    own_at_set = BigIntegerField(null=True)  # counted here: our movements up to then; null = a connection owns it
    modified = TextField(default="")

    class Meta:
        primary_key = CompositeKey("item", "warehouse")
        indexes = ((("warehouse", "item"), False),)


class TaxCode(Row):
    code = TextField(primary_key=True)
    title = TextField()
    rate = TextField()  # percent, exact: "20", "7.5"
    account = TextField(default="")  # the tax account at the source, when it names one


class Customer(Row):
    code = TextField(primary_key=True)
    name = TextField()
    customer_group = TextField(default="")
    phone = TextField(default="")
    email = TextField(default="")
    tax_id = TextField(default="")
    disabled = BooleanField(default=False)
    modified = TextField(default="")
    source = TextField(default="")


class PaymentMode(Row):
    name = TextField(primary_key=True)
    kind = TextField()  # cash | card | voucher | account | other | foreign
    position = IntegerField(default=0)
    disabled = BooleanField(default=False)
    modified = TextField(default="")
    source = TextField(default="")
