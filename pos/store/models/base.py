"""The base of all models. `database` is filled by `store.db.open_store`; nothing outside pos/store names an engine."""

from __future__ import annotations

from peewee import DatabaseProxy, Model

database = DatabaseProxy()


class Row(Model):
    class Meta:
        database = database
        legacy_table_names = False
