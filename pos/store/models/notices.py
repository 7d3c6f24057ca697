"""What people should know: notices, who has read them, what was sent where, and what rang from outside."""

from __future__ import annotations

from peewee import BigAutoField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Notice(Row):
    """Something a person should know. One row per key; raised again it counts up, settled it is resolved."""

    key = TextField(primary_key=True)
    level = TextField()  # info | check | needs
    text = TextField()
    remedy = TextField(default="")
    subject = TextField(default="")
    first_at = TextField()
    last_at = TextField()
    count = IntegerField(default=1)
    resolved_at = TextField(default="")
    changes = IntegerField(default=1)  # changes of state so far: raised, worse, resolved; reading counts by it
    changed_at = TextField(default="")
    event = BooleanField(default=False)  # something that happened and has no end of its own; it ages out
    text_made_of = TextField(default="")  # `said.packed`: text in other languages; "" = as it stands
    remedy_made_of = TextField(default="")


class NoticeRead(Row):
    """A person has seen a notice as it stood at this change; the next change is unread again."""

    key = TextField()
    person = TextField()
    change = IntegerField()
    read_at = TextField()

    class Meta:
        primary_key = CompositeKey("key", "person")
        without_rowid = True


class NoticeDelivery(Row):
    """One change of state on its way to one channel, in the words it had then. `id` goes along, so that a second copy
    can be told from a second event."""

    n = BigAutoField()
    id = TextField(unique=True)
    key = TextField()
    change = IntegerField()
    changed_at = TextField()
    channel = TextField()  # email | webhook | chat
    what = TextField()  # raised | resolved
    level = TextField()
    text = TextField()
    remedy = TextField()
    subject = TextField()
    state = TextField()  # waiting | sending | done | late
    tries = IntegerField()
    next_at = TextField()
    lease_until = TextField()
    owner = TextField()
    error = TextField()
    done_at = TextField()
    text_made_of = TextField(default="")
    remedy_made_of = TextField(default="")

    class Meta:
        indexes = ((("key", "change", "channel"), True), (("channel", "state", "next_at"), False))


class HookEvent(Row):
    """A signed message that was taken in; the same one again rings nothing."""

    hook = TextField()
    id = TextField()
    digest = TextField()
    at = TextField()

    class Meta:
        primary_key = CompositeKey("hook", "id")
        without_rowid = True


class LowStock(Row):
    """An item that is low at a place now; so that only the crossing of the line is told."""

    item = TextField()
    location = TextField()
    since = TextField()

    class Meta:
        primary_key = CompositeKey("item", "location")
        without_rowid = True
