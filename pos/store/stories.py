"""The story of an outbox row: each step it took, one line a step, kept beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from peewee import Case, fn

from pos import clock
from pos.store.models import Outbox

#: A story drops its oldest line beyond so many characters; words of a line are cut after so many.
STORY_CHARS_MAX = 6000
WORDS_CHARS_MAX = 300


def told(now: datetime, step: str, values: Mapping[str, Any]) -> Any:
    """The row's story with one more line; at its longest it drops the oldest."""
    words = str(values.get("message") or values.get("remote_id") or "")[:WORDS_CHARS_MAX]
    line = json.dumps([clock.stamp(now), step, values.get("code", ""), words], ensure_ascii=False) + "\n"
    kept = Case(
        None,
        ((fn.LENGTH(Outbox.story) > STORY_CHARS_MAX, fn.SUBSTR(Outbox.story, fn.INSTR(Outbox.story, "\n") + 1)),),
        Outbox.story,
    )
    return kept.concat(line)
