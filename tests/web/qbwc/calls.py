"""Calls of a Web Connector one by one, as the tests of its door make them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pos import clock
from pos.app import App
from pos.rules import soap
from pos.store import qbd_companies, qbd_rows
from pos.store.models import QbdCompany, QbdWork
from tests.contract.emulators import desktop_queries
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Line

USER, PASSWORD = "Anna & Söhne <1>", "p&s\"s'<wört>]]>"
URL = "http://localhost/qbwc"
MAIN = qbd_companies.CONNECTION
NOW = datetime.fromisoformat("2026-11-20T10:00:00+00:00")


class Time:
    """What the clock says: it stands still unless it is moved."""

    now = NOW

    def pass_by(self, **much: float) -> None:
        self.now += timedelta(**much)


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


def post(till: App, inside: str, ns: str = soap.SOAP_11) -> Any:
    body = f'<s:Envelope xmlns:s="{ns}"><s:Body>{inside}</s:Body></s:Envelope>'
    return till.flask.test_client().post("/qbwc", data=body.encode(), base_url="http://localhost")


def from_address(till: App, address: str) -> Any:
    def app(environ: dict[str, Any], start: Any) -> Any:
        return till.flask({**environ, "REMOTE_ADDR": address}, start)

    return app
