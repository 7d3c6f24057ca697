"""Who may do what, from which machine, and what they did."""

from __future__ import annotations

from peewee import BigAutoField, BooleanField, CompositeKey, IntegerField, TextField

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
    badge_hash = TextField(default="", index=True)  # SHA-256 of what their badge says
    password_hash = TextField(default="")  # for the console; "" = they may not sign in there
    password_failed = IntegerField(default=0)
    password_locked_until = TextField(default="")


class Approval(Row):
    """A second person's word for one act on one subject. Used once, in the transaction of the act."""

    id = TextField(primary_key=True)
    act = TextField()
    subject = TextField(index=True)  # id of the basket or document
    bound = TextField(default="")  # how far it reaches: per cent or money; empty = as far as the approver may
    approver = TextField()
    approver_name = TextField()
    approver_role = TextField()
    asked_by = TextField()
    made_at = TextField(index=True)
    until = TextField()
    used_at = TextField(default="")
    used_for = TextField(default="")  # the document


class ApprovalRequest(Row):
    """An approval asked for from afar. Agreed to, it names the approval that was given."""

    id = TextField(primary_key=True)
    act = TextField()
    subject = TextField()
    bound = TextField()
    what = TextField()  # in the asker's words, for whoever answers
    asked_by = TextField()
    asked_name = TextField()
    made_at = TextField()
    until = TextField()
    state = TextField(index=True)  # waiting | agreed | refused | withdrawn
    answered_by = TextField()
    answered_name = TextField()
    answered_at = TextField()
    approval = TextField()

    class Meta:
        table_name = "approval_request"


class RightOverride(Row):
    """A right of a role that is not as `rules.rights` has it by default."""

    role = TextField()
    right = TextField()
    allowed = BooleanField()

    class Meta:
        primary_key = CompositeKey("role", "right")


class DiscountCeiling(Row):
    """How much a role takes off alone, where that is not the default."""

    role = TextField(primary_key=True)
    percent = TextField()


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
    place = TextField(default="till")  # till: code and PIN | console: code and password


class Token(Row):
    """A key for programs: `Authorization: Bearer …`. Only its hash is kept."""

    id = TextField(primary_key=True)
    name = TextField()
    secret_hash = TextField(unique=True)
    role = TextField()
    created_at = TextField()
    used_at = TextField(default="")
    revoked_at = TextField(default="")
    scopes = TextField(default="")  # rights of the role it has, space between; empty = all of them
    person = TextField(default="")  # code of the user who stands behind it; "" = a program of its own


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
