"""What the eye and the hand need: sizes, contrast, focus, words for those who listen, windows of every size."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import shop
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT, JUMPER, SOCKS, UNKNOWN = "5012345000015", "5012345000091", "96385074", "5012345678900"
TARGET, PAD = 48, 64

#: Everything a finger presses that is on screen now: (what it says, width, height).
PRESSED = """(root) => [...document.querySelectorAll(root + ' :is(button, a, select, input:not([type=radio]))')]
  .filter((e) => e.checkVisibility() && !e.closest('[inert]'))
  .map((e) => {
    const { width, height } = (e.closest('label.search') ?? e).getBoundingClientRect();
    return [(e.getAttribute('aria-label') ?? e.textContent).trim().slice(0, 40), width, height];
  })"""
HEIGHT = "(e) => e.getBoundingClientRect().height"
TEXT_SIZE = "(e) => Number(getComputedStyle(e).fontSize.replace('px', ''))"
#: The contrast of an element's text with the first ground behind it (WCAG 2.2).
CONTRAST = """(e) => {
  const style = (of) => getComputedStyle(of);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  let ground = e;
  while (ground && (rgb(style(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
  const [dark, bright] = [light(rgb(style(e).color)), light(rgb(style(ground).backgroundColor))].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}"""


LOOKED_AT = (
    *(".line .name", ".is-chosen .more", ".is-unknown .name", ".is-unknown .more", ".total b", ".sum dt", "#held-why"),
    *(".group.g4", ".group.g4 small", ".item .detail", ".item .none", ".tab[aria-current]", ".tab:not([aria-current])"),
    *(".key", "#entry-what", ".status .is-saved", "#pay-amount", ".pad button", ".act"),
)


def too_small(screen: Screen, root: str, least: int = TARGET) -> list[Any]:
    """Targets below `least` pixels either way; half a pixel of rounding is forgiven."""
    found = screen.page.evaluate(PRESSED, root)
    assert found, f"nothing to press in {root}"
    return [target for target in found if min(target[1:]) < least - 0.5]


def test_targets_and_figures_are_large_enough_at_1280_by_800(screen: Screen) -> None:
    page = screen.page
    screen.scan(BOOT, JUMPER, UNKNOWN)
    screen.expect_total("£173.00")
    assert too_small(screen, "#app") == []
    assert too_small(screen, ".side .pad", PAD) == []
    assert page.eval_on_selector("#pay", HEIGHT) >= PAD
    assert page.eval_on_selector("#total", TEXT_SIZE) >= 32
    screen.take(".is-unknown >> text=Take off")
    for key, dialog in (("F3", "#dlg-discount"), ("F8", "#dlg-note")):
        screen.press(key)
        assert too_small(screen, dialog) == []
        screen.press("Escape")
    screen.press("F9")
    screen.expect_view("pay")
    expect(page.locator("#quick .btn")).to_have_count(4)
    assert too_small(screen, "#app") == []
    assert too_small(screen, "#tender", PAD) == []
    screen.type("20000")
    screen.press("Enter")
    screen.expect_change("£27.00")
    assert page.eval_on_selector("#change-amount", TEXT_SIZE) >= 64
    assert too_small(screen, "#app") == []
    screen.take("#new-sale")
    screen.press("F12")
    assert too_small(screen, "#lock .pad", PAD) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(new_window: Any, dark: bool) -> None:
    screen: Screen = new_window(dark=dark).sign_in()
    screen.scan(BOOT, UNKNOWN, JUMPER)
    screen.expect_total("£173.00")
    weak = {css: screen.page.locator(css).first.evaluate(CONTRAST) for css in LOOKED_AT}
    ground = screen.page.eval_on_selector("body", "(e) => getComputedStyle(e).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 200) is dark
    assert {css: ratio for css, ratio in weak.items() if ratio < 4.5} == {}


def test_a_chosen_theme_stays(screen: Screen) -> None:
    screen.take("#open-settings")
    screen.take("#dlg-settings .chip:has-text('Dark')")
    screen.page.reload()
    expect(screen.page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(
    ("width", "height"), [(1024, 768), (1366, 700), (1920, 1080), (390, 844), (640, 400)], ids=lambda n: str(n)
)
def test_nothing_is_cut_off_in_other_windows(new_window: Any, width: int, height: int) -> None:
    """640 × 400 is what 1280 × 800 becomes at 200 % zoom."""
    screen: Screen = new_window(width=width, height=height).sign_in()
    screen.scan(BOOT, SOCKS)
    screen.expect_total("£126.50")
    whole = "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    for view in ("sell", "pay", "change"):
        screen.expect_view(view)
        assert screen.page.evaluate(whole), view
        assert too_small(screen, "#app") == []
        main = screen.page.locator({"sell": "#pay", "pay": "#take", "change": "#new-sale"}[view])
        expect(main).to_be_in_viewport(ratio=0.95)
        if view == "pay":
            expect(screen.page.locator("#pay-left")).to_have_text("£126.50")
        main.click()


def test_less_motion_means_none(new_window: Any) -> None:
    screen: Screen = new_window(reduced_motion="reduce").sign_in()
    assert screen.page.eval_on_selector(".btn", "(e) => getComputedStyle(e).transitionDuration") in ("0s", "0ms")


def test_those_who_listen_are_told(screen: Screen) -> None:
    polite = screen.page.locator("#say-polite")
    screen.scan(SOCKS)
    expect(polite).to_contain_text("Total £7.50")
    screen.press("ArrowUp")
    expect(polite).to_contain_text("Line 1, Ankle socks, 3 pairs, 1")
    screen.scan(UNKNOWN)
    expect(screen.page.locator("#say-now")).to_contain_text("is not known")
    assert screen.page.locator("#say-polite").get_attribute("aria-live") == "polite"
    assert screen.page.locator("#say-now").get_attribute("aria-live") == "assertive"


def test_the_focus_is_seen_and_reaches_everything(screen: Screen) -> None:
    seen = set()
    for _ in range(45):
        screen.press("Tab")
        seen.add(screen.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        ring = screen.page.evaluate(
            "(e => { const s = getComputedStyle(e.closest('.search') ?? e); return [s.outlineStyle, s.outlineWidth]; })"
            "(document.activeElement)"
        )
        on_page = screen.page.evaluate("document.activeElement !== document.body")
        assert not on_page or (ring[0] == "solid" and ring[1] != "0px"), screen.page.evaluate(
            "document.activeElement.outerHTML"
        )
    assert {"search", "lines", "lock-now", "open-keys"} <= seen


def test_the_keys_are_on_the_buttons_and_in_the_list(screen: Screen) -> None:
    for act, key in (
        ("discount", "F3"),
        ("quantity", "F6"),
        ("remove", "F7"),
        ("note", "F8"),
        ("bag", "F10"),
        ("pay", "F9"),
    ):
        expect(screen.page.locator(f".side [data-act={act}] .key")).to_have_text(key)
    screen.type("?")
    dialog = screen.page.locator("#dlg-keys[open]")
    for key in ("F1", "F3", "F6", "F7", "F8", "F9", "F10", "F12"):
        expect(dialog.locator(f".key >> text=/^{key}$/").first).to_be_visible()


def test_a_page_written_from_right_to_left_mirrors_but_for_pad_and_figures(screen: Screen) -> None:
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.page.evaluate("document.documentElement.dir = 'rtl'")
    left = "(e) => e.getBoundingClientRect().left"
    items, side = (screen.page.eval_on_selector(css, left) for css in (".items", ".side"))
    seven, nine = (screen.page.eval_on_selector(f".side [data-pad='{key}']", left) for key in "79")
    assert items > side
    assert seven < nine
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_wrong_pin_and_the_lock_out_are_said_in_words(new_window: Any) -> None:
    screen: Screen = new_window()
    screen.open("/sign-in")
    page = screen.page
    assert too_small(screen, ".pad", PAD) == []
    for digit in shop.SPARE:
        screen.take(f".pad [data-pad='{digit}']")
    screen.take("#go")
    for _ in range(6):
        page.fill("#pin", "0000")
        screen.take("#go")
        expect(page.locator("#pin")).to_have_value("")
    expect(page.locator("#say")).to_contain_text("Too many wrong PINs")


def test_the_status_bar_speaks_in_words_and_opens_its_list(screen: Screen) -> None:
    bar = screen.page.locator("#status")
    expect(bar).to_contain_text("saved here")
    expect(bar).to_contain_text("Nothing needs a person")
    screen.take("#status button >> nth=0")
    expect(screen.page.locator("#dlg-status[open]")).to_contain_text("Saved on this till")


def test_without_a_live_line_the_page_asks_by_itself(new_window: Any) -> None:
    screen: Screen = new_window()
    screen.page.clock.install()
    screen.page.add_init_script("window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.(), 0); } }")
    screen.sign_in()
    screen.page.clock.run_for(100)
    expect(screen.page.locator("#status")).to_contain_text("saved here")
    with screen.page.expect_response("**/api/status"):
        screen.page.clock.run_for(5000)


def test_an_address_that_is_nothing_says_so_in_plain_words(screen: Screen) -> None:
    screen.page.goto(f"{screen.url}/receipts/T9-999999")
    expect(screen.page.locator("h1")).to_have_text("Nothing is here")
    screen.take("text=Back to selling")
    screen.expect_view("sell")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 640), (720, 600), (390, 844)], ids=lambda n: str(n))
def test_the_amount_given_is_whole_also_when_the_server_is_gone(new_window: Any, width: int, height: int) -> None:
    screen: Screen = new_window(width=width, height=height).sign_in()
    screen.scan(BOOT, SOCKS)
    screen.expect_total("£126.50")
    screen.take("#pay")
    screen.expect_view("pay")
    expect(screen.page.locator("#pay-left")).to_have_text("£126.50")
    screen.page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    amount = screen.page.locator("#typed-amount")
    for keys, shown in (("122800", "£1,228.00"), ("", "£126.50")):
        screen.type(keys)
        expect(screen.page.get_by_text("does not answer").first).to_be_visible()
        expect(amount).to_have_text(shown)
        assert amount.evaluate("(e) => e.scrollWidth - e.clientWidth") == 0, shown
        assert amount.evaluate("(e) => e.parentElement.scrollWidth - e.parentElement.clientWidth") == 0, shown
        screen.press(*["Backspace"] * len(keys))
