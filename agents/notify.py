"""Notify: looks at this machine and shop, raises a notice where something changed, sends changes to people elsewhere.

Reads: disk, clock, log, sessions, lines, stock     Writes: notices, requests, comparisons of stock
Talks to: mail, a webhook, a chat
Requests for changes of stock that nobody answered in time are closed here as well, and comparisons of stock made whose
lists are in.
If it fails: notices stay at the bell; what was not sent waits in the database and goes out later, oldest first.
What was sent and not yet written down when the program ended is sent again, under the same id.
"""

from __future__ import annotations

from pos import channels
from pos.actions import alarms, inventory_requests, notify, parity
from pos.runner import Agent, Run, every

#: A bell may come a moment before the change that rang it is committed.
LOOK_AGAIN_SECONDS = 1.0


def run(job: Run) -> str:
    """One look and one round of sending."""
    raised = ""
    if job.cause != "ring":
        inventory_requests.expire(job.store)
        raised = alarms.look(job.store, job.memory, job.now).sentence()
    ways = channels.configured(job.config)
    if not ways:
        _compare(job)
        return raised or "Nothing to tell, and nobody to tell it to but the bell."
    done = notify.deliver(job.store, ways, job.owner, stopping=job.stopping)
    if job.cause == "ring" and not done.sent and done.again_in is None:
        job.again_in(LOOK_AGAIN_SECONDS)
    else:
        job.again_in(done.again_in)
    _compare(job)
    return " ".join(part for part in (raised, done.sentence()) if part) or "Nothing to tell."


def _compare(job: Run) -> None:
    """Comparisons of stock come last: what goes wrong with one keeps no notice back."""
    if job.cause != "ring":
        parity.advance(job.store, job.config)


AGENT = Agent(
    name="notify",
    title="Raise and send notices",
    run=run,
    when=every(minutes=1),
    rings=("notice",),
)
