"""Held: hands baskets that were set aside up to the hub, and learns which of them another till took up.

Reads: baskets set aside     Writes: what the hub said of them     Talks to: the hub
If it fails: a basket the hub does not have yet is taken up where it was held; the next round hands it up.
"""

from __future__ import annotations

from pos.actions import hub_held, line
from pos.connectors.hub import KIND
from pos.rules import hub
from pos.runner import Agent, Run, every

ROWS_MAX = 50
#: Somebody may take up at another till what was held here.
LOOK_SECONDS = 30


def run(job: Run) -> str:
    """One round."""
    if not job.config.hub.url:
        return "There is no hub."
    job.again_in(LOOK_SECONDS)
    done = hub_held.share(line.job_with(job, hub.KIND, KIND, ROWS_MAX), job.config)
    if done.gone:
        job.ring("status")
    return done.sentence()


AGENT = Agent(
    name="held",
    title="Share baskets set aside with the hub",
    run=run,
    when=every(minutes=60),  # with a hub it comes round sooner
    rings=("held", "line"),
)
