"""When a page is ready: loaded, and everything it asked for answered and painted; by the page's own clock."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

#: In every page of a context: questions under way, and when the page was last painted with none of them.
_WATCH = """
(() => {
  const { fetch } = window;
  let under_way = 0;
  window.readyAt = 0;
  const look = () => {
    if (under_way || document.readyState !== 'complete') return;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => {
        if (!under_way) window.readyAt = performance.now();
      };
      painted.port2.postMessage(0);
    });
  };
  window.fetch = async (...asked) => {
    under_way += 1;
    window.readyAt = 0;
    try {
      return await fetch(...asked);
    } finally {
      under_way -= 1;
      setTimeout(look);  // the answer's own text is read first, and may lead to the next question
    }
  };
  addEventListener('load', () => setTimeout(look));
})();
"""


def watch(context: BrowserContext) -> None:
    """Before the first page of the context is opened."""
    context.add_init_script(_WATCH)


def wait(page: Page) -> float:
    """Until the page is ready; milliseconds from the navigation to then."""
    return float(page.wait_for_function("() => window.readyAt || null").json_value())
