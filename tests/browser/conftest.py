"""A real server on a fresh folder, a real Chromium, and a watch on everything the page must never do."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from pos import config
from pos.app import App, create_app
from pos.store import passwords, people
from pos.web.server import listen
from tests.browser import shop

pytest.register_assert_rewrite("tests.browser.screen")
from tests.browser.screen import Screen, ours  # noqa: E402  (after its asserts are made to explain themselves)

#: The one without windows first: the same pages for two thirds of the work.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: What Playwright says of each page of a window that may not keep the shell, which is most tests' (see `_context`).
WORKER_BLOCKED = "Service Worker registration blocked by Playwright"
WINDOW = {"width": 1280, "height": 800}
#: How long a test waits for what should be there within a frame or two; generous, because the machine may be busy.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


def find_chromium(own: str) -> str | None:
    """A Chromium to start: the one named in CHROMIUM, one on the path, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    return found or (own if Path(own).exists() else None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = None if os.environ.get("TILLKEEP_NO_BROWSER") else find_chromium(playwright.chromium.executable_path)
        if path is None:
            why = os.environ.get("TILLKEEP_NO_BROWSER") or "Name a Chromium in CHROMIUM, or install one."
            if os.environ.get("TILLKEEP_REQUIRE_BROWSER"):
                pytest.fail(f"Browser tests are required here, and there is no Chromium. {why}")
            pytest.skip(f"no Chromium: {why}")
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def _cheap_pins() -> Iterator[None]:
    """The real cost of a PIN is tested elsewhere; here it would only take time."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people.PINS, "hasher", cheap)
        patch.setattr(passwords.PASSWORDS, "hasher", cheap)
        yield


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Settings of the module's till, as environment variables; a module may have its own."""
    return {}


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, _cheap_pins: None, settings: dict[str, str]) -> Iterator[App]:
    """A till with the small shop, serving on a free port of this machine."""
    root = tmp_path_factory.mktemp("till")
    app = create_app(config.load(root, environ={"TILLKEEP_QUEUE_IN_SERVER": "no", **settings}))
    shop.fill(app.store)
    server = listen(app.flask, "127.0.0.1", 0, 8, 1 << 20)
    serving = threading.Thread(target=server.run)
    serving.start()
    app.start()
    app.flask.config["TEST_URL"] = f"http://127.0.0.1:{server.port}"
    yield app
    server.stop()
    serving.join(timeout=20)
    server.close_screens()
    app.stop()


class Watch:
    """What went wrong in the page without anybody asking: errors, refusals by the policy, strangers spoken to."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", lambda request: ours(request.url) or self.found.append(f"request to {request.url}"))

    def _console(self, message: ConsoleMessage) -> None:
        # The browser itself writes a line for each answer of 4xx or 5xx; those are the server's refusals, not faults.
        url = message.location.get("url", "")
        refusal = message.text.startswith("Failed to load resource") and ("/api/" in url or "/receipts/" in url)
        expected = refusal or "net::ERR" in message.text or message.text == WORKER_BLOCKED
        if message.type in ("error", "warning") and not expected:
            self.found.append(f"console {message.type}: {message.text} {url}")


def _context(browser: Browser, *, dark: bool = False, **options: Any) -> BrowserContext:
    size = {"width": options.pop("width", WINDOW["width"]), "height": options.pop("height", WINDOW["height"])}
    scheme: Any = "dark" if dark else "light"
    options.setdefault("service_workers", "block")  # it would answer in the place of what a test routes
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", **options)
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def new_window(browser: Browser, till: App) -> Iterator[Any]:
    """Opens windows of fresh browsers: new_window(width=…, height=…, dark=True). What one did wrong fails the test."""
    opened: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_one(**options: Any) -> Screen:
        opened.append(_context(browser, **options))
        page = opened[-1].new_page()
        watches.append(Watch(page))
        return Screen(page, till.flask.config["TEST_URL"], till.config.invoices)

    yield open_one
    for context in opened:
        context.close()
    assert [line for watch in watches for line in watch.found] == []


@pytest.fixture(scope="module")
def till_browser(browser: Browser) -> Iterator[BrowserContext]:
    """The till's own browser, open all day: its files stay loaded and its cashier signed in."""
    context = _context(browser)
    yield context
    context.close()


class Tab:
    """The tab of a till's browser that the tests of a module have one after another: opening it costs as much as half
    of them do. `spoilt`: a test left something in it that outlives its pages, so the next one has a new one."""

    def __init__(self, context: BrowserContext, idle: str) -> None:
        self.page, self.idle, self.spoilt = context.new_page(), idle, False
        self.watch = Watch(self.page)
        add_init_script = self.page.add_init_script

        def spoiling(*given: Any, **named: Any) -> None:
            self.spoilt = True
            add_init_script(*given, **named)

        self.page.add_init_script = spoiling  # type: ignore

    def ready(self) -> bool:
        """Nothing of the test before runs in it any more."""
        if self.spoilt or self.page.is_closed():
            return False
        self.page.unroute_all()
        self.page.goto(self.idle)
        self.page.evaluate("sessionStorage.clear()")
        self.page.mouse.move(0, 0)
        self.watch.found.clear()
        return self.page.viewport_size == WINDOW


@pytest.fixture(scope="module")
def _tabs() -> list[Tab]:
    """The tab of the module's till, once there is one."""
    return []


@pytest.fixture
def screen(till_browser: BrowserContext, till: App, _tabs: list[Tab]) -> Iterator[Screen]:
    """Priya at the sell screen, nothing in the basket."""
    url = till.flask.config["TEST_URL"]
    if not _tabs:
        _tabs.append(Tab(till_browser, f"{url}/health"))
    page, watch = _tabs[0].page, _tabs[0].watch
    with_keys = Screen(page, url, till.config.invoices)
    with_keys.keys.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage"})
    yield with_keys.sign_in()
    found = list(watch.found)
    for opened in till_browser.pages:
        if opened is not page:
            opened.close()
    with_keys.keys.detach()
    if not _tabs[0].ready():
        page.close()
        _tabs.clear()
    assert found == []
