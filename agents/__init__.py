"""What happens by itself. One file = one agent = one row in the console; a new one is one line here."""

from __future__ import annotations

from agents import (
    backup,
    conductor,
    held,
    months,
    notify,
    quickbooks,
    quickbooks_sync,
    runs,
    schedules,
    sync_in,
    sync_out,
    voucher,
    watch,
    zread,
)
from pos.config import Config
from pos.runner import Agent

#: In the order a console shows them.
AGENTS: tuple[Agent, ...] = (
    sync_out.AGENT,
    sync_in.AGENT,
    voucher.AGENT,
    held.AGENT,
    watch.AGENT,
    zread.AGENT,
    backup.AGENT,
    notify.AGENT,
    quickbooks.AGENT,
    quickbooks_sync.AGENT,
    conductor.AGENT,
    runs.AGENT,
    schedules.AGENT,
    months.AGENT,
)


def of(config: Config) -> tuple[Agent, ...]:
    """Those that have something to do with these settings."""
    wanted = {
        quickbooks.AGENT.name: quickbooks.wanted,
        quickbooks_sync.AGENT.name: quickbooks.wanted,
        conductor.AGENT.name: conductor.wanted,
        months.AGENT.name: months.wanted,
    }
    idle = {name for name, asked in wanted.items() if not asked(config)}
    return tuple(agent for agent in AGENTS if agent.name not in idle)
