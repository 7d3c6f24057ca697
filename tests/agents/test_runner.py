"""The runner: what is due is run, once, by one; what fails backs off; what was missed is caught up."""

from __future__ import annotations

import threading
import time as real_time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pos import clock
from pos.agent import is_due, next_due
from pos.config import Config
from pos.errors import NotFound, Unavailable
from pos.runner import Agent, Run, Runner, daily, every
from pos.store import notices, rounds
from pos.store.db import Store
from pos.store.models import AgentRun, AgentState
from tests.agents.rounds_of import Start, counting, until
from tests.agents.rounds_of import start as start
from tests.books import Books, Time


@pytest.fixture
def time() -> Iterator[Time]:
    now = Time()
    with clock.set_to(now):
        yield now


# -- when --------------------------------------------------------------------------------------------------------------

PLANS = """
when            now                         due_at                      due
every 60        2026-11-21T10:00:00+00:00   -                           yes
every 60        2026-11-21T10:00:00+00:00   2026-11-21T09:59:59+00:00   yes
every 60        2026-11-21T10:00:00+00:00   2026-11-21T10:00:01+00:00   no
every 60        2026-11-21T10:00:00+00:00   2026-11-21T10:59:00+00:00   no
every 60        2026-11-21T10:00:00+00:00   2027-11-21T10:00:00+00:00   yes
daily 03:00     2026-11-21T10:00:00+00:00   2026-11-22T03:00:00+00:00   no
daily 03:00     2026-11-22T10:00:00+00:00   2026-11-22T03:00:00+00:00   yes
daily 03:00     2026-11-21T10:00:00+00:00   2026-12-01T03:00:00+00:00   yes
"""


@pytest.mark.parametrize("line", PLANS.strip().splitlines()[1:])
def test_what_is_due(line: str) -> None:
    kind, at, now, due_at, due = line.split()
    when = every(seconds=int(at)) if kind == "every" else daily(at)
    stamp = "" if due_at == "-" else clock.stamp(clock.parse(due_at))
    state = rounds.State(paused=False, due_at=stamp, failures=0, running=False)
    assert is_due(when, state, clock.parse(now), "Europe/London") == (due == "yes")


def test_daily_is_the_shops_wall_clock_across_a_change_of_the_hour() -> None:
    zone = "Europe/London"
    summer = daily("03:00").after(clock.parse("2026-03-28T12:00:00+00:00"), zone)
    assert clock.stamp(summer).startswith("2026-03-29T02:00:00")  # 03:00 British Summer Time


def test_a_failing_agent_comes_round_on_the_ladder(store: Store, shop: Config, time: Time) -> None:
    agent, _ = counting(seconds=10)
    run = Run(agent, None, None, "schedule", time(), store, shop, "me", {}, lambda e: None, None, lambda: False)
    waits = [round((next_due(run, failures, time()) - time()).total_seconds()) for failures in range(7)]
    assert waits == [10, 60, 300, 900, 3600, 3600, 3600]


# -- rounds ------------------------------------------------------------------------------------------------------------


def test_each_round_is_recorded_with_cause_and_sentence(store: Store, shop: Config, time: Time) -> None:
    agent, _ran = counting()
    runner = Runner(store, shop, [agent], kinds=())
    assert runner.once("count")
    (past,) = rounds.latest(store)
    assert (past.agent, past.cause, past.outcome, past.sentence) == ("count", "person", "ok", "round 1")
    assert rounds.states(store, time())[("count", "")].due_at == time.stamp(3600)


def test_a_failure_is_recorded_and_people_are_told_after_the_third(store: Store, shop: Config, time: Time) -> None:
    def run(job: Run) -> str:
        raise RuntimeError("no such thing")

    runner = Runner(store, shop, [Agent("bad", "Goes wrong", run, every(minutes=1))], kinds=())
    for failures, seconds in ((1, 60), (2, 300), (3, 900)):
        assert notices.open_notices(store) == []
        runner.once("bad", cause="schedule")
        state = rounds.states(store, time())[("bad", "")]
        assert (state.failures, state.due_at) == (failures, time.stamp(seconds))
    assert notices.open_notices(store)[0].text == "Goes wrong: failed 3 times in a row. RuntimeError: no such thing"


def test_one_success_settles_the_failure(store: Store, shop: Config, time: Time) -> None:
    fails = [True, True, True, False]

    def run(job: Run) -> str:
        if fails.pop(0):
            raise RuntimeError("no")
        return "fine"

    runner = Runner(store, shop, [Agent("a", "A", run, every(minutes=1))], kinds=())
    for _ in range(4):
        runner.once("a", cause="schedule")
    assert notices.open_notices(store) == []
    assert rounds.states(store, time())[("a", "")].failures == 0


def test_rounds_that_only_repeat_themselves_are_one_row(store: Store, shop: Config, time: Time) -> None:
    runner = Runner(store, shop, [Agent("idle", "Idle", lambda job: "Nothing.", every(seconds=5))], kinds=())
    for _ in range(20):
        runner.once("idle", cause="schedule")
        time.passes(5)
    (past,) = rounds.latest(store)
    assert (past.started_at, past.ended_at) == (time.stamp(-100), time.stamp(-5))


def test_old_rounds_are_thinned_and_failed_ones_kept_longer(store: Store) -> None:
    rounds.ensure(store, [("a", "")])
    row = {"agent": "a", "connection": "", "cause": "schedule", "started_at": "", "sentence": ""}
    with store.transaction():
        for n in range(rounds.KEPT_ROWS + 30):
            AgentRun.create(**row, outcome="failed" if n < 3 else "ok")
    assert rounds.thin(store) == 27
    assert AgentRun.select().where(AgentRun.outcome == "failed").count() == 3
    assert AgentRun.select().count() == rounds.KEPT_ROWS + 3


def test_only_one_runs_at_a_time_and_a_dead_ones_lease_ends(store: Store, shop: Config, time: Time) -> None:
    agent, _ran = counting()
    runner = Runner(store, shop, [agent], kinds=())
    assert rounds.take(store, ("count", ""), "agents:7:other", "schedule", time())
    assert not runner.once("count")
    time.passes(rounds.LEASE_SECONDS + 1)
    assert runner.once("count")
    assert [past.outcome for past in rounds.latest(store)] == ["ok", "abandoned"]


def test_a_lease_ahead_of_a_clock_that_was_set_back_is_over(store: Store, shop: Config, time: Time) -> None:
    agent, _ran = counting()
    runner = Runner(store, shop, [agent], kinds=())
    rounds.take(store, ("count", ""), "agents:7:other", "schedule", time())
    time.passes(-365 * 86400)
    assert runner.once("count")


def test_a_paused_agent_runs_only_for_a_person(store: Store, shop: Config) -> None:
    agent, ran = counting()
    runner = Runner(store, shop, [agent], kinds=())
    rounds.pause(store, "count", "", True)
    assert not runner.once("count", cause="schedule")
    assert runner.once("count", cause="person")
    assert ran == ["person"]


def test_an_agent_per_connection_runs_once_for_each(store: Store, shop: Config) -> None:
    agent, _ran = counting(per="connection")
    runner = Runner(store, shop, [agent], kinds=(Books().kind(),))
    assert runner.once("count", "erpnext")
    assert rounds.latest(store)[0].connection == "erpnext"
    assert list(rounds.states(store, clock.now())) == [("count", "erpnext")]


# -- the threads -------------------------------------------------------------------------------------------------------


def test_what_fell_due_while_the_machine_was_off_is_done_once(start: Start, store: Store, shop: Config) -> None:
    agent, ran = counting(seconds=60)
    Runner(store, shop, [agent], kinds=())
    AgentState.update(due_at="2020-01-01T00:00:00.000000Z").execute()
    start(agent)
    assert until(lambda: ran)
    real_time.sleep(1.5)
    assert ran == ["schedule"]


def test_a_bell_calls_at_once_and_a_burst_is_one_round(start: Start, store: Store) -> None:
    agent, ran = counting(rings=("sale",))
    runner = start(agent)
    assert until(lambda: ran == ["schedule"])
    began = real_time.monotonic()
    for _ in range(200):
        runner.ring("sale")
    assert until(lambda: len(ran) == 2)
    assert real_time.monotonic() - began < 30  # the next round by itself is an hour away
    real_time.sleep(0.5)
    assert ran == ["schedule", "ring"]


def test_a_bell_during_a_round_is_another_round(start: Start) -> None:
    ran, may_end = [], threading.Event()

    def run(job: Run) -> str:
        ran.append(job.cause)
        may_end.wait(5)
        return "done"

    runner = start(Agent("slow", "Slow", run, every(minutes=60), rings=("sale",)))
    assert until(lambda: len(ran) == 1)
    runner.ring("sale")
    real_time.sleep(0.5)
    assert len(ran) == 1
    may_end.set()
    assert until(lambda: len(ran) == 2)


@pytest.mark.parametrize("holder", ["a round here", "another process"])
def test_what_a_person_asks_for_meanwhile_is_done_even_when_paused(start: Start, store: Store, holder: str) -> None:
    begun, goes_on, causes = threading.Event(), threading.Event(), []

    def run(job: Run) -> str:
        causes.append(job.cause)
        begun.set()
        assert goes_on.wait(30)
        return ""

    runner = start(Agent("slow", "Slow", run, every(minutes=60)))
    assert begun.wait(30)
    if holder == "another process":
        goes_on.set()
        assert until(lambda: not rounds.states(store, clock.now())["slow", ""].running)
        n = rounds.take(store, ("slow", ""), "agents:7:other", "schedule", clock.now())
        assert n is not None
    rounds.pause(store, "slow", "", True)
    runner.run_now("slow")
    assert until(lambda: bool(runner._again or runner._later))
    if holder == "another process":
        end = rounds.End("ok", "", "", clock.now() + timedelta(hours=1), 0)
        rounds.finish(store, ("slow", ""), "agents:7:other", n, clock.now(), end)
    goes_on.set()
    assert until(lambda: causes == ["schedule", "person"])


def test_a_bell_during_the_silence_is_not_heard(start: Start, store: Store) -> None:
    ran = []

    def run(job: Run) -> str:
        ran.append(job.cause)
        job.silent_for(1.5)
        return "nobody there"

    runner = start(Agent("out", "Out", run, every(minutes=60), rings=("sale",)))
    assert until(lambda: len(ran) == 1)
    runner.ring("sale")
    real_time.sleep(0.7)
    assert len(ran) == 1
    assert until(lambda: len(ran) == 2)  # but the silence ends by itself
    assert ran == ["schedule", "schedule"]


def test_that_the_line_is_back_ends_the_back_off_there_and_no_other_bell_does(start: Start) -> None:
    ran: list[tuple[str, str]] = []

    def run(job: Run) -> str:
        assert job.connection is not None
        ran.append((job.connection.id, job.cause))
        raise Unavailable("A proxy answered.")

    kinds = (Books().kind(), replace(Books().kind(), name="other"))
    runner = start(Agent("out", "Out", run, every(minutes=60), rings=("sale", "line"), per="connection"), kinds=kinds)
    assert until(lambda: len(ran) == 2)
    runner.ring("sale")
    runner.ring("line:other")
    assert until(lambda: len(ran) == 3)
    runner.ring("line")
    assert until(lambda: len(ran) == 5)
    assert (ran[2], sorted(ran[3:])) == (("other", "ring"), [("erpnext", "ring"), ("other", "ring")])


def test_ringing_costs_a_sale_nothing(start: Start) -> None:
    agent, _ = counting(rings=("sale",))
    runner = start(agent)
    began = real_time.perf_counter()
    for _ in range(10_000):
        runner.ring("sale")
    assert (real_time.perf_counter() - began) / 10_000 < 0.000_1


def test_listeners_hear_events_and_a_failing_one_harms_nobody(start: Start) -> None:
    heard: list[str] = []

    def bad(event: str) -> None:
        raise ValueError(event)

    runner = start()
    runner.listeners += [bad, heard.append]
    runner.ring("catalog")
    assert until(lambda: heard == ["catalog"])
    runner.ring("status")
    assert until(lambda: heard == ["catalog", "status"])


def test_two_processes_on_one_folder_share_the_work(start: Start) -> None:
    both = threading.Lock()
    overlaps, ran = [], []

    def run(job: Run) -> str:
        if not both.acquire(blocking=False):
            overlaps.append(1)
            return "overlap"
        real_time.sleep(0.05)
        ran.append(job.owner.partition(":")[0])
        both.release()
        job.again_in(0)
        return "fine"

    agent = Agent("shared", "Shared", run, every(minutes=60), rings=("sale",))
    first, second = start(agent), start(agent, role="agents")
    for n in range(40):
        (first, second)[n % 2].ring("sale")
        real_time.sleep(0.05)
    assert until(lambda: len(ran) > 10)
    assert overlaps == []


def test_a_server_that_only_rings_wakes_the_agents_of_another_process(start: Start) -> None:
    agent, ran = counting(rings=("sale",))
    server = start(agent, work=False)
    start(agent, role="agents")
    assert until(lambda: ran == ["schedule"])
    server.ring("sale")
    assert until(lambda: ran == ["schedule", "ring"])


def test_agents_that_save_run_where_the_journal_is(start: Start, store: Store, shop: Config, journal) -> None:  # type: ignore[no-untyped-def]
    agent, ran = counting(rings=("drop",))
    agent = replace(agent, saves=True)
    server = start(agent, work=False, journal=journal)
    assert until(lambda: ran == ["schedule"])
    server.ring("drop")
    assert until(lambda: ran == ["schedule", "ring"])
    with pytest.raises(NotFound):
        Runner(store, shop, [agent], kinds=(), role="agents").run_now("count")


def test_stopping_lets_a_round_come_to_its_end(start: Start, store: Store) -> None:
    ended, running = [], threading.Event()

    def run(job: Run) -> str:
        running.set()
        while not job.stopping():
            real_time.sleep(0.01)
        real_time.sleep(0.2)
        ended.append(1)
        return "came to an end"

    runner = start(Agent("long", "Long", run, every(minutes=60)))
    assert running.wait(8)
    runner.stop()
    assert ended == [1]
    assert rounds.latest(store)[0].sentence == "came to an end"


def test_a_round_that_lost_its_lease_is_told_to_stop(
    start: Start, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.runner.HEARTBEAT_SECONDS", 0.1)
    running, stopped = threading.Event(), threading.Event()

    def run(job: Run) -> str:
        running.set()
        end = real_time.monotonic() + 60
        while not job.stopping() and real_time.monotonic() < end:
            real_time.sleep(0.01)
        if job.lost:
            stopped.set()
        return "over"

    start(Agent("long", "Long", run, every(minutes=60)))
    assert running.wait(8)
    AgentState.update(owner="agents:8:thief").execute()
    assert stopped.wait(6)


def test_the_heartbeat_keeps_a_long_round_alive(start: Start, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos.runner.HEARTBEAT_SECONDS", 0.1)
    may_end = threading.Event()

    def run(job: Run) -> str:
        may_end.wait(8)
        return "over"

    start(Agent("long", "Long", run, every(minutes=60)))
    assert until(lambda: AgentState.get().lease_until)
    first = AgentState.get().lease_until
    assert until(lambda: AgentState.get().lease_until > first)
    may_end.set()


def test_a_broken_queue_file_is_made_anew(start: Start, shop: Config) -> None:
    shop.data.mkdir(exist_ok=True)
    (shop.data / "queue.db").write_bytes(b"this is no database at all" * 100)
    agent, ran = counting()
    start(agent)
    assert until(lambda: ran == ["schedule"])
