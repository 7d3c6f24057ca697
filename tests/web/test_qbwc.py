"""The Web Connector's door, called by a SOAP client that is not ours, by hand, and by whoever means no good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import zeep
from argon2 import PasswordHasher
from lxml import etree

from pos import clock, config
from pos.actions import qbd_door, qbd_session
from pos.app import App, create_app
from pos.errors import CannotSave
from pos.rules import soap
from pos.store import audit, companies, passwords, qbd_companies, qbd_rows, qbd_tickets
from pos.store.models import QbdCompany, QbdTicket, QbdWork
from tests.contract.emulators import desktop_queries
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Inside, Line
from tests.web.conftest import Page

USER, PASSWORD = "Anna & Söhne <1>", "p&s\"s'<wört>]]>"
URL = "http://localhost/qbwc"
MAIN = qbd_companies.CONNECTION
NOW = datetime.fromisoformat("2026-11-20T10:00:00+00:00")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One till for all tests here."""
    root = tmp_path_factory.mktemp("qbwc")
    set_up = {"QBWC_USERNAME": USER, "QBWC_PASSWORD": PASSWORD, "QBWC_APP_URL": "https://till.example/qbwc"}
    loaded = config.load(root, environ=set_up)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(replace(loaded, qbwc=replace(loaded.qbwc, answer_mb_max=3)))
    companies.add(app.store, "north", "North", "test")
    yield app
    app.stop()


@pytest.fixture
def till(served: App) -> App:
    """That till, with nothing of another test in it."""
    with served.store.transaction():
        for table in (QbdWork, QbdTicket, QbdCompany):
            table.delete().execute()
    qbd_companies.begin(served.store, served.config)
    served.flask.extensions.pop("tillkeep.qbwc", None)
    return served


class Time:
    """What the clock says: it stands still unless it is moved."""

    now = NOW

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


@pytest.fixture
def time() -> Iterator[Time]:
    moved = Time()
    with clock.set_to(lambda: moved.now):
        yield moved


@pytest.fixture
def line(till: App, time: Time) -> Line:
    return Line(URL, till.flask)


@pytest.fixture
def file() -> CompanyFile:
    return CompanyFile()


def work(till: App, count: int = 1, connection: str = MAIN) -> list[int]:
    """Questions in the queue: they need no event."""
    with till.store.transaction():
        return [
            qbd_rows.put(
                till.store, connection, "main", "ask_sites", f"look-{connection}-{n}", {}, [], clock.now(), writes=False
            )
            for n in range(count)
        ]


def sign_in(line: Line, user: str = USER, password: str = PASSWORD) -> list[str]:
    found: list[str] = line.call("authenticate", strUserName=user, strPassword=password)
    return found


def ask(line: Line, ticket: str, file: CompanyFile | None = None, **given: Any) -> str:
    """sendRequestXML, as the first call of a session when a file is given."""
    row = QbdCompany.get(QbdCompany.connection == MAIN)
    first = desktop_queries.first_answer(file, row.owner_id) if file is not None else ""
    said = {
        "ticket": ticket, "strHCPResponse": first, "strCompanyFileName": file.path if file is not None else "",
        "qbXMLCountry": "US", "qbXMLMajorVers": 16, "qbXMLMinorVers": 0,
    }  # fmt: skip
    found: str = line.call("sendRequestXML", **{**said, **given})
    return found


def bring(line: Line, ticket: str, response: str, hresult: str = "", message: str = "") -> int:
    found: int = line.call("receiveResponseXML", ticket=ticket, response=response, hresult=hresult, message=message)
    return found


def states() -> list[str]:
    return [row.state for row in QbdWork.select().order_by(QbdWork.n)]


# -- a whole session ---------------------------------------------------------------------------------------------------


def test_a_session_goes_from_work_to_nothing_left(till: App, line: Line, file: CompanyFile) -> None:
    work(till, 3)
    ticket, path = sign_in(line)
    assert len(ticket) >= 32 and path == ""
    told, first = [], file
    for _ in range(3):
        request = ask(line, ticket, first)
        assert request.startswith("<?xml") and request.isascii()
        session = file.open("Tillkeep")
        told.append(bring(line, ticket, session.process(request)))
        first = None
    assert told == [33, 66, 100]
    assert line.call("closeConnection", ticket=ticket) == "OK"
    assert states() == ["applied"] * 3
    assert sign_in(line)[1] == "none"
    assert line.complaints == []


def test_the_ticket_is_kept_as_a_digest_alone(till: App, line: Line) -> None:
    work(till)
    ticket = sign_in(line)[0]
    (row,) = QbdTicket.select()
    assert ticket not in str(row.__data__) and len(row.ticket) == 64
    assert sign_in(line)[0] != ticket


def test_without_work_quickbooks_is_not_opened_and_closing_does_not_fail(till: App, line: Line) -> None:
    ticket, word = sign_in(line)
    assert word == "none" and ticket
    assert line.call("closeConnection", ticket=ticket) == "OK"
    assert line.call("getLastError", ticket=ticket)
    assert QbdTicket.select().count() == 0


def test_versions_are_told_and_an_old_connector_is_warned(line: Line) -> None:
    assert line.call("serverVersion").startswith("Tillkeep ")
    assert line.call("clientVersion", strVersion="2.1.0.30").startswith("W:")
    for fine in ("2.3.0.215", "3.0", "", "unknown"):
        assert line.call("clientVersion", strVersion=fine) == ""


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
    here, there = (Line(URL, _from(till, address)) for address in ("192.0.2.1", "192.0.2.2"))
    other = qbd_companies.add(till.store, "north", "north", "another password", "test")[0]
    work(till)
    work(till, 1, other.connection)
    for _ in range(till.config.qbwc.wrong_tries):
        assert sign_in(here, USER, "guessed")[1] == "nvu"
    assert sign_in(here)[1] == "nvu"  # the right one is not looked at any more
    assert "192.0.2.1" in qbd_companies.get(till.store, MAIN).last_error
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


# -- sessions in each other's way --------------------------------------------------------------------------------------


def test_a_second_session_waits_and_one_that_broke_off_is_gone_on_with(
    till: App, time: Time, file: CompanyFile
) -> None:
    here, there = (Line(URL, _from(till, address)) for address in ("192.0.2.1", "192.0.2.2"))
    work(till)
    first = sign_in(here)[0]
    assert ask(here, first, file)
    assert states() == ["in_flight"]
    assert sign_in(there)[1] == sign_in(here)[1] == "busy"
    time.pass_by(minutes=2)
    assert sign_in(there)[1] == "busy"  # another machine waits
    second, word = sign_in(here)
    assert word == file.path  # the same one was broken off; the file is the one it was bound to
    assert ask(here, first, file) == "" and bring(here, first, "<x/>") < 0
    assert ask(here, second, file)
    time.pass_by(minutes=till.config.qbwc.session_minutes + 1)
    assert sign_in(there)[1] == file.path


def test_a_silent_ticket_is_over(till: App, line: Line, time: Time, file: CompanyFile) -> None:
    work(till)
    ticket = sign_in(line)[0]
    time.pass_by(minutes=till.config.qbwc.session_minutes, seconds=1)
    assert ask(line, ticket, file) == ""
    assert bring(line, ticket, "") < 0
    assert QbdTicket.get().state == "expired"
    assert states() == ["pending"]


@pytest.mark.parametrize("ticket", ["", "made-up", "{00000000-0000-4000-8000-000000000000}", "x" * 5000, "none"])
def test_a_ticket_nobody_gave_out_is_told_nothing(
    till: App, line: Line, ticket: str, file: CompanyFile, caplog: pytest.LogCaptureFixture
) -> None:
    work(till)
    assert ask(line, ticket, file) == ""
    assert bring(line, ticket, "<QBXML/>") < 0
    assert line.call("connectionError", ticket=ticket, hresult="0x80040408", message="no") == "done"
    words = line.call("getLastError", ticket=ticket)
    assert words and "sites" not in words and "1" not in words
    assert line.call("closeConnection", ticket=ticket) == "OK"
    assert states() == ["pending"]
    assert "not known" in caplog.text and QbdWork.get().tries == 0


def test_a_closed_ticket_is_told_nothing(till: App, line: Line, file: CompanyFile) -> None:
    work(till)
    ticket = sign_in(line)[0]
    line.call("closeConnection", ticket=ticket)
    assert ask(line, ticket, file) == "" and bring(line, ticket, "x") < 0
    assert states() == ["pending"]


def test_two_companies_work_side_by_side_and_never_on_each_others(till: App, line: Line, file: CompanyFile) -> None:
    other = qbd_companies.add(till.store, "north", "north", "another password", "test")[0]
    work(till, 1, other.connection)
    assert sign_in(line)[1] == "none"  # what waits is not theirs
    work(till)
    mine, theirs = sign_in(line)[0], sign_in(line, "north", "another password")[0]
    assert ask(line, mine, file)
    assert [row.state for row in QbdWork.select().order_by(QbdWork.connection)] == ["in_flight", "pending"]
    assert ask(line, theirs, file) == ""  # the same company file for two companies is a mistake
    assert "another company" in line.call("getLastError", ticket=theirs)


# -- the company file --------------------------------------------------------------------------------------------------


def test_another_company_file_is_refused_in_words_until_a_person_decides(
    till: App, line: Line, time: Time, file: CompanyFile
) -> None:
    work(till, 2)
    ticket = sign_in(line)[0]
    ask(line, ticket, file)
    line.call("closeConnection", ticket=ticket)
    other = CompanyFile()
    other.path, other.name = "C:\\Books\\Other.qbw", "Other Ltd"
    ticket, path = sign_in(line)
    assert path == file.path
    assert ask(line, ticket, other) == ""
    words = line.call("getLastError", ticket=ticket)
    assert "Other.qbw" in words and "bound anew" in words
    assert qbd_companies.get(till.store, MAIN).last_error == words
    assert "in_flight" not in states()
    line.call("closeConnection", ticket=ticket)
    qbd_companies.rebind(till.store, "main", "9", "moved to a new file")
    ticket = sign_in(line)[0]
    assert ask(line, ticket, other)
    assert audit.verify_chain(till.store)[1] == ""


def test_a_file_with_another_fileid_of_ours_is_refused_the_first_time_too(
    till: App, line: Line, file: CompanyFile
) -> None:
    row = qbd_companies.get(till.store, MAIN)
    file.private[row.owner_id, "FileID"] = "{00000000-0000-4000-8000-000000000001}"
    work(till)
    ticket = sign_in(line)[0]
    assert ask(line, ticket, file) == ""
    assert qbd_companies.get(till.store, MAIN).bound_at == ""
    file.private[row.owner_id, "FileID"] = row.file_id
    assert ask(line, ticket, file)


def test_nothing_is_handed_out_while_nobody_knows_which_file_is_open(till: App, line: Line) -> None:
    work(till)
    ticket = sign_in(line)[0]
    assert ask(line, ticket, None) == ""
    assert "which company file" in line.call("getLastError", ticket=ticket)
    assert states() == ["pending"]


@pytest.mark.parametrize(
    ("theirs", "spoken"), [("16.0", "16.0"), ("13.0", "13.0"), ("14.0", "14.0"), ("17.0", "16.0"), ("10.0", "")]
)
def test_the_version_is_lowered_to_what_quickbooks_takes(
    till: App, line: Line, file: CompanyFile, theirs: str, spoken: str
) -> None:
    work(till)
    file.version = theirs
    major, minor = theirs.split(".")
    ticket = sign_in(line)[0]
    request = ask(line, ticket, file, qbXMLMajorVers=int(major), qbXMLMinorVers=int(minor))
    if spoken:
        assert f'<?qbxml version="{spoken}"?>' in request
    else:
        assert request == "" and "too old" in line.call("getLastError", ticket=ticket)


# -- out of turn -------------------------------------------------------------------------------------------------------


def test_an_answer_that_comes_again_changes_nothing(till: App, line: Line, file: CompanyFile) -> None:
    work(till, 2)
    ticket = sign_in(line)[0]
    response = file.open("Tillkeep").process(ask(line, ticket, file))
    once = bring(line, ticket, response)
    before = [dict(row.__data__) for row in QbdWork.select()]
    assert bring(line, ticket, response) == once == 50
    assert [dict(row.__data__) for row in QbdWork.select()] == before


def test_an_answer_nobody_waits_for_is_an_error_in_words(till: App, line: Line) -> None:
    work(till)
    ticket = sign_in(line)[0]
    assert bring(line, ticket, "<QBXML/>") < 0
    assert line.call("getLastError", ticket=ticket) == "No answer was asked for."


def test_nothing_left_to_send_is_no_error(till: App, line: Line, file: CompanyFile) -> None:
    work(till)
    ticket = sign_in(line)[0]
    QbdWork.update(state="cancelled").execute()
    assert ask(line, ticket, file) == ""
    assert line.call("getLastError", ticket=ticket) == "No error."


@pytest.mark.parametrize("then", ["ask", "close", "connectionError"])
def test_what_comes_out_of_turn_leaves_its_fate_unknown(till: App, line: Line, file: CompanyFile, then: str) -> None:
    (n,) = work(till)
    QbdWork.update(writes=True, kind="adjustment", body="<kept/>", set_id="A" * 20, doubt=True,
                   state="unknown").where(QbdWork.n == n).execute()  # fmt: skip
    ticket = sign_in(line)[0]
    assert ask(line, ticket, file) == "<kept/>"
    if then == "ask":
        assert "InventoryAdjustmentQueryRq" in ask(line, ticket, file)  # is it there? else the same bytes
        assert QbdWork.get().body == "<kept/>"
        return
    if then == "close":
        line.call("closeConnection", ticket=ticket)
    else:
        line.call("connectionError", ticket=ticket, hresult="0x80040401", message="gone")
    assert states() == ["unknown"]
    assert QbdWork.get().body == "<kept/>" and QbdWork.get().set_id == "A" * 20


def test_connection_errors_are_bounded_and_never_answered_with_words(till: App, line: Line) -> None:
    work(till)
    ticket = sign_in(line)[0]
    given = {"ticket": ticket, "hresult": "0x80040414", "message": "A dialog <box> is open."}
    told = [line.call("connectionError", **given) for _ in range(qbd_session.CONNECTION_TRIES)]
    assert told == ["", "", "done"]
    assert "A dialog <box> is open." in line.call("getLastError", ticket=ticket)
    assert "0x80040414" in qbd_companies.get(till.store, MAIN).last_error
    assert sign_in(line)[1] == ""  # the session is closed: the company is free
    assert sorted(one.state for one in qbd_tickets.newest(till.store, MAIN)) == ["closed", "open"]


def test_what_passes_not_by_itself_is_not_tried_again(till: App, line: Line) -> None:
    work(till)
    ticket = sign_in(line)[0]
    assert line.call("connectionError", ticket=ticket, hresult="0x80040418", message="no") == "done"


def test_interactive_calls_are_answered_politely(till: App) -> None:
    for name, result in (("getInteractiveURL", ""), ("interactiveRejected", "OK"), ("interactiveDone", "Done")):
        answer = _post(till, f"<{name}><wcTicket>x</wcTicket></{name}>")
        assert answer.status_code == 200
        assert (etree.fromstring(answer.data)[0][0][0].text or "") == result


def test_a_switched_off_company_gets_nothing(till: App, line: Line, file: CompanyFile) -> None:
    work(till)
    ticket = sign_in(line)[0]
    qbd_companies.set_enabled(till.store, "main", False, "9")
    assert ask(line, ticket, file) == "" and "switched off" in line.call("getLastError", ticket=ticket)
    line.call("closeConnection", ticket=ticket)
    assert sign_in(line)[1] == "none"


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
    assert _post(till, f"<receiveResponseXML><ticket>t</ticket><response>{long}</response></receiveResponseXML>"
                 ).status_code == 200  # fmt: skip
    client = till.flask.test_client()
    most = till.config.qbwc.answer_mb_max << 20
    answer = client.post("/qbwc", base_url="http://localhost", data=b" " * (most + 1))
    assert (answer.status_code, answer.mimetype) == (413, "text/xml")


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


def test_soap_12_is_answered_in_soap_12(till: App) -> None:
    answer = _post(till, "<serverVersion/>", soap.SOAP_12)
    assert answer.mimetype == "application/soap+xml"
    assert etree.fromstring(answer.data).tag == f"{{{soap.SOAP_12}}}Envelope"


def _post(till: App, inside: str, ns: str = soap.SOAP_11) -> Any:
    body = f'<s:Envelope xmlns:s="{ns}"><s:Body>{inside}</s:Body></s:Envelope>'
    return till.flask.test_client().post("/qbwc", data=body.encode(), base_url="http://localhost")


def _from(till: App, address: str) -> Any:
    def app(environ: dict[str, Any], start: Any) -> Any:
        return till.flask({**environ, "REMOTE_ADDR": address}, start)

    return app
