"""An ERPNext v15 site as the recorded exchanges show it: a real HTTP server on loopback, its state in memory.

    python -m tests.contract.emulators.erpnext --port 8100

serves the demo shop, prints the keys to put into the till's settings, and writes one line per invoice booked.
In tests: `with Emulator(site) as erpnext: ...`, with `erpnext.url` and, for trouble, `erpnext.faults`.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.contract.emulators import erpnext_shops
from tests.contract.emulators.erpnext_api import route
from tests.contract.emulators.erpnext_faults import Faults
from tests.contract.emulators.erpnext_site import Account, Doc, Refusal, Site

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


class Emulator:
    """The running server. slow_seconds: how long the slow faults last. delay_seconds: what every request takes."""

    def __init__(self, site: Site, *, port: int = 0, faults: Faults | None = None, slow_seconds: float = 1.0) -> None:
        self.site = site
        self.faults = faults or Faults()
        self.slow_seconds = slow_seconds
        self.delay_seconds = 0.0
        self.maintenance = self.database_down = self.rate_limited = False
        self.echo = False
        #: receipt id -> how a document with it is refused, whatever else is right with it.
        self.refuse: dict[str, Refusal] = {}
        self.refuse_reads: Refusal | None = None
        self._under_way = 0
        self._idle = threading.Condition()
        self.requests: list[tuple[str, str]] = []
        #: X-Correlation-Id of each of them, "" where there was none.
        self.correlations: list[str] = []
        handler = type("Handler", (_Handler,), {"emulator": self})
        self._server = _Server(("127.0.0.1", port), handler)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Emulator:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def wait_idle(self, seconds: float = 10.0) -> None:
        """Until no request is being worked on, also none whose client gave up."""
        with self._idle:
            if not self._idle.wait_for(lambda: not self._under_way, seconds):
                raise TimeoutError(f"{self._under_way} requests are still under way")

    def working(self, step: int) -> None:
        with self._idle:
            self._under_way += step
            self._idle.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    emulator: Emulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def handle_one_request(self) -> None:
        self._counted = False
        try:
            super().handle_one_request()
        finally:
            if self._counted:
                self.emulator.working(-1)

    def log_message(self, *args: Any) -> None:
        """Quiet; main() shows the invoices instead."""

    def _serve(self) -> None:
        emulator = self.emulator
        self._counted = True
        emulator.working(1)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length <= BODY_BYTES_MAX else self._skip(length)
        emulator.requests.append((self.command, self.path))
        emulator.correlations.append(self.headers.get("X-Correlation-Id", ""))
        writes = self.command in ("POST", "PUT", "DELETE") and "/frappe.client.get_" not in self.path
        fault = emulator.faults.draw(writes)
        if emulator.delay_seconds:
            time.sleep(emulator.delay_seconds)
        if fault == "reset_before":
            return self._reset()
        if fault == "slow_before":
            time.sleep(emulator.slow_seconds)
        status, headers, body = self._answer(raw, length, fault)
        if fault == "slow_after":
            time.sleep(emulator.slow_seconds)
        if fault == "reset_after":
            return self._reset()
        if fault == "closed_after":
            self.close_connection = True
            return None
        if fault == "garbage":
            status, body = 200, b'\x1f\x8b{"data": {"name": "ACC-'
        self._write(status, headers, body, half=fault == "half_answer")
        return None

    def _skip(self, length: int) -> bytes:
        while length > 0:
            length -= len(self.rfile.read(min(length, 1 << 20)) or b"x" * length)
        return b""

    def _answer(self, raw: bytes, length: int, fault: str) -> tuple[int, dict[str, str], bytes]:
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

    def _write(self, status: int, headers: dict[str, str], body: bytes, *, half: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Set-Cookie", "sid=Guest; HttpOnly; Path=/; SameSite=Lax")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.wfile.flush()
            self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.rfile.close()
        self.wfile = io.BytesIO()  # the base class flushes what was just cut off


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
