"""Would a Web Connector get on with this till? Everything it does is tried at the address it would call, without any
effect on the queue: the sign-in is a probe's, which opens no session, and every ticket shown is made up.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pos import certificate, clock
from pos.actions.finding import Finding, fail, not_set_up, ok, warn
from pos.config import Config
from pos.errors import ConnectorError, PosError
from pos.http import Answer, Http
from pos.rules import qwc, soap
from pos.store import companies, qbd_companies, qbd_tickets
from pos.store.db import Store
from pos.store.qbd_companies import Desktop

#: Characters that go wrong wherever somebody builds XML by hand.
ODD = "<&>\"'é]]>"
MADE_UP = "{00000000-0000-4000-8000-000000000000}"
SECONDS = 20.0
CERTIFICATE_DAYS = 21
BODY_BYTES_MAX = 1 << 20
_SETTINGS = "See [qbwc] in docs/settings.md."


@dataclass(frozen=True, slots=True)
class Asked:
    """Where it is asked. store: of the folder, for the probe."""

    store: Store
    row: Desktop
    address: str
    http: Http

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    def get(self, more: str = "", params: Mapping[str, str] | None = None) -> Answer:
        return self.http.read(f"{self.path}{more}", params, headers={"Accept": "*/*"}, bytes_max=BODY_BYTES_MAX)

    def call(self, operation: str, **arguments: str) -> list[str]:
        """The strings of the answer. soap.Malformed when it is none, as a fault is."""
        headers = {
            "Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{soap.NAMESPACE}{operation}"', "Accept": "*/*",
        }  # fmt: skip
        body = soap.request(operation, arguments)
        answer = self.http.send("POST", self.path, body, headers=headers, only_reads=True, bytes_max=BODY_BYTES_MAX)
        kind = answer.headers.get("content-type", "")
        if answer.status != 200 or not kind.startswith("text/xml"):
            raise soap.Malformed(f"{operation} was answered {answer.status}, {kind or 'of no type'}.")
        return soap.result(operation, answer.body)


def look(
    store: Store, config: Config, company: str = companies.MAIN, address: str = "", now: datetime | None = None
) -> Iterator[Finding]:
    """Every check, in order. address: another than [qbwc] app_url, as that of the server itself."""
    row = qbd_companies.by_company(store, company)
    if row is None:
        words = "No company file is set up." if company == companies.MAIN else f"{company} has no company file."
        yield fail("settings", words, "Set QBWC_USERNAME and QBWC_PASSWORD, or `qbwc companies add`.")
        return
    yield from _settings(row, config)
    address = address or config.qbwc.app_url
    if not address:
        yield fail("address", "There is no address for the Web Connector.", "Set QBWC_APP_URL.")
        return
    wrong = qwc.why_not(address)
    yield fail("address", wrong, _SETTINGS, address=address) if wrong else ok("address", f"{address} can be used.")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return
    yield from _certificate(parts.hostname, parts.port, parts.scheme, now or clock.now())
    http = Http(f"{parts.scheme}://{parts.netloc}", read_seconds=SECONDS)
    try:
        asked = Asked(store, row, address, http)
        for name, check in _CHECKS:
            yield _made(name, check, asked)
    finally:
        http.close()


def _made(name: str, check: Callable[[Asked], Finding], asked: Asked) -> Finding:
    """A check; whatever keeps it from being made is its finding."""
    remedy = "Is the server running, and does the address lead to it? Try it in a browser on the Windows machine."
    try:
        return check(asked)
    except ConnectorError as error:
        return fail(name, error.message, remedy)
    except soap.Malformed as error:
        return fail(name, str(error), "Something between here and there changes what is said: a proxy or a tunnel?")
    except PosError as error:
        return fail(name, error.message, "See the log of the till.")


def _settings(row: Desktop, config: Config) -> Iterator[Finding]:
    own = config.qbwc
    if not row.enabled:
        words = "This company's Web Connector is switched off: it is always told that nothing waits."
        yield fail("settings", words, f"`qbwc companies on {row.company}`")
    elif row.company == companies.MAIN and own.username and row.username != own.username.strip():
        yield fail("settings", "The user name of the settings is not in force yet.", "Start the server anew.")
    elif row.company == companies.MAIN and own.password and not qbd_companies.matches(row, own.password):
        yield fail("settings", "The password of the settings is not in force.", "Start the server anew; see its log.")
    else:
        yield ok("settings", f"User and password of {row.company} are set.", company=row.company)


def _certificate(host: str, port: int | None, scheme: str, now: datetime) -> Iterator[Finding]:
    if scheme != "https":
        yield not_set_up("certificate", "There is none on plain http, which works on this machine alone.")
        return
    try:
        found = certificate.of(host, port or 443)
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.strerror or "TLS failed"
        remedy = "The whole chain, for this very name; an own authority goes into the Windows machine's store."
        yield fail("certificate", f"The certificate of {host} is not trusted: {why}.", remedy)
        return
    except OSError as error:
        yield fail("certificate", f"{host} cannot be reached: {error.strerror or error}.", "Check name and tunnel.")
        return
    days = (found.ends - now).days
    facts = {"ends": clock.stamp(found.ends), "days": days, "protocol": found.protocol}
    if days < CERTIFICATE_DAYS:
        yield warn("certificate", f"The certificate of {host} runs out in {days} days.", "Renew it.", **facts)
    else:
        yield ok("certificate", f"The certificate of {host} is trusted for {days} days.", **facts)


# -- at the address ----------------------------------------------------------------------------------------------------


def _line(asked: Asked) -> Finding:
    answer = asked.get()
    if answer.status != 200:
        return fail("get", f"A plain GET is answered {answer.status}.", "Does the address lead to this till?")
    return ok("get", "A plain GET is answered.", ms=answer.elapsed_ms)


def _support(asked: Asked) -> Finding:
    answer = asked.get("/support")
    if answer.status not in (200, 202):
        return fail("support", f"The page for help is answered {answer.status}.", "Let the path below it through, too.")
    return ok("support", "The page for help is there.")


def _wsdl(asked: Asked) -> Finding:
    answer = asked.get(params={"wsdl": ""})
    missing = [name for name in soap.OPERATIONS if f'"{name}"'.encode() not in answer.body]
    if answer.status != 200 or missing:
        return fail("wsdl", "The description of the service is not whole.", "Let what follows the ? through, too.")
    return ok("wsdl", "The description of the service is there.")


def _versions(asked: Asked) -> Finding:
    server, client = asked.call("serverVersion"), asked.call("clientVersion", strVersion="2.3.0.215")
    if not server[0] or client != [""]:
        return fail("versions", "The versions are not answered as they should be.", "Is another program there?")
    return ok("versions", f"{server[0]} answers.", server=server[0])


def _probe(asked: Asked) -> Finding:
    password = qbd_tickets.make_probe(asked.store, asked.row.connection, asked.row.username, clock.now(), ODD)
    found = asked.call("authenticate", strUserName=asked.row.username, strPassword=password)
    if len(found) < 2 or found[1] != "none" or not found[0]:
        words = "The sign-in of a probe was refused: another till answers there, or letters get changed on the way."
        return fail("authenticate", words, "Does the address lead to the server of this folder?")
    closed = asked.call("closeConnection", ticket=found[0])
    if not closed[0]:
        return fail("authenticate", "The session of a probe could not be closed.", "See the log of the till.")
    return ok("authenticate", "A probe signs in and out; odd letters arrive as they are.")


def _refuses(asked: Asked) -> Finding:
    wrong = f"{qbd_tickets.PROBE}wrong {ODD}"
    for user in (asked.row.username, f"nobody {ODD}"):
        found = asked.call("authenticate", strUserName=user, strPassword=wrong)
        if len(found) < 2 or found[1] != "nvu":
            return fail("refuses", "A wrong password is let in.", "Stop the server, and tell support.")
    return ok("refuses", "Wrong passwords are refused, with odd letters, too.")


def _tickets(asked: Asked) -> Finding:
    given = {"ticket": MADE_UP, "qbXMLMajorVers": "16", "qbXMLMinorVers": "0"}
    sent = asked.call("sendRequestXML", **given)
    taken = asked.call("receiveResponseXML", ticket=MADE_UP, response="", hresult="", message="")
    words, tried = asked.call("getLastError", ticket=MADE_UP), asked.call("connectionError", ticket=MADE_UP)
    if sent != [""] or not taken[0].startswith("-") or not words[0] or tried != ["done"]:
        return fail("tickets", "A made-up ticket is not refused.", "Stop the server, and tell support.")
    return ok("tickets", "A made-up ticket gets nothing.")


_CHECKS: tuple[tuple[str, Callable[[Asked], Finding]], ...] = (
    ("get", _line),
    ("support", _support),
    ("wsdl", _wsdl),
    ("versions", _versions),
    ("authenticate", _probe),
    ("refuses", _refuses),
    ("tickets", _tickets),
)
