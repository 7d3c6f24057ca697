"""Gift vouchers. A balance is never stored: it is the sum of a voucher's rows."""

from __future__ import annotations

from peewee import BigIntegerField, IntegerField, TextField

from pos.store.models.base import Row


class VoucherRow(Row):
    """One change of one voucher, signed minor units. Rows of documents follow from them (`rules.ledger.rows`)."""

    id = TextField(primary_key=True)  # "<document id>:<position>"; the same everywhere, so nothing counts twice
    code = TextField(index=True)
    act = TextField()  # issue redeem refund expire adjust
    amount = BigIntegerField()
    at = TextField()
    expires = TextField()  # last day it can be used; "" = none, or unchanged
    till = TextField()
    document = TextField(index=True)
    position = IntegerField()
    origin = TextField()  # "document": made or taken in here; "issuer": another till's, brought by the issuer; "till":
    # brought to a hub by that till before its document
    exposure = BigIntegerField()  # used out of the issuer's reach, beyond what it had confirmed
    sent_at = TextField()  # when the issuer had it

    class Meta:
        without_rowid = True


VoucherRow.add_index(
    VoucherRow.index(VoucherRow.at, where=(VoucherRow.sent_at == "") & (VoucherRow.origin == "document"))
)


class VoucherKnown(Row):
    """When the issuer was last heard about one voucher, and whether it switched it off."""

    code = TextField(primary_key=True)
    known_at = TextField()
    status = TextField()  # "" or "inactive"

    class Meta:
        without_rowid = True


class VoucherHold(Row):
    """Value of a voucher set aside for a basket while it is being paid, here or at another till."""

    id = TextField(primary_key=True)
    code = TextField()
    amount = BigIntegerField()
    till = TextField()
    basket = TextField()
    at = TextField()
    released_at = TextField()

    class Meta:
        without_rowid = True


VoucherHold.add_index(VoucherHold.index(VoucherHold.code, where=VoucherHold.released_at == ""))
