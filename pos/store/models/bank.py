"""Lines of a company's bank, and the takings by card each was matched to."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class BankFile(Row):
    """A bank's file that was taken in."""

    n = BigAutoField()
    company = TextField(default="")
    name = TextField(default="")
    sha256 = TextField(default="")
    new_rows = IntegerField(default=0)
    known_rows = IntegerField(default=0)
    rejected_rows = IntegerField(default=0)
    day_from = TextField(default="")
    day_to = TextField(default="")
    by = TextField(default="")
    received_at = TextField()

    class Meta:
        table_name = "bank_file"
        indexes = ((("company", "n"), False),)


class BankRow(Row):
    """One line of it, kept once. Amount in minor units, below nothing for money given back."""

    n = BigAutoField()
    company = TextField(default="")
    row_key = TextField()  # hash of what it says, and its place among the same
    file = BigIntegerField(default=0)
    line = IntegerField(default=0)
    day = TextField(default="")
    at = TextField()  # wall clock of the company, a day alone where no time was told
    amount = BigIntegerField(default=0)
    text = TextField(default="")

    class Meta:
        table_name = "bank_row"
        indexes = (
            (("company", "row_key"), True),
            (("company", "day", "n"), False),
        )


class BankReject(Row):
    """A line that was not taken, as it was, and why."""

    file = BigIntegerField()
    line = IntegerField()
    reason = TextField(default="")
    made_of = TextField(default="")
    row_text = TextField(default="")

    class Meta:
        table_name = "bank_reject"
        primary_key = CompositeKey("file", "line")


class BankMatch(Row):
    """A taking by card and the line of the bank that is it. Amounts in minor units."""

    company = TextField()
    taking = TextField()  # the document and the place of its payment; of an export, its first row
    line = BigIntegerField(default=0)  # the row of the bank
    day = TextField(default="")  # the business day of the taking
    fee = BigIntegerField(default=0)
    off = BigIntegerField(default=0)  # what the bank paid beyond what was to come
    seconds = BigIntegerField(default=0)  # between the two
    at = TextField()

    class Meta:
        table_name = "bank_match"
        primary_key = CompositeKey("company", "taking")
        indexes = (
            (("line",), True),
            (("company", "day"), False),
        )
