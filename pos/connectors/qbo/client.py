"""The traffic with one company of QuickBooks Online: ask, read, write, each write under a requestid.

A call takes a token, waits for its turn, and answers or raises exactly one connector error. When the token is refused
it gets another one and repeats once, byte for byte, under the same requestid; nothing else is ever repeated here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec

from pos import clock
from pos.connectors.qbo import pace
from pos.connectors.qbo.errors import Where, error_for, fault_of
from pos.errors import Rejected, Unavailable, Unknown
from pos.http import Answer, Http
from pos.said import said

log = logging.getLogger(__name__)

#: Lower ones have been ignored since August 2025; sent so that it stands written.
MINOR_VERSION = "75"
#: Most rows of one page of a question, and what they give when nobody says.
MAX_RESULTS = 1000
REQUEST_ID_CHARS_MAX = 50
PING_SECONDS = 5.0
#: A question longer than this goes as POST.
QUESTION_CHARS_MAX = 1500
_ENTITY_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_encoder = msgspec.json.Encoder(decimal_format="number")


class TokenSource(Protocol):
    """Where access tokens come from. Raises SignInNeeded when only a person can help, Unavailable when Intuit cannot
    be reached."""

    def access(self) -> str:
        """A token that is good now."""
        ...

    def renew(self, used: str) -> str:
        """QuickBooks refused `used`: another one."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a question. more: it was full, so that there may be another page, beginning at `next_start`."""

    rows: tuple[dict[str, Any], ...]
    more: bool
    next_start: int


class Client:
    """One company. api: the address of the API; realm: the company's id there. Used by one thread at a time."""

    def __init__(
        self,
        api: str,
        realm: str,
        tokens: TokenSource,
        *,
        read_seconds: float = 60.0,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._tokens = tokens
        self._http = Http(api, read_seconds=read_seconds)
        self._company = f"/v3/company/{quote(realm, safe='')}"
        self._pace = pace.of(self._http.base, realm)
        self._now = now
        self.realm = realm

    @property
    def clock_off(self) -> float | None:
        """Seconds this machine's clock was ahead of theirs at their last answer; None when they never said."""
        return self._http.clock_off

    def close(self) -> None:
        self._http.close()

    # -- reading --

    def query(
        self,
        entity: str,
        where: str = "",
        order: str = "Id",
        start: int = 1,
        most: int = MAX_RESULTS,
        *,
        columns: str = "*",
    ) -> Rows:
        """One page of an entity. where: conditions whose texts went through `text`; without an order theirs is not
        stable, so there always is one. Inactive rows come only where `where` asks for Active IN (true,false)."""
        if not 1 <= most <= MAX_RESULTS:
            raise ValueError(f"a page is 1 to {MAX_RESULTS} rows")
        conditions = f" WHERE {where}" if where else ""
        page = f"ORDERBY {order} STARTPOSITION {start} MAXRESULTS {most}"
        body = self._ask(f"SELECT {columns} FROM {_name(entity)}{conditions} {page}")  # noqa: S608  not our database
        rows = tuple(body.get("QueryResponse", {}).get(_name(entity), ()))
        return Rows(rows, len(rows) >= most, start + len(rows))

    def count(self, entity: str, where: str = "") -> int:
        """How many rows there are."""
        conditions = f" WHERE {where}" if where else ""
        body = self._ask(f"SELECT COUNT(*) FROM {_name(entity)}{conditions}")  # noqa: S608  not our database
        return int(body.get("QueryResponse", {}).get("totalCount", 0))

    def ask(self, question: str) -> dict[str, Any]:
        """Their answer to a whole question, which only reads: one that `rules.qbo_query` wrote."""
        return self._ask(question)

    def read(self, entity: str, key: str) -> dict[str, Any]:
        """One record as it stands there. Rejected ("not_there") when it does not."""
        return _record(self._read(f"/{_name(entity).lower()}/{quote(key, safe='')}"), entity, "read")

    def company(self, read_seconds: float | None = None) -> dict[str, Any]:
        """CompanyInfo: its name, country, and when it was made."""
        path = f"/companyinfo/{quote(self.realm, safe='')}"
        return _record(self._read(path, read_seconds=read_seconds), "CompanyInfo", "read")

    def preferences(self) -> dict[str, Any]:
        """Preferences: whether numbers of our own are kept, taxes, currencies."""
        return _record(self._read("/preferences"), "Preferences", "read")

    def cdc(self, entities: Sequence[str], since: str) -> dict[str, list[dict[str, Any]]]:
        """What changed since a moment of theirs, by entity; deleted ones have status "Deleted". They look back 30 days
        and give 1000 objects at most: whoever gets as many pulls by LastUpdatedTime instead."""
        params = {"entities": ",".join(_name(one) for one in entities), "changedSince": since}
        found: dict[str, list[dict[str, Any]]] = {_name(one): [] for one in entities}
        for part in self._read("/cdc", params).get("CDCResponse", ()):
            for response in part.get("QueryResponse", ()):
                for name in found:
                    found[name] += response.get(name, ())
        return found

    def ping(self) -> None:
        """The cheapest question. Unavailable when the line is not back, SignInNeeded when the sign-in is not."""
        self.company(PING_SECONDS)

    # -- writing --

    def create(self, entity: str, body: bytes, requestid: str) -> dict[str, Any]:
        """Book these very bytes. The record as they answered it, which may be an earlier answer to the same id."""
        return self._write(entity, body, requestid, {})

    def update(self, entity: str, body: bytes, requestid: str) -> dict[str, Any]:
        """Change a record; the body holds Id, SyncToken and sparse. Rejected ("stale") when it was changed there."""
        return self._write(entity, body, requestid, {})

    def delete(self, entity: str, key: str, sync_token: str, requestid: str) -> dict[str, Any]:
        """Delete a document; customers and items can only be made inactive."""
        return self._write(entity, _encoder.encode(_ref(key, sync_token)), requestid, {"operation": "delete"})

    def void(self, entity: str, key: str, sync_token: str, requestid: str) -> dict[str, Any]:
        """Void a document: its amounts become nought, its number stays."""
        if entity == "Invoice":
            how, body = {"operation": "void"}, _ref(key, sync_token)
        else:
            how, body = {"operation": "update", "include": "void"}, {**_ref(key, sync_token), "sparse": True}
        return self._write(entity, _encoder.encode(body), requestid, how)

    # -- inside --

    def _write(self, entity: str, body: bytes, requestid: str, how: Mapping[str, str]) -> dict[str, Any]:
        if not requestid or len(requestid) > REQUEST_ID_CHARS_MAX:
            raise ValueError(f"a write needs a requestid of 1 to {REQUEST_ID_CHARS_MAX} characters")
        path = self._path(f"/{_name(entity).lower()}", {**how, "requestid": requestid})
        answer = self._called(lambda headers: self._http.send("POST", path, body, headers=headers))
        return _record(_data(answer, "post", self._now()), entity, "post")

    def _ask(self, question: str) -> dict[str, Any]:
        if len(question) <= QUESTION_CHARS_MAX:
            return self._read("/query", {"query": question})
        path, kind = self._path("/query", {}), {"Content-Type": "application/text"}
        answer = self._called(
            lambda headers: self._http.send(
                "POST", path, question.encode(), headers={**headers, **kind}, only_reads=True
            )
        )
        return _data(answer, "read", self._now())

    def _read(
        self, what: str, params: Mapping[str, str] | None = None, *, read_seconds: float | None = None
    ) -> dict[str, Any]:
        path = self._path(what, params or {})
        answer = self._called(lambda headers: self._http.read(path, headers=headers, read_seconds=read_seconds))
        return _data(answer, "read", self._now())

    def _path(self, what: str, params: Mapping[str, str]) -> str:
        return f"{self._company}{what}?{urlencode({**params, 'minorversion': MINOR_VERSION}, quote_via=quote)}"

    def _called(self, call: Callable[[dict[str, str]], Answer]) -> Answer:
        token = self._tokens.access()
        answer = self._once(call, token)
        if answer.status == 401:
            token = self._tokens.renew(token)
            answer = self._once(call, token)
        if answer.status == 429:
            self._pace.shut()
        return answer

    def _once(self, call: Callable[[dict[str, str]], Answer], token: str) -> Answer:
        self._pace.wait()
        self._http.hide(token)
        answer = call({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        level = logging.DEBUG if answer.status < 400 else logging.WARNING
        log.log(level, "intuit_tid %s, status %s", answer.headers.get("intuit_tid", "none"), answer.status)
        return answer


def text(value: str) -> str:
    """A text in a question, in its quotes: backslash and quote are escaped."""
    if any(ord(letter) < 32 for letter in value):
        raise ValueError("no control characters in a question")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _name(entity: str) -> str:
    if not entity or set(entity) - _ENTITY_CHARS:
        raise ValueError(f"no such entity: {entity!r}")
    return entity


def _ref(key: str, sync_token: str) -> dict[str, Any]:
    return {"Id": key, "SyncToken": sync_token}


def _data(answer: Answer, where: Where, now: datetime) -> dict[str, Any]:
    """The object in an answer; the error it is otherwise, also where a Fault comes with 200 or no JSON at all."""
    if answer.status >= 300 or fault_of(answer) is not None:
        raise error_for(answer, where, now)
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise error_for(answer, where, now)
    return body


def _record(body: dict[str, Any], entity: str, where: Where) -> dict[str, Any]:
    found = body.get(entity)
    if isinstance(found, dict):
        return found
    words = said("QuickBooks answered without the {entity} that was asked for.", entity=entity)
    raise (Unknown(words, code="garbage") if where == "post" else Unavailable(words, code="garbage"))


def encoded(body: Any) -> bytes:
    """A document as the bytes to keep and send: exact decimals as JSON numbers, UTF-8. Rejected for what has none."""
    try:
        return _encoder.encode(body)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise Rejected(
            said("This document cannot be written for QuickBooks ({why}).", why=repr(error)), code="not_mappable"
        ) from error
