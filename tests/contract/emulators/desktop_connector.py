"""A QuickBooks Web Connector as its guide describes it: the client of our server, the only one who opens the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import zeep
from lxml import etree

from tests.contract.emulators import desktop_faults, desktop_queries
from tests.contract.emulators.desktop_faults import Faults
from tests.contract.emulators.desktop_file import CompanyFile, Hresult
from tests.contract.emulators.desktop_line import Line

HTML = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
#: A session that takes more requests than this goes round in circles.
REQUESTS_MAX = 5_000
MADE_UP = "{00000000-0000-4000-8000-000000000000}"


class Gone(Exception):
    """The connector is no more: the machine went down."""


@dataclass
class Told:
    """What came of one session. outcome: closed, none, nvu, busy, refused, error, crashed, or lost."""

    outcome: str = ""
    requests: int = 0
    percents: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ticket: str = ""


class WebConnector:
    """One installation for one company file. passes: called with seconds when time goes by in the middle of a session.
    late: answers of sessions that are over, which come when another one is under way."""

    def __init__(
        self, line: Line, file: CompanyFile, *, username: str, password: str, owner_id: str, file_id: str,
        app: str = "Tillkeep", faults: Faults | None = None, passes: Callable[[float], None] = lambda seconds: None,
        other: CompanyFile | None = None,
    ) -> None:  # fmt: skip
        self.line, self.file, self.other, self.app = line, file, other, app
        self.username, self.password, self.owner_id, self.file_id = username, password, owner_id, file_id
        self.faults, self.passes = faults or Faults(), passes
        self.attached = False
        self.late: list[dict[str, str]] = []
        self.complaints: list[str] = []
        self.told = Told()

    def run(self) -> Told:
        """One whole session."""
        for _ in self.steps():
            pass
        return self.told

    def steps(self) -> Iterator[str]:
        """One session, standing still before each call: its name."""
        self.told = told = Told()
        try:
            yield from self._session(told)
        except Gone:
            told.outcome = "crashed"
        except (requests.RequestException, zeep.exceptions.TransportError, zeep.exceptions.XMLSyntaxError) as error:
            told.outcome = "lost"
            told.errors.append(f"{type(error).__name__}: {error}")
        except zeep.exceptions.Fault as fault:
            told.outcome = "lost"
            self.complaints.append(f"SOAP fault: {fault.message}")

    def _session(self, told: Told) -> Iterator[str]:
        fault = self.faults.draw("session")
        file = self.other if fault == "wrong_company" and self.other is not None else self.file
        yield "serverVersion"
        self.line.call("serverVersion")
        yield "clientVersion"
        said = self.line.call("clientVersion", strVersion="2.3.0.215")
        if said and not re.match(r"[WEO]:", said):
            self.complaints.append(f"clientVersion answered {said!r}")
        yield "authenticate"
        pair = self.line.call(
            "authenticate",
            strUserName="nobody" if fault == "wrong_user" else self.username,
            strPassword="guessed" if fault == "wrong_password" else self.password,
        )
        if not 2 <= len(pair) <= 4:
            self.complaints.append(f"authenticate answered {len(pair)} strings")
        told.ticket, which = pair[0], pair[1]
        if which in ("none", "nvu", "busy"):
            told.outcome = which
            yield "closeConnection"
            self.line.call("closeConnection", ticket=told.ticket)
            return
        if fault in ("wrong_password", "wrong_user"):
            self.complaints.append(f"{fault} was let in")
        opened = self._opened(file, which, fault)
        tries = 0
        while opened[0]:
            yield "connectionError"
            back = self.line.call("connectionError", ticket=told.ticket, hresult=opened[0], message=opened[1])
            tries += 1
            if back.lower() == "done":
                told.outcome = "refused"
                yield from self._close(told)
                return
            if tries > 3:
                self.complaints.append("connectionError is asked for ever")
                return
            opened = self._opened(file, back, fault)
        yield from self._work(told, file, fault)

    def _opened(self, file: CompanyFile, which: str, fault: str) -> tuple[str, str]:
        """An HRESULT and its text when the file cannot be opened. At the first time the FileID is written into it."""
        if fault == "connection_error":
            return self.faults.definite()
        if which and which != file.path:
            return (
                "0x8004040A",
                "A QuickBooks company data file is already open and it is different from the one requested.",
            )
        if not self.attached and file is self.file:
            file.private[self.owner_id, "FileID"] = self.file_id
            self.attached = True
        return "", ""

    def _work(self, told: Told, file: CompanyFile, fault: str) -> Iterator[str]:
        version, file.strips_private_data = file.version, fault == "no_private_data"
        file.version = "13.0" if fault == "old_version" else version
        session = file.open(self.app)
        try:
            first = "" if fault == "no_first_answer" else desktop_queries.first_answer(file, self.owner_id)
            while told.requests < REQUESTS_MAX:
                request = yield from self._asked(told, file, first)
                first = ""
                if not request:
                    yield from self._end(told)
                    return
                told.requests += 1
                response, hresult, message, then = self._run(session, request)
                percent = yield from self._answered(told, response, hresult, message, then)
                if percent < 0:
                    yield from self._end(told)
                    return
                if percent == 100:
                    yield from self._close(told)
                    return
            self.complaints.append(f"more than {REQUESTS_MAX} requests in one session")
        finally:
            file.version = version
            session.close()

    def _asked(self, told: Told, file: CompanyFile, first: str) -> Generator[str, None, str]:
        """sendRequestXML; returns the request."""
        fault = self.faults.draw("send")
        major, minor = file.version.split(".")
        given: dict[str, Any] = {
            "ticket": told.ticket, "strHCPResponse": first, "strCompanyFileName": file.path,
            "qbXMLCountry": file.country, "qbXMLMajorVers": int(major), "qbXMLMinorVers": int(minor),
        }  # fmt: skip
        if fault == "send_foreign":
            yield "sendRequestXML"
            if self.line.call("sendRequestXML", **{**given, "ticket": MADE_UP}):
                self.complaints.append("a made-up ticket was given a request")
        yield "sendRequestXML"
        request = self.line.call("sendRequestXML", **given)
        if request and fault == "send_twice":
            yield "sendRequestXML"
            request = self.line.call("sendRequestXML", **{**given, "strHCPResponse": ""})
        if request and fault == "send_lost":
            raise Gone
        if request and fault == "send_lost_close":
            return ""
        if request and not request.startswith("<?xml"):
            self.complaints.append(f"the request begins with {request[:20]!r}")
        return request

    def _run(self, session: Any, request: str) -> tuple[str, str, str, str]:
        """ProcessRequest: response, HRESULT, message, and what is to go wrong with the answer on its way."""
        fault = self.faults.draw("run")
        if fault == "crash_before_run":
            raise Gone
        if fault == "hresult_before":
            return "", "0x80040402", "Unexpected error. Check the qbsdklog.txt file.", ""
        if fault == "hresult_definite":
            return "", *self.faults.definite(), ""
        file = session.file
        file.verdicts = lambda name: desktop_faults.VERDICTS.get(fault)
        code, stored = desktop_faults.SET_CODES.get(fault, (0, False))
        file.set_codes = lambda known: code if known == stored else 0
        try:
            response = session.process(request)
        except Hresult as error:
            return "", error.code, error.message, ""
        finally:
            file.verdicts, file.set_codes = lambda name: None, lambda known: 0
        if fault == "crash_after_run":
            raise Gone
        if fault == "hresult_after":
            return "", "0x8004041C", "QuickBooks had an internal error.", ""
        return response, "", "", self.faults.draw("receive")

    def _answered(self, told: Told, response: str, hresult: str, message: str, fault: str) -> Generator[str, None, int]:
        """receiveResponseXML; returns the percent."""
        response = _spoilt(response, fault)
        given = {"ticket": told.ticket, "response": response, "hresult": hresult, "message": message}
        if fault == "receive_late":
            self.late.append(given)
            raise Gone
        if fault == "slow":
            self.passes(3 * 3600)
        if fault == "receive_foreign":
            yield "receiveResponseXML"
            if self.line.call("receiveResponseXML", **{**given, "ticket": MADE_UP, "response": HTML}) >= 0:
                self.complaints.append("a made-up ticket's answer was taken")
        yield "receiveResponseXML"
        percent = self.line.call("receiveResponseXML", **given)
        if fault == "receive_lost":
            raise Gone
        if fault == "receive_twice":
            yield "receiveResponseXML"
            self.line.call("receiveResponseXML", **given)
        if not isinstance(percent, int) or percent > 100 or percent == 0:
            self.complaints.append(f"receiveResponseXML answered {percent!r}")
        told.percents.append(percent)
        if self.late and self.told is told:
            yield "receiveResponseXML"
            self.line.call("receiveResponseXML", **self.late.pop())
        return percent

    def _end(self, told: Told) -> Iterator[str]:
        """No request, or an error: why, and over."""
        yield "getLastError"
        told.errors.append(self.line.call("getLastError", ticket=told.ticket))
        told.outcome = "error"
        yield from self._close(told)

    def _close(self, told: Told) -> Iterator[str]:
        fault = self.faults.draw("close")
        told.outcome = told.outcome or "closed"
        if fault == "no_close":
            return
        yield "closeConnection"
        self.line.call("closeConnection", ticket=told.ticket)
        if fault == "dead_ticket":
            yield "sendRequestXML"
            asked = self.line.call(
                "sendRequestXML", ticket=told.ticket, strHCPResponse="", strCompanyFileName=self.file.path,
                qbXMLCountry="US", qbXMLMajorVers=16, qbXMLMinorVers=0,
            )  # fmt: skip
            if asked:
                self.complaints.append("a closed ticket was given a request")


def _spoilt(response: str, fault: str) -> str:
    """What is left of an answer after its way."""
    if not response or fault not in ("answer_html", "answer_cut", "answer_empty", "answer_other", "answer_bare"):
        return response
    if fault == "answer_html":
        return HTML
    if fault == "answer_cut":
        return response[: len(response) // 2]
    if fault == "answer_empty":
        return ""
    document = etree.fromstring(response.split("\n", 1)[1])
    for answered in document.iter():
        if answered.get("requestID") is not None:
            if fault == "answer_other":
                answered.set("requestID", "somebody-elses")
            else:
                for child in list(answered):
                    answered.remove(child)
    return '<?xml version="1.0" ?>\n' + etree.tostring(document, encoding="unicode")
