"""A whole day at the till: opened, traded, closed and signed out, with the cable to the books out from first to last.

Afterwards the cable is in again: the books hold one equal document each. And the receipt files alone make a database
with the same Z, to the byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from pos import config as settings
from pos import demo
from pos.actions import reports
from pos.rules import documents
from pos.store import receipts
from pos.store.db import open_store
from tests.browser import trading
from tests.browser.conftest import Watch, _context
from tests.browser.hands import Hands, Keys, off, sign_in, sign_in_by_keyboard, sign_out
from tests.browser.screen import Screen
from tests.browser.trading import CASHIER, CASHIER_PIN, MANAGER, MANAGER_PIN
from tests.till_process import Till

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WAX_LABEL, OFFCUTS_LABEL = (code for title, code in demo.labels() if "label" in title)

#: What is scanned, how it is paid ("cash", "card", "cash 20" handed over, "split 20" in cash and the rest by card), and
#: what it comes to. The cash that stays in the drawer is added up by hand in the margin.
PLAIN = (
    (("WEL-ADULT",), "cash", "38.00"),  # 38.00
    (("CH-SOCKS", "CH-SOCKS"), "cash 20", "17.00"),  # 55.00
    (("HB-2041-BROWN-UK9",), "card", "89.00"),
    (("TR-COURT", "CH-HAT"), "split 20", "71.50"),  # 75.00
    (("CREAM-BRN", "BRUSH-HRS", "CLOTH-POL"), "cash", "20.65"),  # 95.65
    (("SCARF-GREY",), "card", "28.00"),
    ((WAX_LABEL,), "cash", "4.32"),  # 99.97: a label with a price
    ((OFFCUTS_LABEL,), "cash 5", "4.38"),  # 104.35: 350 g at 12.50 a kilogram
    (("TEE-WHITE", "TEE-WHITE", "TEE-WHITE"), "card", "59.85"),
    (("PUDDLE-RED", "PUDDLE-YEL", "CH-PUMPS", "CH-MITTENS"), "cash 60", "54.90"),  # 159.25
    (("SOCK-ANKLE",), "cash", "7.50"),  # 166.75
    (("UMBRELLA",), "card", "17.50"),
    (("GLOVE-LTHR", "CAP-TWEED"), "split 50", "84.00"),  # 216.75
    (("LACE-BRN", "LACE-BLK"), "cash 10", "7.00"),  # 223.75
    (("INSOLE-GEL",), "card", "8.99"),
    (("BELT-BRN",), "cash", "34.00"),  # 257.75
    (("BEANIE-NVY", "BEANIE-MOS"), "card", "33.00"),
    (("SHORTS-ST",), "cash 40", "35.00"),  # 292.75
    (("WALLET",), "card", "26.00"),
    (("HANKIES", "HORN-LONG"), "cash", "14.50"),  # 307.25
    (("SLIP-FELT",), "cash", "32.00"),  # 339.25
)
#: And by hand for the rest: 12.00 a repair, 39.50 a boot at half its price, 61.00 a voucher with socks, 13.50 beside
#: the voucher, 37.80 a shirt less a tenth, 7.05 cream and a bag: 510.10. Back: 8.50 socks, 32.00 voided; 24.00 paid on
#: for the exchange: 493.60. Out: 12.50 to the window cleaner, 100.00 to the safe: 381.10. The float was 100.00.
FLOAT, EXPECTED_CASH = "100.00", "481.10"
#: 89.00 51.50 28.00 59.85 17.50 34.00 8.99 33.00 26.00, a loafer 68.00, sprays 54.95, the held basket 46.50.
EXPECTED_CARD = "517.29"
#: What lies in the drawer: 10.00 too little.
COUNTED, PIECES = "471.10", {"50.00": 9, "20.00": 1, "1.00": 1, "0.10": 1}
SALES = 30


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trading.Shop]:
    with trading.shop(tmp_path_factory.mktemp("day") / "till") as open_shop:
        yield open_shop


@pytest.fixture
def screen(browser: Browser, traded: trading.Shop) -> Iterator[Screen]:
    context = _context(browser)
    page = context.new_page()
    watch = Watch(page)
    yield Screen(page, f"http://127.0.0.1:{traded.till.port}", traded.root / "invoices")
    context.close()
    assert watch.found == []


def trade(hands: Hands) -> dict[str, str]:
    """Thirty sales of every kind; the numbers of those that matter later."""
    numbers = {codes[0]: hands.sell(codes, how, total) for codes, how, total in PLAIN}
    grid_price_and_discount(hands)
    set_aside_and_vouchers(hands)
    return numbers


def grid_price_and_discount(hands: Hands) -> None:
    """A size from the grid, a typed price, five of one, half off with the manager, a tenth off without, a bag."""
    screen, page = hands.screen, hands.page
    hands.tile("Quay loafer")
    page.locator("#matrix-grid").get_by_role("button", name="UK 7").click()
    screen.take("#pick-add")
    hands.pay("card", "68.00")

    hands.tile("Repair")
    expect(page.locator("#dlg-figure[open]")).to_be_visible()
    screen.type("1200")
    screen.press("Enter")
    hands.pay("cash", "12.00")

    hands.scan("SPRAY-DRY")
    screen.expect_total("£10.99")
    screen.press("F6")
    screen.press("5", "Enter")
    hands.pay("card", "54.95")

    hands.scan("BOOT-DESRT")
    screen.expect_total("£79.00")
    off(hands, "50", "Damaged")
    hands.agree()
    hands.pay("cash", "39.50")

    hands.scan("GRANDAD")
    screen.expect_total("£42.00")
    off(hands, "10", "Goodwill")
    hands.pay("cash", "37.80")

    hands.scan("CREAM-NEU")
    screen.expect_total("£6.95")
    screen.press("F10")
    hands.pay("cash", "7.05")


def set_aside_and_vouchers(hands: Hands) -> None:
    """A basket waits while a voucher is sold, and used with the rest in cash."""
    screen, page = hands.screen, hands.page
    hands.scan("BRACES", "TREE-CEDAR")
    screen.expect_total("£46.50")
    screen.press("F2")
    page.fill("#words-typed", "Wedding, back at four")
    screen.press("Enter")
    expect(page.locator("#held-count")).to_have_text("1")

    hands.scan("SOCK-BED")
    screen.expect_total("£11.00")
    screen.press("/")
    expect(page.locator("#dlg-voucher[open]")).to_be_visible()
    screen.type("5000")
    screen.press("Enter")
    hands.pay("cash 70", "61.00")
    (voucher,) = screen.receipts()[-1]["vouchers"]

    hands.scan("SANDAL-QY", "UMBRELLA")
    screen.expect_total("£63.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.scan(voucher["code"])
    expect(page.locator("#pay-left")).to_have_text("£13.50")
    screen.press("Enter")
    screen.expect_change("£0.00")

    screen.press("Enter")
    screen.take("#open-held")
    page.get_by_role("button", name="Take up: Wedding, back at four").click()
    hands.pay("card", "46.50")


def take_back(hands: Hands, numbers: dict[str, str]) -> None:
    """Half of a sale comes back, a pair is exchanged, a sale is voided."""
    screen, page = hands.screen, hands.page
    hands.give_back(numbers["CH-SOCKS"], "School socks")
    screen.expect_total("-£8.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")

    hands.give_back(numbers["WEL-ADULT"], "Fenland wellington")
    hands.scan("SCARF-RUST", "BELT-BLK")
    hands.pay("cash", "24.00")

    page.goto(f"{screen.url}/receipts/{numbers['SLIP-FELT']}")
    screen.take("#void")
    page.locator("#words-chips").get_by_text("Wrong items").click()
    screen.take("#dlg-words [type=submit]")
    hands.agree()
    page.wait_for_url(lambda url: numbers["SLIP-FELT"] not in url)


def close(hands: Hands) -> None:
    """X, a blind count that is 10.00 short, its reason, the Z."""
    screen, page = hands.screen, hands.page
    screen.take("[data-day=x]")
    expect(page.locator("#x-lines")).to_contain_text(EXPECTED_CASH)
    screen.press("Escape")
    screen.press("F9")
    assert EXPECTED_CASH not in page.inner_text("#day"), "the count is blind"
    for value, pieces in PIECES.items():
        page.fill(f"[data-value='{value}']", str(pieces))
    page.locator("[data-tender='Card']").focus()
    page.keyboard.type(EXPECTED_CARD.replace(".", ""))
    screen.press("F9")
    expect(page.locator("#day")).to_have_attribute("data-step", "compare")
    expect(page.locator("#counted")).to_have_text(f"£{COUNTED}")
    expect(page.locator("#compared .row-short")).to_contain_text(f"£{EXPECTED_CASH}")
    expect(page.locator("#close-alert")).to_contain_text("Cash is £10.00 short")
    screen.take("text=Wrong change given")
    screen.press("F9")
    expect(page.locator("#z-name")).to_have_text("Z0001 is written")


@pytest.mark.long
def test_a_whole_day_is_traded_without_the_cable_booked_once_and_made_again_from_its_files(
    screen: Screen, traded: trading.Shop, tmp_path: Path
) -> None:
    hands = Hands(screen)
    traded.cable_out()
    sign_in(screen, CASHIER, CASHIER_PIN)
    screen.open("/day")
    hands.amount("float", "10000")
    hands.done(f"£{FLOAT}")
    screen.open("/")
    numbers = trade(hands)
    assert len([doc for doc in screen.receipts() if doc["kind"] == "sale"]) == SALES
    take_back(hands, numbers)
    screen.open("/day")
    hands.amount("paid_out", "1250", "Window cleaner")
    hands.agree()
    hands.done("£12.50")
    hands.amount("drop", "10000", "Too many notes")
    hands.agree()
    hands.done("£100.00")
    screen.open("/")
    sign_out(screen)
    sign_in(screen, MANAGER, MANAGER_PIN)
    screen.open("/day")
    close(hands)
    screen.open("/")
    sign_out(screen)

    written = screen.receipts()
    z = written[-1]
    assert z["kind"] == "z"
    counted = {row["name"]: (row["expected"], row["counted"]) for row in z["z"]["count"]["rows"]}
    assert counted["Cash"] == (EXPECTED_CASH, COUNTED)
    assert counted["Card"] == (EXPECTED_CARD, EXPECTED_CARD)
    assert traded.booked("Sales Invoice", "Journal Entry", "Payment Entry") == [], "the cable was out"

    traded.cable_in()
    due = [doc for doc in written if doc["kind"] != "float"]
    traded.wait_for("/api/status", lambda status: status["booked"] == len(due) and not status["waiting"])
    assert trading.differences(written, traded) == []
    compared = traded.till.command("reconcile")
    pairs = len(due) + 1  # an exchange is two documents there
    assert compared.returncode == 0, compared.stdout
    assert f"session {z['session']}: {pairs} here, {pairs} there" in compared.stdout
    again(traded, z, tmp_path)


def again(shop: trading.Shop, z: dict[str, Any], folder: Path) -> None:
    """From a copy of the files alone: the same Z to the byte, added up again, and nothing to find for verify."""
    other = Till(folder / "again", env=shop.env)
    shutil.copytree(shop.root / "invoices", other.root / "invoices")
    for till, command in ((shop.till, "verify"), (other, "rebuild"), (other, "verify")):
        done = till.command(command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    (file,) = (path for path in shop.root.glob("invoices/*/*.json") if z["id"] in path.read_text(encoding="utf-8"))
    store = open_store(settings.load(other.root, shop.env))
    try:
        body = receipts.body(store, z["invoice_name"])
        assert body == file.read_bytes()
        assert reports.recomputed(store, documents.decode(body))
    finally:
        store.close()
    assert shop.ask("/api/zreads/1")["z"]["hash"] == z["hash"]


# -- by keyboard alone ------------------------------------------------------------------------------------------------

NO_MOUSE = """
for (const kind of ['mousedown', 'pointerdown', 'touchstart'])
  addEventListener(kind, () => localStorage.setItem('touched', kind), true);
"""


def test_the_day_is_traded_by_keyboard_alone(screen: Screen, traded: trading.Shop) -> None:
    """Float, sales, discount, hold, return, paid out, X, count, Z: no mouse and no finger on the glass."""
    keys, page = Keys(screen), screen.page
    page.add_init_script(NO_MOUSE)
    page.goto(f"{screen.url}/sign-in")
    sign_in_by_keyboard(keys, CASHIER, CASHIER_PIN)
    keys.day()
    keys.amount("float", "5000")
    keys.done("£50.00")
    keys.sell_again()
    sell_and_take_back(keys)
    keys.day()
    keys.amount("paid_out", "500", "Milk")
    keys.agree()
    keys.done("£5.00")
    keys.sell_again()
    screen.press("F12")
    keys.tab_to("#lock-other")
    screen.press("Enter")
    expect(page).to_have_url(f"{screen.url}/sign-in")
    sign_in_by_keyboard(keys, MANAGER, MANAGER_PIN)
    keys.day()
    count_and_close(keys, "97.50")  # 50.00, 17.00, 20.00, 24.00, less 8.50 and 5.00
    assert page.evaluate("localStorage.getItem('touched')") is None


def sell_and_take_back(keys: Keys) -> None:
    """Cash, a split, a discount agreed to, a basket held and taken up, half of a sale given back."""
    screen, page = keys.screen, keys.page
    socks = keys.sell(("CH-SOCKS", "CH-SOCKS"), "cash 20", "17.00")
    keys.sell(("TR-COURT", "CH-HAT"), "split 20", "71.50")
    screen.press("F1")
    keys.write("lambswool grey")
    expect(page.locator("#results .item")).to_have_count(1)
    screen.press("ArrowDown", "Enter")
    screen.expect_total("£28.00")
    screen.press("F3")
    expect(page.locator("#dlg-discount[open]")).to_be_visible()
    keys.tab_to("#discount-reasons")
    screen.press("Space")
    keys.write("50")
    screen.press("Enter")
    keys.agree()
    keys.pay("card", "14.00")

    keys.scan("BRACES")
    screen.expect_total("£24.00")
    screen.press("F2")
    expect(page.locator("#dlg-words[open]")).to_be_visible()
    keys.write("Ann")
    screen.press("Enter")
    expect(page.locator("#held-count")).to_have_text("1")
    screen.press("F2")
    expect(page.locator("#dlg-held[open]")).to_be_visible()
    screen.press("Enter")
    screen.expect_total("£24.00")
    keys.pay("cash", "24.00")

    screen.press("F4")
    expect(page.locator("#dlg-back[open]")).to_be_visible()
    keys.write(socks)
    screen.press("Enter")
    expect(page.locator("#back-what")).to_contain_text(socks)
    keys.go("[data-up=yes]", "Space")
    keys.tab_to("#back-chips")
    screen.press("Space")
    keys.go("#back-go")
    keys.agree()
    screen.expect_total("-£8.50")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_view("change")


def count_and_close(keys: Keys, expected: str) -> None:
    """X, the count, and the Z of a drawer that is right."""
    screen, page = keys.screen, keys.page
    keys.go("[data-day=x]")
    expect(page.locator("#x-lines")).to_contain_text(expected)
    screen.press("Escape", "F9")
    for pieces in ("1", "2", "", "1", "1", "", "1"):  # 50, 2 x 20, -, 5, 2, -, 0.50
        keys.write(pieces)
        screen.press("Enter")
    screen.press("F9")
    expect(page.locator("#day")).to_have_attribute("data-step", "compare")
    expect(page.locator("#counted")).to_have_text(f"£{expected}")
    expect(page.locator("#close-alert")).to_contain_text("Nothing to explain")
    screen.press("F9")
    expect(page.locator("#z-name")).to_contain_text("is written")
    z = screen.receipts()[-1]
    assert (z["kind"], z["z"]["count"]["rows"][0]["expected"]) == ("z", expected)
