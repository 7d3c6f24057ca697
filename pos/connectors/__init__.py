"""The books outside. KINDS lists every system there is a connector for; a new one is one line here."""

from __future__ import annotations

from pos.connectors.base import Kind

KINDS: tuple[Kind, ...] = ()


def kind_named(name: str) -> Kind:
    """The kind of this name; KeyError when there is none."""
    return {kind.name: kind for kind in KINDS}[name]
