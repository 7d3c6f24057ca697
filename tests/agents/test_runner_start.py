"""Starting: what failed before it is tried at once, and what a killed server held is let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pos import clock
from pos.config import Config
from pos.runner import Runner
from pos.store import rounds
from pos.store.db import Store
from pos.store.models import AgentState
from tests.agents.rounds_of import Start, counting, until
from tests.agents.rounds_of import start as start


def test_a_start_sends_what_was_sold_before_it_and_disturbs_nobody_else(
    start: Start, store: Store, shop: Config
) -> None:
    """A sale just before the fall rang a bell that nobody answered; it need not wait for the next round."""
    sells, ran = counting(rings=("sale",))
    other, quiet = counting("other", rings=("notice",))
    Runner(store, shop, [sells, other], kinds=())
    AgentState.update(due_at=clock.stamp(clock.now() + timedelta(seconds=3000))).execute()
    start(sells, other)
    assert until(lambda: ran)
    assert (ran, quiet) == (["schedule"], [])


def test_a_start_tries_at_once_what_failed_and_what_could_not_hear(start: Start, store: Store, shop: Config) -> None:
    quiet, quiet_ran = counting("quiet")
    ears, ears_ran = counting("ears")
    failed, failed_ran = counting("failed")
    ears = replace(ears, listen=lambda _config, _ring: lambda: None)
    Runner(store, shop, [quiet, ears, failed], kinds=())
    later = clock.now() + timedelta(minutes=9)
    for agent, failures in ((quiet, 0), (ears, 0), (failed, 3)):
        n = rounds.take(store, (agent.name, ""), "x", "schedule", clock.now())
        rounds.finish(store, (agent.name, ""), "x", n, clock.now(), rounds.End("ok", "", "", later, failures))
    start(quiet, ears, failed)
    assert until(lambda: ears_ran and failed_ran)
    assert quiet_ran == []


def test_a_new_server_frees_what_the_killed_one_held(start: Start, store: Store, shop: Config) -> None:
    agent, ran = counting()
    Runner(store, shop, [agent], kinds=())
    rounds.take(store, ("count", ""), "server:9:killed", "schedule", clock.now())
    start(agent)
    assert until(lambda: [past.outcome for past in rounds.latest(store)] == ["ok", "abandoned"], 60)
    assert ran == ["schedule"]
