"""The base of all models. `database` is filled by `store.db.open_store`; nothing outside pos/store names an engine."""

from __future__ import annotations

from typing import Any

from peewee import DatabaseProxy, Model

database = DatabaseProxy()


class Row(Model):
    class Meta:
        database = database
        legacy_table_names = False

    @classmethod
    def put(cls, **values: Any) -> None:
        """A new row, or all of the row that has its key; what is not given is as in a new one."""
        keys = list(cls._meta.get_primary_keys())
        others = [one for one in cls._meta.sorted_fields if one.name not in {key.name for key in keys}]
        cls.insert(**values).on_conflict(conflict_target=keys, preserve=others).execute()
