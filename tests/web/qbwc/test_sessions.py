"""Sessions of a Web Connector, step by step: in turn, out of turn, in each other's way, with another company file."""

from __future__ import annotations

import pytest
from lxml import etree

from pos.actions import qbd_session
from pos.app import App
from pos.store import audit, qbd_companies
from pos.store.models import ConductorCompany, QbdTicket, QbdWork
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Line
from tests.web.qbwc.calls import MAIN, URL, Time, ask, bring, from_address, post, sign_in, states, work

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


# -- sessions in each other's way --------------------------------------------------------------------------------------


def test_a_second_session_waits_and_one_that_broke_off_is_gone_on_with(
    till: App, time: Time, file: CompanyFile
) -> None:
    here, there = (Line(URL, from_address(till, address)) for address in ("192.0.2.1", "192.0.2.2"))
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
                   ref_number="T0000000000", state="unknown").where(QbdWork.n == n).execute()  # fmt: skip
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
    assert sorted(one.state for one in QbdTicket.select()) == ["closed", "open"]


def test_what_passes_not_by_itself_is_not_tried_again(till: App, line: Line) -> None:
    work(till)
    ticket = sign_in(line)[0]
    assert line.call("connectionError", ticket=ticket, hresult="0x80040418", message="no") == "done"


def test_interactive_calls_are_answered_politely(till: App) -> None:
    for name, result in (("getInteractiveURL", ""), ("interactiveRejected", "OK"), ("interactiveDone", "Done")):
        answer = post(till, f"<{name}><wcTicket>x</wcTicket></{name}>")
        assert answer.status_code == 200
        assert (etree.fromstring(answer.data)[0][0][0].text or "") == result


def test_a_switched_off_company_gets_nothing(till: App, line: Line, file: CompanyFile) -> None:
    work(till)
    ticket = sign_in(line)[0]
    qbd_companies.set_enabled(till.store, "main", False, "9")
    assert ask(line, ticket, file) == "" and "switched off" in line.call("getLastError", ticket=ticket)
    line.call("closeConnection", ticket=ticket)
    assert sign_in(line)[1] == "none"


def test_a_company_that_is_reached_through_conductor_is_told_nothing(till: App, line: Line, file: CompanyFile) -> None:
    work(till)
    ticket = sign_in(line)[0]
    with till.store.transaction():  # beside it, as an old copy could have it
        ConductorCompany.create(connection="conductor", company="main", enabled=True, made_at="x")
    assert ask(line, ticket, file) == "" and "through Conductor" in line.call("getLastError", ticket=ticket)
    line.call("closeConnection", ticket=ticket)
    assert sign_in(line)[1] == "none"
