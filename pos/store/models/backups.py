"""Copies elsewhere: how far each place is, and the snapshots."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, BooleanField, CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class CopyPlace(Row):
    """One place, and one row for each medium that was ever found there: sticks take turns."""

    place = TextField()  # as the settings call it
    mark = TextField()  # what the medium is known by
    copied_n = BigIntegerField()  # every document up to this one has its copy there
    copied_at = TextField()  # when it last had all of them; "" = never
    near = BooleanField()  # on the till's own disk or machine
    failing_since = TextField()
    failures = IntegerField()
    retry_at = TextField()
    code = TextField()
    words = TextField()
    used_at = TextField()

    class Meta:
        primary_key = CompositeKey("place", "mark")


class Snapshot(Row):
    """One snapshot at one place. Never deleted here, only there."""

    n = BigAutoField()
    name = TextField()
    place = TextField()
    cause = TextField()  # schedule | person | upgrade
    made_at = TextField()
    took_ms = IntegerField()
    bytes = BigIntegerField()
    sha256 = TextField()
    encrypted = BooleanField()
    mark = BigIntegerField()  # the newest document in it
    documents = IntegerField()
    head = TextField()  # hash of the till's last document in it
    verified_at = TextField()  # "" = not restored aside yet
    state = TextField()  # there | failed | removed
    words = TextField()
    removed_at = TextField()

    class Meta:
        indexes = ((("name", "place"), True), (("place", "made_at"), False))
