"""A process that works on a run and stands still before or after a phase, so that it can be killed just there.

    python -m tests.crash.run_kills ROOT PHASE before|after WORDS…

WORDS are those of pos_server.py. It says "AT" when it stands there, and nothing ends it but a signal.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pos import cli
from pos.actions import run_phases
from pos.actions.run_phases import Work
from pos.store import run_work

#: A dead worker's part is free so soon.
LEASE_SECONDS = 2


def stand_still(phase: str, when: str) -> None:
    """The phase never comes to its end in this process."""
    real = run_phases._PHASES[phase]

    def stands(work: Work) -> None:
        if when == "after":
            real(work)
        print("AT", flush=True)
        while True:
            time.sleep(60)

    run_phases._PHASES[phase] = stands


if __name__ == "__main__":
    run_work.LEASE_SECONDS = LEASE_SECONDS
    stand_still(sys.argv[2], sys.argv[3])
    sys.exit(cli.main(["--root", sys.argv[1], *sys.argv[4:]], Path(sys.argv[1])))
