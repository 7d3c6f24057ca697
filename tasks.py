#!/usr/bin/env python3
"""The chores of this project, by the standard library alone: `python3 tasks.py run`, `python3 tasks.py test`, …

Each one makes .venv when it is missing and installs the pinned packages when their list changed; nothing else is
needed beforehand. Exit codes: 0 done, 1 something failed, 2 the command line or this machine is not as it must be.
This file is read by whatever Python the machine has, so its syntax stays that of Python 3.6.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NEEDED = (3, 11)
if sys.version_info < NEEDED:
    sys.exit(f"Tillkeep needs Python 3.11 or newer, and this is {sys.version.split()[0]}: install a newer one.")

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
STAMP = VENV / "installed.json"
REQUIREMENTS = {
    "run": ("requirements.txt",),
    "test": ("requirements.txt", "requirements-hub.txt", "requirements-conductor.txt", "requirements-dev.txt"),
}
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-qq")

LINT = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", ".")),
    ("types (mypy)", ("-m", "mypy")),
    ("import contracts", ("-c", "from importlinter.cli import lint_imports_command as run; run()")),
)
#: Whole test files go to one worker, so that a server or browser is started once per file. More workers than
#: processors: half of the time is waiting, for flushes, servers and browsers.
WORKERS = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")

#: What `test --engine postgresql` runs.
ON_POSTGRESQL = ("tests/store", "tests/actions", "tests/agents", "tests/web")

#: Everything in .venv, what came along with the listed packages as well.
AUDIT = ("-m", "pip_audit", "--local", "--progress-spinner", "off")
#: How pip-audit's trace names it when nobody could be asked.
NO_NETWORK = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError", "ServiceError")

BROWSER_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
BROWSER_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "{PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
    "{LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
)
PLAYWRIGHT_PATH = "from playwright.sync_api import sync_playwright as s; print(s().start().chromium.executable_path)"


def main():
    """Read the command line, do the chore, answer its exit code."""
    parser = argparse.ArgumentParser(prog="tasks.py", description="Chores of this project.", allow_abbrev=False)
    chores = parser.add_subparsers(dest="chore", metavar="CHORE")
    start = chores.add_parser("run", help="start the till; a demo shop when there is none yet", allow_abbrev=False)
    start.add_argument("--root", help="folder of config.ini, data/ and invoices/ (default: this one)")
    start.add_argument("--port", help="port to listen on (default: config.ini, 5000)")
    start.add_argument("--host", help="address to listen on (default: config.ini, 127.0.0.1)")
    start.add_argument("--setup", action="store_true", help="no demo shop: a new till asks the first questions")
    passing = {
        "test": "lint, types, import contracts and every test; further words go to pytest. --engine postgresql: the "
        "suites of store, actions, agents and web with every store on PostgreSQL",
        "lint": "ruff, mypy and the import contracts",
        "crash": "kill the real server, or cut the power (--power), and check that nothing acknowledged is lost",
        "faults": "seeded faults between the till and its books, each document once in the end; --target erpnext, qbo",
        "bench": "measure; further words name the benches",
        "prove": "the long runs of docs/proof.md",
        "load": "simulated tills that push into one hub: --tills N, --engine sqlite or postgresql",
        "audit": "known holes in the installed packages; asks the internet, so it is no part of test",
        "languages": "bring every text people read into the files of pos/locale; --check only compares",
        "package": "this program as a zip for `pos_server.py upgrade`; --wheels puts the packages in",
        "docs": "write config.ini, .env.example and docs/settings.md anew from the declarations",
    }
    for name, words in passing.items():
        chores.add_parser(name, help=words, add_help=False, allow_abbrev=False)
    options, rest = parser.parse_known_args()
    if options.chore is None:
        parser.print_help()
        return 2
    if options.chore == "run":
        if rest:
            start.error("unknown: " + " ".join(rest))
        return run(options)
    return globals()[options.chore](rest)


def run(options):
    """Start the till in this terminal. Returns when it ends."""
    prepare("run")
    words = ["serve"] if options.setup else ["serve", "--demo"]
    for name in ("root", "port", "host"):
        if getattr(options, name):
            words += ["--" + name, getattr(options, name)]
    command = [str(PYTHON), str(HERE / "pos_server.py"), *words]
    sys.stdout.flush()
    if not WINDOWS:
        os.execv(command[0], command)  # the till takes our place, so signals reach it
    server = subprocess.Popen(command)
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # the till got the same Ctrl-C and is on its way out


def test(rest):
    """Everything that must be green, then a table of what ran and how long it took."""
    prepare("test")
    if rest[:2] == ["--engine", "postgresql"]:
        return on_postgresql(rest[2:])
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = compile_once(environ)
    results = [check(title, command) for title, command in LINT]
    compiled.wait()
    browser, why_not = find_browser()
    if browser:
        environ["CHROMIUM"] = browser
        print(f"Browser tests use {browser}")
    elif environ.get("TILLKEEP_REQUIRE_BROWSER"):
        print(f"Browser tests are required here, and there is no Chromium. {why_not}")
        results.append(("browser", 1, 0.0))
    else:
        environ["TILLKEEP_NO_BROWSER"] = why_not
    results.append(check("tests (pytest)", ("-m", "pytest", *WORKERS, *rest), environ))
    return summary(results, "" if browser else "SKIPPED: the browser tests. " + why_not)


def compile_once(environ):
    """Start compiling code and tests for all workers and every till they start; each would do it for itself otherwise.

    What is wrong with them the tests themselves say.
    """
    command = [str(PYTHON), "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return subprocess.Popen(command, cwd=str(HERE), env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def on_postgresql(rest):
    """The suites that stand on a store, with every store on PostgreSQL: each test has a fresh database there."""
    environ = {**os.environ, "TILLKEEP_STORE": "postgresql", "TILLKEEP_REQUIRE_HUB": "1", "TILLKEEP_NO_BROWSER": "1"}
    command = ("-m", "pytest", *WORKERS, *(rest or ON_POSTGRESQL))
    return summary([check("tests on PostgreSQL", command, environ)], "")


def lint(rest):
    """The quick checks only."""
    prepare("test")
    if rest:
        sys.exit("lint takes no further words")
    return summary([check(title, command) for title, command in LINT], "")


def crash(rest):
    """`crash --runs N [--seed S] [--power]`: see tests/crash."""
    return module("tests.crash", rest)


def faults(rest):
    """`faults [--target qbo] --runs N [--seed S]`: see tests/contract/faults.py and qbo_faults.py."""
    words, target = list(rest), "erpnext"
    if "--target" in words:
        at = words.index("--target")
        target = "".join(words[at + 1 : at + 2])
        del words[at : at + 2]
    runs = {"erpnext": "tests.contract.faults", "qbo": "tests.contract.qbo_faults"}
    if target not in runs:
        sys.exit("--target is erpnext or qbo")
    return module(runs[target], words)


def bench(rest):
    """`bench [NAME …]`: see tests/bench."""
    return module("tests.bench", rest)


def prove(rest):
    """The long runs, each with its seed: see tests/prove.py."""
    return module("tests.prove", rest)


def load(rest):
    """`load --tills N [--engine postgresql]`: see tests/hub_load.py."""
    return module("tests.hub_load", rest)


def docs(rest):
    """Write what is made from the declarations in pos/sections.py."""
    return module("pos.cli.reference", rest, "run")


def package(rest):
    """`package [--out FILE] [--wheels]`: see pos/cli/package.py."""
    return module("pos.cli.package", rest, "run")


def audit(rest):
    """`audit [words of pip-audit]`: 0 = no known hole, 1 = some, each with what mends it, 2 = nothing was compared."""
    prepare("test")
    done = subprocess.run([str(PYTHON), *AUDIT, *rest], cwd=str(HERE), stderr=subprocess.PIPE)
    words = done.stderr.decode(errors="replace")
    if done.returncode and any(mark in words for mark in NO_NETWORK):
        print("Nothing was compared: what holes are known stands on the internet, and this machine does not reach it.")
        print("Run it where there is a way out, or name one: HTTPS_PROXY=http://… python3 tasks.py audit")
        return 2
    sys.stderr.write(words)
    return done.returncode


def languages(rest):
    """Texts out of templates, scripts and Python into pos/locale; see docs/languages.md."""
    return module("pos.cli.languages", rest, "run")


def module(name, rest, needs="test"):
    """Run one module of this project inside the .venv."""
    prepare(needs)
    return subprocess.call([str(PYTHON), "-m", name, *rest], cwd=str(HERE))


def check(title, command, environ=None):
    """One step of lint or test: its title, exit code and seconds."""
    print(f"\n== {title}", flush=True)
    began = time.monotonic()
    code = subprocess.call([str(PYTHON), *command], cwd=str(HERE), env=environ)
    return title, code, time.monotonic() - began


def summary(results, note):
    """Print one row per step. 0 when all are green, else 1."""
    failed = any(code for _, code, _ in results)
    print(f"\n{'step':<20} {'result':<7} {'seconds':>8}")
    for title, code, seconds in [*results, ("all", failed, sum(row[2] for row in results))]:
        print(f"{title:<20} {'FAILED' if code else 'ok':<7} {seconds:>8.1f}")
    if note:
        print(note)
    return 1 if failed else 0


def prepare(purpose):
    """Make .venv hold what `purpose` needs. No network is touched when the lists have not changed."""
    files = REQUIREMENTS[purpose]
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in files)).hexdigest()
    if not works():
        shutil.rmtree(str(VENV), ignore_errors=True)
        print("Making .venv ...", flush=True)
        if subprocess.call([sys.executable, "-m", "venv", str(VENV)], stdout=subprocess.DEVNULL) or not works():
            sys.exit("Python could not make .venv; on Debian or Ubuntu install its part: apt install python3-venv")
    done = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if done.get(purpose) == digest:
        return
    print(f"Installing the packages listed in {files[-1]} ...", flush=True)
    if subprocess.call([str(PYTHON), *PIP, "-r", str(HERE / files[-1])]):
        sys.exit(
            "The packages could not be installed (see above). Once this machine is on the internet, run this again."
        )
    for name, listed in REQUIREMENTS.items():
        if set(listed) <= set(files):
            done[name] = hashlib.sha256(b"".join((HERE / f).read_bytes() for f in listed)).hexdigest()
    STAMP.write_text(json.dumps(done))


def works():
    """Is there a .venv whose Python starts and is new enough?"""
    if not PYTHON.exists():
        return False
    probe = f"import sys, pip; sys.exit(sys.version_info < {NEEDED})"
    return subprocess.call([str(PYTHON), "-c", probe], stderr=subprocess.DEVNULL) == 0


def find_browser():
    """(path of a Chromium, "") or ("", one sentence how to get one). Asks Playwright's installer when none is there."""
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        return (found, "") if found else ("", f"CHROMIUM names {named}, which cannot be started.")
    for name in BROWSER_NAMES:
        found = shutil.which(name)
        if found:
            return found, ""
    for path in BROWSER_PATHS:
        try:
            filled = path.format(**os.environ)
        except (KeyError, ValueError):
            continue
        if Path(filled).exists():
            return filled, ""
    return playwrights_own()


def playwrights_own():
    """Playwright's Chromium, fetched once when it is missing; never with more rights than we have."""
    path = ask(("-c", PLAYWRIGHT_PATH), 60)
    if not (path and Path(path).exists()):
        print("No Chromium here; asking Playwright's installer for one ...", flush=True)
        ask(("-m", "playwright", "install", "chromium"), 600)
        path = ask(("-c", PLAYWRIGHT_PATH), 60)
    if path and Path(path).exists() and (WINDOWS or ask((path, "--version"), 60, python=False)):
        return path, ""
    return "", f"Install Chromium or Chrome, or name one in CHROMIUM, or run: {PYTHON} -m playwright install chromium"


def ask(command, seconds, python=True):
    """What a command prints, or nothing when it fails or takes too long."""
    words = ([str(PYTHON)] if python else []) + list(command)
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(1)
