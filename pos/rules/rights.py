"""Who may do what: roles, the rights each one has, and how large a discount a role may give alone.

`DEFAULT` is what a new till knows; `store.rights` reads what an admin changed of it. A right is checked on the server
for each request; the page only hides what would be refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pos.said import said

ROLES = ("cashier", "supervisor", "manager", "operator", "accountant", "stock_keeper", "copier", "admin")
#: The role whose rights nobody takes away: somebody must be able to give them back.
OWNER = "admin"

#: Right -> what it allows, in words for docs and refusals.
RIGHTS = {
    "sell": said("sell, price a basket, see items and receipts of this till"),
    "discount": said("give a discount, up to the role's percentage"),
    "price_override": said("set another price than the shelf's"),
    "refund": said("take goods back against their receipt"),
    "blind_return": said("take goods back without a receipt"),
    "late_return": said("take goods back after the days for it are over"),
    "refund_tender": said("pay a refund another way than it was paid"),
    "no_sale": said("open the drawer without a sale"),
    "void": said("void a finished sale"),
    "paid_out": said("pay cash out of the drawer, or put it in"),
    "z_read": said("close the day and see its figures"),
    "variance": said("accept a difference of the drawer above the limit"),
    "reprint": said("show and print a receipt again"),
    "voucher_issue": said("issue or adjust a gift voucher by hand"),
    "replay": said("take in receipts that were made elsewhere"),
    "operate": said("look after outbox, agents and logs, and settle what the books refused"),
    "copies": said("keep copies of another till here, and fetch them"),
    "people": said("add people, set PINs, enrol tills"),
    "rights": said("change who may do what"),
    "settings": said("change settings and connections"),
    "stock": said("move stock: transfer, adjust, receive and count goods"),
    "stock_approve": said("agree to changes of stock somebody else asked for"),
    "stock_admin": said("set up places, reasons and QuickBooks Desktop; take back and repeat changes of stock"),
    "can_trigger_runs": said("start and cancel runs of sales into the books"),
    "can_edit_companies": said("set companies up, switch them on and off, export and import their set-up"),
    "can_manage_schedules": said("say when runs start by themselves"),
    "can_manage_portal_settings": said("change the defaults of the screens of runs"),
}
#: What a second person can agree to on the spot: exactly these, one act at a time. Each needs the right of its name.
ACTS = (
    "discount", "price_override", "refund", "blind_return", "late_return", "refund_tender", "no_sale", "void",
    "paid_out", "z_read", "variance", "reprint", "voucher_issue",
)  # fmt: skip

_CASHIER = frozenset({"sell", "discount", "no_sale", "reprint"})
_SUPERVISOR = _CASHIER | {
    "price_override", "refund", "blind_return", "late_return", "refund_tender", "void", "paid_out", "z_read",
}  # fmt: skip
_MANAGER = _SUPERVISOR | {"variance", "voucher_issue", "operate", "people", "stock", "stock_approve"}

_RUNS = frozenset({"can_trigger_runs", "can_edit_companies", "can_manage_schedules", "can_manage_portal_settings"})

_TABLE: dict[str, frozenset[str]] = {
    "cashier": _CASHIER,
    "supervisor": frozenset(_SUPERVISOR),
    "manager": frozenset(_MANAGER),
    "operator": frozenset({"replay", "reprint", "operate", "settings", "stock_admin"}) | _RUNS,
    "accountant": frozenset({"z_read", "reprint"}),
    "stock_keeper": frozenset({"reprint", "stock"}),
    "copier": frozenset({"copies"}),
    "admin": frozenset(RIGHTS),
}

#: The largest share of a line or sale a role takes off without a second person.
_DISCOUNT_PERCENT_MAX = {
    "cashier": Decimal(10),
    "supervisor": Decimal(50),
    "manager": Decimal(100),
    "admin": Decimal(100),
}


@dataclass(frozen=True)
class Rights:
    """The table as it stands: the defaults, and what was changed of them.

    overrides: (role, right) -> allowed. ceilings: role -> percentage.
    """

    overrides: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    ceilings: Mapping[str, Decimal] = field(default_factory=dict)

    def allowed(self, role: str, right: str) -> bool:
        """Whether the role has the right. An unknown role has none; an unknown right is a bug."""
        if right not in RIGHTS:
            raise ValueError(f"no such right: {right}")
        if role == OWNER:
            return True
        return self.overrides.get((role, right), right in _TABLE.get(role, frozenset()))

    def rights_of(self, role: str) -> tuple[str, ...]:
        """The role's rights in the order of the table."""
        return tuple(right for right in RIGHTS if self.allowed(role, right))

    def narrowed(self, role: str, kept: Collection[str]) -> Rights:
        """The table in which the role has none but these rights. The owner's cannot be narrowed."""
        taken = {(role, right): False for right in RIGHTS if right not in kept}
        return replace(self, overrides={**self.overrides, **taken})

    def discount_percent_max(self, role: str) -> Decimal:
        """The percentage up to which the role may discount alone; 0 for a role that may not discount."""
        if not self.allowed(role, "discount"):
            return Decimal(0)
        if role == OWNER:
            return Decimal(100)
        return self.ceilings.get(role, _DISCOUNT_PERCENT_MAX.get(role, Decimal(0)))


DEFAULT = Rights()


def allowed(role: str, right: str) -> bool:
    """Whether the role has the right by default."""
    return DEFAULT.allowed(role, right)


def rights_of(role: str) -> tuple[str, ...]:
    """The role's rights by default, in the order of the table."""
    return DEFAULT.rights_of(role)


def discount_percent_max(role: str) -> Decimal:
    """The percentage up to which the role may discount alone by default; 0 for a role that may not discount."""
    return DEFAULT.discount_percent_max(role)
