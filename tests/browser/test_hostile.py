"""Hostile words in every field at once: each screen is opened, no script runs, and the words are shown as typed."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pos.app import App
from tests.browser import ready
from tests.browser.pages import pages
from tests.browser.screen import Screen
from tests.security import hostile
from tests.security.hostile import ADMIN, MARK, PIN
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.browser

#: Screens that hold words of people or of other programs. Others may show them as well, none as anything but text.
SHOWN = {
    "/", "/day", "/display", "/notices", "/receipts", "/rights", "/sign-in", "/vouchers", "/report", "/zreads",
    "/console", "/console/audit", "/console/logs", "/console/outbox", "/console/people", "/console/settings",
    "/console/tills", "/console/tokens",
}  # fmt: skip
#: What must be nowhere: something of theirs that ran, became an element, an attribute, or was worked out.
TAKEN = """() => [
  ...('pwned' in window ? ['a script ran'] : []),
  ...(document.querySelector('img[src="x"], [onerror]') ? ['an element was made'] : []),
  ...(/pwned=1\\S*script>49/.test(document.documentElement.textContent) ? ['a template was worked out'] : []),
  ...(document.documentElement.textContent.includes('&lt;img') ? ['escaped twice'] : []),
]"""


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return hostile.SETTINGS


def test_no_script_of_any_text_runs_and_each_is_shown_as_it_was_typed(new_window: Any, till: App) -> None:
    """That the policy was not even asked is seen by the watch on the browser's console."""
    filled = hostile.fill(till)
    screen: Screen = new_window(reduced_motion="reduce")
    page, wrong, shown = screen.page, list[str](), set[str]()
    ready.watch(page.context)
    page.goto(f"{screen.url}/console/sign-in")
    page.fill("#code", ADMIN)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator(".nav a").first).to_be_visible()
    screen.sign_in(ADMIN, PIN)

    def look(where: str) -> None:
        wrong.extend(f"{where}: {what}" for what in page.evaluate(TAKEN))
        if page.evaluate("(mark) => document.documentElement.textContent.includes(mark)", MARK):
            shown.add(where.partition("?")[0])

    look_at_the_basket(screen, look)
    # Every page is looked at for elements made of words in tests/security/test_texts.py; here those that show them.
    every = os.environ.get("TILLKEEP_LONG")
    parts = {name: filled[name] for name in ("number", "document", "paper", "z")}
    further = (f"/console/outbox/{filled['row']}", f"/console/trace?q={filled['number']}", "/receipts?q=%3Cimg")
    for path in (
        *(pages(till, page, parts) if every else sorted(SHOWN)),
        filled["paper"],
        *further,
        f"/console/people/person?code={ADMIN}",
    ):
        page.goto(screen.url + path)
        ready.wait(page)
        look(path)
    assert not wrong, "\n".join(wrong)
    assert shown >= SHOWN | {"found", "basket", "held", "pay", "change"}, SHOWN - shown


def look_at_the_basket(screen: Screen, look: Any) -> None:
    """What the sell screen shows only when somebody sells."""
    page: Page = screen.page
    page.fill("#search", "=1+1")
    expect(page.locator("#results .item").first).to_contain_text(MARK)
    look("found")
    screen.press("Escape")
    screen.scan("96385074")
    screen.expect_total("£7.50")
    look("basket")
    screen.take("#open-held")
    expect(page.locator(".held-row")).to_have_count(1)
    look("held")
    screen.press("Escape", "F9")
    screen.expect_view("pay")
    look("pay")
    screen.press("Enter")
    screen.expect_view("change")
    look("change")
