"""The till as an installed app: what the browser keeps is the shell alone, and it is never a version behind."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pos import config
from pos.app import App, create_app
from pos.web import statics
from pos.web.server import Server, listen
from tests.browser import shop
from tests.browser.conftest import ARGUMENTS, Watch, _context, find_chromium
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

BOOT = "5012345000015"
KEPT = """async () => {
  const kept = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    kept[name] = (await cache.keys()).map((request) => new URL(request.url).pathname);
  }
  return kept;
}"""
TEXTS = """async () => {
  const texts = [];
  for (const name of await caches.keys())
    for (const answer of await (await caches.open(name)).matchAll()) texts.push(await answer.text());
  return texts.join('\\n');
}"""
WORKS = """async () => {
  await navigator.serviceWorker.ready;
  while (!navigator.serviceWorker.controller) await new Promise((on) => setTimeout(on, 20));
}"""
GONE = """async (name) => {
  while ((await caches.keys()).includes(name)) await new Promise((on) => setTimeout(on, 20));
}"""


class Served:
    """A till whose server can go away and come back on its port."""

    def __init__(self, root: Path) -> None:
        self.app: App = create_app(config.load(root, environ={"TILLKEEP_QUEUE_IN_SERVER": "no"}))
        shop.fill(self.app.store)
        self.port = 0
        self.start()
        self.app.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.server: Server = listen(self.app.flask, "127.0.0.1", self.port, 8, 1 << 20)
        self.port = self.server.port
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def stop(self) -> None:
        self.server.stop()
        self.server.close_screens()
        self.thread.join(timeout=20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, _cheap_pins: None) -> Iterator[Served]:
    """With files of its own below static/, so that a test may bring a new version."""
    folder = tmp_path_factory.mktemp("static") / "static"
    shutil.copytree(statics.FOLDER, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statics, "FOLDER", folder)
        patch.setattr(statics, "LOOK_AGAIN_SECONDS", 0.0)
        running = Served(tmp_path_factory.mktemp("till"))
        yield running
        running.stop()
        running.app.stop()


@pytest.fixture
def screen(browser: Browser, served: Served) -> Iterator[Screen]:
    """Priya in a browser that keeps the shell by now."""
    context = _context(browser, service_workers="allow")
    page = context.new_page()
    watch = Watch(page)
    opened = Screen(page, served.url, served.app.config.invoices).sign_in()
    page.evaluate(WORKS)
    yield opened
    context.close()
    assert watch.found == []


def kept(page: Page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = page.evaluate(KEPT)
    return found


def test_the_browser_finds_nothing_that_keeps_the_till_from_being_installed(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    """In a profile on disk: nothing can be installed from a private window, which the other tests are."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=find_chromium(browser.browser_type.executable_path), args=list(ARGUMENTS)
    )
    try:
        page = context.pages[0]
        page.goto(f"{served.url}/sign-in")
        page.evaluate(WORKS)
        browsers_word = context.new_cdp_session(page)
        assert browsers_word.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        manifest = browsers_word.send("Page.getAppManifest")
        assert manifest["errors"] == []
        named = json.loads(manifest["data"])
        assert (named["start_url"], named["display"]) == ("/", "standalone")
        for icon in named["icons"]:
            assert page.request.get(served.url + icon["src"]).headers["content-type"].split(";")[0] == icon["type"]
    finally:
        context.close()


def test_only_the_shell_is_kept_whatever_is_sold_and_looked_at(screen: Screen) -> None:
    page = screen.page
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    screen.press("F9")
    screen.expect_view("pay")
    screen.press("Enter")
    screen.expect_change("£0.00")
    number = screen.receipts()[-1]["invoice_name"]
    for path in ("/receipts", f"/receipts/{number}", "/notices", "/day", "/"):
        page.goto(screen.url + path)
    (paths,) = kept(page).values()
    prefix = f"/static/{statics.version_of_files()}/"
    assert [path for path in paths if not path.startswith(prefix)] == ["/offline"]
    assert sorted(path.removeprefix(prefix) for path in paths if path.startswith(prefix)) == sorted(
        set(statics.names()) - {"js/service-worker.js"}
    )
    whole = page.evaluate(TEXTS)
    for secret in (number, "Priya", "119.00"):
        assert secret not in whole, "the browser holds nothing of a sale or of a person"


def test_a_new_version_takes_over_at_the_next_page(screen: Screen, served: Served) -> None:
    page, before = screen.page, kept(screen.page)
    with (statics.FOLDER / "css" / "frame.css").open("a", encoding="utf-8") as file:
        file.write("\n:root { --of-the-new-version: 1; }\n")
    read = "getComputedStyle(document.documentElement).getPropertyValue('--of-the-new-version')"
    page.reload()
    page.wait_for_selector("#results .item", state="attached")
    assert page.evaluate(read) == "1", "one load is enough, whatever the browser has kept"
    page.evaluate(GONE, next(iter(before)))
    (paths,) = kept(page).values()
    assert f"/static/{statics.version_of_files()}/css/frame.css" in paths
    assert not set(paths) & set(next(iter(before.values()))) - {"/offline"}
    screen.scan(BOOT)
    screen.expect_total("£119.00")


def test_a_server_that_is_away_is_said_in_words_and_the_basket_is_there_when_it_is_back(
    screen: Screen, served: Served
) -> None:
    page = screen.page
    screen.scan(BOOT)
    screen.expect_total("£119.00")
    served.stop()
    try:
        page.reload()
        expect(page.locator("h1")).to_have_text("The till server does not answer")
        expect(page.locator("#kept-lines li")).to_have_text("1 × Ridge walking boot")
        expect(page.locator(".todo li")).to_have_count(3)
        assert page.url == f"{screen.url}/"
    finally:
        served.start()
    page.wait_for_selector("#results .item", state="attached")  # nobody pressed anything
    screen.expect_lines(("1", "Ridge walking boot", "£119.00"), total="£119.00")


def test_the_sell_screen_says_by_itself_that_the_server_is_away(screen: Screen, served: Served) -> None:
    page = screen.page
    banner = page.locator("#no-answer")
    expect(banner).to_be_hidden()
    served.stop()
    try:
        expect(banner).to_contain_text("The till server does not answer")
        expect(banner).to_contain_text("The basket is kept")
        expect(page.locator("#say-now")).to_contain_text("does not answer")
    finally:
        served.start()
    expect(banner).to_be_hidden()
    expect(page.locator("#say-polite")).to_contain_text("answers again")
