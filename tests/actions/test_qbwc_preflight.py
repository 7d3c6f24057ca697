"""The look before the first session: it tries the whole way, on the port of its own, and touches nothing."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from pos import certificate, clock, config
from pos.actions import findings_report, qbd_session, qbwc_preflight
from pos.actions.finding import Finding
from pos.app import App, create_app
from pos.http import Http
from pos.store import passwords, qbd_companies, qbd_rows, qbd_tickets
from pos.store.models import QbdTicket, QbdWork
from pos.web import qbwc
from pos.web.own_port import OwnPort


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    root = tmp_path_factory.mktemp("preflight")
    set_up = {
        "QBWC_USERNAME": "Anna & <B>",
        "QBWC_PASSWORD": "p&s<>\"']]>",
        "QBWC_APP_URL": "https://till.example/qbwc",
    }
    loaded = config.load(root, environ=set_up)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        made = create_app(loaded)
        with made.store.transaction():
            qbd_rows.put(made.store, qbd_companies.CONNECTION, "main", "ask_sites", "look", {}, [], clock.now(),
                         writes=False)  # fmt: skip
        yield made
    made.stop()


@pytest.fixture(scope="module")
def address(app: App) -> Iterator[str]:
    port = OwnPort(qbwc.only(app.flask), app.config, qbwc.large(app.store, app.config))
    port.start()
    yield f"http://localhost:{port.port}/qbwc"
    port.stop()


def look(app: App, address: str) -> dict[str, Finding]:
    return {one.name: one for one in qbwc_preflight.look(app.store, app.config, address=address)}


def test_all_passes_and_nothing_is_touched(app: App, address: str) -> None:
    before = [dict(row.__data__) for row in QbdWork.select()]
    found = look(app, address)
    assert {name: one.sentence for name, one in found.items() if one.state == "fail"} == {}
    assert len(found) == 10 and findings_report.passes(list(found.values()))
    assert [dict(row.__data__) for row in QbdWork.select()] == before  # what waits, waits
    assert QbdTicket.select().count() == 0  # and no session was opened, not even for a moment


def test_however_often_it_is_run_the_door_stays_open(app: App, address: str) -> None:
    for _ in range(app.config.qbwc.wrong_tries + 1):
        list(qbwc_preflight.look(app.store, app.config, address=address))
    door = app.flask.extensions["tillkeep.qbwc"]
    assert door.let_in(app.store, "Anna & <B>", "p&s<>\"']]>", "127.0.0.1") is not None
    assert door._counts == {}


def test_a_probe_works_once_for_its_user_and_not_for_long(app: App) -> None:
    made = qbd_tickets.make_probe(app.store, qbd_companies.CONNECTION, "u", clock.now())
    assert not qbd_tickets.is_probe(app.store, "other", made, clock.now())
    assert qbd_tickets.is_probe(app.store, "u", made, clock.now())
    assert not qbd_tickets.is_probe(app.store, "u", made, clock.now())
    old = qbd_tickets.make_probe(app.store, qbd_companies.CONNECTION, "u", datetime(2026, 1, 1, tzinfo=UTC))
    assert not qbd_tickets.is_probe(app.store, "u", old, clock.now())
    assert qbd_tickets.find(app.store, old) is None  # it is no session either


@pytest.mark.parametrize(("operation", "wrong", "check"), [
    ("_authenticate", lambda *_: ["t", "C:\\a.qbw"], "refuses"),
    ("_authenticate", lambda *_: ["t", "nvu"], "authenticate"),
    ("_send_request", lambda *_: "<?xml?>", "tickets"),
    ("_receive_response", lambda *_: 50, "tickets"),
    ("_client_version", lambda *_: "E:no", "versions"),
])  # fmt: skip
def test_what_goes_wrong_is_found(
    app: App, address: str, monkeypatch: pytest.MonkeyPatch, operation: str, wrong: object, check: str
) -> None:
    which = {"_authenticate": "authenticate", "_send_request": "sendRequestXML", "_client_version": "clientVersion",
             "_receive_response": "receiveResponseXML"}[operation]  # fmt: skip
    monkeypatch.setitem(qbd_session._OPERATIONS, which, wrong)  # type: ignore[arg-type]
    found = look(app, address)
    assert found[check].state == "fail" and found[check].remedy


def test_a_server_that_is_not_there_is_said_so(app: App) -> None:
    found = look(app, "http://localhost:9/qbwc")
    assert {found[name].state for name in ("get", "wsdl", "authenticate", "tickets")} == {"fail"}
    assert "cannot be reached" in found["get"].sentence


def test_an_address_no_web_connector_takes_is_said_so(app: App) -> None:
    assert look(app, "http://127.0.0.1:9/qbwc")["address"].state == "fail"


def test_its_own_port_answers_nothing_else(address: str) -> None:
    http = Http(address.removesuffix("/qbwc"))
    try:
        assert http.read("/qbwc").status == 200
        assert [http.read(path).status for path in ("/", "/api/session", "/qbwcx", "/live", "/health")] == [404] * 5
    finally:
        http.close()


@pytest.mark.parametrize(("answer", "state", "words"), [
    (certificate.Certificate(datetime(2027, 1, 1, tzinfo=UTC), "TLSv1.3"), "ok", "trusted for 41 days"),
    (certificate.Certificate(datetime(2026, 11, 23, tzinfo=UTC), "TLSv1.3"), "warn", "runs out in 2 days"),
    (ssl.SSLCertVerificationError(1, "certificate verify failed: Hostname mismatch"), "fail", "not trusted"),
    (OSError(111, "Connection refused"), "fail", "cannot be reached"),
])  # fmt: skip
def test_the_certificate_is_looked_at_where_there_is_one(
    app: App, monkeypatch: pytest.MonkeyPatch, answer: object, state: str, words: str
) -> None:
    def of(_host: str, _port: int) -> certificate.Certificate:
        if isinstance(answer, OSError):
            raise answer
        assert isinstance(answer, certificate.Certificate)
        return answer

    monkeypatch.setattr(certificate, "of", of)
    monkeypatch.setattr(qbwc_preflight, "_CHECKS", ())
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    (found,) = [one for one in qbwc_preflight.look(app.store, app.config, now=now) if one.name == "certificate"]
    assert found.state == state and words in found.sentence


def test_a_report_is_kept_for_people_and_for_programs(app: App, tmp_path: object) -> None:
    found = [*qbwc_preflight._settings(qbd_companies.of_company(app.store, "main"), app.config)]
    text = findings_report.markdown("Preflight", [*found, replace(found[0], state="fail", remedy="a | b")], "END")
    assert "| PASS | settings |" in text and "a \\| b" in text and text.endswith("END\n")
    assert "p&s" not in text and findings_report.view(found)["ok"] is True
