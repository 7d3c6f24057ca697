"""A cashier at the sell screen, and a scanner beside them: what the browser tests do, in the words of the shop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import shop

KEY_MS = 5
PERSON_MS = 60  # slower than [scanner] key_gap_ms
VIRTUAL_KEYS = {"Enter": 13, "Tab": 9}


class Screen:
    """The sell page of one browser window. Every figure read from it is text, as a person reads it."""

    def __init__(self, page: Page, url: str, invoices: Path) -> None:
        self.page, self.url, self.invoices = page, url, invoices
        self.keys = page.context.new_cdp_session(page)

    # -- doing ---------------------------------------------------------------------------------------------------------

    def sign_in(self, code: str = shop.CASHIER, pin: str = shop.PIN) -> Screen:
        """Through the API, as the sign-in page does it (which has its own test). Once per browser is enough."""
        request = self.page.context.request
        session = request.get(f"{self.url}/api/session").json()
        if session["locked"] or (session["user"] or {}).get("code") != code:
            words = {"data": {"code": code, "pin": pin}, "headers": {"X-CSRFToken": session["csrf"]}}
            answer = request.post(f"{self.url}/api/sign-in", **words)
            assert answer.ok, answer.text()
        return self.open()

    def open(self, path: str = "/") -> Screen:
        self.page.goto(self.url + path)
        if path == "/":
            self.page.wait_for_selector("#results .item", state="attached")
        return self

    def reload(self) -> Screen:
        """The sell screen loads again; answers once its keys mean something."""
        self.page.reload()
        self.page.wait_for_selector("#results .item", state="attached")
        return self

    def scan(self, *codes: str, key_ms: float = KEY_MS, end: str = "Enter") -> None:
        """A scanner types: keys `key_ms` apart by the clock of the events, however slow this machine is just now. Their
        time is over when they are sent: the browser takes no event of the future as it is."""
        at = time.time()
        self.page.wait_for_timeout(sum(len(code) + 1 for code in codes) * key_ms + 100 * len(codes))
        for code in codes:
            for name in (*code, end):
                at += key_ms / 1000
                self._key(name, at)
            at += 0.1

    def _key(self, name: str, at: float) -> None:
        control = name == "\x1d"
        key = "]" if control else name
        press: dict[str, Any] = {"type": "keyDown", "key": key, "timestamp": at, "modifiers": 2 if control else 0}
        press["windowsVirtualKeyCode"] = VIRTUAL_KEYS.get(name, ord(key.upper()[0]))
        if not control:
            press["text"] = "\r" if name == "Enter" else "" if name == "Tab" else name
        self.keys.send("Input.dispatchKeyEvent", press)
        if name in VIRTUAL_KEYS:  # the others' going up means nothing to anybody
            self.keys.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "timestamp": at + 0.001})

    def type(self, text: str) -> None:
        """A person types, and lets go of the keyboard."""
        for name in text:
            self._key(name, time.time())
            self.page.wait_for_timeout(PERSON_MS)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def take(self, selector: str) -> None:
        self.page.click(selector)

    # -- seeing --------------------------------------------------------------------------------------------------------

    def lines(self) -> list[tuple[str, str, str]]:
        """(quantity, name, amount) of each line on screen, top to bottom."""
        read = """[...document.querySelectorAll('#lines > .line:not(.line-hint)')].map((line) => [
            line.querySelector('.qty').textContent.replace('Quantity ', ''), line.querySelector('.name').textContent,
            line.querySelector('.amount > bdi')?.textContent ?? line.querySelector('.amount').textContent])"""
        return [tuple(line) for line in self.page.evaluate(read)]

    def expect_lines(self, *wanted: tuple[str, str, str], total: str) -> None:
        """These lines and this total, once the server has priced them."""
        expect(self.page.locator("#lines > .line:not(.line-hint)")).to_have_count(len(wanted))
        self.expect_total(total)
        assert self.lines() == list(wanted)

    def expect_total(self, total: str) -> None:
        expect(self.page.locator("#total-row:not(.is-pricing) #total")).to_have_text(total)

    def expect_no_scan_waits(self) -> None:
        """Every code that was scanned is in the basket, the same one twice as well."""
        kept = "JSON.parse(localStorage.getItem('tillkeep.basket') ?? 'null')"
        self.page.wait_for_function(f"() => !{kept}?.pending.length")

    def expect_view(self, view: str) -> None:
        expect(self.page.locator(f'#till[data-view="{view}"]')).to_have_count(1)

    def expect_change(self, amount: str) -> None:
        self.expect_view("change")
        expect(self.page.locator("#change-amount")).to_have_text(amount)

    def basket(self) -> dict[str, Any] | None:
        """What the browser keeps."""
        kept = self.page.evaluate("localStorage.getItem('tillkeep.basket')")
        return json.loads(kept) if kept else None

    def receipts(self) -> list[dict[str, Any]]:
        """The files of this till, in the order of their numbers."""
        return sorted(map(_read, self.invoices.glob("*/*.json")), key=lambda document: document["sequence"])


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
    return found


def ours(url: str, loopback: Iterable[str] = ("127.0.0.1", "localhost")) -> bool:
    """Whether an address asked for is on this machine."""
    return url.startswith(("data:", "blob:", "about:")) or any(f"//{host}:" in url for host in loopback)
