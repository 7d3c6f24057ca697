"""Text tables: one case a line, columns apart by two spaces or more, the outcome last. "–" stands for nothing."""

from __future__ import annotations

import re

import pytest


def cases(table: str) -> pytest.MarkDecorator:
    """Parametrise a test over the table's lines; the test takes one argument, `row`, a dict by column name."""
    lines = [line for line in table.strip("\n").splitlines() if line.strip()]
    names = _cells(lines[0])
    rows = [dict(zip(names, _cells(line), strict=True)) for line in lines[1:]]
    return pytest.mark.parametrize("row", rows, ids=[" | ".join(row.values()) for row in rows])


def _cells(line: str) -> list[str]:
    return ["" if cell == "–" else cell for cell in re.split(r"\s{2,}", line.strip())]
