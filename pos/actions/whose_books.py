"""Whose books a connection is: what people call it, its kind, its company's settings, where a document is found there.

Asked for many rows of one page, so what was looked up once is kept.
"""

from __future__ import annotations

import dataclasses

from pos.actions import line, qbo_standing
from pos.config import Config
from pos.connectors import KINDS
from pos.connectors.base import Connector, Kind
from pos.store import connections
from pos.store.db import Store


class Books:
    """Every connection that is or was, for as long as one page takes. Speaks to nobody."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store, self._config = store, config
        self._lines = {one.id: one for one in connections.every(store)}
        self._configs: dict[str, Config] = {}

    def title(self, connection: str) -> str:
        """What people call it; its id where there is no such connection."""
        found = self._lines.get(connection)
        return found.title if found else connection

    def kind(self, connection: str) -> Kind | None:
        """What sort of system it is, as its row says."""
        found = self._lines.get(connection)
        name = found.kind if found else connection
        return next((kind for kind in KINDS if kind.name == name), None)

    def page(self, connection: str, kind: str, remote_id: str) -> str:
        """Where a person finds the booked document, "" when there is no such page."""
        system = self.kind(connection)
        if system is None or not remote_id or not kind:
            return ""
        return system.page(self._settings(connection), kind, remote_id)

    def item_page(self, connection: str, code: str, missing: bool) -> str:
        """Where a person finds an item, or makes one that is missing; "" when there is no such page."""
        system = self.kind(connection)
        return system.item_page(self._settings(connection), code, missing) if system is not None else ""

    def connector(self, connection: str) -> Connector | None:
        """What works out both sides' figures, with what was learned of its site."""
        system = self.kind(connection)
        return None if system is None else line.connector(self._store, self._config, connection, system)

    def _settings(self, connection: str) -> Config:
        """The settings as they hold for its company."""
        found = self._lines.get(connection)
        if found is None or found.kind != qbo_standing.KIND:
            return self._config
        if found.company not in self._configs:
            own = qbo_standing.settings_of(self._store, self._config, found.company)
            self._configs[found.company] = dataclasses.replace(self._config, quickbooks=own)
        return self._configs[found.company]
