"""A server that stands still at one step of a Web Connector's session, so that it can be killed just there.

    python -m tests.crash.desktop_kills ROOT HOURS OPERATION before|within|after

Its clock is HOURS ahead, so that the session of the one that was killed is over.

before: the call has come, nothing is done. within: what it does is done, and not committed. after: it is committed, and
nothing is answered. It writes "AT" into ROOT/at when it stands there, and nothing ends it but a signal.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pos import cli, clock
from pos.actions import qbd_answer, qbd_session
from pos.rules.soap import Call
from pos.store import qbd_queue, qbd_tickets

#: Operation -> what is done last in its transaction.
WITHIN: dict[str, tuple[Any, str]] = {
    "authenticate": (qbd_tickets, "begin"),
    "sendRequestXML": (qbd_queue, "take"),
    "receiveResponseXML": (qbd_answer, "book"),
    "closeConnection": (qbd_tickets, "end"),
}
WHEN = ("before", "within", "after")


def _at(root: Path) -> None:
    (root / "at").write_text("AT", encoding="utf-8")
    while True:  # it stands here until it is killed
        time.sleep(60)


def stand_still(root: Path, operation: str, when: str) -> None:
    """The call never comes to its end in this process."""
    if when == "within":
        module, name = WITHIN[operation]
        real: Callable[..., object] = getattr(module, name)

        def stands(*given: object, **named: object) -> None:
            real(*given, **named)
            _at(root)

        setattr(module, name, stands)
        return
    answer = qbd_session.answer

    def answers(here: qbd_session.Here, call: Call) -> qbd_session.Result:
        if call.operation != operation:
            return answer(here, call)
        if when == "after":
            answer(here, call)
        _at(root)
        raise AssertionError

    qbd_session.answer = answers


if __name__ == "__main__":
    folder, ahead = Path(sys.argv[1]), dt.timedelta(hours=int(sys.argv[2]))
    if sys.argv[3] != "-":
        stand_still(folder, sys.argv[3], sys.argv[4])
    with clock.set_to(lambda: dt.datetime.now(dt.UTC) + ahead):
        sys.exit(cli.main(["serve", "--root", str(folder), "--port", "0"], folder))
