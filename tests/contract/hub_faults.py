"""A hub and its tills, all in processes of their own, selling while everything between and among them fails.

    python -m tests.contract.hub_faults --engine postgresql --tills 20 --webs 2 --workers 2 --minutes 10 --seed 1
    python -m tests.contract.hub_faults --engine sqlite --tills 3 --minutes 10 --seed 1

Tills, web processes and workers are killed and started again, or stopped and started in turn; the database is started
anew, Redis emptied; links are cut one way and both, answers lost, bytes changed on the way; the books are away or lose
their answers. Then nothing fails any more, lines come back, and so long as DRAIN_SECONDS_MAX everything may take to get
where it belongs. `hub_books` says what must be true then. Nobody acknowledges faster than customers come (--rate).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from pos import clock
from tests import engines, redis_process
from tests.bench import measure
from tests.contract import hub_books, hub_customers, hub_processes
from tests.contract.emulators.erpnext import Emulator
from tests.contract.hub_customers import Customers, Shop
from tests.contract.hub_processes import Processes
from tests.contract.sites import basket_site

#: Seconds between two faults, how long whatever was killed stays away, and how long a cut lasts.
GAP_SECONDS, AWAY_SECONDS, CUT_SECONDS = (4.0, 9.0), (0.5, 5.0), (4.0, 20.0)
DRAIN_SECONDS_MAX = 480.0
#: A till that has nothing to say asks its hub every minute.
NOTICED_SECONDS_MAX = 90.0
#: How soon each till shows the stock the books have, once nothing is on its way.
SHOWN_SECONDS_MAX = 240.0
#: How often each fault stands in the pack that is dealt out, shuffled anew each time it is empty.
PACK = {"till": 6, "web": 2, "rolled webs": 1, "cut one way": 2, "cut both ways": 2, "books away": 1, "books silent": 1}
PACK_SERVERS = {"worker": 2, "rolled workers": 1, "database": 2, "redis": 2}


class Run:
    """One run: the hub, its tills, and what is done to them."""

    def __init__(self, hub: Processes, erpnext: Emulator, tills: list[Customers], chance: random.Random) -> None:
        self.hub, self.erpnext, self.tills, self.chance = hub, erpnext, tills, chance
        self.done: Counter[str] = Counter()
        self.pack: list[str] = []
        self.wrong: list[str] = []
        self.deeds: dict[str, Callable[[], None]] = {
            "till": self._till, "web": self._web, "rolled webs": self._roll_webs, "worker": self._worker,
            "rolled workers": self._roll_workers, "database": self._database, "redis": self._redis,
            "cut one way": lambda: self._cut("lost"), "cut both ways": lambda: self._cut("cut"),
            "books away": self._books_away, "books silent": self._books_silent,
        }  # fmt: skip

    def faults(self, seconds: float) -> None:
        """One after the other for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(self.chance.uniform(*GAP_SECONDS), max(end - time.monotonic(), 0.0)))
            if not self.pack:
                kinds = {**PACK, **(PACK_SERVERS if self.hub.sql else {})}
                self.pack = [kind for kind, n in kinds.items() for _ in range(n)]
                self.chance.shuffle(self.pack)
            kind = self.pack.pop()
            self.deeds[kind]()
            self.done[kind] += 1
            print(f"  {end - time.monotonic():.0f} s to go: {kind}", flush=True)

    def _away(self) -> float:
        return self.chance.uniform(*AWAY_SECONDS)

    def _till(self) -> None:
        self.chance.choice(self.tills).kill(self._away())

    def _web(self) -> None:
        web = self.chance.choice(self.hub.webs)
        self.hub.kill(web)
        time.sleep(self._away())
        web.start()

    def _worker(self) -> None:
        worker = self.chance.choice(self.hub.workers)
        self.hub.kill(worker)
        time.sleep(self._away())
        worker.start()

    def _roll_webs(self) -> None:
        """As after an upgrade: the next one only when the one before answers."""
        for n, web in enumerate(self.hub.webs):
            self._ended(f"web process {n}", web.stop())
            web.start()

    def _roll_workers(self) -> None:
        for n, worker in enumerate(self.hub.workers):
            self._ended(f"worker {n}", worker.stop())
            worker.start()

    def _ended(self, name: str, code: int) -> None:
        if code:
            self.wrong.append(f"{name} ended with {code} when it was told to stop")

    def _database(self) -> None:
        """In turn as an administrator does, and as a power cut does."""
        assert self.hub.sql is not None
        how = "immediate" if self.done["database"] % 2 else "fast"
        self.hub.sql.control("restart", "-m", how)

    def _redis(self) -> None:
        assert self.hub.redis is not None
        self.hub.redis.say("FLUSHALL")

    def _cut(self, word: str) -> None:
        for till in self.chance.sample(self.tills, max(len(self.tills) // 3, 1)):
            till.cut(word, self.chance.uniform(*CUT_SECONDS))

    def _books_away(self) -> None:
        self.erpnext.maintenance = True
        time.sleep(self._away())
        self.erpnext.maintenance = False

    def _books_silent(self) -> None:
        self.erpnext.faults.next("reset_after", times=3)

    def drain(self) -> float:
        """Until nothing is on its way anywhere. A line that comes back calls what stands on a rung at once, and each
        agent that backs off; so each is cut once more until its till has noticed, which asks every minute."""
        began = time.monotonic()
        for till in self.tills:
            till.link.draw = lambda: "cut"
        self.erpnext.maintenance = True
        noticed = "SELECT 1 FROM connection WHERE id = 'hub' AND offline_since <> ''"
        while not all(till.rows(noticed) for till in self.tills) and time.monotonic() - began < NOTICED_SECONDS_MAX:
            time.sleep(0.5)  # between looks
        self.erpnext.maintenance = False
        self.erpnext.faults.clear()
        for till in self.tills:
            till.settle()
        while (left := hub_books.waiting(self.hub, self.tills)) and time.monotonic() - began < DRAIN_SECONDS_MAX:
            print(f"  {time.monotonic() - began:.0f} s: {json.dumps(left)}", flush=True)
            time.sleep(3)  # between looks: asking oftener would take the time of what drains
        return time.monotonic() - began

    def show(self) -> float:
        """Until each till shows the stock the books have: it asks every minute. Seconds; else each one is a finding."""
        began = time.monotonic()
        booked = {one["item_code"]: Decimal(str(one["actual_qty"])) for one in self.erpnext.site.docs["Bin"].values()}
        late = {(till.name, item): till for till in self.tills for item in hub_customers.GOODS}
        shown: dict[tuple[str, str], Decimal] = {}
        while late and time.monotonic() - began < SHOWN_SECONDS_MAX:
            for (name, item), till in list(late.items()):
                shown[name, item] = till.stock(item)
                if shown[name, item] == booked[item]:
                    del late[name, item]
            time.sleep(1 if late else 0)  # between looks, as above
        self.wrong += [f"{name} shows {shown[name, item]} of {item}, the books {booked[item]}" for name, item in late]
        return time.monotonic() - began


def main() -> int:
    """0 when everything is everywhere once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--tills", type=int, default=3)
    parser.add_argument("--webs", type=int, default=2, help="web processes on PostgreSQL; SQLite has one")
    parser.add_argument("--workers", type=int, default=2, help="workers on PostgreSQL; on SQLite the server does it")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2.0, help="customers a second at all tills together")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.engine == "postgresql" and (why := engines.missing() or redis_process.missing()):
        print(f"Not run: {why}")
        return 1
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="tillkeep-faults-") as place, Emulator(basket_site()) as erpnext:
        folder = Path(place)
        with hub_processes.made(folder, erpnext, given.engine, given.webs, given.workers) as hub:
            code = run(hub, erpnext, folder, given)
    print(f"  load before {load:.1f}, after {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    return code


def run(hub: Processes, erpnext: Emulator, folder: Path, given: argparse.Namespace) -> int:
    shop, pace = Shop(given.seed), given.tills / given.rate
    tills: list[Customers] = []
    try:
        tills.extend(
            Customers(folder / f"T{n}", f"T{n}", hub, shop, pace, given.seed * 1000 + n)
            for n in range(1, given.tills + 1)
        )
        for till in tills:
            till.open()
        for till in tills:
            till.unsettle()
            till.thread.start()
        one = Run(hub, erpnext, tills, random.Random(given.seed))
        one.faults(given.minutes * 60)
        for till in tills:
            till.ending.set()
        for till in tills:
            till.thread.join(60)
            till.still.set()
        took, shown = one.drain(), one.show()
        found = hub_books.judged(hub, tills, erpnext.site)
        found.wrong += one.wrong
        for till in tills:
            found.wrong += _stopped(till)
        found.wrong += hub.stop()
        _say(given, one, found, took, shown)
        return 1 if found.wrong or not found.counts["acknowledged"] else 0
    finally:
        for till in tills:
            till.till.stop()
            till.link.close()


def _stopped(till: Customers) -> list[str]:
    code = till.till.stop()
    return [f"{till.name} ended with {code} when it was told to stop"] if code else []


def _say(given: argparse.Namespace, one: Run, found: hub_books.Found, took: float, shown: float) -> None:
    acts, faults, refused = (sum((getattr(t, name) for t in one.tills), Counter[str]())
                             for name in ("acts", "faults", "refused"))  # fmt: skip
    lags = sorted(
        (clock.parse(booked) - clock.parse(made)).total_seconds()
        for till in one.tills
        for made, booked in till.rows("SELECT created_at, booked_at FROM outbox WHERE booked_at <> ''")
    ) or [0.0]
    p50, p95, p99 = (measure.percentile(lags, share) for share in (50, 95, 99))
    kind = f"PostgreSQL and Redis, {given.webs} web processes, {given.workers} workers"
    print(f"hub_faults: {given.tills} tills, a hub on {kind if one.hub.sql else 'SQLite'}, {given.minutes:g} minutes, "
          f"{given.rate:g} customers a second")  # fmt: skip
    print(f"  customers: {json.dumps(acts)}; refused in words: {json.dumps(refused)}")
    print(f"  faults: {json.dumps(one.done)}; on single requests: {json.dumps(faults)}")
    print(f"  compared: {json.dumps(found.counts)}")
    print(f"  sale to compared at the hub: p50 {p50:.1f} s, p95 {p95:.1f} s, p99 {p99:.1f} s, most {lags[-1]:.1f} s")
    print(f"  nothing on its way {took:.0f} s after the last sale (at most {DRAIN_SECONDS_MAX:.0f} are given)")
    print(f"  each till showed the stock the books have {shown:.0f} s later; {len(found.wrong)} findings")
    kinds: dict[str, list[str]] = {}
    for words in found.wrong:
        kinds.setdefault(re.sub(r"[\w-]*\d[\w.-]*", "…", words), []).append(words)
    for alike in kinds.values():
        print(f"    {len(alike)} times such as {alike[0]}")


if __name__ == "__main__":
    sys.exit(main())
