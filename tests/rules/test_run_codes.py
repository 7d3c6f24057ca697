"""What the exit codes of runs say."""

from __future__ import annotations

import pytest

from pos.rules import run_codes


@pytest.mark.parametrize(
    ("code", "reason", "says"),
    [
        ("0", "", "went well"),
        ("0", "mismatch", "differ"),
        ("1", "failed", "refused"),
        ("1", "", "refused"),
        ("1", "cancelled", "safe point"),
        ("1", "not_started", "part failed before"),
        ("2", "lock_held", "Another run of the same company"),
        ("2", "bad_arguments", "no books"),
        ("2", "", "or it was asked for"),
        ("3", "", "could not start"),
        ("-1", "stale", "died three times"),
        ("-1", "", "died three times"),
        ("126", "", "could not be executed"),
        ("127", "", "not found"),
        ("-9", "", "SIGKILL"),
        ("-99", "", "signal 99"),
        ("5", "", "does not give"),
        ("odd", "", "does not give"),
        ("--", "", "does not give"),
    ],
)
def test_a_code_is_explained(code: str, reason: str, says: str) -> None:
    assert says in run_codes.explained(code, reason)


def test_two_held_and_two_wrong_are_told_apart_and_no_code_says_nothing() -> None:
    assert run_codes.explained("2", "lock_held") != run_codes.explained("2", "bad_arguments")
    assert run_codes.explained("") == ""
