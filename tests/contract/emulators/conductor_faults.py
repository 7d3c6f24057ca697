"""What goes wrong between us, Conductor and the computer QuickBooks runs on, from a seed or by name."""

from __future__ import annotations

from tests.contract.emulators.drawn import OF_THE_LINE, Drawn

READS = frozenset({"list", "page", "retrieve", "health"})
#: Faults that are an answer: status, type, code, integrationCode, message, what people should read, "done" first.
ANSWERS: dict[str, tuple[int, str, str, str, str, str, bool]] = {
    "not_connected": (
        502, "INTEGRATION_CONNECTION_ERROR", "QBD_CONNECTION_ERROR", "0x80040408",
        "Could not start QuickBooks.", "QuickBooks Desktop is not running on the computer. Please open it.", False,
    ),
    "timeout_before": (
        504, "INTEGRATION_CONNECTION_ERROR", "QBD_REQUEST_TIMEOUT", "",
        "The request to QuickBooks Desktop timed out.",
        "QuickBooks Desktop did not answer. Please see whether it shows a window that waits for somebody.", False,
    ),
    "timeout_after": (
        504, "INTEGRATION_CONNECTION_ERROR", "QBD_REQUEST_TIMEOUT", "",
        "The request to QuickBooks Desktop timed out.",
        "QuickBooks Desktop did not answer. Please see whether it shows a window that waits for somebody.", True,
    ),
    "timeout_late": (
        504, "INTEGRATION_CONNECTION_ERROR", "QBD_REQUEST_TIMEOUT", "",
        "The request to QuickBooks Desktop timed out.",
        "QuickBooks Desktop did not answer. Please see whether it shows a window that waits for somebody.", False,
    ),
    "limited": (
        429, "INVALID_REQUEST_ERROR", "RATE_LIMIT_EXCEEDED", "", "Too many requests.",
        "Too many requests. Please try again in a moment.", False,
    ),
    "internal_before": (
        500, "INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "", "An internal server error occurred. Please try again.",
        "An internal server error occurred. Please try again.", False,
    ),
    "internal_after": (
        500, "INTERNAL_ERROR", "INTERNAL_SERVER_ERROR", "", "An internal server error occurred. Please try again.",
        "An internal server error occurred. Please try again.", True,
    ),
    "in_use": (
        502, "INTEGRATION_ERROR", "QBD_REQUEST_ERROR", "3175",
        "There was an error when saving: the object is in use by another user.",
        "There was an error when saving: the object is in use by another user.", False,
    ),
    "not_set_up": (
        409, "INTEGRATION_CONNECTION_ERROR", "INTEGRATION_CONNECTION_NOT_SET_UP", "",
        "The end-user has not set up the integration connection.",
        "QuickBooks Desktop is not linked yet. Please finish setting it up.", False,
    ),
}  # fmt: skip


class Faults(Drawn):
    """What a request does, "create customers": hits may be "create", "customers", both, "reads", "writes" or "all".

    Beside faults of the line: `late` (done after the client is gone), `slow_connect` (a long silence before anything,
    then cut, nothing done), `gateway` (a 502 of a proxy that is no JSON, nothing done), `gateway_after` (done).
    """

    KINDS = {
        **OF_THE_LINE,
        **{kind: row[4] for kind, row in ANSWERS.items()},
        "late": "connection closed, done when the client is gone",
        "slow_connect": "a long silence, then cut, nothing done",
        "gateway": "502 of a proxy in between, nothing done",
        "gateway_after": "502 of a proxy in between, done",
    }

    def _meant(self, hits: str, sort: str) -> bool:
        if hits == "all":
            return True
        does, _, resource = sort.partition(" ")
        if hits in ("reads", "writes"):
            return (does in READS) == (hits == "reads")
        return hits in (sort, does, resource)
