"""Of one company, newest first: what its runs came to, and what was changed of its set-up."""

from __future__ import annotations

import json
from typing import Any

from pos.store.db import Store
from pos.store.models import RunArtifact
from pos.store.run_artifacts import Artifact, artifact_of


def latest(store: Store, company: str, limit: int) -> list[Artifact]:
    """What was compared last, or was not and why."""
    with store.reading():
        asked = RunArtifact.select().where((RunArtifact.company == company) & (RunArtifact.status != ""))
        rows = asked.order_by(RunArtifact.processed_at.desc(), RunArtifact.n.desc()).limit(limit)
        return [artifact_of(row) for row in rows]


def changes(store: Store, company: str, limit: int) -> list[tuple[str, str, dict[str, Any]]]:
    """(stamp, who, {field: [before, after]}) of changes of its set-up; of the mapping the names of parts."""
    with store.reading():
        rows = store.execute(
            "SELECT a.at, coalesce(u.name, a.actor), a.detail FROM audit a LEFT JOIN user u ON u.code = a.actor"
            " WHERE a.act = 'company.setup' AND a.subject = ? ORDER BY a.n DESC LIMIT ?",
            (company, limit),
        ).fetchall()
    return [(at, by, json.loads(detail or "{}").get("changed") or {}) for at, by, detail in rows]
