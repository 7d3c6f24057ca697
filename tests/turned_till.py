"""The program with a clock that a test turns: the seconds in the file $TILLKEEP_TEST_AHEAD come on top of the time."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from pos import cli, clock  # noqa: E402  (found by the path above)

AHEAD = Path(os.environ["TILLKEEP_TEST_AHEAD"])


def turned() -> datetime:
    """The time, and what the test puts on top."""
    return datetime.now(UTC) + timedelta(seconds=float(AHEAD.read_text() or 0))


if __name__ == "__main__":
    with clock.set_to(turned):
        sys.exit(cli.main(sys.argv[1:], REPO))
