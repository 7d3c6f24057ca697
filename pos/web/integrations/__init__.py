"""Books that are signed in to: /settings/integrations and /api/integrations/…"""

from __future__ import annotations

from pos.web.integrations import mapping, quickbooks, screens, sync

BLUEPRINTS = (
    quickbooks.bp,
    sync.bp,
    mapping.bp,
    screens.bp,
)
