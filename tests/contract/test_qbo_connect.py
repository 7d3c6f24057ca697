"""The sign-in to QuickBooks Online against the emulator: begun, come back, never mixed up, taken back."""

from __future__ import annotations

import json
import logging
import os
import stat
from datetime import timedelta

import pytest

import agents
from pos import clock
from pos import config as settings
from pos.actions import qbo_alive, qbo_connect, qbo_standing
from pos.connectors.qbo import discovery
from pos.errors import Conflict, Invalid, NotFound, SignInNeeded
from pos.runner import Runner
from pos.store import companies, connections, notices, qbo_tokens
from pos.store.db import Store
from pos.store.models import Cursor
from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops
from tests.contract.qbo_sites import Site
from tests.contract.qbo_tills import ANN, COOKIE, agreed, begun, kept
from tests.contract.qbo_tills import site as site
from tests.contract.qbo_tills import till as till

# -- to and fro --------------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
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


@pytest.mark.both_engines
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
    assert [(line.id, line.company) for line in connections.lines(till)] == [
        ("quickbooks", "main"), ("quickbooks-north", "north"),
    ]  # fmt: skip
    connections.sync(till, [])
    qbo_connect.prepare(till, till.config)
    both = ["quickbooks", "quickbooks-north"]
    assert [line.id for line in connections.lines(till)] == both, "after a start without and with keys"
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


def test_agents_of_a_company_connected_later_need_no_new_start(site: Site, till: Store) -> None:
    companies.add(till, "north", "North Ltd", "7")
    runner = Runner(till, till.config, agents.of(till.config), role="agents")
    with pytest.raises(NotFound):
        runner.run_now("sync_out", "quickbooks-north")
    agreed(site, till, qbo_shops.US, "north")
    runner.ring("connections")
    runner._pass_on_events()
    runner.run_now("sync_out", "quickbooks-north")
