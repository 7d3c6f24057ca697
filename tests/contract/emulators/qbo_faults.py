"""What goes wrong between a till and QuickBooks Online, from a seed or by name."""

from __future__ import annotations

from tests.contract.emulators.drawn import OF_THE_LINE, Drawn

#: name -> what happens to the request. "done" = it is booked before the failure.
KINDS = {
    **OF_THE_LINE,
    "late": "connection closed without an answer, done up to 110 s later",
    "throttled": "429, nothing done",
    "throttled_lower": "429 in lower case, nothing done",
    "gateway_text": "504 `stream timeout` as plain text, nothing done",
    "gateway_text_after": "504 `stream timeout` as plain text, done",
    "gateway_html": "503 with a page, nothing done",
    "gateway_html_after": "502 with a page, done",
    "system": "500 SystemFault 10000, nothing done",
    "system_after": "500 SystemFault 10000, done",
    "fault_in_200": "SystemFault 10000 inside a 200, nothing done",
    "unauthorised": "401 although the token is young, nothing done",
    "inventory_lock": "6000, somebody else holds the inventory products, nothing done",
}
LATE_SECONDS_MAX = 110


class Faults(Drawn):
    """Sorts of requests: "reads", "writes", "token" (the token address, which "all" leaves out)."""

    KINDS = KINDS
    APART = frozenset({"token"})

    def late_seconds(self) -> float:
        """How long after a lost request it is booked."""
        return self.between(1, LATE_SECONDS_MAX)
