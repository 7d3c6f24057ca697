"""Long work beside the till: a process of its own with the lowest priority, so that no sale shares its time with it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

_BELOW_NORMAL = 0x4000
_NICE = 15
#: Those this process started, so that they end with it.
_under_way: set[BaseProcess] = set()
STOP_SECONDS = 5.0


class Aside:
    """One piece of work in a process of its own. It is ended when this process ends; it must bear that at any moment.

    work: a function of a module, and what it is given must be plain data. Its own errors are its own to tell.
    """

    def __init__(self, work: Callable[..., None], *given: Any) -> None:
        fresh = multiprocessing.get_context("spawn")  # the same on every system, whatever threads run here
        self._process = fresh.Process(target=_run, args=(work, given), name=work.__name__, daemon=True)
        self._process.start()
        _under_way.add(self._process)

    @property
    def runs(self) -> bool:
        """Whether it is still at work."""
        if self._process.is_alive():
            return True
        self._process.join()
        _under_way.discard(self._process)
        return False

    @property
    def exit_code(self) -> int | None:
        """0 when it came to its end; None while it runs."""
        return self._process.exitcode

    def end(self) -> None:
        """End it now."""
        self._process.terminate()
        self._process.join(STOP_SECONDS)
        _under_way.discard(self._process)


def end_all() -> None:
    """End everything this process has under way."""
    for process in list(_under_way):
        process.terminate()
        process.join(STOP_SECONDS)
        _under_way.discard(process)


def _run(work: Callable[..., None], given: tuple[Any, ...]) -> None:
    yield_to_sales()
    work(*given)


def yield_to_sales() -> None:
    """From here on this process runs only where nobody else wants to."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
    else:
        os.nice(_NICE)
