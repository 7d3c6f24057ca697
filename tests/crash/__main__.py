"""`tasks.py crash`: kills of the whole server and of the journal alone; with --power, power cuts.

python tasks.py crash --runs 30 --seed 1
python tasks.py crash --power --cuts 20
"""

from __future__ import annotations

import argparse
import sys

from tests.crash import journal_kills, kills, power

#: Kills of the journal alone are that much cheaper than kills of a whole server.
JOURNAL_RUNS_PER_KILL = 10


def main() -> int:
    """Exit code 0: nothing acknowledged was lost, and every control failed as it must."""
    parser = argparse.ArgumentParser(prog="tasks.py crash", description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="kills of the server; ten times as many of the journal")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--power", action="store_true", help="cut the power of a loop-mounted disk instead (root)")
    parser.add_argument("--cuts", type=int, default=20)
    options = parser.parse_args()
    seed = ["--seed", str(options.seed)]
    if options.power:
        return power.main(["--cuts", str(options.cuts), *seed])
    failed = journal_kills.main(["--runs", str(options.runs * JOURNAL_RUNS_PER_KILL), *seed])
    return kills.main(["--runs", str(options.runs), *seed]) or failed


if __name__ == "__main__":
    sys.exit(main())
