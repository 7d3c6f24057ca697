"""Whose tills a hub has: companies, their shops, which id of a till stands where, and how far a person reaches."""

from __future__ import annotations

from peewee import BooleanField, CompositeKey, TextField

from pos.store.models.base import Row


class Company(Row):
    """One company. Of "main" an empty name, time zone or currency means: as in the settings of this server."""

    id = TextField(primary_key=True)
    name = TextField()
    active = BooleanField(default=True)
    time_zone = TextField(default="")
    currency = TextField(default="")
    settings = TextField(default="{}")  # JSON, an object for each part of the program that keeps something here
    made_at = TextField(default="")


class Shop(Row):
    """One shop of one company."""

    id = TextField(primary_key=True)
    company = TextField(index=True)
    name = TextField()


class TillPlace(Row):
    """Where the till stands whose documents carry this id. An id that is not here is the main shop's."""

    till = TextField(primary_key=True)
    company = TextField(index=True)
    shop = TextField()

    class Meta:
        table_name = "till_place"


class PersonLeft(Row):
    """Where a person's rights reached once: tills there may know them, and are told that they are gone."""

    person = TextField()
    company = TextField()  # "" = everywhere
    shop = TextField()

    class Meta:
        table_name = "person_left"
        primary_key = CompositeKey("person", "company", "shop")


class PersonScope(Row):
    """A person's rights hold for this company; shop: for that one alone, "" = all of its shops. No row: everywhere."""

    person = TextField()
    company = TextField()
    shop = TextField(default="")

    class Meta:
        table_name = "person_scope"
        primary_key = CompositeKey("person", "company", "shop")
