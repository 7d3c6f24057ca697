"""What `erpnext setup` learned of a site: everything a mapping needs to know and a till's user may not look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

#: Rate in percent, as exact text: {"VAT - TS": "20"}.
Rates = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SetupFacts:
    """One site and company. Plain JSON values only: kept as one row of text beside the connection.

    rounding: a name from rules.money.ROUNDING. default_taxes: account -> rate of the
    company's sales tax template `tax_template`, in its order. item_taxes: Item Tax Template -> account -> rate.
    modes: Mode of Payment -> type (Cash, Bank, General, Phone). mode_order: those that can be booked, in the order of
    the POS Profile where there is one. exchange_mode: the cash mode that sets off the halves of an exchange.
    mode_accounts: Mode of Payment -> the company's account for it. accounts: an account as the settings write it -> its
    whole name there, for those that can be booked on. cost_center: the company's default one. vouchers: it keeps the
    ledger of gift vouchers; vouchers_by_hand: and those people make there; voucher_account: what a sold one is owed on.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    company: str = ""
    currency: str = ""
    site_zone: str = ""
    rounding: str = ""
    rounding_account: str = ""
    tax_template: str = ""
    default_taxes: Rates = field(default_factory=dict)
    item_taxes: Mapping[str, Rates] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    mode_order: tuple[str, ...] = ()
    exchange_mode: str = ""
    mode_accounts: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    cost_center: str = ""
    pos_profile: str = ""
    cashier_doctype: str = ""
    open_price_field: bool = False
    customer_field: bool = False
    vouchers: bool = False
    vouchers_by_hand: bool = False
    voucher_account: str = ""

    def as_json(self) -> dict[str, Any]:
        """What load() takes back."""
        return asdict(self)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> SetupFacts | None:
        """The facts kept, or None when setup never ran. Keys of other versions are left out."""
        known = {f.name for f in fields(cls)}
        values = {k: v for k, v in kept.items() if k in known}
        if not values.get("company"):
            return None
        values["mode_order"] = tuple(values.get("mode_order", ()))
        return cls(**values)

    def rates_of(self, template: str) -> dict[str, Decimal]:
        """What ERPNext charges a row with this item tax template ("" = none) per account of the invoice's tax rows."""
        rates = {account: Decimal(rate) for account, rate in self.default_taxes.items()}
        return rates | {account: Decimal(rate) for account, rate in self.item_taxes.get(template, {}).items()}

    def template_for(self, code: str, rate: Decimal) -> str | None:
        """The item tax template ("" = none needed) that charges this rate; the one called like the code when it does.

        A receipt may carry codes of its own (a CSV import, the demo shop): then the rate decides. None = no way.
        """
        if code in self.item_taxes and _charged(self.rates_of(code)) == rate:
            return code
        if _charged(self.rates_of("")) == rate:
            return ""
        return next((t for t in sorted(self.item_taxes) if _charged(self.rates_of(t)) == rate), None)


def _charged(rates: Mapping[str, Decimal]) -> Decimal:
    return sum(rates.values(), Decimal(0))
