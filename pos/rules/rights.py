"""Who may do what: roles, the rights each one has, and how large a discount a role may give alone.

A right is checked on the server for each request; the page only hides what would be refused.
"""

from __future__ import annotations

from decimal import Decimal

ROLES = ("cashier", "supervisor", "manager", "operator", "accountant", "stock_keeper", "admin")

#: Right -> what it allows, in words for docs and refusals.
RIGHTS = {
    "sell": "sell, price a basket, see items and receipts of this till",
    "discount": "give a discount, up to the role's percentage",
    "price_override": "set another price than the shelf's",
    "refund": "take goods back against their receipt",
    "blind_return": "take goods back without a receipt",
    "no_sale": "open the drawer without a sale",
    "void": "cancel a sale that is under way",
    "paid_out": "pay cash out of the drawer, or put it in",
    "z_read": "close the day and see its figures",
    "reprint": "show and print a receipt again",
    "replay": "take in receipts that were made elsewhere",
    "people": "add people, set PINs, enrol tills",
    "settings": "change settings and connections",
}

_CASHIER = frozenset({"sell", "discount", "no_sale", "void", "reprint"})
_SUPERVISOR = _CASHIER | {"price_override", "refund", "paid_out", "z_read"}
_MANAGER = _SUPERVISOR | {"blind_return", "people"}

_TABLE: dict[str, frozenset[str]] = {
    "cashier": _CASHIER,
    "supervisor": frozenset(_SUPERVISOR),
    "manager": frozenset(_MANAGER),
    "operator": frozenset({"replay", "reprint", "settings"}),
    "accountant": frozenset({"z_read", "reprint"}),
    "stock_keeper": frozenset({"reprint"}),
    "admin": frozenset(RIGHTS),
}

#: The largest share of a line or sale a role takes off without a second person.
_DISCOUNT_PERCENT_MAX = {
    "cashier": Decimal(10),
    "supervisor": Decimal(50),
    "manager": Decimal(100),
    "admin": Decimal(100),
}


def allowed(role: str, right: str) -> bool:
    """Whether the role has the right. An unknown role has none; an unknown right is a bug."""
    if right not in RIGHTS:
        raise ValueError(f"no such right: {right}")
    return right in _TABLE.get(role, frozenset())


def rights_of(role: str) -> tuple[str, ...]:
    """The role's rights in the order of the table."""
    return tuple(right for right in RIGHTS if allowed(role, right))


def discount_percent_max(role: str) -> Decimal:
    """The percentage up to which the role may discount alone; 0 for a role that may not discount."""
    return _DISCOUNT_PERCENT_MAX.get(role, Decimal(0))
