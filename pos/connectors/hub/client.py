"""The hub over HTTP: it proves itself, then is shown this till's key, then takes documents byte for byte.

What it answers means: 200, 201 it has the document durably; 401 our key is refused; 409 another document holds its id
or its number, or this till is there twice; 422 it came other than it left, or is none the hub takes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pos import __version__, clock
from pos.config import Config
from pos.connectors.base import (
    ANSWERED,
    Context,
    Document,
    Listed,
    ListedPage,
    NameList,
    Page,
    Posted,
    Retold,
)
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import CONNECT_SECONDS, Answer, Http
from pos.rules import documents, hub
from pos.rules.reconcile import Figures
from pos.said import said

ROOT = "/api/hub/v1"
#: The hub proves itself again after so long, and after every silence.
PROVEN_SECONDS = 60
PING_SECONDS = 5.0

JOIN_AGAIN = said(
    "Make a code on the hub (`pos_server.py till again`, or at Tills) and type it here: `pos_server.py hub join`."
)
DECIDE = said(
    "Decide on the hub which machine stays: `pos_server.py till keep`, or Keep at Tills. Until then this till gives "
    "out no numbers."
)
COMPARE = said("Compare both documents before you do anything else; nothing was changed on either side.")
#: The hub has no such address: it is of a version from before this till asked for that.
OLDER = "older_hub"
OLDER_HUB = said(
    "The hub is of an older version than this till and does not know this yet. Install the newer one there."
)
VERIFY = said("Run `pos_server.py verify` here. When all is well here, look at the version of the hub.")


class Hub:
    """Used by one thread at a time. facts: {"hub": its id}, as it was when this till joined."""

    def __init__(self, config: Config, facts: Mapping[str, Any]) -> None:
        self._config = config
        self._facts = facts
        self._proven_at = 0.0
        self._key = ""
        self._http: Http | None = None

    # -- the line ------------------------------------------------------------------------------------------------------

    def check(self) -> str:
        """The hub is the one this till joined, and knows it: "Hub of Finch & Marlow, 1.4.0"."""
        told = self.known()
        return f"{told.get('title') or 'Hub'}, {told.get('version', '')}".rstrip(", ")

    def known(self) -> dict[str, Any]:
        """What the hub says of itself and of this till."""
        self._proven_at = 0.0
        return self._asked(self._get(f"{ROOT}/till"))

    def has(self) -> tuple[int, list[tuple[int, int]]]:
        """What it has of this till: the newest number, and which before it are missing (the first few gaps)."""
        told = self._asked(self._get(f"{ROOT}/till"))
        try:
            return int(told["head"]), [(int(first), int(last)) for first, last in told["missing"]]
        except (KeyError, TypeError, ValueError) as error:
            raise Unavailable(f"The hub told what it has in a way that cannot be read ({error!r}).",
                              code="unreadable") from error  # fmt: skip

    def change_key(self, key: str) -> None:
        """From now on this till goes by another key. Harmless when it does already: a lost answer is asked for so."""
        try:
            self._prove()
        except SignInNeeded as error:
            if error.code != "not_proven":
                raise
            fresh = Hub(replace(self._config, hub=replace(self._config.hub, key=key)), self._facts)
            fresh.check()
            return
        assert self._http is not None
        body = {"key_hash": hub.digest(key)}
        self._asked(self._http.send("POST", f"{ROOT}/key", body, headers=self._mine()))

    def ping(self) -> None:
        self._proven_at = 0.0
        self._prove()

    def _prove(self) -> None:
        """That whoever answers holds what this till and its hub agreed on; only then is the key shown."""
        key, pinned, till = self._read_key(), str(self._facts.get("hub") or ""), self._config.till.id
        if not key or not pinned:
            raise SignInNeeded("This till has not joined its hub yet.", remedy=JOIN_AGAIN)
        if self._http is None or key != self._key:
            self._key, self._proven_at = key, 0.0
            self._http = self._line(key)
        if self._proven_at and clock.monotonic() - self._proven_at < PROVEN_SECONDS:
            return
        challenge = secrets.token_urlsafe(24)
        asked = {"challenge": challenge, "till": till}
        answer = self._http.read(f"{ROOT}/hello", asked, read_seconds=PING_SECONDS)
        told = self._asked(answer)
        found = str(told.get("hub") or "")
        if found != pinned:
            words = said("Another hub answers there than the one this till joined ({one}, not {other}).",
                         one=hub.fingerprint(found), other=hub.fingerprint(pinned))  # fmt: skip
            raise SignInNeeded(words, code="other_hub", remedy=JOIN_AGAIN)
        if not hub.proves(str(told.get("proof") or ""), key, challenge, pinned, till):
            words = said("Whoever answers there could not prove to be this till's hub, or the key was withdrawn.")
            raise SignInNeeded(words, code="not_proven", remedy=JOIN_AGAIN)
        self._proven_at = clock.monotonic()

    def _line(self, key: str) -> Http:
        return Http(
            self._config.hub.url,
            headers=self._who(),
            secrets=(key,),
            read_seconds=self._config.hub.timeout_seconds,
            connect_seconds=min(CONNECT_SECONDS, self._config.hub.timeout_seconds),
        )

    def _who(self) -> dict[str, str]:
        """Who asks; in every request."""
        return {
            hub.VERSION: __version__,
            hub.TILL: self._config.till.id,
            hub.INSTANCE: _text_of(self._config.instance_file),
        }

    def _read_key(self) -> str:
        return self._config.hub.key or _text_of(self._config.hub_key_file)

    def _mine(self, head: str = "") -> dict[str, str]:
        """What goes along once the hub has proven itself."""
        more = {hub.HEAD: head} if head else {}
        return {"Authorization": f"Bearer {self._key}", hub.NOW: clock.stamp(clock.now()), **more}

    def _get(self, path: str) -> Answer:
        self._prove()
        assert self._http is not None
        try:
            return self._http.read(path, headers=self._mine())
        except ConnectorError:
            self._proven_at = 0.0
            raise

    # -- documents -----------------------------------------------------------------------------------------------------

    def find(self, key: str, kind: str = "sale") -> Posted | None:  # noqa: ARG002
        answer = self._get(f"{ROOT}/documents/{key}")
        if answer.status == 404 and _json(answer).get("code") == "not_there":
            return None
        told = self._asked(answer)
        return Posted(key, "submitted", {"hash": str(told.get("hash")), "number": str(told.get("number"))})

    def way(self, key: str) -> list[dict[str, Any]]:
        """What became of a document behind the hub: a row per connection and part, as its outbox has it."""
        told = self._asked(self._get(f"{ROOT}/documents/{key}"))
        rows = told.get("way")
        return [dict(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def post(self, document: Document, part: str, key: str, context: Context) -> Posted:  # noqa: ARG002
        documents.verify(context.body)  # what is not whole here is never sent
        self._prove()
        assert self._http is not None
        headers = {**self._mine(context.head), "Content-Type": "application/octet-stream"}
        try:
            answer = self._http.send("PUT", f"{ROOT}/documents/{key}", context.body, headers=headers)
        except ConnectorError:
            self._proven_at = 0.0
            raise
        told = _json(answer)
        if told.get("code") == "corrupt" and told.get("sha256") != hashlib.sha256(context.body).hexdigest():
            error = Unknown("It reached the hub other than it left here.", code=f"{ANSWERED}:corrupt")
            error.reply = answer.body.decode("utf-8", "replace")
            raise error
        told = self._asked(answer)
        return Posted(key, "submitted", {"hash": str(told.get("hash")), "number": document["invoice_name"]})

    def fetch(self, remote_id: str, kind: str = "sale") -> Posted:
        found = self.find(remote_id, kind)
        if found is None:
            raise Rejected("The hub does not have it any more.", code="gone", remedy=COMPARE)
        return found

    def finish(self, document: Document, part: str, posted: Posted) -> Posted:  # noqa: ARG002
        return posted  # nothing is ever half done there

    def compare(self, document: Document, part: str, posted: Posted) -> str:  # noqa: ARG002
        """By the hash, which covers every byte."""
        theirs = str(posted.figures.get("hash", ""))
        if theirs == document["hash"]:
            return ""
        return said("The hub has it with another content: {theirs}, not {ours}.", theirs=theirs[:16],
                    ours=document["hash"][:16])  # fmt: skip

    def booked(self, wanted: Mapping[str, str]) -> dict[str, Posted]:
        found = {key: self.find(key, kind) for key, kind in wanted.items()}
        return {key: posted for key, posted in found.items() if posted is not None}

    def listed(self, till: str, since: datetime, until: datetime, after: str) -> ListedPage:  # noqa: ARG002
        return ListedPage((), "")

    def retold(self, wanted: Sequence[Listed]) -> list[Retold]:  # noqa: ARG002
        return []

    def expected(self, document: Document, part: str) -> Figures:  # noqa: ARG002
        raise _no_books()

    def figures(self, posted: Posted, currency: str) -> Figures:  # noqa: ARG002
        raise _no_books()

    # -- feeds ---------------------------------------------------------------------------------------------------------

    def pull(self, feed: str, since: str) -> Page:  # noqa: ARG002
        return Page((), since, False)

    def rewind(self, cursor: str) -> str:
        return cursor

    def names(self, feed: str) -> NameList:  # noqa: ARG002
        return NameList(frozenset(), complete=False)

    def picture(self, address: str, bytes_max: int) -> bytes:  # noqa: ARG002
        raise Rejected("The hub keeps no pictures.", code="no_picture")

    # -- answers -------------------------------------------------------------------------------------------------------

    def _asked(self, answer: Answer) -> dict[str, Any]:
        """What it says when all is well; else the one error its answer stands for."""
        told = _json(answer)
        if answer.status < 300 and told.get("ok") is True:
            return told
        self._proven_at = 0.0
        raise _refusal(answer, told)


def _refusal(answer: Answer, told: Mapping[str, Any]) -> ConnectorError:
    words, code = str(told.get("message") or ""), str(told.get("code") or "")
    if not code and answer.status < 500:
        return Unavailable(f"What answers there is no hub ({answer.status}). Check [hub] url.", code="no_hub")
    if code == "doubled":
        return SignInNeeded(words, code="doubled", remedy=DECIDE)
    if answer.status in (401, 403):
        return SignInNeeded(words or "The hub does not accept this till's key.", remedy=JOIN_AGAIN)
    if answer.status in (429, 503) or code in ("no_hub", "host"):
        return Unavailable(words, code=code or "busy", retry_at=answer.retry_at(clock.now()))
    if answer.status >= 500:
        return _with_reply(Unknown(words or f"The hub answered {answer.status}.", code=f"{ANSWERED}:{code}" if code else
                                  "no_answer"), answer)  # fmt: skip
    if answer.status == 404 and code == "not_found":
        return _with_reply(Rejected(OLDER_HUB, code=OLDER), answer)
    remedy = {422: VERIFY, 413: said("Raise [security] body_kb_max on the hub.")}.get(answer.status, COMPARE)
    return _with_reply(Rejected(words, code=code, remedy=remedy), answer)


def _with_reply(error: ConnectorError, answer: Answer) -> ConnectorError:
    error.reply = answer.body.decode("utf-8", "replace")
    return error


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text_of(file: Any) -> str:
    try:
        return str(file.read_text(encoding="ascii")).strip()
    except (OSError, ValueError):
        return ""


def _no_books() -> Rejected:
    return Rejected("The hub keeps documents, not accounts; it compares its own books itself.", code="no_books")


def join(config: Config, code: str, key_hash: str, instance: str) -> dict[str, Any]:
    """Type a one-time code: what the hub says of itself. A lost answer is asked for with the same code and key."""
    http = Http(config.hub.url, secrets=(code,), read_seconds=config.hub.timeout_seconds)
    body = {"code": code, "till": config.till.id, "ids": list(config.till.ids), "instance": instance,
            "key_hash": key_hash, "version": __version__}  # fmt: skip
    answer = http.send("POST", f"{ROOT}/join", body)
    told = _json(answer)
    if answer.status < 300 and told.get("ok") is True:
        return told
    raise _refusal(answer, told)
