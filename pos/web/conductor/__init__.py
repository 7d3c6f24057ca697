"""QuickBooks Desktop through Conductor: its screens below /conductor, what programs ask below /api/conductor."""

from __future__ import annotations

from pos.web.conductor import board, conflicts, settings

BLUEPRINTS = (
    board.bp,
    conflicts.bp,
    settings.bp,
)
