"""Long work beside the till: a process of its own whose long part runs with the lowest priority, so that no sale shares
its time with it.

Only the long part: whoever holds the database's write lock must not wait for a processor behind four busy clients,
because they all wait for that lock then. So a process aside keeps its priority, and hands what takes long to `behind`.
"""

from __future__ import annotations

import ctypes
import importlib
import multiprocessing
import os
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

T = TypeVar("T")

_NICE = 15
#: Windows: lowest priority for processor, disk and memory of one thread.
_BACKGROUND_BEGIN = 0x00010000
#: macOS: the same (sys/resource.h).
_DARWIN_THREAD, _DARWIN_BACKGROUND = 3, 0x1000
#: Linux: best effort, and there the last (linux/ioprio.h). Not the idle class: behind a busy disk it never ends.
_IOPRIO_LAST = 2 << 13 | 7
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "i686": 289, "armv7l": 314, "riscv64": 30}
#: Those this process started, so that they end with it.
_under_way: set[BaseProcess] = set()
STOP_SECONDS = 5.0


class Aside:
    """One piece of work in a process of its own. It is ended when this process ends; it must bear that at any moment.

    work: a function of a module, and what it is given must be plain data. Its own errors are its own to tell, and what
    takes long in it is its own to do `behind`.
    """

    def __init__(self, work: Callable[..., None], *given: Any) -> None:
        fresh = multiprocessing.get_context("spawn")  # the same on every system, whatever threads run here
        self._process = fresh.Process(
            target=_run, args=(work.__module__, work.__name__, given), name=work.__name__, daemon=True
        )
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


def _run(module: str, name: str, given: tuple[Any, ...]) -> None:
    """Reading the program in takes as much of a processor as a hundred sales, so that comes last in line as well."""
    work = behind(lambda: getattr(importlib.import_module(module), name))
    work(*given)


def behind(work: Callable[[], T]) -> T:
    """Do long work that holds no lock behind everybody else, and wait for it. What it raises is raised here."""
    with ThreadPoolExecutor(1, "behind", initializer=yield_to_sales) as pool:
        return pool.submit(work).result()


def yield_to_sales() -> None:
    """From here on this thread runs only where nobody else wants to; its process's other threads as before. Where the
    system knows no such thing, it runs as before."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetThreadPriority(kernel.GetCurrentThread(), _BACKGROUND_BEGIN)
    elif sys.platform == "darwin":
        os.setpriority(_DARWIN_THREAD, 0, _DARWIN_BACKGROUND)
    else:
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)  # Linux: of this thread alone, see setpriority(2)
        if number := _IOPRIO_SET.get(platform.machine()):
            ctypes.CDLL(None, use_errno=True).syscall(number, 1, 0, _IOPRIO_LAST)
