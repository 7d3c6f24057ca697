"""config.ini as people keep it: one setting changed, every other line and comment as it was."""

from __future__ import annotations

import re

from pos.errors import BadSettings

_HEAD = re.compile(r"\s*\[([^\]]+)\]")


def with_setting(text: str, section: str, name: str, value: str) -> str:
    """The file's text with one setting changed or added. BadSettings for a value that is not one line."""
    if not value.isprintable():
        raise BadSettings(f"[{section}] {name} cannot hold a line break or another sign that does not show.")
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
    given = re.compile(rf"\s*{re.escape(name)}\s*[=:]", re.IGNORECASE)
    inside, end = "", -1
    for at_line, line in enumerate(lines):
        head = _HEAD.match(line)
        if head:
            inside = head[1].strip()
        elif inside == section and given.match(line):
            lines[at_line : at_line + 1 + _goes_on(lines[at_line + 1 :])] = [f"{name} = {value}".rstrip()]
            return "\n".join(lines) + "\n"
        if inside == section and line.strip():
            end = at_line
    if end < 0:
        lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
        end = len(lines) - 1
    lines.insert(end + 1, f"{name} = {value}".rstrip())
    return "\n".join(lines) + "\n"


def _goes_on(lines: list[str]) -> int:
    """How many of the lines below a setting are further lines of its value: indented, and no comment."""
    count = 0
    for line in lines:
        if not line[:1].isspace() or not line.strip() or line.strip()[0] in ";#":
            break
        count += 1
    return count
