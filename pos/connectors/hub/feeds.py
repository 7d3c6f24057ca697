"""What the hub tells its tills, pulled by cursors: goods, stock, customers, people, rights, notices, and pictures."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pos.connectors.base import NameList, Page
from pos.connectors.hub.client import ROOT, Hub
from pos.errors import ConnectorError, Rejected, Unavailable

#: In the order to pull them: an item's tax and the people first.
FEEDS = ("people", "rights", "taxes", "items", "prices", "stock", "customers", "modes", "notices")
PAGE_ROWS = 500


class Feeds(Hub):
    """The hub's way down, beside its way up."""

    def pull(self, feed: str, since: str) -> Page:
        try:
            told = self.ask(f"{ROOT}/feeds/{feed}?since={quote(since, safe='')}&limit={PAGE_ROWS}")
        except Rejected as error:
            if error.code != "no_feed":
                raise
            return Page((), since, more=False)  # an older hub does not tell this yet
        rows, cursor = told.get("rows"), told.get("next")
        if not isinstance(rows, list) or not isinstance(cursor, str) or not all(isinstance(r, dict) for r in rows):
            raise Unavailable(f"The hub told the {feed} in a way that cannot be read.", code="unreadable")
        return Page(tuple(rows), cursor, bool(told.get("more")))

    def names(self, feed: str) -> NameList:  # noqa: ARG002
        return NameList(frozenset(), complete=False)  # what is gone comes with the changes

    def picture(self, address: str, bytes_max: int) -> bytes:
        if not address.startswith(f"{ROOT}/thumbs/"):
            raise Rejected("Only the hub's own pictures are fetched.", code="other_host")
        self._prove()
        assert self._http is not None
        answer = self._http.read(address, headers=self._mine(), bytes_max=bytes_max)
        if answer.status != 200:
            raise Rejected(f"The hub answered {answer.status} for a picture.", code="no_picture")
        return answer.body

    # -- for the others that speak to the hub while a customer waits ---------------------------------------------------

    def ask(self, path: str) -> dict[str, Any]:
        """A question that changes nothing."""
        return self._asked(self._get(path))

    def tell(self, path: str, body: dict[str, Any], *, only_reads: bool = False) -> dict[str, Any]:
        """Something to be kept there. Unknown when the answer was lost."""
        self._prove()
        assert self._http is not None
        try:
            answer = self._http.send("POST", path, body, headers=self._mine(), only_reads=only_reads)
        except ConnectorError:
            self._proven_at = 0.0
            raise
        return self._asked(answer)

    def shown(self) -> dict[str, str]:
        """What a request carries, for one this class does not send itself; the hub has proven itself before."""
        self._prove()
        return {**self._who(), **self._mine()}

    @property
    def clock_off(self) -> float | None:
        """Seconds this machine's clock was ahead of the hub's at its last answer."""
        return self._http.clock_off if self._http is not None else None
