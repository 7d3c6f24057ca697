"""The sign-in to QuickBooks Online against the emulator: begun, come back, kept alive by one, taken back."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pos import clock
from pos import config as settings
from pos.actions import qbo_alive, qbo_connect, qbo_standing
from pos.connectors.qbo import discovery, oauth
from pos.errors import BadSettings, CannotSave, Conflict, Corrupt, Invalid, NotFound, SignInNeeded, Unavailable, Unknown
from pos.http import Http
from pos.store import companies, notices, qbo_tokens, secrets
from pos.store.db import Store, open_store
from pos.store.models import Cursor
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site

ANN = ("7", "session of Ann")
COOKIE = "the browser's word"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with qbo_sites.running() as started:
        yield started


@pytest.fixture
def till(site: Site, tmp_path: Path) -> Iterator[Store]:
    site.cloud.signin.refreshes.clear()
    opened = open_store(qbo_sites.till_config(tmp_path, site.url))
    yield opened
    opened.close()


def begun(store: Store, company: str = "main") -> str:
    """The state of a new consent."""
    address = qbo_connect.begin(store, store.config, company, ANN, COOKIE)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["client_id"] == store.config.quickbooks.client_id
    assert "com.intuit.quickbooks.accounting" in asked["scope"]
    return asked["state"]


def agreed(site: Site, store: Store, realm: str = qbo_shops.GB, company: str = "main") -> qbo_standing.Standing:
    """A person agrees, and the same browser comes back."""
    state = begun(store, company)
    told = {"state": state, "realmId": realm, "code": site.cloud.signin.consent(realm, qbo_sites.REDIRECT)}
    return qbo_connect.come_back(store, store.config, told, browser=COOKIE)


def kept(store: Store) -> qbo_tokens.Pair:
    row = qbo_tokens.row(store, "quickbooks")
    assert row is not None
    pair = qbo_tokens.tokens(store, row)
    assert pair is not None
    return pair


def expired(store: Store) -> None:
    """The access token ends within five minutes."""
    soon = clock.stamp(clock.now() + timedelta(minutes=4))
    with store.transaction():
        store.execute("UPDATE qbo_token SET access_until = ?", (soon,))


# -- to and fro --------------------------------------------------------------------------------------------------------


def test_connected_named_and_sealed(site: Site, till: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    now = agreed(site, till)
    assert (now.state, now.sends) == ("connected", True)
    row = qbo_tokens.row(till, "quickbooks")
    assert row is not None
    assert (row.realm, row.environment, row.name) == (qbo_shops.GB, "sandbox", site.gb.name)
    assert row.hard_until, "the hard end was asked for"
    pair = kept(till)
    in_rows = json.dumps(
        till.execute("SELECT * FROM qbo_token").fetchall() + till.execute("SELECT * FROM audit").fetchall()
    )
    for secret in (pair.access, pair.refresh, till.config.quickbooks.client_secret):
        assert secret not in in_rows
        assert secret not in caplog.text
        assert secret not in repr(pair)
    key = till.config.tokens_key_file
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 or os.name == "nt"


def test_a_state_is_used_once_by_who_began_it(site: Site, till: Store) -> None:
    """The pitfall: a state good for 30 minutes in any browser lets somebody attach their own company here."""
    state = begun(till)
    told = {
        "state": state,
        "realmId": qbo_shops.GB,
        "code": site.cloud.signin.consent(qbo_shops.GB, qbo_sites.REDIRECT),
    }
    for browser, who in (("", ("", "")), ("another browser", ("", "")), ("", ("7", "another session")), ("", ("", ""))):
        with pytest.raises(Conflict) as caught:
            qbo_connect.come_back(till, till.config, told, browser=browser, who=who)
        assert caught.value.code == "state"
    with pytest.raises(Conflict):
        qbo_connect.come_back(till, till.config, {**told, "state": "forged"}, browser=COOKIE)
    assert qbo_connect.come_back(till, till.config, told, who=ANN).state == "connected"
    with pytest.raises(Conflict) as caught:
        qbo_connect.come_back(till, till.config, told, browser=COOKIE)
    assert caught.value.code == "state"


def test_what_was_begun_too_long_ago_or_by_who_may_no_more_is_refused(till: Store) -> None:
    told = {"state": begun(till), "realmId": qbo_shops.GB, "code": "x"}
    later = clock.now() + timedelta(minutes=qbo_tokens.STATE_MINUTES, seconds=1)
    with clock.set_to(later), pytest.raises(Conflict) as caught:
        qbo_connect.come_back(till, till.config, told, browser=COOKIE)
    assert caught.value.code == "state"
    with pytest.raises(Conflict) as caught:
        qbo_connect.come_back(till, till.config, told, browser=COOKIE, allowed=lambda _who: False)
    assert caught.value.code == "not_allowed"


def test_nothing_changes_when_nobody_agrees(site: Site, till: Store) -> None:
    for told, code in (
        ({"error": "access_denied"}, "access_denied"),
        ({"code": "c"}, "no_company"),
        ({"code": "c", "realmId": "../1"}, "no_company"),
        ({"code": "c", "realmId": "1"}, "invalid_grant"),
    ):
        with pytest.raises(Conflict) as caught:
            qbo_connect.come_back(till, till.config, {"state": begun(till), **told}, browser=COOKIE)
        assert caught.value.code == code
    assert qbo_standing.standing(till, till.config, "main").state == "missing_tokens"


def test_the_pasted_address_is_read() -> None:
    address = f"  {qbo_sites.REDIRECT}?code=AB&state=s%2Dt&realmId=12 "
    assert qbo_connect.parts_of(address) == {"code": "AB", "state": "s-t", "realmId": "12"}
    with pytest.raises(Invalid):
        qbo_connect.parts_of("https://example.com/")


# -- kept alive --------------------------------------------------------------------------------------------------------


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


def use(root: Path, url: str) -> None:
    """What each of several processes does: wants a good token, all at the same moment."""
    store = open_store(qbo_sites.till_config(root, url))
    print("ready", flush=True)
    sys.stdin.readline()
    print(qbo_alive.Tokens(store, store.config, "quickbooks").access(), flush=True)


def test_processes_and_threads_that_want_to_renew_at_once_do_it_once(site: Site, till: Store) -> None:
    """Intuit voids the winner's tokens too when two come with one value."""
    agreed(site, till)
    expired(till)
    site.cloud.signin.refresh_seconds = 0.3
    code = f"from tests.contract.test_qbo_connect import *; use(Path({str(till.config.root)!r}), {site.url!r})"
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


# -- what is never mixed -----------------------------------------------------------------------------------------------


def test_a_token_of_one_environment_never_reaches_the_other(site: Site, till: Store) -> None:
    """The pitfall: one setting for the sign-in, another for the address: production tokens at the sandbox."""
    agreed(site, till)
    around = qbo_sites.environ(
        site.url,
        TILLKEEP_QUICKBOOKS_ENVIRONMENT="production",
        TILLKEEP_QUICKBOOKS_REDIRECT_URL="https://shop.example/back",
    )
    live = settings.load(till.config.root, around)
    now = qbo_standing.standing(till, live, "main")
    assert (now.state, now.sends) == ("needs_reauth", False)
    assert "sandbox" in now.why
    with pytest.raises(SignInNeeded):
        qbo_alive.client(till, live, "quickbooks").ping()
    assert discovery.api(live.quickbooks, "sandbox") == discovery.API["sandbox"]
    with till.transaction():
        till.execute("UPDATE qbo_token SET environment = 'production'")
    assert qbo_standing.standing(till, live, "main").state == "needs_reauth", "sealed for the sandbox alone"


def test_another_company_waits_for_a_decision(site: Site, till: Store) -> None:
    """The pitfall: reconnecting to another company kept all old ids, so that updates hit foreign records."""
    agreed(site, till)
    first = kept(till)
    with till.transaction():
        Cursor.create(connection="quickbooks", feed="items", value="9")
    state = agreed(site, till, qbo_shops.US)
    assert state.row is not None
    assert (state.row.realm, state.row.held["realm"]) == (qbo_shops.GB, qbo_shops.US)
    assert kept(till) == first, "the old one goes on"
    assert notices.is_open(till, "quickbooks.company:quickbooks")
    refused = qbo_connect.decide(till, till.config, "main", False, "7").row
    assert refused is not None
    assert (refused.realm, refused.held) == (qbo_shops.GB, {})
    qbo_alive.client(till, till.config, "quickbooks").ping()
    agreed(site, till, qbo_shops.US)
    taken = qbo_connect.decide(till, till.config, "main", True, "7").row
    assert taken is not None
    assert (taken.realm, taken.name, taken.held) == (qbo_shops.US, site.us.name, {})
    assert till.execute("SELECT count(*) FROM cursor WHERE connection = 'quickbooks'").fetchone() == (0,)
    assert qbo_alive.client(till, till.config, "quickbooks").realm == qbo_shops.US
    with pytest.raises(Conflict):
        qbo_connect.decide(till, till.config, "main", True, "7")


def test_two_companies_have_two_sign_ins_and_never_one_company_there(site: Site, till: Store) -> None:
    companies.add(till, "north", "North Ltd", "7")
    agreed(site, till)
    with pytest.raises(Conflict) as caught:
        agreed(site, till, qbo_shops.GB, "north")
    assert caught.value.code == "realm_taken"
    agreed(site, till, qbo_shops.US, "north")
    assert [(one.connection, one.realm) for one in qbo_tokens.rows(till, "north")] == [
        ("quickbooks-north", qbo_shops.US)
    ]
    with till.transaction():  # somebody puts one company's sealed tokens into the other's row
        till.execute("UPDATE qbo_token SET sealed = (SELECT sealed FROM qbo_token WHERE company = 'north')")
    assert qbo_standing.standing(till, till.config, "main").state == "needs_reauth"
    assert qbo_standing.standing(till, till.config, "north").state == "connected"


# -- taken back --------------------------------------------------------------------------------------------------------


def test_disconnected_is_taken_back_there_and_forgotten_here(site: Site, till: Store) -> None:
    agreed(site, till)
    refresh = kept(till).refresh
    assert qbo_connect.disconnect(till, till.config, "main", "7")
    assert not any(grant.alive for grant in site.cloud.signin.grants if grant.refresh == refresh)
    now = qbo_standing.standing(till, till.config, "main")
    assert now.state == "missing_tokens"
    assert now.row is not None
    assert now.row.realm == qbo_shops.GB, "so that another company is noticed"
    with pytest.raises(NotFound):
        qbo_connect.disconnect(till, till.config, "main", "7")


def test_disconnected_also_when_intuit_is_out_of_reach(site: Site, till: Store) -> None:
    agreed(site, till)
    around = qbo_sites.environ(site.url, TILLKEEP_QUICKBOOKS_REVOKE_URL="http://127.0.0.1:1/revoke")
    assert not qbo_connect.disconnect(till, settings.load(till.config.root, around), "main", "7")
    assert qbo_standing.standing(till, till.config, "main").state == "missing_tokens"
    assert till.execute("SELECT sealed, held_sealed FROM qbo_token").fetchone() == ("", "")


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
