"""What a sold gift voucher is booked on: money owed until the voucher is used, never income. Looked up once by setup,
which says in words what is left to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pos.config import Config
from pos.connectors.erpnext.accounts import NEED_PARTY

_HOW = "an Item without stock whose Item Default for {company} names a liability account as its Income Account"


class Asks(Protocol):
    """What of the client is used here."""

    def rows(self, doctype: str, fields: list[str], filters: list[list[Any]] | None = None) -> list[dict[str, Any]]:
        """Rows of a doctype."""

    def document(self, doctype: str, name: str) -> dict[str, Any]:
        """One whole document."""


def learn(admin: Asks, config: Config, company: str, modes: Mapping[str, str], say: Callable[[str], None]) -> str:
    """The liability account of the item vouchers are sold as; "" when there is none to book on.

    modes: Mode of Payment -> account, of those that pay by voucher.
    """
    code = config.vouchers.item
    if not code:
        return ""
    how = _HOW.format(company=company)
    if not admin.rows("Item", ["name"], [["name", "=", code]]):
        say(
            f"Vouchers are sold as the item {code}, which is not in ERPNext: create it there as {how}."
            " Until then ERPNext refuses a sale with a voucher. Or empty [vouchers] item."
        )
        return ""
    item = admin.document("Item", code)
    if int(item.get("is_stock_item") or 0):
        say(f"The voucher item {code} keeps stock in ERPNext; make it {how}.")
    account = _account(item, company)
    problem = _problem(admin, account)
    if problem:
        say(f"The voucher item {code} {problem} A sold voucher is owed until it is used; make it {how}.")
        return ""
    _modes(account, modes, say)
    return account


def _account(item: Mapping[str, Any], company: str) -> str:
    mine = [row for row in item.get("item_defaults") or () if row["company"] == company]
    return str(mine[0].get("income_account") or "") if mine else ""


def _problem(admin: Asks, account: str) -> str:
    """Why what it is booked on cannot stay, as the middle of a text; "" when it can."""
    if not account:
        return "has no Income Account of its own, so it is booked as income."
    found = admin.rows("Account", ["name", "root_type", "account_type", "is_group"], [["name", "=", account]])
    if not found or int(found[0]["is_group"] or 0):
        return f"is booked on {account!r}, which is no account that can be booked on."
    if found[0]["root_type"] != "Liability":
        return f"is booked on {account!r}, which is of the kind {found[0]['root_type'] or 'unknown'}."
    if found[0]["account_type"] in NEED_PARTY:
        return f"is booked on {account!r}, which needs a customer or supplier in each entry."
    return ""


def _modes(account: str, modes: Mapping[str, str], say: Callable[[str], None]) -> None:
    if not modes:
        say(
            "There is no Mode of Payment for vouchers with an account: create one with 'voucher' or 'gift' in its name"
            f" and {account!r} as its account. Until then vouchers can be sold, but nobody can pay with one."
        )
    for mode, booked in modes.items():
        if booked != account:
            say(
                f"The Mode of Payment {mode!r} is booked on {booked!r}, sold vouchers on {account!r}: give both the"
                " same account, or what is owed on vouchers never goes down."
            )
