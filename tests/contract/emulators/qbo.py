"""QuickBooks Online as its contract describes it: a real HTTP server on loopback, its state in memory.

    python -m tests.contract.emulators.qbo --port 8200

serves a British and an American company and prints what to put into the till's settings. In tests:
`with Emulator(cloud) as qbo: ...`, with `qbo.url`, `qbo.cloud` and, for trouble, `qbo.faults`.

Addresses: /v3/company/<realm>/… (also below /sandbox and /production, which take companies of their own kind alone),
/connect/oauth2, /oauth2/v1/tokens/bearer, /v2/oauth2/tokens/revoke, /.well-known/openid_configuration/ and
/.well-known/openid_sandbox_configuration/.
"""

from __future__ import annotations

import argparse
import io
import secrets
import socket
import struct
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.contract.emulators import qbo_api, qbo_consent, qbo_oauth, qbo_sales, qbo_xml
from tests.contract.emulators.qbo_cloud import Cloud, throttled
from tests.contract.emulators.qbo_company import Company, Refusal, business
from tests.contract.emulators.qbo_faults import Faults

JSON = "application/json"
LOCKED = (
    "Business Validation Error: Sorry, another user was creating, editing or deleting inventory products at exactly "
    "the same time. Please try again."
)
SYSTEM = Refusal(500, "10000", "An application error has occurred while processing your request",
                 "System Failure Error: the server could not complete the request", kind="SystemFault")  # fmt: skip
STREAM = Refusal(504, "", "stream timeout", form="text")
PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_BEFORE = {
    "throttled": throttled(),
    "throttled_lower": throttled(lower=True),
    "gateway_text": STREAM,
    "gateway_html": Refusal(503, "", "503 Service Temporarily Unavailable", form="html"),
    "system": SYSTEM,
    "fault_in_200": Refusal(200, SYSTEM.code, SYSTEM.message, SYSTEM.detail, kind=SYSTEM.kind),
    "unauthorised": Refusal(401, "3200", "message=AuthenticationFailed; errorCode=003200; statusCode=401",
                            "Token revoked", kind="AUTHENTICATION", form="gateway"),
    "inventory_lock": business(LOCKED),
}  # fmt: skip
_AFTER = {
    "gateway_text_after": STREAM,
    "gateway_html_after": Refusal(502, "", "502 Bad Gateway", form="html"),
    "system_after": SYSTEM,
}


class Emulator:
    """The running server. slow_seconds: how long the slow faults last. delay_seconds: what every request takes."""

    def __init__(self, cloud: Cloud, *, port: int = 0, faults: Faults | None = None, slow_seconds: float = 1.0) -> None:
        self.cloud = cloud
        self.faults = faults or Faults()
        self.slow_seconds = slow_seconds
        self.delay_seconds = 0.0
        #: (method, path with query) of each request, and the bodies beside them.
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        #: What the emulator itself could not do. Nothing should ever be here.
        self.errors: list[str] = []
        self._under_way = 0
        self._idle = threading.Condition()
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

    def wait_idle(self, seconds: float = 30.0) -> None:
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

    do_POST = do_PUT = do_DELETE = do_GET

    def handle_one_request(self) -> None:
        self._counted = False
        try:
            super().handle_one_request()
        finally:
            if self._counted:
                self.emulator.working(-1)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        emulator = self.emulator
        self._counted = True
        emulator.working(1)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        emulator.requests.append((self.command, self.path))
        emulator.bodies.append(raw)
        emulator.cloud.settle()
        sort = self._sort()
        fault = emulator.faults.draw(sort) if sort else ""
        if emulator.delay_seconds:
            time.sleep(emulator.delay_seconds)
        if fault == "reset_before":
            return self._reset()
        if fault == "late":
            return self._lost(raw)
        if fault == "slow_before":
            time.sleep(emulator.slow_seconds)
        status, kind, body = self._answer(raw, fault)
        if fault == "slow_after":
            time.sleep(emulator.slow_seconds)
        if fault == "reset_after":
            return self._reset()
        if fault == "closed_after":
            self.close_connection = True
            return None
        if fault == "garbage":
            status, body = 200, b'\x1f\x8b{"SalesReceipt": {"Id": "1'
        self._write(status, kind, body, half=fault == "half_answer")
        return None

    def _lost(self, raw: bytes) -> None:
        """Taken in, worked on later, never answered."""
        self.emulator.cloud.later(self.emulator.faults.late_seconds(), lambda: self._answer(raw, ""))
        self.close_connection = True

    def _sort(self) -> str:
        """reads, writes or token; "" for the pages of the sign-in."""
        path = urlsplit(self.path).path
        if "/v3/" in path:
            return "writes" if self.command == "POST" and not path.rstrip("/").endswith("/query") else "reads"
        return "token" if path.startswith("/oauth2/") else ""

    def _answer(self, raw: bytes, fault: str) -> tuple[int, str, bytes]:
        """Status, content type, body. It may run long after the connection is gone."""
        try:
            if fault in _BEFORE:
                raise _BEFORE[fault]
            status, kind, body = self._routed(raw)
            if fault in _AFTER:
                raise _AFTER[fault]
            if kind == JSON and "/v3/" in self.path and not self._wants_json():
                return status, "application/xml;charset=UTF-8", qbo_xml.from_json(body)
            return status, kind, body
        except Refusal as refusal:
            return self._refused(refusal)
        except Exception:
            self.emulator.errors.append(traceback.format_exc())
            return 500, "text/plain", b"the emulator itself failed; see its errors"

    def _refused(self, refusal: Refusal) -> tuple[int, str, bytes]:
        if refusal.form == "text":
            return refusal.status, "text/plain", refusal.message.encode()
        if refusal.form == "html":
            return refusal.status, "text/html", PAGE.format(refusal.message).encode()
        now = self.emulator.cloud.clock.now()
        body: dict[str, Any] = {**refusal.fault(), "time": now.isoformat(timespec="milliseconds")}
        if refusal.form == "gateway":
            error = {"message": refusal.message, "detail": refusal.detail, "code": refusal.code, "element": None}
            body = {
                "warnings": None, "intuitObject": None, "fault": {"error": [error], "type": refusal.kind},
                "report": None, "queryResponse": None, "batchItemResponse": [], "attachableResponse": [],
                "syncErrorResponse": None, "requestId": None, "time": int(now.timestamp() * 1000), "status": None,
                "cdcresponse": [],
            }  # fmt: skip
        content = qbo_api.encoded(body)
        if self._wants_json():
            return refusal.status, JSON, content
        return refusal.status, "application/xml", qbo_xml.from_json(content)

    def _wants_json(self) -> bool:
        return JSON in self.headers.get("Accept", "")

    def _routed(self, raw: bytes) -> tuple[int, str, bytes]:
        cloud, parts = self.emulator.cloud, urlsplit(self.path)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        words = parts.path.strip("/").split("/")
        if parts.path == "/oauth2/v1/tokens/bearer":
            return self._json(cloud.signin.token(self.headers, raw))
        if parts.path == "/v2/oauth2/tokens/revoke":
            return self._json(cloud.signin.revoke(self.headers, raw))
        if words[0] == ".well-known" and words[-1] in ("openid_configuration", "openid_sandbox_configuration"):
            return self._json((200, qbo_oauth.discovery(self.emulator.url, "sandbox" in words[-1])))
        if parts.path.startswith("/connect/oauth2"):
            status, self._location, page = qbo_consent.answer(cloud, parts.path, asked)
            return status, "text/html; charset=utf-8", page
        environment = words.pop(0) if words[0] in ("sandbox", "production") else ""
        if words[:2] == ["v3", "company"] and len(words) > 3:
            company = cloud.allowed(words[2], self.headers.get("Authorization", ""), environment)
            cloud.count(words[2], batch=words[3] == "batch")
            status, body = self._asked(company, "/".join(words[3:]), asked, raw)
            return status, JSON, body
        raise Refusal(404, "", "404 Not Found", form="html")

    def _asked(self, company: Company, path: str, asked: dict[str, str], raw: bytes) -> tuple[int, bytes]:
        kind = self.headers.get("Content-Type", "")
        if self.command != "POST" or not self._stocked(company, raw):
            return qbo_api.answer(company, self.command, path, asked, raw, kind)
        if not company.inventory.acquire(blocking=False):
            raise business(LOCKED)
        try:
            time.sleep(company.switches.inventory_seconds)
            return qbo_api.answer(company, self.command, path, asked, raw, kind)
        finally:
            company.inventory.release()

    def _stocked(self, company: Company, raw: bytes) -> bool:
        """Does this write name inventory items? Two such at once are refused."""
        if b'"ItemRef"' not in raw:
            return False
        try:
            with company.lock:
                return bool(qbo_sales.inventory_items(company, qbo_api.parsed(raw)))
        except Refusal:
            return False

    @staticmethod
    def _json(said: qbo_oauth.Answer) -> tuple[int, str, bytes]:
        return said[0], JSON, qbo_api.encoded(said[1])

    _location = ""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date of an answer, by the emulator's own clock."""
        return super().date_time_string(self.emulator.cloud.clock.now().timestamp() if timestamp is None else timestamp)

    def _write(self, status: int, kind: str, body: bytes, *, half: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("intuit_tid", f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}")
        if status == 401 and "/v3/" in self.path:
            self.send_header("WWW-Authenticate", 'Bearer realm="Intuit", error="invalid_token"')
        if self._location:
            self.send_header("Location", self._location)
            self._location = ""
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


def main() -> None:
    from tests.contract.emulators import qbo_shops

    parser = argparse.ArgumentParser(description="A QuickBooks Online to try the till with: two companies, in memory.")
    parser.add_argument("--port", type=int, default=8200)
    parser.add_argument("--delay-ms", type=int, default=0, help="how long each request takes")
    given = parser.parse_args()
    cloud = qbo_shops.both()
    emulator = Emulator(cloud, port=given.port)
    emulator.delay_seconds = given.delay_ms / 1000
    print(f"QuickBooks Online emulator at {emulator.url}\n")
    for realm, company in cloud.companies.items():
        print(f"company {realm}: {company.name} ({company.country}, {company.environment})")
    print(f"\nQUICKBOOKS_CLIENT_ID={cloud.signin.client[0]}\nQUICKBOOKS_CLIENT_SECRET={cloud.signin.client[1]}")
    print(f"TILLKEEP_QUICKBOOKS_API_URL={emulator.url}/sandbox")
    print(f"TILLKEEP_QUICKBOOKS_DISCOVERY_URL={emulator.url}/.well-known/openid_sandbox_configuration/\n", flush=True)
    try:
        emulator.serve()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
