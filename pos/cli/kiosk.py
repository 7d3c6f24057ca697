"""kiosk: the till's screen over everything, in a Chromium, Chrome or Edge of this machine; waits for the till first."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from pos import cli
from pos.cli import control, opened
from pos.config import Config
from pos.errors import NotFound

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "chrome",
    "msedge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "{PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
    "{PROGRAMFILES}/Microsoft/Edge/Application/msedge.exe",
    "{PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "{LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
)
#: No first-run pages, no bubbles over the till, no swiping back, no offer to translate.
OPTIONS = (
    "--kiosk",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--disable-infobars",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--disable-features=Translate,TranslateUI",
    "--password-store=basic",
)
WAIT_SECONDS_MAX = 120


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--browser", metavar="PATH", help="the browser (default: one that is found)")
    parser.add_argument("--display", action="store_true", help="the customer's screen, not the till's")
    parser.add_argument("--at", metavar="X,Y", help="where its monitor begins, in pixels: 1920,0 is right of the first")
    parser.add_argument("--dry-run", action="store_true", help="print the command, and start nothing")
    parser.add_argument("more", nargs="*", metavar="-- OPTION", help="further options for the browser")


def run(args: argparse.Namespace, root: Path) -> int:
    """Wait until the till answers, open it, stay until the browser ends. Its exit code."""
    config = opened.settings(root)
    browser = args.browser or found(os.environ)
    if not browser:
        raise NotFound("No Chromium, Chrome or Edge was found here. Install one, or name it with --browser PATH.")
    if not args.dry_run and not shutil.which(browser):
        raise NotFound(f"There is no program {browser} that can be started.")
    address = url(config, args.display, wait_seconds=0 if args.dry_run else WAIT_SECONDS_MAX)
    line = command(browser, address, config, "display" if args.display else "kiosk", args.at or "", args.more)
    if args.dry_run:
        print(shlex.join(line))
        return cli.OK
    return subprocess.call(line)


def found(environ: Mapping[str, str]) -> str:
    """A browser of this machine; "" when there is none."""
    for name in NAMES:
        path = shutil.which(name, path=environ.get("PATH"))
        if path:
            return path
    for place in PLACES:
        try:
            filled = place.format(**environ)
        except (KeyError, ValueError):
            continue
        if Path(filled).exists():
            return filled
    return ""


def url(config: Config, display: bool, wait_seconds: float) -> str:
    """Where the till answers, once it does: its own port, also when that was given on the command line."""
    until = time.monotonic() + wait_seconds
    while (server := control.running(config)) is None and time.monotonic() < until:
        time.sleep(0.5)  # the server says nothing to others when it stands; its file is looked for
    if server is None and wait_seconds:
        raise NotFound(f"The till in {config.root} did not answer within {wait_seconds:.0f} seconds. Is it started?")
    host, port = (server.host, server.port) if server else ("127.0.0.1", config.server.port)
    return f"http://{host}:{port}/{'display' if display else ''}"


def command(browser: str, address: str, config: Config, profile: str, at: str, more: list[str]) -> list[str]:
    """The browser's command line. It keeps a profile of its own, so that nobody's tabs and bars come along."""
    place = [f"--window-position={at}"] if at else []
    return [browser, *OPTIONS, f"--user-data-dir={config.data / profile}", *place, *more, address]
