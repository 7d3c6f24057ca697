"""The till asks its hub now and then whether it still has what it took. A hub that came back from a copy of yesterday
has not: what it lost goes up again by itself."""

from __future__ import annotations

import logging
from datetime import timedelta

from pos.actions import line
from pos.actions.line import Job
from pos.connectors.hub.client import Hub
from pos.errors import ConnectorError
from pos.rules import hub
from pos.store import hub_link

log = logging.getLogger(__name__)

#: How often it is asked while nothing else is said.
LOOK_EVERY = timedelta(minutes=2)


def look(job: Job) -> int:
    """How many documents are asked for again, to be sent where they are gone; 0 for another connection than a hub.
    Never raises for what the hub does."""
    connector: object = job.memory.connector
    now, seen = job.now(), job.memory.looked_at
    if job.connection != hub.KIND or not isinstance(connector, Hub):
        return 0
    if seen is not None and timedelta(0) <= now - seen < LOOK_EVERY:
        return 0
    if not line.works(job):
        return 0
    try:
        newest, missing = connector.has()
    except ConnectorError as error:
        log.debug("the hub was asked what it has and did not say: %s", error.message)
        return 0
    job.memory.looked_at = now
    count = hub_link.ask_again(job.store, newest, missing, now)
    if count:
        log.warning("the hub has lost documents it had: %d are asked for again", count)
        job.ring("status")
    return count
