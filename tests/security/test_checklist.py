"""The checklist of docs/security.md: no point is left out, each says how it stands, and each test it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.conftest import REPO

PAGE = REPO / "docs" / "security.md"
#: The points of OWASP ASVS 5.0, level 2 and what of level 3 bites a till.
ASVS = [
    *("2.2.2", "2.3.1", "2.3.2", "2.3.3", "2.3.4", "2.3.5", "2.4.1"),
    *(
        "6.1.1",
        "6.2.1",
        "6.3.1",
        "6.3.2",
        "6.5.2",
        "6.6.3",
        "7.2.3",
        "7.2.4",
        "7.3.1",
        "7.3.2",
        "7.4.2",
        "7.4.5",
        "7.5.3",
    ),
    *("8.2.1", "8.3.1", "8.3.2", "16.1.1", "16.2.1", "16.2.2", "16.2.5", "16.3.1", "16.3.2", "16.3.3", "16.3.4"),
    *("16.4.1", "16.4.2", "16.4.3", "16.5.2", "16.5.3", "16.5.4"),
]
STATES = {"met", "partly", "left to you", "does not apply"}


def rows(title: str) -> list[tuple[str, str, str, str]]:
    """The rows of the table below a heading: point, state, how, tests."""
    section = (
        PAGE.read_text(encoding="utf-8").partition(f"\n### {title}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    )
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert all(len(row) == 4 for row in cells), [row for row in cells if len(row) != 4]
    return [(a, b, c, d) for a, b, c, d in cells]


POINTS = rows("Points of ASVS 5.0")
ATTACKS = rows("Attacks")


@cache
def named_in(path: str) -> set[str]:
    tree = ast.parse((REPO / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_point_stands_in_the_list_once() -> None:
    assert [row[0].split()[0] for row in POINTS] == ASVS
    assert len({row[0] for row in ATTACKS}) == len(ATTACKS) >= 15


@pytest.mark.parametrize("row", POINTS + ATTACKS, ids=lambda row: row[0][:40])
def test_a_point_says_how_it_stands_and_its_tests_exist(row: tuple[str, str, str, str]) -> None:
    _, state, how, named = row
    assert state in STATES
    found = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", named)
    assert len(found) == named.count("`") // 2, "each test is named with its file"
    if state in ("met", "partly"):
        assert found, "what is met has a test"
    if state != "met":
        assert len(how.split()) > 6, "what is not met has a reason"
    missing = [f"{path}::{test}" for path, test in found if not (REPO / path).exists() or test not in named_in(path)]
    assert missing == []
