"""Who may do what, from which machine, and what they did."""

from __future__ import annotations

from peewee import BigAutoField, BooleanField, IntegerField, TextField

from pos.store.models.base import Row


class User(Row):
    code = TextField(primary_key=True)
    name = TextField()
    role = TextField()
    pin_hash = TextField(default="")
    active = BooleanField(default=True)
    failed = IntegerField(default=0)
    locked_until = TextField(default="")
    modified = TextField(default="")
    source = TextField(default="local")


class Device(Row):
    """A browser enrolled to sign in with PINs at this till (loopback needs none)."""

    id = TextField(primary_key=True)
    name = TextField()
    secret_hash = TextField(unique=True)  # of the one-time code until it is used, then of the cookie
    code_until = TextField(default="")  # set while the one-time code waits to be typed
    enrolled_at = TextField()  # empty until then
    enrolled_by = TextField()
    revoked_at = TextField(default="")


class SignIn(Row):
    """One signed-in browser. The cookie holds the secret, the table its hash."""

    secret_hash = TextField(primary_key=True)
    user = TextField(index=True)
    device = TextField(default="")
    created_at = TextField()
    seen_at = TextField()
    locked = BooleanField(default=False)
    ended_at = TextField(default="")


class Token(Row):
    """A key for programs: `Authorization: Bearer …`. Only its hash is kept."""

    id = TextField(primary_key=True)
    name = TextField()
    secret_hash = TextField(unique=True)
    role = TextField()
    created_at = TextField()
    used_at = TextField(default="")
    revoked_at = TextField(default="")


class Audit(Row):
    """Who did what to which document. Each row carries the hash of the one before."""

    n = BigAutoField()
    at = TextField()
    actor = TextField()
    act = TextField()
    subject = TextField(default="")
    detail = TextField(default="")  # JSON
    prev_hash = TextField()
    hash = TextField()

    class Meta:
        indexes = ((("subject",), False),)
