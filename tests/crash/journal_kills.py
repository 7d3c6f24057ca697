"""Kills of a process that runs the journal alone: at every named point and at random moments, thousands of them.

    python -m tests.crash.journal_kills --runs 10000 --seed 1

Each process starts on the folder the one before was killed on, recovers, checks everything, offers the baskets that
were never acknowledged once more, and sells until it is killed. A control without recovery must find differences.
"""

from __future__ import annotations

import argparse
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pos import config
from pos.store import flusher, originals, points
from pos.store.db import open_store
from tests.crash.seller import Heard, Teller, sell

#: A folder lives through this many kills, then a fresh one is taken: checking grows with the documents in it.
KILLS_PER_FOLDER = 12
#: A process that was to end at a point it does not pass is killed this long after it began to sell.
POINT_SECONDS_MAX = 0.4
#: Sales of one process; the points behind the sales are passed by a quiet journal as well.
SALES_MAX = 25
#: A process that does not come to sell is killed, and that is a failure.
START_SECONDS_MAX = 60.0
CONTROL_RUNS, CONTROL_RUNS_MIN = 40, 6
#: Between COMMIT and the file being in its place: here a kill must leave harm when nobody recovers.
OWED = ("after_commit", "before_file", "in_file", "before_replace")


@dataclass
class Result:
    """Totals of a run."""

    kills: int = 0
    at_points: dict[str, int] = field(default_factory=dict)
    at_random: int = 0
    acked: int = 0
    again: int = 0
    harmed: int = 0
    checks: int = 0
    bad: list[str] = field(default_factory=list)


def one_kill(root: Path, heard: Heard, rng: random.Random, *, recovering: bool = True) -> str:
    """One life of the process; "" when it was killed at a random moment, else the point it ended at."""
    point = rng.choice(points.POINTS if recovering else OWED) if rng.random() < 0.6 or not recovering else ""
    count = rng.randint(1, 3) if point.endswith(("flush", "watermark", "checkpoint")) else rng.randint(1, 12)
    life = Life(root, heard, rng, f"{point}:{count}" if point else "", recovering)
    if not point and rng.random() < 0.25:  # while it starts and recovers
        ended = life.listen(rng.uniform(0, 0.15), until_sells=False)
    else:
        ended = life.listen(START_SECONDS_MAX, until_sells=True)
        if not ended and not life.sells:
            heard.bad.append(f"the process did not begin to sell within {START_SECONDS_MAX:.0f} s")
        ended = ended or life.listen(POINT_SECONDS_MAX if point else rng.uniform(0, 0.08), until_sells=False)
    life.end(kill=not ended)
    return point if ended else ""


class Life:
    """One process from its start to its end, and what it said."""

    def __init__(self, root: Path, heard: Heard, rng: random.Random, point: str, recovering: bool) -> None:
        self.heard, self.said = heard, b""
        threads, flush_seconds, checkpoint = (
            rng.choice((1, 1, 2, 4)),
            rng.choice((0.01, 0.01, 0.05, 0.5)),
            rng.randint(2, 20),
        )
        self.pipe, writing = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            try:
                os.close(self.pipe)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                flusher.CHECKPOINT_SALES = checkpoint
                points.arm(point)
                if not recovering:
                    originals.FILE_WAIT_SECONDS = 0.0  # what is missing stays so; nobody is about to write it
                sell(
                    config.load(root, environ={}), Teller(writing), threads=threads, acked=heard.acked,
                    again=heard.again, recovering=recovering, flush_seconds=flush_seconds, sales_max=SALES_MAX,
                )  # fmt: skip
            except BaseException as error:  # told to the parent, which judges
                Teller(writing).say(f"bad it broke off: {error!r}")
            finally:
                os._exit(9)
        os.close(writing)

    @property
    def sells(self) -> bool:
        return b"\ntry " in self.said

    def listen(self, seconds: float, *, until_sells: bool) -> bool:
        """Read for that long, or until it sells. True when the process has ended by then."""
        end = time.monotonic() + seconds
        while not (until_sells and self.sells):
            ready, _, _ = select.select([self.pipe], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return False
            piece = os.read(self.pipe, 1 << 16)
            if not piece:
                return True
            self.said += piece
        return False

    def end(self, *, kill: bool) -> None:
        """Kill it if need be, and take what it said."""
        if kill:
            os.kill(self.process, signal.SIGKILL)
        _, status = os.waitpid(self.process, 0)
        while piece := os.read(self.pipe, 1 << 16):
            self.said += piece
        os.close(self.pipe)
        self.heard.take(self.said.decode())
        if os.WIFEXITED(status):
            self.heard.bad.append(f"the process ended by itself with {os.WEXITSTATUS(status)}")


def run(
    runs: int, seed: int, say: Callable[[str], None], *, recovering: bool = True, folder: Path | None = None
) -> Result:
    """That many kills. Stops at the first folder with a difference, and leaves it for a look."""
    rng, result = random.Random(seed), Result()
    with tempfile.TemporaryDirectory(prefix="tillkeep-fresh-", dir=folder) as fresh:
        _make(Path(fresh))
        _run(runs, rng, result, Path(fresh), say, recovering=recovering)
    return result


def _make(fresh: Path) -> None:
    """An empty till, made once and copied: its tables take longer to make than a kill."""
    child = os.fork()
    if child == 0:
        try:
            open_store(config.load(fresh, environ={})).close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _run(
    runs: int, rng: random.Random, result: Result, fresh: Path, say: Callable[[str], None], *, recovering: bool
) -> None:
    while result.kills < runs:
        root = Path(tempfile.mkdtemp(prefix="tillkeep-kills-", dir=fresh.parent))
        shutil.copytree(fresh, root, dirs_exist_ok=True)
        heard = Heard()
        for _ in range(min(KILLS_PER_FOLDER, runs - result.kills)):
            point = one_kill(root, heard, rng, recovering=recovering)
            result.kills += 1
            if point:
                result.at_points[point] = result.at_points.get(point, 0) + 1
            else:
                result.at_random += 1
            if heard.bad:
                break
        _settle(root, heard, rng, recovering)
        result.acked += len(heard.acked)
        result.again += len(heard.again)
        result.harmed += heard.harmed
        result.checks += heard.checked
        result.bad += heard.bad
        if heard.bad and recovering:
            say(f"kept for a look: {root}")
            return
        shutil.rmtree(root)
        say(f"{result.kills} kills, {result.acked} acknowledged sales, {len(result.bad)} differences")


def _settle(root: Path, heard: Heard, rng: random.Random, recovering: bool) -> None:
    """The last start on a folder: everything is checked once more, then a last kill."""
    before = heard.checked
    life = Life(root, heard, rng, "", recovering)
    life.listen(START_SECONDS_MAX, until_sells=True)
    life.end(kill=True)
    if heard.checked == before:
        heard.bad.append("the last start did not come to its check")


def main(argv: list[str] | None = None) -> int:
    """The command. Exit code 0: all sales kept and the control failed as it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.journal_kills", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the tills' folders are made (default: the system's)")
    options = parser.parse_args(argv)
    began = time.monotonic()
    last = [0.0]

    def say(words: str) -> None:
        if time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(f"  {words}", flush=True)

    few = max(CONTROL_RUNS_MIN, min(CONTROL_RUNS, options.runs // 4))
    control = run(few, options.seed, lambda _words: None, recovering=False, folder=options.folder)
    result = run(options.runs, options.seed, say, folder=options.folder)
    for words in result.bad[:10]:
        print(f"DIFFERENCE: {words}")
    print(f"kills of the journal alone: {result.kills} (seed {options.seed}), {time.monotonic() - began:.0f} s")
    print(f"  at random moments {result.at_random}, at named points {sum(result.at_points.values())}:")
    for point, times in sorted(result.at_points.items()):
        print(f"    {point:18} {times}")
    print(f"  acknowledged sales {result.acked}, lost or doubled {len(result.bad)}, starts checked {result.checks}")
    print(f"  files torn or missing before recovery: {result.harmed}")
    print(f"  control without recovery: {len(control.bad)} differences in {control.kills} kills (must not be 0)")
    if not control.bad:
        print("VOID: the control found nothing, so this run proves nothing")
    return 0 if not result.bad and control.bad else 1


if __name__ == "__main__":
    sys.exit(main())
