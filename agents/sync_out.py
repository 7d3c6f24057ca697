"""Sync out: sends every queued document to its connection, oldest first, each exactly once.

Reads: outbox, documents     Writes: outbox, connections, notices     Talks to: ERPNext
Documents for QuickBooks Desktop go into the queue its Web Connector comes round for; nobody is called.
Of a company whose runs post alone (posting = runs) it sends nothing: what a run sent is read back, and that is all.
If it fails: the till keeps selling; rows wait, and the status bar says how many and since when.
While anything waits and the line is away it asks every [erpnext] probe_seconds whether the line is back.
"""

from __future__ import annotations

from pos.actions import deliver, hub_again, line, qbd_sales, run_settings
from pos.runner import Agent, Run, every

#: One round stays short, so that a stop or another process never waits long for it.
DOCUMENTS_MAX = 50


def run(job: Run) -> str:
    """One round on one connection."""
    mail = line.mailbox_job(job, limit=DOCUMENTS_MAX)
    if mail is not None:
        told = qbd_sales.round_on(mail, post=not run_settings.runs_alone_post(job.store, mail.connection))
        if not told.idle:
            job.ring("status")
        return told.sentence()
    work = line.job_of(job, limit=DOCUMENTS_MAX)
    if work is None:
        return "Nothing to send to."
    hub_again.look(work)
    done = deliver.queued(work, post=not run_settings.runs_alone_post(job.store, work.connection))
    if done.line_is_away and done.again_in is not None:
        job.silent_for(done.again_in)
    else:
        job.again_in(done.again_in)
    if not done.idle:
        job.ring("status")
    return done.sentence()


AGENT = Agent(
    name="sync_out",
    title="Send sales to the books",
    run=run,
    when=every(minutes=1),
    rings=("sale", "return", "void", "paid_in", "paid_out", "drop", "z", "line"),
    per="connection",
)
