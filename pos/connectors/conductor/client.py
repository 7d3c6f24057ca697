"""The traffic with one company file behind Conductor, through their official client: one request at a time.

The official client repeats what failed by itself and sends no key by which a repetition would be known: a create goes
three times, and a page asked for again is the next page. So it is told never to repeat anything; whoever asked decides.
Answers are read from their raw text: no number passes through a float. Everything here raises exactly Unavailable,
Unknown, Rejected or SignInNeeded (`pos.connectors.conductor.errors`); bodies and rows are dicts with the API's names.
"""

from __future__ import annotations

import inspect
import json
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from pos import clock, trail
from pos.config import Config
from pos.connectors.conductor import wire
from pos.connectors.conductor.errors import error_for, strike
from pos.errors import BadSettings, ConnectorError, Rejected, Unavailable, Unknown
from pos.http import TRICKLE_SECONDS, checked_base
from pos.rules.money import figure
from pos.said import said

log = logging.getLogger(__name__)

#: Most rows of a page.
PAGE_ROWS_MAX = 150
#: Their own limit of a health check.
HEALTH_SECONDS = 75.0
#: Longest whole list that comes in pages, as a guard against a listing that never ends.
PAGES_MAX = 20_000
_decoder = msgspec.json.Decoder(float_hook=figure)
_taken: dict[tuple[str, str], dict[str, str]] = {}
_locks: dict[tuple[str, str], threading.Lock] = {}
_locks_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. cursor: for the next one, the same through the whole listing: asking again never gives the
    same page. remaining: rows after this page, as they say; None when they do not."""

    rows: list[dict[str, Any]]
    cursor: str
    remaining: int | None
    more: bool


class Client:
    """One company file. end_user: their id of whose computer it is on. patience: how long a request waits for its turn
    at the company file within this process, in seconds; None = as long as the longest answer may take."""

    def __init__(self, config: Config, end_user: str, *, patience: float | None = None) -> None:
        own = config.conductor
        if not own.secret_key or not end_user:
            raise BadSettings(
                "Conductor needs a secret key (CONDUCTOR_SECRET_KEY) and the id of an end user (CONDUCTOR_END_USER_ID)."
            )
        official = wire.library()
        import httpx

        for name in ("conductor", "httpx", "httpcore"):  # they would write addresses with names of customers, and keys
            logging.getLogger(name).setLevel(logging.WARNING)
        self.base = checked_base(own.url)
        if self.base.startswith("http:") and not wire.is_here(self.base):
            raise BadSettings("[conductor] url is not encrypted; the secret key only goes to an https address.")
        self._secrets = (own.secret_key,)
        self._end_user = end_user
        self._rows = max(1, min(own.page_rows, PAGE_ROWS_MAX))
        self._timeout = httpx.Timeout(own.timeout_seconds, connect=own.connect_seconds)
        self._long = httpx.Timeout(own.long_seconds, connect=own.connect_seconds)
        self._health = httpx.Timeout(HEALTH_SECONDS, connect=own.connect_seconds)
        self._patience = patience if patience is not None else own.long_seconds + TRICKLE_SECONDS
        self._official = official
        self._api: Any = official.Conductor(
            api_key=own.secret_key, base_url=self.base, timeout=self._timeout, max_retries=0,
            http_client=wire.line(self.base, self._timeout),
        )  # fmt: skip
        self._turn = _lock(self.base, end_user)

    def __repr__(self) -> str:
        return f"<Client of {self.base}>"

    def close(self) -> None:
        self._api.close()

    # -- reading --

    def page(self, resource: str, cursor: str = "", **filters: Any) -> Page:
        """One page of a listing that can be paged, active and inactive rows, documents with their lines. filters: the
        official client's names. A lost answer (Unavailable) loses its page: the listing has to begin anew, as it has
        when a page with a cursor is refused."""
        asked = {"limit": self._rows, **self._wide(resource), **filters}
        if cursor:
            asked["cursor"] = cursor
        return _page(self._listed(resource, asked, None))

    def whole(self, resource: str, **filters: Any) -> list[dict[str, Any]]:
        """Everything of a list, at once where QuickBooks cannot page it (which takes long), else page by page."""
        if "cursor" not in self._names(resource, "list"):
            return _rows(self._listed(resource, {**self._wide(resource), **filters}, self._long))
        found: list[dict[str, Any]] = []
        page = self.page(resource, **filters)
        for _ in range(PAGES_MAX):
            found += page.rows
            if not page.more:
                return found
            page = self.page(resource, page.cursor, **filters)
        raise Unavailable(said("A list of Conductor does not come to its end."), code="no_answer")

    def retrieve(self, resource: str, key: str = "", **filters: Any) -> dict[str, Any]:
        """One object as it stands there. Rejected ("not_there") when it does not. key: none where there is one."""
        try:
            found = self._ask(resource, "retrieve", {**({"id": key} if key else {}), **filters}, None, writes=False)
        except Rejected as error:
            raise _not_there(error) if error.code == "no_match" else error from None
        return _one(found, writes=False) if key else found

    def find(
        self,
        resource: str,
        *,
        names: Collection[str] = (),
        ref_numbers: Collection[str] = (),
        ids: Collection[str] = (),
        **filters: Any,
    ) -> list[dict[str, Any]]:
        """What has exactly one of these names (full ones, where a sort has them), numbers or ids; [] = not there.
        QuickBooks refuses a filter of several where one of them matches nothing: then each is asked for by itself."""
        known = self._names(resource, "list")
        by = "full_names" if "full_names" in known.values() else "names"
        given = {
            name: list(values) for name, values in ((by, names), ("ref_numbers", ref_numbers), ("ids", ids)) if values
        }
        if len(given) != 1:
            raise ValueError("find by one of names, ref_numbers, ids")
        ((name, values),) = given.items()
        try:
            return self.whole(resource, **{name: values}, **filters)
        except Rejected as error:
            if error.code not in ("no_match", "not_there"):
                raise
        if len(values) == 1:
            return []
        found = []
        for value in values:
            found += self.find(resource, **{_ARGUMENTS[name]: [value]}, **filters)
        return found

    def health(self) -> int:
        """A request that goes all the way to QuickBooks and back: the milliseconds it took them."""
        took = self._ask("", "health_check", {}, self._health, writes=False).get("duration") or 0
        if not isinstance(took, int | Decimal):
            raise _no_data(writes=False)
        return int(took)

    # -- writing; each goes exactly once --

    def create(self, resource: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as QuickBooks made it. Unknown: it may be there; look for it before anything else."""
        made = self._ask(resource, "create", self._arguments(resource, "create", body), None, writes=True)
        return _one(made, writes=True)

    def update(self, resource: str, key: str, revision: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as it stands then. Rejected: "stale" when its revision is another one, "not_there"."""
        given = self._arguments(resource, "update", body) | {"id": key, "revision_number": revision}
        try:
            changed = self._ask(resource, "update", given, None, writes=True)
        except Rejected as error:
            named = error.code == "reference_missing" and key in f"{error.message} {error.reply}"
            raise _not_there(error) if named else error from None
        return _one(changed, writes=True)

    def delete(self, resource: str, key: str) -> None:
        """Gone there. Rejected ("not_there") when it was already."""
        answer = self._ask(resource, "delete", {"id": key}, None, writes=True)
        if answer.get("deleted") is False:
            raise Rejected(
                said("QuickBooks did not delete it."), code="cannot_change", remedy=said("Look at it there.")
            )

    # -- the way there --

    def _names(self, resource: str, act: str) -> dict[str, str]:
        """Names of the API a method takes → the official client's."""
        if (resource, act) not in _taken:
            found = inspect.signature(getattr(getattr(self._api.qbd, resource), act)).parameters
            left_out = ("conductor_end_user_id", "timeout")
            names = {_camel(name): name for name in found if name not in left_out and not name.startswith("extra_")}
            _taken[resource, act] = names
        return _taken[resource, act]

    def _wide(self, resource: str) -> dict[str, Any]:
        known = self._names(resource, "list").values()
        wide = {"status": "all", "include_line_items": True}
        return {name: value for name, value in wide.items() if name in known}

    def _listed(self, resource: str, asked: Mapping[str, Any], timeout: Any) -> dict[str, Any]:
        return self._ask(resource, "list", asked, timeout, writes=False)

    def _needed(self, resource: str, act: str) -> set[str]:
        found = inspect.signature(getattr(getattr(self._api.qbd, resource), act)).parameters
        return {name for name, one in found.items() if one.default is inspect.Parameter.empty}

    def _arguments(self, resource: str, act: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A body of the API as the official client's arguments. Rejected, code "invalid", where it could not go as it
        is: a name they do not know would be left out silently, a number changed; nothing of it was sent."""
        known = self._names(resource, act)
        needed = self._needed(resource, act) - {"id", "revision_number", "conductor_end_user_id"}
        wrong = sorted(set(body) - set(known))
        wrong += sorted(name for name, taken in known.items() if taken in needed and name not in body)
        if wrong:
            raise _refused_here(", ".join(wrong))
        try:
            return {known[name]: _plain(value) for name, value in body.items()}
        except ValueError as error:
            raise _refused_here(str(error)) from None

    def _ask(self, resource: str, act: str, given: Mapping[str, Any], timeout: Any, *, writes: bool) -> dict[str, Any]:
        where = self._api.qbd if not resource else getattr(self._api.qbd, resource)
        method: Callable[..., Any] = getattr(where.with_raw_response, act)
        what, started = f"{act} {resource}".strip(), clock.monotonic()
        if not self._turn.acquire(timeout=self._patience):
            raise Unavailable(said("Another request is under way at this company file; try again."), code="busy")
        try:
            answer = method(
                **given, conductor_end_user_id=self._end_user, extra_headers=trail.headers(),
                timeout=timeout or self._timeout,
            )  # fmt: skip
            content = answer.http_response.content
        except self._official.APIStatusError as error:
            raise self._refused(what, error, writes) from None
        except self._official.APIConnectionError as error:
            raise self._cut(what, error.__cause__, writes) from None
        finally:
            self._turn.release()
        took = int((clock.monotonic() - started) * 1000)
        log.log(logging.INFO if writes else logging.DEBUG, "conductor: %s in %s ms", what, took)
        return _whole(content, writes)

    def _refused(self, what: str, error: Any, writes: bool) -> ConnectorError:
        found = error_for(
            error.status_code, error.body, writes=writes, now=clock.now(), headers=error.response.headers,
            secrets=self._secrets,
        )  # fmt: skip
        level = logging.DEBUG if found.code in ("no_match", "not_there") and not writes else logging.WARNING
        log.log(level, "conductor: %s answered %s: %s", what, error.status_code, strike(found.message, self._secrets))
        return found

    def _cut(self, what: str, error: BaseException | None, writes: bool) -> ConnectorError:
        why, unsent = strike(wire.reason(error), self._secrets), wire.nothing_left(error)
        log.warning("conductor: %s: %s (%s)", what, why, "nothing sent" if unsent else "sent")
        if unsent:
            return Unavailable(said("Conductor cannot be reached: {why}.", why=why), code="unreachable")
        words = said("Conductor did not answer: {why}.", why=why)
        if not writes:
            return Unavailable(words, code="no_answer")
        return Unknown(said("{sentence} What was sent may be in QuickBooks.", sentence=words), code="no_answer")


_LOOK = said("Look at it in QuickBooks.")
_ARGUMENTS = {"full_names": "names", "names": "names", "ref_numbers": "ref_numbers", "ids": "ids"}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _plain(value: Any) -> Any:
    """A value as the official client can write it. ValueError for a number JSON would not carry exactly through it."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        number = json.loads(f"{value:f}")  # they write it by its shortest text, which has to be the same number
        if Decimal(repr(number)) != value:
            raise ValueError(f"{value} has more digits than Conductor takes")
        return number
    if isinstance(value, float):
        raise TypeError("a number is a Decimal here")
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _whole(content: bytes, writes: bool) -> dict[str, Any]:
    try:
        body = _decoder.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    raise _no_data(writes)


def _refused_here(why: str) -> Rejected:
    words, remedy = said("Conductor does not take it: {said}", said=why), said("Put it right here, then try it again.")
    return Rejected(words, code="invalid", remedy=remedy)


def _no_data(writes: bool) -> ConnectorError:
    words = said("Conductor answered with something that is no data.")
    return Unknown(words, code="garbage") if writes else Unavailable(words, code="garbage")


def _one(body: dict[str, Any], *, writes: bool) -> dict[str, Any]:
    """An object, which has an id: of one that was made without, nobody could say that it is there."""
    if not _named(body):
        raise _no_data(writes)
    return body


def _named(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and bool(row["id"])


def _page(answer: Mapping[str, Any]) -> Page:
    """Garbage also where the next page would be the first one again, or more is announced for ever."""
    left, more, cursor = answer.get("remainingCount"), answer.get("hasMore"), answer.get("nextCursor") or ""
    rows = _rows(answer)
    more = bool(cursor) if more is None else bool(more)
    whole = left is None or (type(left) is int and left >= 0)
    if not whole or not isinstance(cursor, str) or (more and not (cursor and rows)):
        raise _no_list()
    return Page(rows, cursor, left, more)


def _rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its objects, each with its id: one without could not be taken, and would be passed over in silence."""
    rows = answer.get("data")
    if not isinstance(rows, list) or not all(_named(one) for one in rows):
        raise _no_list()
    return rows


def _no_list() -> Unavailable:
    return Unavailable(said("Conductor answered with something that is no list."), code="garbage")


def _not_there(error: Rejected) -> Rejected:
    found = Rejected(error.message, code="not_there", remedy=error.remedy or _LOOK)
    found.reply = error.reply
    return found


def _lock(base: str, end_user: str) -> threading.Lock:
    """One for each company file in this process; between processes the lease of a session does it."""
    with _locks_guard:
        return _locks.setdefault((base, end_user), threading.Lock())
