"""The books outside. KINDS lists every system there is a connector for; a new one is one line here."""

from __future__ import annotations

from collections.abc import Sequence

from pos.config import Config
from pos.connectors import erpnext, hub, qbd, qbo
from pos.connectors.base import Kind

KINDS: tuple[Kind, ...] = (erpnext.KIND, hub.KIND, qbo.KIND, qbd.KIND)


def configured(config: Config, kinds: Sequence[Kind] = KINDS) -> list[tuple[str, str, str, str]]:
    """What the settings ask for: (connection id, kind, title, address) of each system that is set up."""
    return [(kind.name, kind.name, kind.title, kind.address(config)) for kind in kinds if kind.configured(config)]
