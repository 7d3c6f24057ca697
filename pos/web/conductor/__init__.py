"""QuickBooks Desktop through Conductor: its screens below /conductor, what programs ask below /api/conductor."""

from __future__ import annotations

from pos.web.conductor import api, board, conflicts, records, records_api, settings

BLUEPRINTS = (
    api.bp,
    board.bp,
    conflicts.bp,
    records.bp,
    records_api.bp,
    settings.bp,
)
