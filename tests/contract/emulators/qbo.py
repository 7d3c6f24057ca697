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
import secrets
import time
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.contract.emulators import qbo_api, qbo_consent, qbo_oauth, qbo_sales, qbo_xml
from tests.contract.emulators.qbo_cloud import Cloud, throttled
from tests.contract.emulators.qbo_company import Company, Refusal, business
from tests.contract.emulators.qbo_faults import Faults
from tests.contract.emulators.served import Handler, Served

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


class Emulator(Served):
    """The running server, and the companies behind it."""

    def __init__(self, cloud: Cloud, *, port: int = 0, faults: Faults | None = None, slow_seconds: float = 1.0) -> None:
        self.cloud = cloud
        self.faults = faults or Faults()
        self.bodies: list[bytes] = []  # beside self.requests
        #: What the emulator itself could not do. Nothing should ever be here.
        self.errors: list[str] = []
        super().__init__(_Handler, port=port, slow_seconds=slow_seconds)

    def later(self, work: Callable[[], object]) -> None:
        """Taken in, worked on later, never answered."""
        self.cloud.later(self.faults.late_seconds(), work)


class _Handler(Handler):
    emulator: Emulator
    GARBAGE = b'\x1f\x8b{"SalesReceipt": {"Id": "1'

    def taken(self) -> tuple[bytes, str]:
        emulator = self.emulator
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        emulator.requests.append((self.command, self.path))
        emulator.bodies.append(raw)
        emulator.cloud.settle()
        sort = self._sort()
        return raw, emulator.faults.draw(sort) if sort else ""

    def _sort(self) -> str:
        """reads, writes or token; "" for the pages of the sign-in."""
        path = urlsplit(self.path).path
        if "/v3/" in path:
            return "writes" if self.command == "POST" and not path.rstrip("/").endswith("/query") else "reads"
        return "token" if path.startswith("/oauth2/") else ""

    def answered(self, raw: bytes, fault: str) -> tuple[int, dict[str, str], bytes]:
        status, kind, body = self._answer(raw, fault)
        return status, {"Content-Type": kind}, body

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

    def headers_of_all(self, status: int) -> dict[str, str]:
        headers = {"intuit_tid": f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"}
        if status == 401 and "/v3/" in self.path:
            headers["WWW-Authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
        if self._location:
            headers["Location"] = self._location
            self._location = ""
        return headers


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
