"""Nothing the product has is missing in the docs, and nothing the docs name is missing in the product."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import metadata
from pathlib import Path

import pytest

from pos import cli, config
from tests.conftest import REPO

PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])
DOCS = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
CODE = re.compile(r"```.*?```", re.DOTALL)
#: What is made while the till runs, or stands for any such file.
MADE = re.compile(r"^(data|backups|\.venv|venv)(/|\\|$)|[*<>{}…$]|YYYY|^invoices/.+|FILE|NAME|DIR\b|\.env$")
A_FOLDER = r"(?:pos|tests|docs|agents|templates|static|\.ci|\.github|invoices|backups|data)/[^`\s]*"
A_FILE = r"[\w.-]+\.(?:py|md|ini|toml|txt|json|yml)"
A_PATH = re.compile(f"`({A_FOLDER}|{A_FILE})`")


def headings(text: str) -> set[str]:
    """Anchors as the common viewers make them."""
    found = re.findall(r"^#+ +(.+?) *$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(REPO).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in headings(there.read_text(encoding="utf-8")), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(REPO).as_posix())
def test_every_file_the_docs_name_is_there(page: Path) -> None:
    missing = []
    for named in A_PATH.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        path = named.partition("::")[0].rstrip("/")
        if MADE.search(path):
            continue
        places = (REPO / path, page.parent / path, REPO / "docs" / path)
        known = any(p.exists() for p in places) or ("/" not in path and list(REPO.glob(f"[!.]*/**/{path}")))
        if not known:
            missing.append(named)
    assert missing == []


def test_every_test_the_docs_name_is_there() -> None:
    missing = []
    for path, test in re.findall(r"(tests/[\w/]+\.py)::(\w+)", DOCS):
        file = REPO / path
        if not file.exists() or f"def {test}(" not in file.read_text(encoding="utf-8"):
            missing.append(f"{path}::{test}")
    assert missing == []


def table(page: str, below: str = "") -> list[list[str]]:
    """The rows of the table of a page below a heading and above the next, its head left out."""
    text = (REPO / "docs" / page).read_text(encoding="utf-8")
    part = text[text.index(below) :]
    rows = re.findall(r"^\| (.+) \|$", part.partition("\n## ")[0] if below else part, re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[1:]]


def test_each_complaint_has_a_test_or_a_reason() -> None:
    rows = table("complaints.md")
    assert [row[0] for row in rows] == [str(n) for n in range(1, 26)]
    assert [row[0] for row in rows if "::test_" not in row[3] and "no test" not in row[2]] == []


#: Rows of the till before this one whose pitfall must not come back.
PITFALLS = [f"E-{n}" for n in (*range(10, 15), *range(30, 35), *range(40, 48), *range(70, 74), *range(90, 97))]
PITFALLS += ["E-A0", "E-A1", "E-A2"]
PITFALLS += [f"U-{n:02}" for n in (*range(1, 11), 13, 14, 16, 17, 18, 19, 30, 31, 32, 35, 36)]


def test_each_pitfall_has_a_test() -> None:
    rows = table("features.md", "## Pitfalls")
    assert [row[0] for row in rows if "::test_" not in row[2]] == []
    named = {name for row in rows for name in row[0].split(", ")}
    assert sorted(set(PITFALLS) - named) == []


#: Rows of the connections to QuickBooks Online before this one; the page says which of them are not built.
QUICKBOOKS = [f"C-{n:02}" for n in (7, 8, *range(10, 18))]
QUICKBOOKS += [f"Q-{n:02}" for n in (*range(1, 9), *range(10, 18), *range(21, 30))]
#: Rows of the program of runs before this one that name a pitfall, or have no words of their own for it.
RUNS = [f"C-{n}" for n in ("4A", "4B", "4C", "4D", "4E", "4F")] + [
    f"C-{n:02}" for n in (*range(1, 7), 9, *range(20, 57))
]  # fmt: skip


def test_each_pitfall_of_quickbooks_has_a_test() -> None:
    rows = table("features.md", "## Pitfalls of the QuickBooks connections")
    assert [row[0] for row in rows if "::test_" not in row[2]] == []
    named = {name for row in rows for name in row[0].split(", ")}
    assert sorted(set(QUICKBOOKS) - named) == []
    assert sorted(named - set(QUICKBOOKS) - set(RUNS)) == [], "no such row"


#: The routes of the office system whose connection to QuickBooks this one takes over, as its document lists them.
DOCUMENTED = ("status", "auth-url", "callback", "disconnect", "sync/pull", "sync/push", "jobs", "jobs/:id",
              "jobs/trigger", "worker/status")  # fmt: skip


def test_every_documented_route_of_quickbooks_is_there(shop: config.Config) -> None:
    """With the methods it was documented with; the seed itself is read where it is here."""
    from pos.app import create_app

    app = create_app(shop)
    try:
        ours = {(method, re.sub(r"<[^>]+>", ":id", str(rule.rule))) for rule in app.flask.url_map.iter_rules()
                for method in rule.methods or ()}  # fmt: skip
    finally:
        app.stop()
    base = "/api/integrations/quickbooks/"
    posts = {"disconnect", "sync/pull", "sync/push", "jobs/trigger"}
    wanted = {("POST" if name in posts else "GET", base + name) for name in DOCUMENTED}
    assert sorted(wanted - ours) == []
    assert ("GET", "/settings/integrations") in ours
    seed = next(iter((REPO.parent / "shared" / "seeds").glob("004_*.txt")), None)
    if seed is not None:
        told = set(re.findall(rf"^ *- (GET|POST) `({base}[\w/:-]+)`", seed.read_text(encoding="utf-8"), re.MULTILINE))
        assert told == wanted


STATES_OF_A_SIGN_IN = ("connected", "refresh_expiring", "needs_reauth", "refresh_expired", "missing_refresh_token",
                       "missing_tokens")  # fmt: skip


def test_the_states_and_numbers_of_quickbooks_are_the_documented_ones() -> None:
    from pos.actions import qbo_worker
    from pos.rules import booknumbers, oauth
    from pos.store import sync_jobs

    page = (REPO / "docs" / "quickbooks-online.md").read_text(encoding="utf-8")
    assert set(oauth.STATES) == set(STATES_OF_A_SIGN_IN)
    assert [name for name in oauth.STATES if f"`{name}`" not in page] == []
    assert sync_jobs.STATES == ("pending", "processing", "synced", "error", "skipped")
    assert set(sync_jobs.RESOURCES) == {"customers", "items", "invoices", "orders", "payments"}
    assert (oauth.EARLY.total_seconds(), qbo_worker.POLL_SECONDS, booknumbers.NUMBER_MAX) == (300, 30, 21)


RUNBOOK = (
    "Network", "Credentials", "Files or database lost", "Money differs", "Stuck documents", "Printer", "Disk and clock",
    "Backup", "Upgrade", "Vouchers", "People",
)  # fmt: skip


def test_each_row_of_the_runbook_names_what_is_there_and_a_test(
    shop: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its screens are routes, its commands have these acts and options; tests are looked for by the test above."""
    from pos.app import create_app

    page = (REPO / "docs" / "runbook.md").read_text(encoding="utf-8")
    groups = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert tuple(groups) == RUNBOOK
    app = create_app(shop)
    routes = {str(rule.rule) for rule in app.flask.url_map.iter_rules()}
    app.stop()
    commands = {command.name for command in cli.COMMANDS}
    for group in groups:
        text = page[page.index(f"## {group}\n") + 3 :].partition("\n## ")[0]
        rows = [row.split(" | ") for row in re.findall(r"^\| (.+) \|$", text, re.MULTILINE)][1:]
        assert len(rows) >= 4, group
        for row in rows:
            assert len(row) == 4, row
            assert re.fullmatch(r"`tests/[\w/]+\.py::test_\w+`", row[3]), row
            named = re.findall(r"`([^`]+)`", row[1])
            screens = [word for word in named if word.startswith("/")]
            typed = [word for word in named if word.split()[0] in commands]
            assert screens or typed, row
            assert [word for word in screens if word not in routes] == []
            for words in typed:
                _exists(words.split(), capsys)


def _exists(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command with these words has such an act, and each option of them."""
    act = [word for word in words[1:2] if word.islower() and not word.startswith("-")]
    with pytest.raises(SystemExit) as ended:
        cli.main([words[0], *act, "--help"], REPO)
    told = capsys.readouterr()
    assert not ended.value.code, f"{words}: {told.err}"
    assert [word for word in words if word.startswith("--") and word not in told.out] == [], words


def test_every_page_is_in_the_index() -> None:
    index = (REPO / "docs" / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in (REPO / "docs").glob("*.md") if p.name != "README.md" and f"({p.name})" not in index] == []


def test_every_setting_is_documented() -> None:
    page = (REPO / "docs" / "settings.md").read_text(encoding="utf-8")
    for section, cls in config.GROUPS.items():
        assert f"## [{section}]" in page
        for f in fields(cls):
            assert f"| `{f.name}` |" in page, f"[{section}] {f.name}"
            assert f"`{config.environment_name(section, f)}`" in page


def test_every_command_and_its_words_are_in_the_operations_page() -> None:
    page = (REPO / "docs" / "operations.md").read_text(encoding="utf-8")
    for command in cli.COMMANDS:
        assert re.search(rf"`{command.name}\b", page), command.name
    for act in ("user add", "user pin", "user list", "token add", "token revoke", "device add", "erpnext setup"):
        assert f"`{act}" in page, act


def test_every_task_is_documented() -> None:
    tasks = (REPO / "tasks.py").read_text(encoding="utf-8")
    for task in re.findall(r"^def (run|test|lint|crash|faults|bench|prove|audit|docs)\(", tasks, re.MULTILINE):
        assert f"tasks.py {task}" in DOCS, task


def test_every_route_is_documented(shop: config.Config) -> None:
    from pos.app import create_app

    page = "".join((REPO / "docs" / name).read_text(encoding="utf-8") for name in ("architecture.md", "api.md"))
    page = re.sub(r"\b(GET|POST|PUT|DELETE) ", "", page)
    app = create_app(shop)
    try:
        routes = {str(rule.rule) for rule in app.flask.url_map.iter_rules() if rule.endpoint != "static"}
    finally:
        app.stop()
    plain = {r: re.sub(r"<\w+:", "<", r) for r in routes}
    assert sorted(r for r in routes if not re.search(rf"{re.escape(plain[r])}(?![\w/<-])", page)) == []


def test_every_agent_and_connector_is_documented() -> None:
    from agents import AGENTS
    from pos.connectors import KINDS

    page = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [a.name for a in AGENTS if f"`{a.name}`" not in page] == []
    assert [k.name for k in KINDS if f"`{k.name}`" not in page] == []


def test_every_dependency_says_what_it_is_for() -> None:
    page = (REPO / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for file in ("requirements.txt", "requirements-hub.txt", "requirements-conductor.txt", "requirements-dev.txt"):
        for line in (REPO / file).read_text(encoding="utf-8").splitlines():
            package = re.match(r"[A-Za-z0-9_.-]+", line)
            if package and not line.startswith("-"):
                assert re.search(rf"\b{re.escape(package.group())}\b", page), package.group()


def test_every_requirement_is_pinned_and_what_is_installed_here() -> None:
    for file in ("requirements.txt", "requirements-hub.txt", "requirements-conductor.txt", "requirements-dev.txt"):
        for line in (REPO / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-")):
                name, _, version = line.partition("==")
                name = name.partition("[")[0]
                assert version, f"{file}: {line} is not pinned"
                assert metadata.version(name) == version, f"{line} is not what is installed: python3 tasks.py test"
