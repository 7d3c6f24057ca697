"""The small exact parts of the page, in the browser that runs them: quantities, figures, ids, a scanner's timing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from pos.app import App
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(till_browser: BrowserContext, till: App) -> Any:
    """run(module, expression): evaluate with everything the module exports."""
    page = till_browser.new_page()
    page.goto(till.flask.config["TEST_URL"] + "/sign-in")
    source = page.get_attribute("script[type=module]", "src")
    assert source is not None
    folder = source.rsplit("/", 1)[0]

    def evaluate(module: str, expression: str) -> Any:
        use = f"(m) => {{ const {{ {NAMES[module]} }} = m; return {expression}; }}"
        return page.evaluate(f"import('{folder}/till/{module}.js').then({use})")

    return evaluate


NAMES = {
    "quantity": "plus, oneLess, isQuantity, sumOf, thousandths, quantityText",
    "entry": "Entry, moneyFormat",
    "uuid": "uuid7",
    "scan": "Scanner",
}


def test_quantities_are_exact(run: Any) -> None:
    sums = (("1", "1", "2"), ("0.1", "0.2", "0.3"), ("0.345", "0.655", "1"), ("999999.999", "0.001", "1000000"))
    for first, second, total in sums:
        assert run("quantity", f"plus('{first}', '{second}')") == total
    assert run("quantity", "[oneLess('3'), oneLess('1.5'), oneLess('1'), oneLess('0.345')]") == ["2", "0.5", None, None]
    assert run("quantity", "['0', '0.000', '', '.', '1.2345', '-1', '1e3', 'NaN'].map(isQuantity)") == [False] * 8
    assert run("quantity", "['1', '0.001', '12.'].map(isQuantity)") == [True] * 3
    assert run("quantity", "sumOf(['2', '0.5', '0.5'])") == "3"


@pytest.mark.parametrize(
    ("kind", "digits", "typed", "value"),
    [
        ("money", 2, "1999", "19.99"),
        ("money", 2, "5", "0.05"),
        ("money", 2, "20.", "20.00"),
        ("money", 2, "20.5", "20.50"),
        ("money", 2, "20.567", "20.56"),
        ("money", 2, "007", "0.07"),
        ("money", 2, "", ""),
        ("money", 0, "150", "150"),
        ("money", 3, "1500", "1.500"),
        ("decimal", 3, "0.345", "0.345"),
        ("decimal", 3, "12.", "12"),
        ("decimal", 0, "1.2", "12"),
        ("decimal", 2, "12.5", "12.5"),
    ],
)
def test_typed_figures(run: Any, kind: str, digits: int, typed: str, value: str) -> None:
    press = f"[...'{typed}'].forEach((key) => e.press(key))"
    expression = f"(() => {{ const e = new Entry('{kind}', {digits}); {press}; return e.value(); }})()"
    assert run("entry", expression) == value


def test_typed_money_is_shown_without_a_binary_fraction(run: Any) -> None:
    shown = run("entry", "moneyFormat({ locale: 'en-GB', currency: 'GBP' })('9007199254740993.07')")
    assert shown == "£9,007,199,254,740,993.07"


def test_ids_are_version_7_and_in_order(run: Any) -> None:
    ids = run("uuid", "[1, 2, 2 ** 40].map((at) => uuid7(at))")
    assert all(len(i) == 36 and i[14] == "7" and i[19] in "89ab" for i in ids)
    assert ids == sorted(ids)
    assert run("uuid", "new Set(Array.from({ length: 1000 }, () => uuid7())).size") == 1000


#: keys as (key, milliseconds since the one before); what comes out.
TIMINGS: dict[str, tuple[list[tuple[str, int]], list[str], str]] = {
    "scanner": ([("9", 0), ("6", 5), ("3", 5), ("Enter", 5)], ["963"], ""),
    "slow scanner at the limit": ([("9", 0), ("6", 45), ("3", 45), ("Enter", 45)], ["963"], ""),
    "person": ([("9", 0), ("6", 120), ("3", 90), ("Enter", 200)], [], "963"),
    "person then scanner": ([("7", 0), ("9", 300), ("6", 4), ("3", 4), ("Enter", 4)], ["963"], "7"),
    "two scans back to back": (
        [("1", 0), ("2", 3), ("Enter", 3), ("1", 3), ("2", 3), ("Enter", 3)],
        ["12", "12"],
        "",
    ),
    "one key and Enter": ([("5", 0), ("Enter", 5)], [], "5"),
    "fast keys without an end": ([("a", 0), ("b", 5), ("c", 5)], [], "abc"),
    "a held key": ([("1", 0), ("1 repeat", 30), ("1 repeat", 30), ("Enter", 30)], [], "1"),
    "letters, signs and FNC1": ([("A", 0), ("-", 5), ("ctrl ]", 5), ("b", 5), ("Enter", 8)], ["A-\x1db"], ""),
}


@pytest.mark.parametrize("name", TIMINGS)
def test_a_scanner_is_told_by_speed_and_end_key(run: Any, name: str) -> None:
    keys, codes, typed = TIMINGS[name]
    heard = run("scan", f"({FEED})(Scanner, {[list(key) for key in keys]!r})")
    assert heard == {"codes": codes, "typed": typed}


FEED = """async (Scanner, keys) => {
  document.activeElement.blur();
  const heard = { codes: [], typed: '' };
  const scanner = new Scanner({ gap: 45, endKey: 'Enter', prefix: '' }, {
    scanned: (code) => heard.codes.push(code), typed: (text) => { heard.typed += text; } });
  const target = document.createElement('div');
  scanner.listen(target);
  let at = 1000;
  for (const [name, gap] of keys) {
    at += gap;
    const ctrlKey = name.startsWith('ctrl ');
    const key = name.replace('ctrl ', '').replace(' repeat', '');
    const event = new KeyboardEvent('keydown', { key, ctrlKey, repeat: name.endsWith('repeat'), cancelable: true });
    Object.defineProperty(event, 'timeStamp', { value: at });
    target.dispatchEvent(event);
  }
  await new Promise((done) => setTimeout(done, 200));
  return heard;
}"""


def test_the_page_does_no_arithmetic_on_money(screen: Screen) -> None:
    """Every module that is loaded is free of the functions that would make a float of an amount."""
    preloaded = screen.page.eval_on_selector_all("link[rel=modulepreload]", "(all) => all.map((one) => one.href)")
    seen = "performance.getEntriesByType('resource').map((r) => r.name)"
    loaded = screen.page.evaluate(f"{seen}.filter((n) => /\\/js\\/(till\\/|language)/.test(n))")
    first = screen.page.eval_on_selector("script[type=module]", "(script) => script.src")
    assert set(loaded) == {first, *preloaded}, "every module is preloaded, so that none waits for another"
    for address in (first, *preloaded):
        text = screen.page.context.request.get(address).text()
        for word in ("parseFloat", "toFixed", "Math.round"):
            assert word not in text, f"{address} has {word}"


def test_a_page_beside_selling_preloads_all_that_its_frame_loads(screen: Screen) -> None:
    screen.open("/notices")
    screen.page.wait_for_function("() => document.getElementById('user-name')?.textContent")
    preloaded = screen.page.eval_on_selector_all("link[rel=modulepreload]", "(all) => all.map((one) => one.href)")
    seen = "performance.getEntriesByType('resource').map((r) => r.name).filter((n) => n.includes('/js/'))"
    loaded = {address.partition("/js/")[2] for address in screen.page.evaluate(seen)}
    assert loaded - {"theme.js", "shell.js", "notices.js"} == {one.partition("/js/")[2] for one in preloaded}
