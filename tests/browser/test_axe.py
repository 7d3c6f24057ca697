"""axe-core finds nothing serious on any screen or dialog: light and dark, empty and full, at rest and in trouble.

The pages come from the application's own list of routes, the dialogs from each page, so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from pos import clock
from pos.app import App
from pos.store import notices, people
from tests.browser import ready, shop
from tests.browser.axe import Axe
from tests.browser.pages import pages
from tests.browser.screen import Screen
from tests.till_process import Line

pytestmark = pytest.mark.browser

ADMIN, ADMIN_PIN = "990", "7531"
BOOT, SOCKS, CREAM, UNKNOWN = "5012345000015", "96385074", "5012345000121", "5012345678900"


@pytest.fixture(scope="module")
def traded(till: App) -> dict[str, str]:
    """A till with a closed session, an open one, a held basket and a notice; how the pages with a part are opened."""
    people.add_user(till.store, ADMIN, "Ira Voss", "admin", ADMIN_PIN)
    line = Line(int(till.flask.config["TEST_URL"].rpartition(":")[2]), till.control_key)

    def post(path: str, **body: Any) -> dict[str, Any]:
        status, answer = line.ask("POST", path, {"id": clock.uuid7(), **body})
        assert status < 300, (path, answer)
        return answer

    def sell(code: str, amount: str) -> dict[str, Any]:
        lines = [{"line": "1", "item_code": code, "qty": "1"}]
        return post(
            "/api/create-sale", total=amount, lines=lines, payments=[{"mode_of_payment": "Cash", "amount": amount}]
        )

    post("/api/shift/open", float="50.00")
    sell("SO-7001", "7.50")
    count = post("/api/shift/count-check", cash="57.50", tenders={"Card": "0.00"})
    post("/api/shift/close", count=count["count"], reason="", note="")
    post("/api/shift/open", float="50.00")
    sale = sell("HB-9001", "119.00")
    held = {
        "id": clock.uuid7(),
        "lines": [{"line": "1", "item_code": "SO-7001", "qty": "2"}],
        "customer": "",
        "discount": None,
    }
    post("/api/hold", basket=held, title="Blue coat", total="15.00")
    with till.store.transaction():
        notices.raise_notice(till.store, "disk", "needs", "The disk is nearly full.", "Make room.")
    paper = post("/api/print", document=sale["receipt"]["id"], template="receipt", browser=True)["page"]
    line.close()
    return {"number": sale["receipt"]["number"], "document": sale["receipt"]["id"], "paper": paper, "z": "1"}


BESIDE_THE_ROUTES = ("/receipts/T9-999999", "/receipts?day=2020-01-01")
WINDOWS: dict[str, Any] = {"zoom": {"width": 640, "height": 400}, "usual": {"width": 1280, "height": 800}}
#: Texts that cannot be read whole: outside the window, cut by the edge of what holds them, or in a list of no height.
#: A table of figures may scroll sideways where it has a name and the keyboard reaches it (WCAG 2.2, 1.4.10).
CUT = """() => {
  const found = new Set();
  const style = (e) => getComputedStyle(e);
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.sr, dialog:not([open])');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!node.data.trim() || !seen(holder)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    let e = holder;
    while (e !== document.documentElement && style(e).overflowX === 'visible') e = e.parentElement;
    const box = e === document.documentElement ? { left: 0, right: innerWidth } : e.getBoundingClientRect();
    const over = text.right > box.right + 1.5 || text.left < box.left - 1.5;
    if (!text.width || !over || style(e).textOverflow === 'ellipsis') continue;
    if (e.matches('[tabindex="0"][aria-label]') && holder.closest('table, pre')) continue;
    found.add(`${e.id || e.className || e.tagName} cuts ${holder.id || holder.className}: ${node.data.trim()}`);
  }
  for (const e of document.querySelectorAll('main *')) {
    if (seen(e) && /auto|scroll/.test(style(e).overflowY) && e.clientHeight < 60 && e.scrollHeight > e.clientHeight + 8)
      found.add(`${e.id || e.className} is ${e.clientHeight} pixels high`);
  }
  const wide = document.documentElement.scrollWidth;
  return wide <= innerWidth ? [...found] : [`the page is ${wide} wide`, ...found];
}"""


#: Whatever the keyboard reaches shows that it has the focus: itself, or the label it is drawn in.
UNSEEN = """() => {
  const drawn = (e) => getComputedStyle(e).outlineStyle === 'solid' && getComputedStyle(e).outlineWidth !== '0px';
  return [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
    .filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }))
    .filter((e) => {
      e.focus();
      return document.activeElement === e && !drawn(e) && !drawn(e.closest('label') ?? e);
    })
    .map((e) => e.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.long)])
def test_axe_finds_nothing_serious_on_any_page_the_focus_is_seen_and_nothing_is_cut_off(
    new_window: Any, till: App, traded: dict[str, str], language: str
) -> None:
    """From left to right and from right to left; at 200 % zoom, too, where 1280 × 800 becomes 640 × 400."""
    screen: Screen = new_window(reduced_motion="reduce")
    page, axe, cut, dialogs = screen.page, Axe(screen.page), list[str](), set[str]()
    ready.watch(page.context)
    page.context.add_cookies([{"name": "tillkeep_language", "value": language, "url": screen.url}])
    screen.sign_in(ADMIN, ADMIN_PIN)
    for path in (*pages(till, page, traded), *BESIDE_THE_ROUTES):
        page.goto(screen.url + path)
        ready.wait(page)
        assert page.evaluate("document.documentElement.dir") == {"en": "ltr", "ar": "rtl"}[language], path
        axe.look(path, dark=language == "en")
        look_into_dialogs(axe, dialogs)
        screen.press("Tab")  # from here on the browser shows where the keyboard is
        cut += [f"{path}, no focus is seen: {what}" for what in page.evaluate(UNSEEN)]
        for name, size in WINDOWS.items():
            page.set_viewport_size(size)
            cut += [f"{path}, {name}: {what}" for what in page.evaluate(CUT)]
    assert not axe.found, "\n".join(axe.found)
    assert not cut, "\n".join(cut)
    assert {"/", "/day", "/notices", "/receipts", "/sign-in", "/display"} <= set(axe.looks)


def look_into_dialogs(axe: Axe, seen: set[str]) -> None:
    """Each dialog that no page before this one had, as it stands before anything fills it."""
    for name in axe.page.evaluate("[...document.querySelectorAll('dialog')].map((dialog) => dialog.id)"):
        if name in seen:
            continue
        seen.add(name)
        axe.page.evaluate("(id) => document.getElementById(id).showModal()", name)
        axe.look(f"dialog {name}", f"#{name}", dark=False)
        axe.page.evaluate("(id) => document.getElementById(id).close('cancel')", name)


def test_axe_finds_nothing_serious_while_goods_are_sold(new_window: Any, till: App, traded: dict[str, str]) -> None:
    """Every state of the sell screen that the pages by themselves do not show."""
    screen: Screen = new_window(reduced_motion="reduce").sign_in()
    page, axe = screen.page, Axe(screen.page)
    screen.scan(BOOT, SOCKS, SOCKS, UNKNOWN)
    expect(page.locator(".is-unknown")).to_be_visible()
    screen.expect_total("£134.00")
    axe.look("a basket with a code nobody knows")
    screen.take(".is-unknown >> text=Take off")
    for name, opens in scenes(screen).items():
        opens()
        dialog = page.evaluate("[...document.querySelectorAll('dialog[open]')].at(-1)?.id ?? null")
        axe.look(name, f"#{dialog}" if dialog else None)
        while page.evaluate("Boolean(document.querySelector('dialog[open]'))"):
            screen.press("Escape")
    till_trouble(screen)
    axe.look("no answer, cannot save")
    screen.reload()
    screen.expect_total("£134.00")
    screen.press("F9")
    screen.expect_view("pay")
    screen.type("100")
    screen.press("Enter")
    expect(page.locator("#payments li")).to_have_count(1)
    screen.press("F2")
    axe.look("pay, a part taken, card chosen")
    screen.press("Enter")
    screen.expect_view("change")
    axe.look("change")
    screen.press("Enter", "F12")
    page.fill("#lock-pin", "0000")
    screen.press("Enter")
    expect(page.locator("#lock-say")).not_to_have_text("")
    axe.look("locked, a wrong PIN")
    assert not axe.found, "\n".join(axe.found)


def scenes(screen: Screen) -> dict[str, Callable[[], None]]:
    """How each dialog is filled on a basket of three pieces."""
    page = screen.page

    def discount() -> None:
        screen.press("F3")
        screen.take("#discount-apply")
        expect(page.locator("#discount-problem")).not_to_have_text("")

    def approval() -> None:
        discount()
        page.locator("#discount-reasons").get_by_text("Damaged", exact=True).click()
        screen.type("50")
        screen.take("#discount-apply")
        expect(page.locator("#dlg-approve[open]")).to_be_visible()
        screen.take("#approve-go")
        expect(page.locator("#approve-problem")).not_to_have_text("")

    def returned() -> None:
        screen.press("F4")
        screen.scan("T1-000005")
        page.get_by_role("button", name="One more back").click()

    def held() -> None:
        screen.take("#open-held")
        expect(page.locator(".held-row")).to_have_count(1)

    def grid() -> None:
        page.fill("#search", "Harrow")
        page.locator("#results .item", has_text="Harrow Chelsea boot").click()
        screen.expect_view("matrix")

    def nothing_found() -> None:
        screen.press("Escape")
        page.fill("#search", "zzz")
        expect(page.locator("#found-words")).to_contain_text("0")

    return {
        "discount refused": discount,
        "approval refused": approval,
        "note": lambda: screen.press("F8"),
        "keys": lambda: screen.take("#open-keys"),
        "status": lambda: screen.take("#status button >> nth=0"),
        "this screen": lambda: screen.take("#open-settings"),
        "goods that come back": returned,
        "held baskets": held,
        "grid of sizes": grid,
        "nothing found": nothing_found,
    }


def till_trouble(screen: Screen) -> None:
    """Both banners at once."""
    screen.page.evaluate("""() => {
      for (const id of ['no-answer', 'cannot-save']) {
        document.getElementById(id).hidden = false;
        document.getElementById(`${id}-why`).textContent = 'The till says why.';
      }
    }""")


def test_axe_finds_nothing_serious_while_the_day_is_closed(new_window: Any, till: App, traded: dict[str, str]) -> None:
    screen: Screen = new_window(reduced_motion="reduce").sign_in(shop.MANAGER, shop.MANAGER_PIN).open("/day")
    page, axe = screen.page, Axe(screen.page)
    screen.take("[data-day=paid_out]")
    screen.press("5", "Enter")
    expect(page.locator("#amount-problem")).not_to_have_text("")
    axe.look("paid out without a reason", "#dlg-amount")
    screen.press("Escape")
    screen.take("[data-day=x]")
    expect(page.locator("#x-lines")).to_contain_text("119.00")
    axe.look("X-read", "#dlg-x")
    screen.press("Escape", "F9")
    axe.look("count")
    page.fill("[data-value='50.00']", "3")
    screen.press("F9")
    expect(page.locator("#day")).to_have_attribute("data-step", "compare")
    screen.press("F9")
    expect(page.locator("#close-problem")).not_to_have_text("")
    axe.look("a difference without a reason")
    assert not axe.found, "\n".join(axe.found)
