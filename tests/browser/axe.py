"""axe-core on one open page: what it calls serious or critical, in one line each, in light and in dark."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
#: What another set of colours can change; everything else was looked at in light.
COLOURS = ("color-contrast", "link-in-text-block")
#: resultTypes keeps axe from describing what is as it should be.
_RUN = """async ([root, only]) => {
  // A colour on its way is none yet.
  const ends = (one) => (one.effect?.getComputedTiming().endTime ?? Infinity) < Infinity;
  await Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
  const options = { resultTypes: ['violations'] };
  if (only) options.runOnly = { type: 'rule', values: only };
  const { violations } = await axe.run(root ?? document, options);
  return violations.flatMap(({ id, impact, nodes }) => nodes.map((node) => [id, impact, node.target.join(' '),
    node.failureSummary, node.html]));
}"""


class Axe:
    """Looks at a page in its present state; `found` gathers what is grave, `looks` what was looked at."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []
        self.looks: list[str] = []

    def look(self, name: str, root: str | None = None, *, dark: bool = True) -> None:
        """The whole page, or the part under the selector `root`, by every rule; then its colours in dark."""
        self.looks.append(name)
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE_SCRIPT)
        self._note(name, root, None)
        if not dark:
            return
        self.page.emulate_media(color_scheme="dark")
        self._note(f"{name}, dark", root, COLOURS)
        self.page.emulate_media(color_scheme="light")

    def _note(self, name: str, root: str | None, only: tuple[str, ...] | None) -> None:
        rows: list[list[Any]] = self.page.evaluate(_RUN, [root, list(only) if only else None])
        for rule, impact, target, why, html in rows:
            if impact in GRAVE:
                self.found.append(f"{name}: {rule} ({impact}) at {target}: {json.dumps(why)} {html[:160]}")
