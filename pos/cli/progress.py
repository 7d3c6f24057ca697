"""A bar for long work, on stderr, only where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yields `progress(done, total)` for the part of the program that works."""
    with tqdm(desc=title, unit=f" {unit}", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield progress
