"""Quiet hours, also over midnight."""

from __future__ import annotations

from datetime import time

import pytest

from pos.rules.quiet import is_quiet, levels
from pos.sections import Notices

HOURS = """
begin  end    at        quiet
22:00  07:00  21:59:59  no
22:00  07:00  22:00     yes
22:00  07:00  23:59:59  yes
22:00  07:00  00:00     yes
22:00  07:00  06:59:59  yes
22:00  07:00  07:00     no
22:00  07:00  12:00     no
13:00  14:00  13:30     yes
13:00  14:00  14:00     no
13:00  14:00  12:59     no
00:00  00:00  00:00     no
00:00  00:00  12:00     no
09:30  09:30  09:30     no
"""


@pytest.mark.parametrize("line", HOURS.strip().splitlines()[1:])
def test_quiet_hours(line: str) -> None:
    begin, end, at, quiet = line.split()
    assert is_quiet(time.fromisoformat(at), time.fromisoformat(begin), time.fromisoformat(end)) == (quiet == "yes")


def test_a_channel_is_one_that_leads_somewhere_with_its_own_levels() -> None:
    assert levels(Notices()) == {}
    assert levels(Notices(email_to="a@b", chat_url="https://c", chat_levels="needs, info")) == {
        "email": ("needs", "check"), "chat": ("needs", "info"),
    }  # fmt: skip
