"""POST to an address that is a secret in itself, through `pos.http`; the answer becomes one of the four errors."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from pos import clock
from pos.errors import BadSettings, Rejected, SignInNeeded, Unavailable, Unknown
from pos.http import Answer, Http

ANSWER_BYTES_MAX = 64 << 10
_LATER = (408, 425, 429, 503)


class Address:
    """Where to POST. Whoever knows a chat's address may write to it, so its path stands in no log and no error."""

    def __init__(self, url: str, seconds: int, setting: str) -> None:
        try:
            parts = urlsplit(url.strip())
            base = f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            raise BadSettings(f"[notices] {setting} is no address; write it like https://host/path.") from None
        self._path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        secrets = [parts.path.strip("/"), parts.query]
        self._http = Http(base, secrets=secrets, read_seconds=seconds, connect_seconds=min(seconds, 5))
        self.host = parts.hostname or ""

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send it once. Returns on 2xx, else raises exactly one of the four connector errors."""
        try:
            answer = self._http.send("POST", self._path, body, headers=headers, bytes_max=ANSWER_BYTES_MAX)
        finally:
            self._http.close()
        self._judge(answer)

    def _judge(self, answer: Answer) -> None:
        status = answer.status
        if 200 <= status < 300:
            return
        if status in _LATER:
            raise Unavailable(
                f"{self.host} takes nothing now ({status}).", code="later", retry_at=answer.retry_at(clock.now())
            )
        if status in (401, 403):
            raise SignInNeeded(f"{self.host} does not accept our key or address ({status}).")
        if status < 500:
            raise Rejected(
                f"{self.host} refuses it ({status}).", code="refused", remedy="Check the address in [notices]."
            )
        raise Unknown(f"{self.host} failed ({status}). It may have taken it.", code=f"http_{status}")
