"""The Web Connector's commands: a file with ids that stay, passwords shown once, exit codes that mean what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from lxml import etree

from pos import cli, config
from pos.errors import Conflict, Invalid
from pos.store import companies, passwords, qbd_companies
from pos.store.db import open_store


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    set_up = {
        "QBWC_USERNAME": "shop",
        "QBWC_PASSWORD": "a long enough one",
        "QBWC_APP_URL": "https://till.example/qbwc",
    }
    for name, value in set_up.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    open_store(config.load(tmp_path)).close()
    return tmp_path


def run(root: Path, *words: str) -> int:
    return cli.main(["--root", str(root), "qbwc", *words], root)


def said(path: Path) -> dict[str, str]:
    return {child.tag: child.text or "" for child in etree.fromstring(path.read_bytes())}


def test_ids_are_made_once_and_a_users_own_choice_of_place_is_kept(root: Path) -> None:
    assert run(root, "qwc") == cli.OK
    first = said(root / "data" / "tillkeep.qwc")
    assert run(root, "qwc", "--output", str(root / "again" / "b.qwc")) == cli.OK
    again = said(root / "again" / "b.qwc")
    assert first == again and first["OwnerID"] != first["FileID"]


def test_an_address_nobody_could_use_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("http://till.example/qbwc", "https://192.0.2.1/qbwc", ""):
        monkeypatch.setenv("QBWC_APP_URL", address)
        with pytest.raises(Invalid):
            run(root, "qwc")
    assert not (root / "data" / "tillkeep.qwc").exists()


def test_another_company_has_its_own_user_password_and_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Conflict):
        run(root, "companies", "add", "main", "other")
    store = open_store(config.load(root))
    companies.add(store, "north", "North", "test")
    store.close()
    with pytest.raises(Conflict):
        run(root, "companies", "add", "north", "shop")
    capsys.readouterr()
    assert run(root, "companies", "add", "north", "north-shop") == cli.OK
    password = capsys.readouterr().out.split("password ")[1].split()[0]
    assert run(root, "qwc", "--company", "north", "--output", str(root / "n.qwc")) == cli.OK
    assert run(root, "qwc") == cli.OK
    mine, theirs = said(root / "data" / "tillkeep.qwc"), said(root / "n.qwc")
    assert mine["OwnerID"] == theirs["OwnerID"]  # one application
    for name in ("FileID", "UserName", "AppName", "AppUniqueName"):
        assert mine[name] != theirs[name]
    store = open_store(config.load(root))
    try:
        row = qbd_companies.of_company(store, "north")
        assert qbd_companies.matches(row, password) and not qbd_companies.matches(row, password + "x")
    finally:
        store.close()
    assert run(root, "password", "north") == cli.OK
    assert run(root, "companies", "off", "north") == cli.OK
    assert run(root, "companies", "levels", "north") == cli.OK
    capsys.readouterr()
    run(root, "companies")
    listed = capsys.readouterr().out
    assert "north: OFF" in listed and "counts as levels" in listed and "main: on" in listed and password not in listed


def test_the_first_companys_password_follows_the_settings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(root, "companies")
    with pytest.raises(Invalid):
        run(root, "password")
    monkeypatch.setenv("QBWC_PASSWORD", "quite another one")
    run(root, "companies")
    store = open_store(config.load(root))
    try:
        row = qbd_companies.of_company(store, "main")
        assert qbd_companies.matches(row, "quite another one") and not qbd_companies.matches(row, "a long enough one")
    finally:
        store.close()


@pytest.mark.parametrize("password", ["short", "probe-is-not-taken", "x" * 200])
def test_settings_that_cannot_be_right_are_refused_and_keep_no_till_from_selling(
    root: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("QBWC_PASSWORD", password)
    with pytest.raises(Invalid):
        run(root, "companies")
    store = open_store(config.load(root))
    try:
        qbd_companies.follow(store, store.config)
        assert qbd_companies.every(store) == []
    finally:
        store.close()


def test_preflight_fails_where_nothing_answers_keeps_its_report_and_changes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root, "companies")
    capsys.readouterr()
    monkeypatch.setenv("QBWC_PASSWORD", "not in force before a start")
    report = root / "report.md"
    asked = ("preflight", "--address", "http://localhost:9/qbwc", "--json", "--report", str(report))
    assert run(root, *asked) == cli.FAILED
    view = json.loads(capsys.readouterr().out)
    assert view["ok"] is False and {one["name"] for one in view["checks"]} >= {"settings", "get", "authenticate"}
    assert "Start the server anew" in json.dumps([one for one in view["checks"] if one["name"] == "settings"])
    assert report.read_text().rstrip().endswith("QBWC Preflight: FAIL")
