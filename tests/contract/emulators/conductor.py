"""Conductor, the way to QuickBooks Desktop over HTTP, emulated from its description.

with Conductor() as there: there.url is the base of its API, there.file the company file behind it, there.faults what
goes wrong. Requests are checked against the description, and so is each answer (`broken` has to stay empty).
QuickBooks does one thing at a time: `overlaps` counts requests that came while another was worked on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tests.contract.emulators import conductor_lists, conductor_shapes, conductor_writes
from tests.contract.emulators.conductor_faults import ANSWERS, Faults
from tests.contract.emulators.conductor_file import CompanyFile, Refused, Row
from tests.contract.emulators.conductor_lists import Invalid, Listings
from tests.contract.emulators.served import Handler, Served

KEY, END_USER = "sk_conductor_test", "end_usr_test"
BASE = "/v1"
MASKED = "An internal server error occurred. Please try again."
_json = msgspec.json.Encoder(decimal_format="number")


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, code: str, message: str, shown: str = "", integration: str = "") -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.message = status, kind, code, message
        self.shown, self.integration = shown or MASKED, integration


@dataclass(frozen=True)
class Asked:
    """One request. does: list, page, retrieve, create, update, delete, void, health."""

    method: str
    does: str
    resource: str
    key: str
    query: dict[str, list[str]]
    body: bytes
    bearer: str
    end_user: str | None


class Conductor(Served):
    """late_seconds: a late booking happens within so long by the file's clock, drawn from the faults' seed, just before
    the next request after; None = only when `settle` is called.
    missing_is_404: how one that is not there is answered where it is asked for by its id."""

    def __init__(
        self,
        file: CompanyFile | None = None,
        faults: Faults | None = None,
        *,
        port: int = 0,
        slow_seconds: float = 2.0,
        validate: bool = True,
        late_seconds: float | None = None,
    ) -> None:
        super().__init__(_Asking, port=port, slow_seconds=slow_seconds)
        self.address = self.url
        self.url += BASE
        self.file = file or CompanyFile()
        self.faults = faults or Faults()
        self.validate, self.late_seconds = validate, late_seconds
        self.missing_is_404 = False
        self.reachable = True
        self.key = KEY
        self.files = {END_USER: self.file}
        self.calls: list[str] = []  # "create customers", …, as faults are named
        self.refused: list[str] = []  # what was refused with 400, in its words
        self.broken: list[str] = []  # answers that are not as the description says
        self.overlaps = 0
        self._listings: dict[str, Listings] = {}
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._at_work = 0
        self._late: list[tuple[dt.datetime, Callable[[], Any]]] = []
        self._ids = itertools.count(1)

    def add(self, end_user: str, file: CompanyFile) -> None:
        self.files[end_user] = file

    def listings(self, end_user: str = END_USER) -> Listings:
        return self._listings.setdefault(end_user, Listings(self.files[end_user]))

    def later(self, action: Callable[[], Any]) -> None:
        """Done when its client has long given up."""
        wait = dt.timedelta(seconds=0 if self.late_seconds is None else self.faults.between(1, self.late_seconds))
        with self._counting:
            self._late.append((self.file.clock() + wait, action))

    def settle(self) -> None:
        """What is late is done now."""
        self.wait_idle()
        with self._counting:
            late, self._late = self._late, []
        for _, action in late:
            self._by_itself(action)

    def came(self) -> None:
        """Another request: what is due by now was done before it."""
        with self._counting:
            if self.late_seconds is None:
                return
            now = self.file.clock()
            due = [action for at, action in self._late if at <= now]
            self._late = [(at, action) for at, action in self._late if at > now]
        for action in due:
            self._by_itself(action)

    def _by_itself(self, action: Callable[[], Any]) -> None:
        """What QuickBooks refuses then, nobody hears of."""
        with suppress(Refused, Invalid):
            action()

    def answer(self, asked: Asked, fault: str) -> tuple[int, dict[str, str], bytes]:
        with self._counting:
            self.overlaps += self._at_work > 0
            self._at_work += 1
        try:
            with self._turn:
                status, body = self._answer(asked, fault)
        finally:
            with self._counting:
                self._at_work -= 1
        return status, {"Content-Type": "application/json"}, _json.encode(body) if body is not None else GATEWAY

    def _answer(self, asked: Asked, fault: str) -> tuple[int, Any]:
        request = f"req_{next(self._ids):012d}"
        try:
            do = self._checked(asked)
            if not self.reachable:
                raise _failure("not_connected")
            if fault == "timeout_late":
                self.later(do)
            if fault == "gateway":
                return 502, None
            if fault in ANSWERS and not ANSWERS[fault][-1]:
                raise _failure(fault)
            body = self._done(do)
            if fault == "gateway_after":
                return 502, None
            if fault in ANSWERS:
                raise _failure(fault)
            return 200, body
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, AssertionError):
            self.broken.append(f"{asked.does} {asked.resource}: {traceback.format_exc()}")
            return 500, None
        except Failure as failure:
            error = {
                "message": failure.message, "userFacingMessage": failure.shown, "type": failure.kind,
                "code": failure.code, "httpStatusCode": failure.status, "requestId": request,
            }  # fmt: skip
            return failure.status, {
                "error": error | ({"integrationCode": failure.integration} if failure.integration else {})
            }

    def _done(self, do: Callable[[], Row]) -> Row:
        try:
            return do()
        except Invalid as invalid:
            raise self._invalid(str(invalid)) from None
        except Refused as refused:
            raise Failure(
                502, "INTEGRATION_ERROR", "QBD_REQUEST_ERROR", refused.message, refused.message, refused.code
            ) from None

    def _invalid(self, message: str) -> Failure:
        self.refused.append(message)
        return Failure(400, "INVALID_REQUEST_ERROR", "PARAMETER_INVALID", message)

    def _checked(self, asked: Asked) -> Callable[[], Row]:
        """What is to be done; raises Failure where it cannot be asked so."""
        if asked.bearer != f"Bearer {self.key}":
            raise Failure(401, "AUTHENTICATION_ERROR", "API_KEY_INVALID", "Invalid API key provided.")
        name = _operation(asked)
        operation = conductor_shapes.operations().get(name)
        if operation is None:
            raise Failure(404, "INVALID_REQUEST_ERROR", "RESOURCE_MISSING", f"Unrecognized request URL ({name}).")
        if not asked.end_user:
            raise self._invalid("The Conductor-End-User-Id header is required.")
        file = self.files.get(asked.end_user)
        if file is None:
            raise Failure(404, "INVALID_REQUEST_ERROR", "RESOURCE_MISSING", f"No such end-user: '{asked.end_user}'.")
        query = self._query(operation.query, asked.query)
        body: Row = {}
        if operation.body is not None:
            body = self._body(operation.body, asked.body)
        do = self._what(asked, file, query, body, paged="nextCursor" in operation.answer.parts)

        def done() -> Row:
            with file.lock:
                answer = do()
            if self.validate:
                self.broken += [f"{name}: {said}" for said in conductor_shapes.problems(operation.answer, answer)]
            return answer

        return done

    def _query(self, shape: conductor_shapes.Shape, given: dict[str, list[str]]) -> Row:
        asked: Row = {}
        for name, values in given.items():
            part = shape.parts.get(name)
            if part is None:
                raise self._invalid(f"Unrecognized query parameter: {name}")
            asked[name] = values if part.kind == "array" else _plain(part.kind, values[-1])
        wrong = conductor_shapes.problems(shape, asked)
        if wrong:
            raise self._invalid("; ".join(wrong))
        return {name: one.default for name, one in shape.parts.items() if one.default is not None} | asked

    def _body(self, shape: conductor_shapes.Shape, given: bytes) -> Row:
        try:
            body = json.loads(given or b"{}", parse_float=Decimal)
        except ValueError:
            raise self._invalid("The request body is not valid JSON.") from None
        wrong = conductor_shapes.problems(shape, body)
        if wrong:
            raise self._invalid("; ".join(wrong))
        read: Row = body
        return read

    def _what(self, asked: Asked, file: CompanyFile, query: Row, body: Row, *, paged: bool) -> Callable[[], Row]:
        resource, key = asked.resource, asked.key
        if asked.does in ("list", "page") and resource.startswith("deleted-"):
            return lambda: conductor_lists.deleted(file, resource, query)
        if resource == "company":
            return lambda: _company(file)
        if asked.does == "health":
            return lambda: {"duration": 12, "status": "ok"}
        if asked.does in ("list", "page"):
            listings = self._listings.setdefault(asked.end_user or "", Listings(file))
            return lambda: listings.listed(resource, query, paged=paged)
        if asked.does == "retrieve":
            return lambda: self._retrieved(file, resource, key)
        if asked.does == "create":
            return lambda: file.shown(resource, conductor_writes.create(file, resource, body))
        if asked.does == "update":
            revision = body.get("revisionNumber", "")
            return lambda: file.shown(resource, conductor_writes.update(file, resource, key, revision, body))
        if asked.does == "delete":
            return lambda: _deleted(file, resource, key)
        return lambda: _voided(file, resource, key)

    def _retrieved(self, file: CompanyFile, resource: str, key: str) -> Row:
        if key not in file.table(resource):
            if self.missing_is_404:
                raise Failure(404, "INVALID_REQUEST_ERROR", "RESOURCE_MISSING", f"No such object: '{key}'.")
            raise conductor_lists.not_there("ids", key, some=False)
        return file.shown(resource, file.table(resource)[key])


GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def _plain(kind: str, value: str) -> Any:
    if kind == "integer" and value.removeprefix("-").isdecimal() and len(value) < 18:
        return int(value)
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return value


def _failure(kind: str) -> Failure:
    status, sort, code, integration, message, shown, _ = ANSWERS[kind]
    return Failure(status, sort, code, message, shown, integration)


def _operation(asked: Asked) -> str:
    tail = {"retrieve": "/{id}", "update": "/{id}", "delete": "/{id}", "void": "/{id}/void"}.get(asked.does, "")
    return f"{asked.method.lower()} {asked.resource}{tail}"


def _company(file: CompanyFile) -> Row:
    shape = conductor_shapes.schema("qbd_company")
    blank: Row = {name: () if part.kind == "array" else None for name, part in shape.parts.items()}
    return blank | {"isSampleCompanyFile": False, "companyName": file.name, "legalCompanyName": file.name}


def _deleted(file: CompanyFile, resource: str, key: str) -> Row:
    sort = file.shown(resource, file.raw(resource, key))["objectType"]
    row = conductor_writes.delete(file, resource, key)
    return {"id": key, "objectType": sort, "refNumber": row.get("refNumber"), "deleted": True}


def _voided(file: CompanyFile, resource: str, key: str) -> Row:
    row = file.shown(resource, conductor_writes.void(file, resource, key))
    told = {name: row[name] for name in ("id", "objectType", "createdAt", "updatedAt", "refNumber")}
    return told | {"voided": True}


class _Asking(Handler):
    emulator: Conductor
    GARBAGE = b'{"objectType": "li'

    def taken(self) -> tuple[Asked, str]:
        there = self.emulator
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        there.requests.append((self.command, self.path))
        parts = urlsplit(self.path)
        names = [unquote(name) for name in parts.path.removeprefix(f"{BASE}/quickbooks-desktop/").split("/")]
        query = parse_qs(parts.query, keep_blank_values=True)
        asked = Asked(
            self.command, _does(self.command, names, query), names[0], names[1] if len(names) > 1 else "", query, body,
            self.headers.get("Authorization") or "", self.headers.get("Conductor-End-User-Id"),
        )  # fmt: skip
        there.came()
        there.calls.append(f"{asked.does} {asked.resource}")
        fault = there.faults.draw(there.calls[-1])
        if fault == "slow_connect":
            time.sleep(there.slow_seconds)  # the fault itself: silence for as long as the test sets
            fault = "reset_before"
        return asked, fault

    def answered(self, given: Asked, fault: str) -> tuple[int, dict[str, str], bytes]:
        return self.emulator.answer(given, fault)

    def headers_of_all(self, status: int) -> dict[str, str]:
        return {"Conductor-Request-Id": "req_0"}


def _does(method: str, names: list[str], query: dict[str, list[str]]) -> str:
    if names[0] == "health-check":
        return "health"
    if method == "GET":
        return "retrieve" if len(names) > 1 else "page" if "cursor" in query else "list"
    if method == "DELETE":
        return "delete"
    return "create" if len(names) == 1 else "void" if names[2:] == ["void"] else "update"


def main() -> None:
    parser = argparse.ArgumentParser(description="A Conductor to try the till with: one company file, in memory.")
    parser.add_argument("--port", type=int, default=8300)
    parser.add_argument("--delay-ms", type=int, default=0, help="how long each request takes; QuickBooks takes seconds")
    parser.add_argument("--customers", type=int, default=30)
    parser.add_argument("--items", type=int, default=30)
    given = parser.parse_args()
    there = Conductor(port=given.port, validate=False)
    there.delay_seconds = given.delay_ms / 1000
    accounts = {row["name"]: row["id"] for row in there.file.rows("accounts")}
    for n in range(1, given.customers + 1):
        there.file.put("customers", name=f"Customer {n}", phone=f"555-{n:04}")
    for n in range(1, given.items + 1):
        there.file.put(
            "inventory_items", name=f"Item {n}", salesPrice=f"{n}.50", quantityOnHand=n,
            incomeAccountId=accounts["Merchandise Sales"], cogsAccountId=accounts["Cost of Goods Sold"],
            assetAccountId=accounts["Inventory Asset"],
        )  # fmt: skip
    print(f"CONDUCTOR_SECRET_KEY={KEY}\nCONDUCTOR_END_USER_ID={END_USER}\nCONDUCTOR_BASE_URL={there.url}", flush=True)
    try:
        there.serve()
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
