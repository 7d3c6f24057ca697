"""Another till as a place: its server keeps the files for us, over HTTPS. See `pos/web/copies.py` for the other side.

What is sent is sent again after a lost answer: nothing over there is written twice or over.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pos.config import Config
from pos.errors import ConnectorError
from pos.http import Answer, Http
from pos.places.base import Listed, PlaceError

#: Bytes of one request: below what a till takes at once ([security] body_kb_max), also as base64.
SEND_BYTES = 512 << 10
FETCH_BYTES = 4 << 20
_ROOT = "/api/copies"


class OtherTill:
    """Used by one thread at a time. A key of that till goes with every request."""

    kind = "till"

    def __init__(self, config: Config, word: str) -> None:
        self.word = word
        secrets = (config.backup.token,)
        self._http = Http(
            word,
            headers={"Authorization": f"Bearer {config.backup.token}"},
            secrets=secrets,
            read_seconds=config.backup.timeout_seconds,
        )

    def near(self) -> bool:
        """On this very machine: what takes one takes both."""
        host = (urlsplit(self.word).hostname or "").rstrip(".")
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    def put_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """In requests of a size that till takes."""
        some: list[dict[str, str]] = []
        size = 0
        for path, body in files:
            if some and size + len(body) > SEND_BYTES:
                self._json("POST", f"{_ROOT}/{_till(path)}", {"files": some})
                some, size = [], 0
            if len(body) > SEND_BYTES:
                raise PlaceError(f"{path} is too large to be sent to {self.word}.")
            some.append({"path": path.partition("/")[2], "body": base64.b64encode(body).decode("ascii")})
            size += len(body)
        if some:
            self._json("POST", f"{_ROOT}/{_till(files[0][0])}", {"files": some})

    def put(self, path: str, file: Path) -> None:
        """Piece by piece; the last one carries the checksum of all."""
        size, sent, digest = file.stat().st_size, 0, hashlib.sha256()
        with file.open("rb") as source:
            while True:
                piece = source.read(SEND_BYTES)
                digest.update(piece)
                asked = {"offset": str(sent), "size": str(size)}
                sent += len(piece)
                if sent >= size:
                    asked["sha256"] = digest.hexdigest()
                self._json("PUT", f"{_url(path)}?{urlencode(asked)}", piece)
                if sent >= size:
                    return

    def listed(self, folder: str) -> Iterator[Listed]:
        till, _, below = folder.partition("/")
        after = ""
        while True:
            answer = self._json("GET", f"{_ROOT}/{quote(till)}?{urlencode({'below': below, 'after': after})}", None)
            for one in answer["files"]:
                yield Listed(f"{till}/{one['path']}", int(one["bytes"]))
            if not answer["more"]:
                return
            after = answer["files"][-1]["path"]

    def read(self, path: str, most: int) -> bytes | None:
        answer = self._call("GET", f"{_url(path)}?offset=0", None)
        if answer.status == 404:
            return None
        self._ok(answer)
        if int(answer.headers.get("x-file-bytes", "0")) > most:
            raise PlaceError(f"{path} at {self.word} is larger than {most} bytes; it is left alone.")
        return answer.body

    def fetch(self, path: str, file: Path) -> None:
        with file.open("wb") as out:
            while True:
                answer = self._call("GET", f"{_url(path)}?offset={out.tell()}", None)
                self._ok(answer)
                out.write(answer.body)
                if out.tell() >= int(answer.headers.get("x-file-bytes", "0")) or not answer.body:
                    return

    def remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            answer = self._call("DELETE", _url(path), b"")
            if answer.status != 404:
                self._ok(answer)

    def close(self) -> None:
        self._http.close()

    def _json(self, method: str, url: str, body: Any) -> dict[str, Any]:
        answer = self._call(method, url, body)
        self._ok(answer)
        found = answer.json()
        if not isinstance(found, dict):
            raise PlaceError(f"{self.word} does not answer as a till does. Check its address.")
        return found

    def _call(self, method: str, url: str, body: Any) -> Answer:
        try:
            if method == "GET":
                return self._http.read(url, bytes_max=FETCH_BYTES * 2)
            headers = {"Content-Type": "application/octet-stream"} if isinstance(body, bytes) else None
            return self._http.send(method, url, body, headers=headers)
        except ConnectorError as error:
            raise PlaceError(f"{self.word} does not answer: {error.message}", code="away", away=True) from error

    def _ok(self, answer: Answer) -> None:
        """Anything but a yes becomes a sentence; that till's own where it gives one."""
        if answer.status < 400:
            return
        try:
            said = answer.json()
            words = str(said.get("message") or "")
            code = str(said.get("code") or "place")
        except (ValueError, AttributeError):
            words, code = "", "place"
        if answer.status == 401:
            words = f"it does not know our key. {words}"
            code = "not_allowed"
        raise PlaceError(f"{self.word} refused: {words or f'status {answer.status}, and no reason'}", code=code)


def _till(path: str) -> str:
    return quote(path.partition("/")[0])


def _url(path: str) -> str:
    return f"{_ROOT}/{quote(path)}"
