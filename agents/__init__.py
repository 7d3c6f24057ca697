"""What happens by itself. One file = one agent = one row in the console; a new one is one line here."""

from __future__ import annotations

from agents import backup, held, notify, sync_in, sync_out, voucher, watch, zread
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
)
