"""One look at whether everything is ready: it says no for each thing that is not, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pos import cli, config
from pos.actions import cutover, findings_report
from pos.actions.finding import Finding
from pos.app import App, create_app
from pos.cli import control
from pos.config import Config
from pos.store import companies, passwords, qbd_companies
from pos.store.models import InventoryEvent, InventoryLocation, QbdWork
from pos.web import qbwc
from pos.web.own_port import OwnPort

WRITE, ADMIN = "w" * 48, "a" * 48


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    root = tmp_path_factory.mktemp("cutover")
    set_up = {
        "QBWC_USERNAME": "shop", "QBWC_PASSWORD": "a long enough one", "QBWC_APP_URL": "https://till.example/qbwc",
        "INVENTORY_WRITE_TOKEN": WRITE, "INVENTORY_ADMIN_TOKEN": ADMIN,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        made = create_app(config.load(root, environ=set_up))
        yield made
    made.stop()


@pytest.fixture(scope="module")
def base(app: App) -> Iterator[str]:
    port = OwnPort(app.flask, app.config, qbwc.large(app.store, app.config))
    port.start()
    yield f"http://localhost:{port.port}"
    port.stop()


def look(app: App, base: str, settings: Config | None = None, at: str = "") -> list[Finding]:
    return list(cutover.look(app.store, settings or app.config, base, address=at or f"{base}/qbwc"))


def failing(found: list[Finding]) -> set[str]:
    return {one.name for one in found if one.state == "fail"}


def test_ready_is_said_when_everything_is_and_nothing_was_changed(app: App, base: str) -> None:
    def stands() -> list[object]:
        tables = (InventoryEvent, InventoryLocation, QbdWork)
        return [[dict(row.__data__) for row in table.select()] for table in tables]

    before = stands()
    found = look(app, base)
    assert {one.name: one.sentence for one in found if one.state == "fail"} == {}
    assert cutover.last_line(found) == "Cutover Ready: YES"
    names = {one.name for one in found}
    assert {"approvals", "threshold", "audit", "gate admin with its key", "qbwc authenticate", "public"} <= names
    assert stands() == before


@pytest.mark.parametrize(("changes", "said"), [
    ({"write_token": ""}, {"token env-write"}),
    ({"admin_token": "short"}, {"token env-admin"}),
    ({"admin_token": WRITE}, {"token env-write", "token env-admin"}),
    ({"approval_qty_threshold": "0.5"}, {"threshold"}),
    ({"approval_qty_threshold": "many"}, {"threshold"}),
    ({"write_token": "x" * 48}, {"gate write with its key"}),
])  # fmt: skip
def test_each_thing_that_is_not_ready_is_named(app: App, base: str, changes: dict[str, str], said: set[str]) -> None:
    settings = replace(app.config, inventory=replace(app.config.inventory, **changes))
    found = look(app, base, settings)
    assert failing(found) == said
    assert cutover.last_line(found) == "Cutover Ready: NO"


def test_approvals_that_are_off_are_not_ready(app: App, base: str) -> None:
    before = companies.kept(app.store, "main", "inventory_approvals")
    companies.keep(app.store, "main", "inventory_approvals", {"off": True, "by": "9", "reason": "stocktaking"}, before,
                   "9")  # fmt: skip
    try:
        assert failing(look(app, base)) == {"approvals"}
    finally:
        now = companies.kept(app.store, "main", "inventory_approvals")
        companies.keep(app.store, "main", "inventory_approvals", {}, now, "9")


def test_a_server_that_does_not_run_and_an_address_that_leads_nowhere_are_not_ready(app: App) -> None:
    found = look(app, "", at="https://localhost:9/qbwc")
    assert {"gates", "qbwc certificate", "qbwc get", "qbwc authenticate"} <= failing(found)


def test_a_public_address_that_shows_stock_is_found(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    class Shows:
        def __init__(self, *_given: object, **_more: object) -> None: ...
        def read(self, *_given: object) -> object:
            return type("Answer", (), {"status": 200})

        def close(self) -> None: ...

    monkeypatch.setattr(cutover, "Http", Shows)
    (found,) = cutover._public("https://till.example/qbwc")
    assert found.state == "fail"


def test_the_report_is_kept_twice_and_holds_no_secret(app: App, base: str, tmp_path: Path) -> None:
    pages = cutover.keep(tmp_path / "a" / "report.md", look(app, base), "main")
    for page in pages:
        text = page.read_text()
        assert WRITE not in text and ADMIN not in text and "a long enough one" not in text
    assert pages[0].read_text().rstrip().endswith("Cutover Ready: YES") and '"ready": true' in pages[1].read_text()


def test_the_command_ends_with_what_it_found(
    app: App, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse

    from pos.cli import inventory_cutover as command

    parser = argparse.ArgumentParser()
    command.arguments(parser)
    host, _, port = base.removeprefix("http://").partition(":")
    monkeypatch.setattr(control, "running", lambda _config: control.Running(host, int(port), 1, "key"))
    given = ["--address", f"{base}/qbwc", "--report", str(tmp_path / "r.md")]
    assert command.report(app.store, parser.parse_args(given)) == cli.OK
    assert capsys.readouterr().out.rstrip().endswith("Cutover Ready: YES")
    qbd_companies.set_enabled(app.store, "main", False, "9")
    try:
        assert command.report(app.store, parser.parse_args([*given, "--json"])) == cli.FAILED
        assert '"ready": false' in capsys.readouterr().out
    finally:
        qbd_companies.set_enabled(app.store, "main", True, "9")
    assert findings_report.lines([]) == []
