"""What Conductor refuses has one code each, and each code its words."""

from __future__ import annotations

import re
from pathlib import Path

from pos.connectors.conductor import errors


def test_each_code_is_on_the_page_of_what_goes_wrong() -> None:
    page = (Path(__file__).parents[2] / "docs" / "conductor.md").read_text(encoding="utf-8")
    named = set(errors._CODES.values()) | {
        "key_refused", "not_linked", "no_end_user", "desktop_away", "unreachable", "too_many", "no_site", "redirected",
        "no_answer", "gateway", "garbage", "uncertain", "busy", "no_match", "invalid", "refused",
    }  # fmt: skip
    assert sorted(code for code in named if f"`{code}`" not in page) == []
    source = Path(errors.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'code="(\w+)"', source)) <= named
