"""The accounts cash movements are booked on: looked up once by setup, which says in words what is left to set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pos.config import Config
from pos.connectors.erpnext.cash import SETTINGS, reason_accounts


class Asks(Protocol):
    """What of the client is used here."""

    def rows(self, doctype: str, fields: list[str], filters: list[list[Any]] | None = None) -> list[dict[str, Any]]:
        """Rows of a doctype."""


#: Types whose entries need a customer, supplier or asset beside them, which cash at a till has not.
NEED_PARTY = ("Receivable", "Payable")
MONEY = ("Cash", "Bank")
_FIELDS = ["name", "account_name", "account_number", "is_group", "account_type", "account_currency", "disabled"]
Row = dict[str, Any]


def learn(
    admin: Asks, config: Config, company: Row, drawers: dict[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """An account as the settings write it -> its whole name, for those that can be booked on; `say` gets the others.

    drawers: mode of payment -> account, of the modes of type Cash.
    """
    wanted = _wanted(config, say)
    if not config.erpnext.cash_account and not drawers:
        say("The drawer has no account: give the cash Mode of Payment one, or set [erpnext] cash_account.")
    chart = admin.rows("Account", _FIELDS, [["company", "=", company["name"]]]) if wanted else []
    known: dict[str, str] = {}
    own = set(drawers.values())
    for named, (setting, what) in wanted.items():
        found = _found(chart, named)
        problem = _problem(found, named, company)
        if not problem and setting != "cash_account" and found[0]["name"] in own:
            problem = f"{named!r}, is the drawer's own; cash can only move to another."
        if problem:
            say(f"The account for {what}, {problem} Put [erpnext] {setting} right, then run this again.")
            continue
        known[named] = str(found[0]["name"])
        if setting == "cash_account":
            own = {known[named]}
        if setting in ("cash_account", "safe_account") and found[0]["account_type"] not in MONEY:
            kind = found[0]["account_type"] or "none"
            say(f"The account for {what}, {named!r}, is of type {kind}; one of type Cash or Bank is meant.")
    return known


def _wanted(config: Config, say: Callable[[str], None]) -> dict[str, tuple[str, str]]:
    """Account as written -> (setting, what it is for)."""
    wanted: dict[str, tuple[str, str]] = {}
    if config.erpnext.cash_account:
        wanted[config.erpnext.cash_account] = ("cash_account", "the drawer")
    for setting, what in SETTINGS.values():
        named = getattr(config.erpnext, setting)
        if named:
            wanted[named] = (setting, what)
        else:
            say(
                f"No account is set for {what}: set [erpnext] {setting}. Until then such documents are kept here as"
                " refused, and nothing of them is booked."
            )
    try:
        for reason, named in reason_accounts(config.erpnext.reason_accounts).items():
            wanted[named] = ("reason_accounts", f"the reason {reason!r}")
    except ValueError as error:
        say(f"[erpnext] reason_accounts cannot be read: {error}.")
    return wanted


def _found(chart: list[Row], named: str) -> list[Row]:
    """By whole name, by number, or by the name without company: the first way that finds any."""
    for field in ("name", "account_number", "account_name"):
        found = [row for row in chart if row[field] and str(row[field]) == named]
        if found:
            return found
    return []


def _problem(found: list[Row], named: str, company: Row) -> str:
    """Why nothing can be booked on it, as the end of a sentence; "" when it can."""
    if not found:
        return f"{named!r}, is not in the chart of accounts of {company['name']}."
    if len(found) > 1:
        return f"{named!r}, is there {len(found)} times; write its whole name, like {found[0]['name']!r}."
    row, currency = found[0], company["default_currency"]
    if int(row["is_group"] or 0):
        return f"{named!r}, is a group; name an account below it."
    if int(row["disabled"] or 0):
        return f"{named!r}, is disabled in ERPNext."
    if row["account_type"] in NEED_PARTY:
        return f"{named!r}, is of type {row['account_type']}, which needs a customer or supplier in each entry."
    if row["account_currency"] and row["account_currency"] != currency:
        return f"{named!r}, is kept in {row['account_currency']}, not {currency}."
    return ""
