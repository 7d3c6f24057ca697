"""The style sheets keep their promises: one set of dark values, nothing from elsewhere, mirrored by themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
#: Words that would point left or right whatever the writing direction is.
SIDED = re.compile(
    r"(?<![-\w])(?:margin|padding|border|inset)-(?:left|right)|(?<![-\w])(?:left|right)\s*:|text-align:\s*(?:left|right)"
)


def values(css: str, start: str) -> dict[str, str]:
    """The custom properties of the block that begins with `start`."""
    block = css[css.index(start) + len(start) :]
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block[: block.index("}")]))


def test_the_dark_values_of_the_system_and_of_a_persons_choice_are_equal() -> None:
    css = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    system = values(css, ':root:not([data-theme="light"]) {')
    assert len(system) > 40
    assert system == values(css, ':root[data-theme="dark"] {')
    assert set(system) <= set(values(css, ":root {"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_mirrors_by_itself_and_loads_nothing_from_elsewhere(sheet: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert SIDED.findall(css) == []
    assert not re.search(r"@import|url\(|https?:", css)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_names_only_values_that_exist(sheet: Path) -> None:
    css = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    assert set(re.findall(r"var\((--[\w-]+)", sheet.read_text(encoding="utf-8"))) <= set(
        re.findall(r"(--[\w-]+):", css)
    )


def test_modules_are_short_and_speak_of_nothing_outside_this_till() -> None:
    for module in sorted((STATIC / "js").rglob("*.js")):
        text = module.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 320, module.name
        assert text.startswith("// "), f"{module.name} says what it is for"
        text = text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
        assert not re.search(r"https?://|innerHTML|insertAdjacentHTML|document\.write|\beval\(", text), module.name
