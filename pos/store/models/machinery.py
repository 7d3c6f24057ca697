"""What the unattended part needs: connections, the outbox, cursors, agent runs."""

from __future__ import annotations

from peewee import BigAutoField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class Meta(Row):
    key = TextField(primary_key=True)
    value = TextField()


class Connection(Row):
    """One accounting system of one company. Settings and secrets stay in config.ini and the environment."""

    id = TextField(primary_key=True)  # "erpnext"
    kind = TextField()
    title = TextField()
    enabled = BooleanField(default=True)
    paused_reason = TextField(default="")  # set on SignInNeeded or a missing pos_receipt_id; words for a person
    last_contact_at = TextField(default="")
    last_error = TextField(default="")
    retry_at = TextField(default="")  # nothing is sent before (429, 503, refused)
    offline_since = TextField(default="")  # first moment of the present silence; empty = reached last time
    company = TextField(default="main")  # whose books these are: documents of its tills alone go there


class Outbox(Row):
    """One document (or one half of an exchange) on its way to one connection. Never deleted."""

    n = BigAutoField()
    document = TextField()
    connection = TextField()
    part = TextField()  # sale | return | cash
    state = TextField()  # queued sending sent booked unknown rejected differs
    tries = IntegerField(default=0)
    next_at = TextField()  # not before
    lease_until = TextField(default="")
    owner = TextField(default="")  # who holds the lease
    after = TextField(default="")  # ids of documents that must be booked first (a return's originals), space between
    settle_at = TextField(default="")  # before this "not there" proves nothing: they may still be booking it
    booked_at = TextField(default="")
    resolved = TextField(default="")  # settled by a person: who and why
    remote_id = TextField(default="")
    remote = TextField(default="")  # JSON: row names and figures the other side answered
    code = TextField(default="")
    message = TextField(default="")  # the operator's sentence, with the remedy
    difference = TextField(default="")
    created_at = TextField()
    updated_at = TextField()
    parked = TextField(default="")  # set aside by a person: who and why; it waits until somebody takes it up again
    story = TextField(default="")  # a line a step: JSON [moment, step, code, words], the newest last
    reply = TextField(default="")  # the last answer that was no success, as it came, cut short

    class Meta:
        indexes = ((("document", "connection", "part"), True), (("connection", "state", "next_at"), False))


class Cursor(Row):
    """How far a feed was pulled: the server's own stamp and the last name at that stamp."""

    connection = TextField()
    feed = TextField()
    value = TextField(default="")
    moved_at = TextField(default="")  # when `value` last changed, our clock
    checked_at = TextField(default="")  # start of the last complete pull, our clock

    class Meta:
        primary_key = CompositeKey("connection", "feed")


class AgentState(Row):
    """One agent (per connection where it has one): pause switch, lease, next due, back-off."""

    agent = TextField()
    connection = TextField(default="")
    paused = BooleanField(default=False)
    due_at = TextField(default="")
    failures = IntegerField(default=0)
    lease_until = TextField(default="")
    owner = TextField(default="")

    class Meta:
        primary_key = CompositeKey("agent", "connection")


class AgentRun(Row):
    n = BigAutoField()
    agent = TextField()
    connection = TextField(default="")
    cause = TextField()  # schedule | ring | person
    started_at = TextField()
    ended_at = TextField(default="")
    outcome = TextField(default="")  # running | ok | failed | abandoned
    sentence = TextField(default="")
    error = TextField(default="")

    class Meta:
        indexes = ((("agent", "started_at"), False),)


class CountCheck(Row):
    """One count of the drawer, kept as it was made, before the expected amount was shown. Never changed."""

    id = TextField(primary_key=True)
    session = TextField()
    at = TextField()
    by_code = TextField()
    by_name = TextField()
    counted = TextField()  # JSON: pieces by value, amounts by tender
    expected = TextField()  # JSON: amounts by tender, at that moment

    class Meta:
        indexes = ((("session", "at"), False),)
