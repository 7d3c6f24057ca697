"""Sign-ins to QuickBooks Online: one a connection, and those that are under way; what the company there has to choose
from, and items that are created there."""

from __future__ import annotations

from peewee import CompositeKey, IntegerField, TextField

from pos.store.models.base import Row


class QboToken(Row):
    """The sign-in of one connection. The company it is bound to stays known after a disconnect."""

    connection = TextField(primary_key=True)
    company = TextField(index=True)
    environment = TextField()  # sandbox | production
    realm = TextField(default="")  # the company's id at Intuit
    sealed = TextField(default="")  # tokens, encrypted together with what they are for; "" = none
    access_until = TextField(default="")
    refresh_until = TextField(default="")
    hard_until = TextField(default="")  # five years from the consent; "" = they did not say
    version = IntegerField(default=0)  # grows with each change of `sealed`
    reauth = TextField(default="")  # code of why only a person can help; "" = nobody is needed
    error = TextField(default="")  # the last trouble that passes by itself, cut
    error_at = TextField(default="")
    name = TextField(default="")  # what the company is called there
    country = TextField(default="")
    connected_at = TextField(default="")
    connected_by = TextField(default="")
    refreshed_at = TextField(default="")
    held = TextField(default="")  # JSON: another company somebody signed in to; it waits for a decision
    held_sealed = TextField(default="")

    class Meta:
        table_name = "qbo_token"


class QboState(Row):
    """One sign-in under way. Used once, by the browser and the person that began it."""

    state = TextField(primary_key=True)  # SHA-256 of what Intuit hands back
    connection = TextField()
    company = TextField()
    environment = TextField()
    person = TextField()
    session = TextField()  # key of the console sign-in
    browser = TextField()  # SHA-256 of the cookie
    redirect_url = TextField()
    until = TextField()
    used_at = TextField(default="")

    class Meta:
        table_name = "qbo_state"


class QboList(Row):
    """What the company a connection is bound to has to choose from, as it was when somebody looked last."""

    connection = TextField(primary_key=True)
    company = TextField()
    realm = TextField()  # whose lists they are
    body = TextField()  # JSON, see pos/connectors/qbo/lists.py
    loaded_at = TextField()
    loaded_by = TextField()

    class Meta:
        table_name = "qbo_list"


class QboNewItem(Row):
    """An item somebody approved to be created there: its bytes and the id they go under are kept before they do."""

    connection = TextField()
    item = TextField()  # its code at the till
    company = TextField()
    realm = TextField()
    name = TextField()  # as it is to be called there
    state = TextField(default="approved")  # approved | created | mapped | refused
    sent = TextField()
    request_id = TextField()
    remote_id = TextField(default="")
    code = TextField(default="")
    message = TextField(default="")
    other_id = TextField(default="")  # who has the name there
    approved_by = TextField()
    approved_at = TextField()
    next_at = TextField(default="")
    lease = TextField(default="")  # until when somebody is at it
    done_at = TextField(default="")

    class Meta:
        table_name = "qbo_new_item"
        primary_key = CompositeKey("connection", "item")
