"""Voucher: exchanges rows of gift vouchers with their issuer, lets go of holds, expires, names what was used twice.

Reads: vouchers, holds     Writes: vouchers, holds, documents (through the journal), notices     Talks to: the issuer
If it fails: the till goes on by the shop's rule for an issuer out of reach; what waits goes out later.
Where no connection keeps vouchers this till is their issuer, and only holds, expiry and notices are looked after.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos.actions import exchange, issuer, line
from pos.config import Config
from pos.runner import Agent, Run, every
from pos.store.db import Store
from pos.store.journal import Journal


@dataclass(frozen=True, slots=True)
class _Till:
    config: Config
    store: Store
    journal: Journal


def run(job: Run) -> str:
    """One round."""
    found = issuer.find(job.store)
    if found is None:
        done = exchange.alone(job.store)
    else:
        told, kind = found
        work = line.job_with(job, told.id, kind, exchange.ROWS_MAX)
        done = exchange.rows(work, told, kind.voucher_book(work.memory.connector))
        job.again_in(done.again_in)
    if done.whole and job.journal is not None and not job.stopping():
        exchange.expire(_Till(job.config, job.store, job.journal), job.memory, done)
    if done.taken or done.overdrawn:
        job.ring("status")
    return done.sentence()


AGENT = Agent(
    name="voucher",
    title="Exchange gift vouchers with their issuer",
    run=run,
    when=every(minutes=3),
    rings=("voucher", "line"),
    saves=True,
)
