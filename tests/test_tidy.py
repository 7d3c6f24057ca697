"""The rules of this code base that a machine can hold: sizes, words with a better home, nothing forgotten."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPO

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
AGENT_LINES_MAX = 150
SWITCH_LINES_MAX = 120
JAVASCRIPT_LINES_MAX = 400

#: A word -> the files that may hold it. A path that ends in / is a folder.
HOMES = {
    r"\bfloat\(": ("pos/rules/money.py", "tests/"),
    r"(?<![\w.])round\(": ("pos/rules/money.py", "tests/"),
    r"\.quantize\(": ("pos/rules/money.py", "tests/"),
    r"\bdatetime\.(now|utcnow|today)\(": ("pos/clock.py", "tests/"),
    r"\bdate\.today\(": ("pos/clock.py", "tests/"),
    r"\btime\.(time|time_ns)\(": ("pos/clock.py", "tests/"),
    r"^\s*(import requests|from requests)\b": ("pos/http.py", "tests/"),
    r"^\s*(import (sqlite3|peewee|psycopg)|from (sqlite3|peewee|playhouse|psycopg)\b)": ("pos/store/", "tests/"),
    r"^\s*(import (huey|redis)|from (huey|redis)\b)": ("pos/queue.py", "tests/"),
    r"\bexcept\s*((Exception|BaseException)(\s+as\s+\w+)?)?\s*:": (
        "pos/runner.py",
        "pos/queue.py",
        "pos/web/errors.py",
        "tests/",
    ),
    r"\byaml\.load\(|\bpickle\.|\beval\(|\bexec\(": (),
    r"\bos\.(rename|fsync|replace)\(": ("pos/store/disk.py", "tests/"),
}

#: Words of unfinished work, and drawers without a noun.
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplemented|(?i:\bnot implemented\b|coming soon)")
DRAWERS = {"utils", "util", "common", "core", "helpers", "helper", "misc", "lib"}


def kept() -> list[Path]:
    """Every file git keeps or would keep, so that a forgotten `git add` is judged too."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=REPO, capture_output=True, text=True, check=False
    )
    if listed.returncode:  # an unpacked archive has no git
        skip = {".venv", ".git", "data", "invoices", "backups", "__pycache__"}
        return [p for p in REPO.rglob("*") if p.is_file() and not skip & set(p.relative_to(REPO).parts)]
    return [REPO / name for name in listed.stdout.splitlines() if (REPO / name).is_file()]


FILES = kept()
PYTHON = [p for p in FILES if p.suffix == ".py"]
OURS = [
    p for p in FILES if p.suffix in {".py", ".js", ".css", ".html", ".md", ".ini", ".toml", ".yml", ".txt", ".json"}
]
OURS = [p for p in OURS if "static/lib/" not in p.as_posix()]


def name(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Told:
    """What is asked of a parsed file: its docstring, its functions (line, name, length) and the lines of its prose.
    The trees of all files together would be a gigabyte."""

    doc: str | None
    functions: tuple[tuple[int, str, int], ...]
    prose: frozenset[int]


@cache
def told(path: Path) -> Told:
    functions, prose, tree = [], set[int](), ast.parse(text(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.append((node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1))
    return Told(ast.get_docstring(tree), tuple(functions), frozenset(prose))


def code_lines(path: Path) -> list[tuple[int, str]]:
    """Lines without those inside docstrings and without comments: prose may name what code may not."""
    prose = told(path).prose
    lines = enumerate(text(path).splitlines(), start=1)
    return [(at, re.sub(r"(^|\s)#.*$", "", line)) for at, line in lines if at not in prose]


def found_in(path: Path, words: re.Pattern[str], *, code: bool = False) -> list[str]:
    """Where a file has these words, each line with its place; code: not where it only speaks of them."""
    if not re.search(words.pattern, text(path), words.flags | re.MULTILINE):
        return []  # most files: one look at the whole instead of one at each line
    lines = code_lines(path) if code else enumerate(text(path).splitlines(), start=1)
    return [f"{name(path)}:{at} {line.strip()}" for at, line in lines if words.search(line)]


def at_home(path: Path, homes: tuple[str, ...]) -> bool:
    return any(name(path).startswith(home) if home.endswith("/") else name(path) == home for home in homes)


def test_no_module_is_longer_than_its_budget() -> None:
    budgets = {"pos_server.py": SWITCH_LINES_MAX}
    over = []
    for path in PYTHON:
        budget = budgets.get(name(path), AGENT_LINES_MAX if name(path).startswith("agents/") else MODULE_LINES_MAX)
        lines = len(text(path).splitlines())
        if lines > budget:
            over.append(f"{name(path)}: {lines} lines, budget {budget}; find the second noun in it")
    assert over == []


def test_no_script_of_the_page_is_longer_than_its_budget() -> None:
    scripts = [p for p in OURS if p.suffix == ".js"]
    assert [
        f"{name(p)}: {len(text(p).splitlines())}" for p in scripts if len(text(p).splitlines()) > JAVASCRIPT_LINES_MAX
    ] == []


def test_every_function_fits_a_screen() -> None:
    over = []
    for path in PYTHON:
        for at, function, lines in told(path).functions:
            if lines > FUNCTION_LINES_MAX:
                over.append(f"{name(path)}:{at} {function}: {lines} lines")
    assert over == []


@pytest.mark.parametrize("pattern", HOMES)
def test_a_word_with_a_better_home_stays_there(pattern: str) -> None:
    found = []
    for path in PYTHON:
        if name(path) == "tasks.py" or at_home(path, HOMES[pattern]):
            continue
        found += found_in(path, re.compile(pattern), code=True)
    assert found == []


def test_the_page_never_computes_money() -> None:
    words = re.compile(r"parseFloat|\.toFixed\(")
    found = []
    for path in OURS:
        if path.suffix == ".js" and name(path).startswith("static/"):
            found += found_in(path, words)
    assert found == [], "the server adds up and formats"


def test_templates_hold_no_inline_style_script_or_handler() -> None:
    """The content security policy refuses them, so they would silently do nothing."""
    bad = re.compile(
        r"\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|javascript:",
        re.IGNORECASE,
    )
    found = []
    for path in OURS:
        if path.suffix == ".html" and name(path).startswith("templates/"):
            found += found_in(path, bad)
    assert found == []


def test_all_assets_are_local() -> None:
    """The till works with no internet from the first second."""
    bad = re.compile(
        r"(src|href)\s*=\s*[\"'](https?:)?//|@import\s+url\((https?:)?//|url\([\"']?(https?:)?//|from\s+[\"']https?:"
    )
    found = []
    for path in OURS:
        if path.suffix in {".html", ".css", ".js"} and name(path).startswith(("templates/", "static/")):
            found += found_in(path, bad)
    assert found == []


def test_nothing_is_marked_as_unfinished() -> None:
    found = []
    for path in OURS:
        if name(path) == "tests/test_tidy.py":
            continue
        found += found_in(path, UNFINISHED)
    assert found == []


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    machine = re.compile(r"/" + r"work/|/home/\w+/|/Users/\w+/|[A-Z]:\\Users\\")
    found = []
    for path in OURS:
        found += found_in(path, machine)
    assert found == []


def test_no_drawer_without_a_noun() -> None:
    assert [name(p) for p in PYTHON if p.stem in DRAWERS or DRAWERS & set(p.relative_to(REPO).parts[:-1])] == []


def test_every_rule_has_its_test() -> None:
    rules = [p.stem for p in PYTHON if name(p).startswith("pos/rules/") and p.stem != "__init__"]
    assert rules, "pos/rules is empty?"
    tested = {p.stem.removeprefix("test_") for p in PYTHON if name(p).startswith("tests/rules/test_")}
    assert sorted(set(rules) - tested) == []


def test_every_agent_is_in_the_list_and_says_what_it_touches() -> None:
    import agents

    files = {p.stem for p in PYTHON if name(p).startswith("agents/") and p.stem != "__init__"}
    assert files == {agent.name for agent in agents.AGENTS}
    for stem in sorted(files):
        head = ast.get_docstring(ast.parse(text(REPO / "agents" / f"{stem}.py"))) or ""
        for word in ("Reads:", "Writes:", "Talks to:", "If it fails:"):
            assert word in head, f"agents/{stem}.py: its docstring lacks {word!r}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [name(p) for p in PYTHON if text(p).strip() and not told(p).doc]
    assert silent == []


def test_nothing_prints_but_the_command_line() -> None:
    found = []
    for path in PYTHON:
        if name(path).startswith(("pos/", "agents/")) and not name(path).startswith("pos/cli/"):
            found += found_in(path, re.compile(r"(?<![\w.])print\("), code=True)
    assert found == []


def test_only_the_folders_of_the_plan_stand_at_the_top() -> None:
    top = {p.relative_to(REPO).parts[0] for p in FILES}
    fixed = {"agents", "static", "templates", "invoices", "backups", "config.ini", "requirements.txt", "tests"}
    assert {"pos_server.py", *fixed} <= top
    program = {
        "pos",
        "docs",
        "deploy",
        ".ci",
        ".github",
        "pyproject.toml",
        "tasks.py",
        "requirements-dev.txt",
        "requirements-hub.txt",
        "requirements-conductor.txt",
    }
    words = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", ".gitignore", ".gitattributes", ".env.example"}
    assert top - {"pos_server.py", *fixed} - program - words == set()


@pytest.mark.parametrize("name", ["tasks.py", "pos_server.py"])
def test_what_is_started_by_hand_parses_on_a_python_too_old_to_run_it(name: str) -> None:
    """It must live long enough to refuse that Python in one line."""
    ast.parse(text(REPO / name), feature_version=(3, 6))
    assert "from __future__" not in text(REPO / name)
