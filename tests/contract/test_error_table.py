"""Every row of the error table, end to end: what becomes of the receipt, when it is tried again, what the operator is
told, and that the next receipt still goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.connectors.erpnext import errors
from pos.connectors.erpnext.errors import OUTCOMES, WORDS, Meaning
from pos.errors import ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.store import connections, notices, unblock
from tests.contract.emulators.erpnext_site import Refusal
from tests.contract.tills import SETTLE_SECONDS, Till, due, till

RETRY_AFTER = {"Retry-After": "29"}
#: What no row names: (status, exc_type, headers) -> outcome and code.
OTHERS = (
    (500, "KeyError", {}, "rejected", "server_error"),
    (500, "", {}, "unknown", "gateway"),
    (502, "", {}, "unknown", "gateway"),
    (504, "", {}, "unknown", "gateway"),
    (503, "", {}, "unknown", "gateway"),
    (503, "", RETRY_AFTER, "unavailable", "busy"),
    (409, "SomethingError", {}, "rejected", "refused"),
    (404, "OtherError", {}, "rejected", "refused"),
    (429, "TooManyRequestsError", RETRY_AFTER, "unavailable", "busy"),
)
ROWS = [
    *((r.status, "OtherError" if r.exc_type == "*" else r.exc_type, {}, r) for r in OUTCOMES if r.where != "read"),
    *(
        (status, exc, headers, Meaning(status, exc, "post", outcome, code))
        for status, exc, headers, outcome, code in OTHERS
    ),
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Till]:
    with till(tmp_path) as made:
        yield made


def refusal(status: int, exc_type: str, headers: dict[str, str]) -> Refusal:
    said = "<b>Something</b> in their words" if exc_type else ""
    return Refusal(status, exc_type, said, html="" if exc_type else "a page", headers=headers)


@pytest.mark.parametrize(
    ("status", "exc_type", "headers", "row"),
    ROWS,
    ids=[f"{r[0]}-{r[1] or 'page'}{'-later' if r[2] else ''}" for r in ROWS],
)
def test_a_refused_receipt_ends_as_its_row_says_and_the_next_one_goes(
    shop: Till, status: int, exc_type: str, headers: dict[str, str], row: Meaning
) -> None:
    bad, good = shop.sell(2)
    shop.emulator.refuse[bad] = refusal(status, exc_type, headers)
    started = shop.time()
    shop.round()
    found = shop.row(bad)
    sentence, remedy = WORDS[row.code]
    waits = due(found, started)
    if row.outcome == "rejected":
        assert (found.state, found.code) == ("rejected", row.code)
        assert found.message.startswith(sentence.split("{")[0])
        assert found.message.endswith(remedy.split("{")[0].split("}")[-1]) or remedy.split("{")[0] in found.message
        assert [n.level for n in notices.open_notices(shop.store)] == ["needs"]
    elif row.outcome == "answered":
        assert (found.state, found.code) == ("queued", f"answered:{exc_type}")
        assert 0 < waits <= 60
    elif row.outcome == "unknown":
        assert (found.state, found.code) == ("unknown", row.code)
        assert 0 < waits <= SETTLE_SECONDS
    elif row.outcome == "sign_in":
        assert found.state == "queued"
        assert connections.line(shop.store, "erpnext").paused_reason == sentence
    elif headers:
        assert found.state == "queued"
        assert connections.line(shop.store, "erpnext").retry_at
    else:
        assert (found.state, found.code) == ("queued", row.code)
    if row.outcome != "sign_in" and not headers:
        assert shop.row(good).state == "booked"
    assert len(shop.invoices(bad)) == 0

    _put_right(shop, bad)
    assert [shop.row(bad).state, shop.row(good).state] == ["booked", "booked"]
    assert [len(shop.invoices(bad)), len(shop.invoices(good))] == [1, 1]
    assert notices.open_notices(shop.store, level="needs") == []


def _put_right(shop: Till, bad: str) -> None:
    """The cause is gone, a person pressed Retry where one is asked, time goes by."""
    shop.emulator.refuse.clear()
    if shop.row(bad).state == "rejected":
        unblock.retry(shop.store, shop.row(bad).n, "M1")
    for _ in range(4):
        shop.later(SETTLE_SECONDS)
        shop.round()


@pytest.mark.parametrize("exc_type", ["StockOverReturnError", "ClosedAccountingPeriod", "ValidationError", "TypeError"])
def test_any_refusal_may_hide_that_the_receipt_is_there(shop: Till, exc_type: str) -> None:
    (sold,) = shop.sell()
    shop.emulator.faults.next("reset_after", times=2)  # the draft, and then the submission of what was found
    shop.round()
    shop.emulator.refuse[sold] = Refusal(500 if exc_type == "TypeError" else 417, exc_type)
    for _ in range(3):
        shop.later(SETTLE_SECONDS)
        shop.round()
    assert shop.row(sold).state == "booked"
    assert [d["docstatus"] for d in shop.invoices(sold)] == [1]


def test_every_code_has_words_and_every_refusal_a_remedy() -> None:
    for row in OUTCOMES:
        sentence, remedy = WORDS[row.code]
        assert sentence.endswith(".")
        assert remedy or row.outcome != "rejected", row


def test_the_table_never_looks_at_a_message() -> None:
    told = {
        "exc_type": "ValidationError",
        "_server_messages": '["{\\"message\\": \\"POS Receipt ID must be unique\\"}"]',
    }
    assert errors.meaning_of(417, told["exc_type"], "post").code == "refused"


@pytest.mark.parametrize(
    ("status", "exc_type", "error", "code"),
    [
        (401, "AuthenticationError", SignInNeeded, "sign_in_needed"),
        (403, "PermissionError", Rejected, "right_missing"),
        (404, "DoesNotExistError", Rejected, "not_there"),
        (417, "DataError", Rejected, "field_missing"),
        (417, "ValidationError", Rejected, "question_refused"),
        (429, "TooManyRequestsError", Unavailable, "busy"),
        (500, "OperationalError", Unavailable, "server_error"),
        (500, "JSONDecodeError", Unavailable, "server_error"),
        (503, "SessionStopped", Unavailable, "maintenance"),
        (502, "", Unavailable, "server_error"),
        (404, "", Unavailable, "no_site"),
        (400, "", Rejected, "request_refused"),
    ],
)
def test_a_question_that_fails_books_nothing(
    shop: Till, status: int, exc_type: str, error: type[ConnectorError], code: str
) -> None:
    shop.emulator.refuse_reads = refusal(status, exc_type, {})
    with pytest.raises(error) as caught:
        shop.job.memory.connector.find("some-receipt")
    assert caught.value.code == code
    assert not isinstance(caught.value, Unknown)
