"""Who comes in as a Web Connector, what trouble looks like, and bytes of whoever means no good."""

from __future__ import annotations

from typing import Any

import pytest
import zeep
from lxml import etree

from pos import clock
from pos.actions import qbd_door, qbd_session
from pos.app import App
from pos.errors import CannotSave
from pos.rules import soap
from pos.store import notices, qbd_companies, qbd_tickets
from pos.store.models import QbdTicket
from pos.web import qbwc
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_forms import SCHEMAS
from tests.contract.emulators.desktop_line import Inside, Line
from tests.web.conftest import Page
from tests.web.qbwc.calls import MAIN, PASSWORD, URL, USER, Time, ask, bring, from_address, post, sign_in, states, work

# -- who comes in ------------------------------------------------------------------------------------------------------


def test_wrong_user_and_wrong_password_look_the_same_and_are_the_same_work(
    till: App, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(till)
    looked: list[str] = []
    real = qbd_companies.PASSWORDS._matches

    def seen(_self: Any, hashed: str, given: str) -> bool:
        looked.append(hashed.rsplit("$", 2)[0])
        return real(hashed, given)

    monkeypatch.setattr(type(qbd_companies.PASSWORDS), "_matches", seen)
    wrong_user, wrong_password = sign_in(line, "nobody"), sign_in(line, USER, "guessed")
    assert wrong_user[1] == wrong_password[1] == "nvu" and len(wrong_user[0]) == len(wrong_password[0])
    assert len(looked) == 2 and looked[0] == looked[1]  # one hash each, with the same parameters
    assert sign_in(line, "", "")[1] == sign_in(line, USER, "")[1] == sign_in(line, USER, "x" * 100_000)[1] == "nvu"
    assert len(looked) == 5
    assert QbdTicket.select().count() == 0


def test_a_door_that_is_shut_is_shut_for_that_user_from_there_alone(till: App, time: Time) -> None:
    here, there = (Line(URL, from_address(till, address)) for address in ("192.0.2.1", "192.0.2.2"))
    other = qbd_companies.add(till.store, "north", "north", "another password", "test")[0]
    work(till)
    work(till, 1, other.connection)
    for _ in range(till.config.qbwc.wrong_tries):
        assert sign_in(here, USER, "guessed")[1] == "nvu"
    assert sign_in(here)[1] == "nvu"  # the right one is not looked at any more
    assert "192.0.2.1" in notices.open_notices(till.store, prefix="qbwc-refused")[0].text
    assert sign_in(here, "north", "another password")[1] == ""  # another company from the same address
    assert sign_in(there)[1] == ""  # its own machine


def test_guesses_from_everywhere_do_not_shut_out_the_companys_own_machine(till: App) -> None:
    door, store = qbd_door.Door(), till.store
    with store.transaction():
        qbd_tickets.begin(store, MAIN, USER, "192.0.2.9", clock.now(), client_version="", company_file="")
    for n in range(till.config.qbwc.wrong_tries * qbd_door.FROM_ANYWHERE):
        assert door.let_in(store, USER, "guessed", f"198.51.100.{n}") is None
    assert door.let_in(store, USER, PASSWORD, "203.0.113.1") is None
    assert door.let_in(store, USER, PASSWORD, "192.0.2.9") is not None


def test_counts_are_forgotten_after_a_while_and_never_grow_without_end(
    till: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, moment = qbd_door.Door(), [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: moment[0])
    monkeypatch.setattr(qbd_door, "COUNTED_MAX", 50)
    for _ in range(20):
        door.let_in(till.store, USER, "guessed", "a")
    assert door.let_in(till.store, USER, PASSWORD, "a") is None
    moment[0] += qbd_door.WITHIN_SECONDS + 1
    assert door.let_in(till.store, USER, PASSWORD, "a") is not None
    for n in range(100):
        door.let_in(till.store, f"u{n}", "guessed", "b")
    assert len(door._counts) <= 50


def test_so_many_at_once_are_told_to_come_later(till: App, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_given: Any) -> None:
        raise qbd_door.Busy

    monkeypatch.setattr(qbd_door.Door, "let_in", busy)
    assert sign_in(line)[1] == "busy"


# -- trouble of our own ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [CannotSave("The disk is full."), RuntimeError("a bug")])
def test_trouble_is_told_within_the_protocol(
    till: App, line: Line, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_given: Any) -> None:
        raise error

    monkeypatch.setattr(qbd_session, "_OPERATIONS", dict.fromkeys(soap.OPERATIONS, fails))
    assert sign_in(line)[1] == "busy"
    assert ask(line, "t", None) == ""
    assert bring(line, "t", "") == -1
    assert line.call("connectionError", ticket="t", hresult="", message="") == "done"
    assert "log" in line.call("getLastError", ticket="t")
    assert line.call("closeConnection", ticket="t") == "OK"
    assert line.complaints == []


def test_an_answer_that_cannot_be_booked_is_said_to_be_an_error(
    till: App, line: Line, file: CompanyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: Any) -> None:
        raise CannotSave("The disk is full.")

    work(till)
    ticket = sign_in(line)[0]
    response = file.open("Tillkeep").process(ask(line, ticket, file))
    with monkeypatch.context() as patch:
        patch.setattr(qbd_session.qbd_answer, "book", fails)
        assert bring(line, ticket, response) == -1
    assert line.call("getLastError", ticket=ticket) == "The disk is full."
    assert states() == ["in_flight"]
    assert bring(line, ticket, response) == 100  # it may come again


# -- bytes -------------------------------------------------------------------------------------------------------------


def test_hostile_bytes_end_in_a_fault_and_are_counted_against_who_sent_them(till: App) -> None:
    for body in (b"", b"<a>" * 1000, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "é".encode("utf-16"), b"\0" * 10):
        answer = till.flask.test_client().post("/qbwc", data=body, content_type="text/xml", base_url="http://localhost")
        assert (answer.status_code, answer.mimetype) == (400, "text/xml")
        assert etree.fromstring(answer.data)[0][0].tag.endswith("Fault")


def test_a_body_may_be_larger_here_and_nowhere_else(till: App) -> None:
    long = "x" * (till.config.security.body_kb_max * 1024 + 1)
    assert post(till, f"<receiveResponseXML><ticket>t</ticket><response>{long}</response></receiveResponseXML>"
                 ).status_code == 200  # fmt: skip
    client = till.flask.test_client()
    most = till.config.qbwc.answer_mb_max << 20
    answer = client.post("/qbwc", base_url="http://localhost", data=b" " * (most + 1))
    assert (answer.status_code, answer.mimetype) == (413, "text/xml")


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the published descriptions are not beside the repository")
@pytest.mark.parametrize("name", ["QBWebConnectorSvc.wsdl", "QBWebConnectorSvc.classic.wsdl"])
def test_both_published_descriptions_work_with_zeep(till: App, name: str) -> None:
    transport = zeep.transports.Transport()
    transport.session.mount("http://", Inside(till.flask))
    client = zeep.Client(str(SCHEMAS / name), transport=transport)
    for binding in client.wsdl.bindings:  # one of them offers SOAP 1.2 as well
        service = client.create_service(str(binding), URL)
        given = {"strVersion": "x"} if "classic" in name and _takes(client, binding) else {}
        assert service.serverVersion(**given).startswith("Tillkeep")
        assert list(service.authenticate("a", "b"))[1] == "nvu"
        assert service.connectionError(ticket="t", hresult="0", message="") == "done"
        assert service.receiveResponseXML(ticket="t", response="<a>&", hresult="", message="") == -1


def _takes(client: zeep.Client, binding: object) -> bool:
    """Whether serverVersion is described with an input it does not have."""
    operation = client.wsdl.bindings[binding].get("serverVersion")
    return bool(operation.input.body.type.elements)


@pytest.mark.parametrize("wanted", ["?wsdl", "?WSDL", "?singleWsdl&wsdl"])
def test_our_own_description_works_with_zeep(till: App, wanted: str) -> None:
    transport = zeep.transports.Transport()
    transport.session.mount("http://", Inside(till.flask))
    client = zeep.Client(f"{URL}{wanted}", transport=transport)
    service = client.create_service(str(next(iter(client.wsdl.bindings))), URL)
    assert service.serverVersion().startswith("Tillkeep")
    assert list(service.authenticate(strUserName="a", strPassword="b"))[1] == "nvu"
    assert service.sendRequestXML("t", "", "", "", 16, 0) in ("", None)
    assert service.receiveResponseXML(ticket="t", response="", hresult="", message="") == -1
    assert service.interactiveDone(wcTicket="t") == "Done"


def test_plain_requests_are_answered_for_people(till: App) -> None:
    page = Page(till)
    for path in ("/qbwc", "/qbwc/support"):
        answer = page.client.get(path, base_url="https://till.example")
        assert answer.status_code == 200 and answer.mimetype == "text/plain" and answer.text.count("\n") == 1
    wsdl = etree.fromstring(page.client.get("/qbwc?wsdl", base_url="https://till.example").data)
    assert wsdl.xpath("//*[local-name()='address']/@location") == ["https://till.example/qbwc"]
    assert page.client.get("/qbwc", base_url="https://elsewhere.example").status_code == 400


def test_of_large_bodies_one_is_read_and_one_waits(till: App) -> None:
    long = f"<receiveResponseXML><ticket>t</ticket><response>{'x' * qbwc.LARGE_BYTES}</response></receiveResponseXML>"
    for _ in range(1 + qbwc.LARGE_WAITING):
        qbwc._large_line.acquire()
    try:
        answer = post(till, long)
        assert answer.status_code == 503 and answer.mimetype == "text/xml"
        assert post(till, "<serverVersion/>").status_code == 200  # the others go on
    finally:
        for _ in range(1 + qbwc.LARGE_WAITING):
            qbwc._large_line.release()
    assert post(till, long).status_code == 200


def test_soap_12_is_answered_in_soap_12(till: App) -> None:
    answer = post(till, "<serverVersion/>", soap.SOAP_12)
    assert answer.mimetype == "application/soap+xml"
    assert etree.fromstring(answer.data).tag == f"{{{soap.SOAP_12}}}Envelope"
