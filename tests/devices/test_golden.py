"""Each slip as a person reads it, in golden/. After a wanted change: TILLKEEP_WRITE_GOLDEN=1, then look."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pos.rules.paper import readable, width
from tests.devices.papers import slips_of

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(slips_of(42))
WRITE = bool(os.environ.get("TILLKEEP_WRITE_GOLDEN"))


@pytest.mark.parametrize("columns", [42, 32])
@pytest.mark.parametrize("name", NAMES)
def test_a_slip_is_the_one_people_looked_at(name: str, columns: int) -> None:
    shown = readable(slips_of(columns)[name], columns)
    file = GOLDEN / f"{name}_{columns}.txt"
    if WRITE:
        file.write_text(shown, encoding="utf-8", newline="\n")
    assert file.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("columns", [42, 48, 32])
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_paper(name: str, columns: int) -> None:
    rows = slips_of(columns)[name]
    assert rows[-1].kind == "cut"
    assert [row for row in rows if row.kind == "text" and width(row.text) > columns // (2 if row.wide else 1)] == []


def test_every_file_in_golden_is_looked_at() -> None:
    assert {f.stem for f in GOLDEN.glob("*.txt")} == {f"{n}_{c}" for n in NAMES for c in (42, 32)}
