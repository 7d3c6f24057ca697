"""The sign-in to QuickBooks Online kept alive against the emulator: by one, sealed, and people are told in time."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pos import cli, clock
from pos import config as settings
from pos.actions import checks_quickbooks, qbo_alive, qbo_standing
from pos.actions.finding import Look
from pos.cli import quickbooks
from pos.connectors.qbo import discovery, oauth
from pos.errors import BadSettings, CannotSave, Conflict, Corrupt, SignInNeeded, Unavailable, Unknown
from pos.http import Http
from pos.store import notices, qbo_tokens, secrets, snapshot
from pos.store.db import Store, open_store
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site
from tests.contract.qbo_tills import agreed, expired, kept
from tests.contract.qbo_tills import site as site
from tests.contract.qbo_tills import till as till

# -- kept alive --------------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_it_is_renewed_five_minutes_early_and_kept_before_it_is_used(site: Site, till: Store) -> None:
    agreed(site, till)
    before = kept(till)
    tokens = qbo_alive.Tokens(till, till.config, "quickbooks")
    assert tokens.access() == before.access
    expired(till)
    fresh = tokens.access()
    assert fresh == kept(till).access != before.access
    assert kept(till).refresh != before.refresh
    assert tokens.access() == fresh
    assert [outcome for _realm, outcome in site.cloud.signin.refreshes] == ["given"]


def test_no_token_is_used_that_could_not_be_kept(site: Site, till: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old refresh token may be dead: whoever used the new access token first could lose the sign-in by a crash."""
    agreed(site, till)
    expired(till)

    def full(*_given: object) -> bool:
        raise CannotSave("The disk is full.")

    monkeypatch.setattr(qbo_tokens, "refreshed", full)
    monkeypatch.setattr(Http, "read", lambda *_given, **_named: pytest.fail("used before it was kept"))
    with pytest.raises(CannotSave):
        qbo_alive.client(till, till.config, "quickbooks").company()


def test_a_client_renews_what_quickbooks_refuses(site: Site, till: Store) -> None:
    agreed(site, till)
    site.cloud.signin.expire_access()
    found = qbo_alive.client(till, till.config, "quickbooks").create(
        "Customer", b'{"DisplayName": "Ana Lopez (loyalty 1)"}', "rq-renewed"
    )
    assert found["Id"]
    assert len(site.cloud.signin.refreshes) == 1


def use(root: Path, url: str, storage: str) -> None:
    """What each of several processes does: wants a good token, all at the same moment."""
    config = qbo_sites.till_config(root, url)
    store = open_store(replace(config, storage=replace(config.storage, url=storage)))
    print("ready", flush=True)
    sys.stdin.readline()
    print(qbo_alive.Tokens(store, store.config, "quickbooks").access(), flush=True)


def test_processes_and_threads_that_want_to_renew_at_once_do_it_once(site: Site, till: Store) -> None:
    """Intuit voids the winner's tokens too when two come with one value."""
    agreed(site, till)
    expired(till)
    site.cloud.signin.refresh_seconds = 0.3
    given = f"Path({str(till.config.root)!r}), {site.url!r}, {till.config.storage.url!r}"
    code = f"from tests.contract.test_qbo_alive import *; use({given})"
    others = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [one.stdout.readline() for one in others if one.stdout] == ["ready\n"] * 2
    found: list[str] = []
    here = [
        threading.Thread(target=lambda: found.append(qbo_alive.Tokens(till, till.config, "quickbooks").access()))
        for _ in range(3)
    ]
    for thread in here:
        thread.start()
    told = [one.communicate("go\n", timeout=60)[0].strip() for one in others]
    for thread in here:
        thread.join(60)
    site.cloud.signin.refresh_seconds = 0.0
    assert [outcome for _realm, outcome in site.cloud.signin.refreshes] == ["given"]
    assert {*told, *found} == {kept(till).access}
    qbo_alive.client(till, till.config, "quickbooks").ping()


class Lossy:
    """Answers of the token address are lost `times` times; `reaches`: whether they acted on the question."""

    def __init__(self, times: int, reaches: bool) -> None:
        self.left, self.reaches, self.real, self.calls = times, reaches, oauth.OAuth.refresh, 0

    def __call__(self, consent: oauth.OAuth, token: str) -> oauth.Issued:
        self.calls += 1
        if self.left:
            self.left -= 1
            if self.reaches:
                self.real(consent, token)
            raise Unknown("no answer in time", code="no_answer")
        return self.real(consent, token)


@pytest.mark.parametrize(
    ("times", "reaches", "old", "outcome"),
    [
        (1, False, "dead", "connected"),
        (1, True, "day", "connected"),
        (1, True, "dead", "needs_reauth"),
        (2, False, "dead", "connected"),
    ],
)
def test_a_lost_answer_is_asked_for_once_more_with_the_old_value(
    site: Site, till: Store, monkeypatch: pytest.MonkeyPatch, times: int, reaches: bool, old: str, outcome: str
) -> None:
    agreed(site, till)
    expired(till)
    lossy = Lossy(times, reaches)
    monkeypatch.setattr(oauth.OAuth, "refresh", lambda consent, token: lossy(consent, token))
    monkeypatch.setattr(site.cloud.signin, "old_token", old)
    tokens = qbo_alive.Tokens(till, till.config, "quickbooks")
    if outcome == "needs_reauth":
        with pytest.raises(SignInNeeded):
            tokens.access()
        now = qbo_standing.standing(till, till.config, "main")
        assert now.why == qbo_standing.REASONS["answer_lost"]
    elif times == 2:
        with pytest.raises(Unavailable):
            tokens.access()  # no line is no reason to ask a person for anything
        assert tokens.access()
    else:
        assert tokens.access()
    assert lossy.calls == min(times, 1) + 1 + (times == 2)
    assert qbo_standing.standing(till, till.config, "main").state == outcome


@pytest.mark.both_engines
def test_taken_back_at_intuit_latches_until_somebody_signs_in(site: Site, till: Store) -> None:
    agreed(site, till)
    expired(till)
    site.cloud.signin.void(qbo_shops.GB)
    ours = qbo_alive.client(till, till.config, "quickbooks")
    for _ in range(3):
        with pytest.raises(SignInNeeded):
            ours.query("Item")
    assert len(site.cloud.signin.refreshes) == 1, "no more tries until somebody signs in"
    assert qbo_standing.standing(till, till.config, "main").state == "needs_reauth"
    assert [one.key for one in notices.open_notices(till, prefix="quickbooks.")] == ["quickbooks.reauth:quickbooks"]
    assert agreed(site, till).state == "connected"
    assert notices.open_notices(till, prefix="quickbooks.") == []
    ours.query("Item")


def test_intuit_out_of_reach_changes_no_state(site: Site, till: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pitfall: a network fault while a token is renewed made every waiting row fail."""
    agreed(site, till)
    expired(till)
    monkeypatch.setattr(discovery, "_found", {})
    monkeypatch.setattr(discovery, "TOKEN", "http://127.0.0.1:1/t")
    away = settings.load(
        till.config.root,
        {
            "QUICKBOOKS_CLIENT_ID": "x",
            "QUICKBOOKS_CLIENT_SECRET": "y",
            "TILLKEEP_QUICKBOOKS_API_URL": site.url,
            "TILLKEEP_QUICKBOOKS_TOKEN_URL": "http://127.0.0.1:1/t",
        },
    )
    with pytest.raises(Unavailable):
        qbo_alive.Tokens(till, away, "quickbooks").access()
    now = qbo_standing.standing(till, till.config, "main")
    assert now.state == "connected"
    assert now.row is not None
    assert now.row.error
    assert qbo_alive.Tokens(till, till.config, "quickbooks").access()
    again = qbo_tokens.row(till, "quickbooks")
    assert again is not None
    assert again.error == ""


# -- keys --------------------------------------------------------------------------------------------------------------


def test_the_key_is_changed_and_a_lost_one_needs_a_person(site: Site, till: Store) -> None:
    agreed(site, till)
    before, pair = till.config.tokens_key_file.read_text(), kept(till)
    assert secrets.change_key(till.config, lambda: qbo_tokens.reseal(till)) == 1
    assert till.config.tokens_key_file.read_text() != before
    assert kept(till) == pair
    till.config.tokens_key_file.write_text(before)
    now = qbo_standing.standing(till, till.config, "main")
    assert (now.state, now.why) == ("needs_reauth", qbo_standing.REASONS["no_key"])
    with pytest.raises(Corrupt):
        secrets.change_key(till.config, lambda: qbo_tokens.reseal(till))
    assert before.strip() in till.config.tokens_key_file.read_text(), "no key is dropped before all is sealed anew"


def test_keys_of_the_environment_come_first_and_old_ones_still_open(till: Store) -> None:
    old, new = secrets.new_key(), secrets.new_key()

    def keyed(text: str) -> settings.Config:
        return settings.load(till.config.root, {"TILLKEEP_SECRET_KEY": text})

    sealed = secrets.seal(keyed(old), {"for": "this"}, {"token": "t"})
    assert secrets.opened(keyed(f"{new} {old}"), {"for": "this"}, sealed) == {"token": "t"}
    assert not till.config.tokens_key_file.exists()
    with pytest.raises(Corrupt):
        secrets.opened(keyed(new), {"for": "this"}, sealed)
    with pytest.raises(Corrupt):
        secrets.opened(keyed(old), {"for": "that"}, sealed)
    with pytest.raises(BadSettings):
        secrets.check(keyed("no key"))
    with pytest.raises(Conflict):
        secrets.change_key(keyed(old), lambda: 0)


# -- what people are told ----------------------------------------------------------------------------------------------


def test_the_end_is_told_in_time_and_put_off_where_it_can_be(site: Site, till: Store) -> None:
    agreed(site, till)

    def left(days: float, column: str) -> list[tuple[str, str]]:
        with till.transaction():
            moment = clock.stamp(clock.now() + timedelta(days=days, minutes=-1))
            till.execute(f"UPDATE qbo_token SET {column} = ?", (moment,))
        qbo_alive.look_after(till, till.config, "quickbooks", "main")
        return [(one.key.rsplit(":")[-1], one.level) for one in notices.open_notices(till, prefix="quickbooks.ends")]

    assert left(20, "refresh_until") == [], "a refresh put it off"
    assert [left(days, "hard_until") for days in (31, 30, 9, 7, 1)] == [
        [], [("30", "check")], [("30", "check")], [("7", "needs")], [("1", "needs")],
    ]  # fmt: skip
    assert left(-1, "hard_until") == [("1", "needs")]
    assert qbo_standing.standing(till, till.config, "main").state == "refresh_expired"
    agreed(site, till)
    assert notices.open_notices(till, prefix="quickbooks.") == []


def test_doctor_metrics_and_command_say_how_it_stands_and_ask_nobody(
    site: Site, till: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    def found() -> list[tuple[str, str]]:
        look = Look(till.config, clock.now(), till, None)
        return [(one.state, one.sentence) for one in checks_quickbooks.quickbooks(look)]

    assert [state for state, _ in found()] == ["warn"], "keys are set, nobody signed in"
    agreed(site, till)
    assert found() == [("ok", f"Finch & Marlow is connected to {site.gb.name} (sandbox).")]
    with till.transaction():
        till.execute("UPDATE qbo_token SET reauth = 'invalid_grant'")
    assert [state for state, _ in found()] == ["fail"]
    till.config.tokens_key_file.chmod(0o644)
    assert os.name == "nt" or [state for state, _ in found()] == ["fail", "fail"]
    asked = argparse.Namespace(act="status", reseal=False)
    assert quickbooks.run(argparse.Namespace(act="new-key"), till.config.root) == cli.OK
    assert quickbooks.run(asked, till.config.root) == cli.FAILED
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith(f"quickbooks: needs_reauth, {site.gb.name}, ")
    assert site.cloud.signin.refreshes == []


@pytest.mark.sqlite
def test_no_snapshot_holds_the_key_of_the_sign_ins(site: Site, till: Store, tmp_path: Path) -> None:
    """The database in it holds sealed tokens; with the key beside them they would be plain."""
    agreed(site, till)
    key = till.config.tokens_key_file.read_text().strip()
    (tmp_path / "work").mkdir()
    made = snapshot.make(till.config, tmp_path / "work", clock.now())
    plain = zlib.decompressobj(wbits=47).decompress(made.file.read_bytes())
    assert b"till.db" in plain
    assert key.encode() not in plain
    assert till.config.tokens_key_file.name.encode() not in plain
