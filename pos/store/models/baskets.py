"""What happens to a basket before it is paid: set aside, taken up again, lines taken off."""

from __future__ import annotations

from peewee import BigIntegerField, IntegerField, TextField

from pos.store.models.base import Row


class Held(Row):
    """A basket set aside, whole, as the page sent it. Never deleted; `state` says what became of it."""

    id = TextField(primary_key=True)  # the basket's own id
    store = TextField()
    till = TextField()
    title = TextField()
    basket = TextField()  # JSON
    lines = IntegerField()
    total = TextField()  # as it was shown, major units; "" = nothing was shown
    state = TextField()  # held | resumed | discarded
    by_code = TextField()
    by_name = TextField()
    at = TextField()
    changed_at = TextField(default="")
    changed_by = TextField(default="")
    taken = TextField(default="")  # the id of the act that resumed it, so that its answer can be asked for again
    reason = TextField(default="")  # why it was discarded
    up = TextField(default="")  # "" = the hub does not have it | sending | there
    holder = TextField(default="")  # the till that took it up, where a hub says so; "" = this one, or nobody

    class Meta:
        indexes = ((("store", "state"), False),)


class LineVoid(Row):
    """A line, or some of its pieces, taken off a basket before it was paid. No document: nothing was sold."""

    id = TextField(primary_key=True)  # made by the page
    session = TextField(index=True)
    basket = TextField()
    line = TextField()
    item_code = TextField()
    item_name = TextField()
    qty = BigIntegerField()  # thousandths
    amount = BigIntegerField()  # minor units, as it was shown
    by_code = TextField()
    at = TextField()
