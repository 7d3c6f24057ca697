"""What tills ask of their hub, below /api/hub/v1: one module a matter, each with its door in `gate`.

Versioned by the path; fields nobody knows are ignored by both sides, so that a till may be older than its hub.
"""

from __future__ import annotations

from pos.web.hub import documents, door, feeds, held, live, receipts, vouchers

BLUEPRINTS = (door.bp, documents.bp, feeds.bp, held.bp, live.bp, receipts.bp, vouchers.bp)
