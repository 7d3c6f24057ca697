"""An ERPNext v15 site as the recorded exchanges show it: a real HTTP server on loopback, its state in memory.

    python -m tests.contract.emulators.erpnext --port 8100

serves the demo shop, prints the keys to put into the till's settings, and writes one line per invoice booked.
In tests: `with Emulator(site) as erpnext: ...`, with `erpnext.url` and, for trouble, `erpnext.faults`.
"""

from __future__ import annotations

import argparse
import base64
import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext_api import route
from tests.contract.emulators.erpnext_faults import Faults
from tests.contract.emulators.erpnext_site import Account, Doc, Refusal, Site
from tests.contract.emulators.served import Handler, Served

LINE_BYTES_MAX = 4094
BODY_BYTES_MAX = 25 << 20

_BEFORE: dict[str, Refusal] = {
    "deadlock": Refusal(500, "QueryDeadlockError", "(1213, 'Deadlock found when trying to get lock')"),
    "lock_timeout": Refusal(500, "QueryTimeoutError", "(1205, 'Lock wait timeout exceeded')"),
    "html_500": Refusal(500, html="Internal Server Error"),
    "html_504": Refusal(504, html="Gateway Time-out"),
    "database_down": Refusal(500, "OperationalError", '(2003, "Can\'t connect to MySQL server")'),
    "rate_limit": Refusal(429, "TooManyRequestsError", headers={"Retry-After": "29", "X-RateLimit-Remaining": "0"}),
    "maintenance": Refusal(503, "SessionStopped", "Session Stopped"),
    "redirect": Refusal(302, html="Found", headers={"Location": "http://elsewhere.example/"}),
}


class Emulator(Served):
    """The running server, and the site behind it."""

    def __init__(self, site: Site, *, port: int = 0, faults: Faults | None = None, slow_seconds: float = 1.0) -> None:
        self.site = site
        self.faults = faults or Faults()
        self.maintenance = self.database_down = self.rate_limited = False
        self.echo = False
        #: receipt id -> how a document with it is refused, whatever else is right with it.
        self.refuse: dict[str, Refusal] = {}
        self.refuse_reads: Refusal | None = None
        #: X-Correlation-Id of each of self.requests, "" where there was none.
        self.correlations: list[str] = []
        super().__init__(_Handler, port=port, slow_seconds=slow_seconds)


class _Handler(Handler):
    emulator: Emulator
    GARBAGE = b'\x1f\x8b{"data": {"name": "ACC-'

    def taken(self) -> tuple[tuple[bytes, int], str]:
        emulator = self.emulator
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length <= BODY_BYTES_MAX else self._skip(length)
        emulator.requests.append((self.command, self.path))
        emulator.correlations.append(self.headers.get("X-Correlation-Id", ""))
        writes = self.command in ("POST", "PUT", "DELETE") and "/frappe.client.get_" not in self.path
        return (raw, length), emulator.faults.draw("writes" if writes else "reads")

    def _skip(self, length: int) -> bytes:
        while length > 0:
            length -= len(self.rfile.read(min(length, 1 << 20)) or b"x" * length)
        return b""

    def answered(self, given: tuple[bytes, int], fault: str) -> tuple[int, dict[str, str], bytes]:
        raw, length = given
        try:
            if len(self.requestline) > LINE_BYTES_MAX:
                raise Refusal(400, html=f"Request Line is too large ({len(self.requestline)} &gt; {LINE_BYTES_MAX})")
            if length > BODY_BYTES_MAX:
                raise Refusal(413, html="The data value transmitted exceeds the capacity limit.")
            if fault in _BEFORE:
                raise _BEFORE[fault]
            status, body, headers = self._routed(raw)
            if fault == "html_502_after":
                raise Refusal(502, html="Bad Gateway")
            if isinstance(body, bytes):
                return status, headers, body
            return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()
        except Refusal as refusal:
            return self._refused(refusal)

    def _refused(self, refusal: Refusal) -> tuple[int, dict[str, str], bytes]:
        if refusal.html or ("application/json" not in self.headers.get("Accept", "") and not self._is_write()):
            words = refusal.html or "Not Found"
            page = f"<!doctype html>\n<html lang=en>\n<title>{refusal.status}</title>\n<h1>{words}</h1>\n"
            return refusal.status, {"Content-Type": "text/html; charset=utf-8", **refusal.headers}, page.encode()
        body: dict[str, Any] = {"exc_type": refusal.exc_type}
        if self.emulator.site.tracebacks and refusal.exc_type != "DoesNotExistError":
            body |= {
                "exception": f"frappe.exceptions.{refusal.exc_type}: {refusal.message}",
                "exc": json.dumps(["Traceback"]),
            }
        if refusal.status not in (401, 429, 500, 503) and refusal.message:
            body["_server_messages"] = json.dumps([json.dumps({"message": refusal.message, "title": "Message"})])
        return refusal.status, {"Content-Type": "application/json", **refusal.headers}, json.dumps(body).encode()

    def _is_write(self) -> bool:
        return self.command != "GET"

    def _routed(self, raw: bytes) -> tuple[int, Any, dict[str, str]]:
        emulator, site = self.emulator, self.emulator.site
        if emulator.database_down:
            raise Refusal(500, html="Internal Server Error")
        if emulator.maintenance:
            raise _BEFORE["maintenance"]
        if site.host and self.headers.get("Host", "").split(":")[0] != site.host:
            raise Refusal(404, html=f"{self.headers.get('Host')} does not exist")
        account = self._account()
        if emulator.rate_limited:
            raise _BEFORE["rate_limit"]
        parts = urlsplit(self.path)
        if unquote(parts.path) in site.files:
            kind, content = site.files[unquote(parts.path)]
            return 200, content, {"Content-Type": kind}
        asked: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self._body(raw)
        receipt = body.get("pos_receipt_id") if isinstance(body, dict) else None
        if receipt in emulator.refuse:
            raise emulator.refuse[receipt]
        if emulator.refuse_reads is not None and self.command == "GET":
            raise emulator.refuse_reads
        with site.lock:
            before = len(site.docs["Sales Invoice"])
            status, answer = route(site, account, self.command, parts.path, asked, body)
            answer = json.loads(json.dumps(answer))
            if emulator.echo and len(site.docs["Sales Invoice"]) > before:
                _show(list(site.docs["Sales Invoice"].values())[-1])
        return status, answer, {}

    def _body(self, raw: bytes) -> Any:
        if not raw:
            return {}
        try:
            return json.loads(raw)
        except ValueError:
            raise Refusal(500, "JSONDecodeError", "Expecting property name enclosed in double quotes") from None

    def _account(self) -> Account | None:
        header = self.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, rest = header.partition(" ")
        try:
            pair = base64.b64decode(rest).decode() if scheme.lower() == "basic" else rest
        except ValueError:
            pair = ""
        key, _, secret = pair.partition(":")
        account = self.emulator.site.accounts.get(key)
        if scheme.lower() not in ("token", "basic") or account is None or account.secret != secret:
            raise Refusal(401, "AuthenticationError")
        return account

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date of an answer, by the site's own clock."""
        return super().date_time_string(self.emulator.site.clock().timestamp() if timestamp is None else timestamp)

    def headers_of_all(self, _status: int) -> dict[str, str]:
        return {"Set-Cookie": "sid=Guest; HttpOnly; Path=/; SameSite=Lax"}


def _show(doc: Doc) -> None:
    what = "return" if doc["is_return"] else "sale"
    print(f"{doc['name']}  {what}  {doc['grand_total']:.2f}  receipt {doc.get('pos_receipt_id')}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="An ERPNext v15 to try the till with: the demo shop, in memory.")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--installed", action="store_true", help="as if `erpnext setup` had created its fields already")
    parser.add_argument("--delay-ms", type=int, default=0, help="how long each request takes")
    given = parser.parse_args()
    site = erpnext_shops.demo(installed=given.installed)
    emulator = Emulator(site, port=given.port)
    emulator.delay_seconds = given.delay_ms / 1000
    emulator.echo = True
    till, admin = (next(a for a in site.accounts.values() if a.user == u) for u in erpnext_shops.PEOPLE)
    print(f"ERPNext emulator at {emulator.url}\n\nERPNEXT_URL={emulator.url}")
    print(f"ERPNEXT_API_KEY={till.key}\nERPNEXT_API_SECRET={till.secret}\n")
    print(f"pos_server.py erpnext setup --admin-key {admin.key} --admin-secret {admin.secret}\n", flush=True)
    try:
        emulator.serve()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
