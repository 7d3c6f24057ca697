"""`erpnext setup`: make a site ready for the till once, learn what the mapping needs, say what is left to do.

Works on any stock ERPNext v15. Everything may be run again: what is there is looked at, not made twice. With an
administrator's key it creates and reads settings; without one it only checks what the till's own user can see and keeps
what was learned before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pos.config import Config
from pos.connectors.erpnext import accounts, doctypes, voucher_item
from pos.connectors.erpnext.cash import JOURNAL, PAYMENT
from pos.connectors.erpnext.client import CUSTOMER_KEY_FIELD, INVOICE, KEY_FIELD, Erpnext
from pos.connectors.erpnext.errors import ROLES
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.feeds import kind_of_mode, text_of
from pos.errors import Rejected

#: doctype -> the unique field that makes a second booking impossible.
KEY_FIELDS = {
    INVOICE: KEY_FIELD,
    "Stock Entry": KEY_FIELD,
    PAYMENT: KEY_FIELD,
    JOURNAL: KEY_FIELD,
    "Customer": CUSTOMER_KEY_FIELD,
}
#: Optional: goods without a price of their own.
OPEN_PRICE_FIELD = "pos_open_price"
#: What the till's user must be able to read: the feeds, and what it books.
READS = (
    INVOICE, PAYMENT, JOURNAL, "Stock Entry", "Item", "Item Group", "Item Price", "Item Tax Template",
    "Bin", "Customer", "Mode of Payment",
)  # fmt: skip
TILL_ROLES = ("Accounts User", "Sales User", "Stock User", "Sales Master Manager")

ROUNDINGS = {
    "Banker's Rounding": "bankers",
    "Commercial Rounding": "commercial",
    "Banker's Rounding (legacy)": "bankers_legacy",
}


@dataclass(slots=True)
class Report:
    """What setup did, what a person must still do, and what it learned.

    done and todo: whole sentences. blocking: those of todo without which nothing is sent.
    """

    facts: SetupFacts
    done: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)
    blocking: list[str] = field(default_factory=list)


def run(config: Config, till: Erpnext, admin: Erpnext | None, kept: SetupFacts | None, today: date) -> Report:
    """Set the site up (with `admin`) and check it as the till's user sees it. Raises the connector errors."""
    report = Report(kept or SetupFacts())
    user = str(till.ask("frappe.auth.get_logged_user"))
    report.done.append(f"The till signs in as {user}.")
    if admin is not None:
        for doctype, fieldname in KEY_FIELDS.items():
            _field(admin, doctype, fieldname, report)
        doctypes.create(admin, report)
        if not _has_field(admin, "Item", OPEN_PRICE_FIELD):
            wanted = {
                "dt": "Item",
                "fieldname": OPEN_PRICE_FIELD,
                "label": "Price typed at the till",
                "fieldtype": "Check",
            }
            admin.create("Custom Field", wanted)
            report.done.append(
                f"Created the field {OPEN_PRICE_FIELD} on Item, for goods whose price the cashier types."
            )
        report.facts = _learn(admin, config, user, report)
        _settings(admin, config, report, today)
        _roles(admin, user, report)
    elif kept is None:
        report.blocking.append("Run it once with an administrator's key: --admin-key and --admin-secret.")
    _as_the_till(till, report)
    if config.erpnext.url.startswith("http://") and "127.0.0.1" not in config.erpnext.url:
        report.todo.append("The address begins with http://, so the key travels unprotected; use https:// if you can.")
    return report


# -- what is created ---------------------------------------------------------------------------------------------------


def _field(admin: Erpnext, doctype: str, fieldname: str, report: Report) -> None:
    """The unique field; one that is there must be unique, or nothing stops a second booking."""
    label = "Till customer id" if fieldname == CUSTOMER_KEY_FIELD else "Till receipt id"
    wanted: dict[str, Any] = {"dt": doctype, "fieldname": fieldname, "label": label, "fieldtype": "Data"}
    wanted |= {"unique": 1, "read_only": 1, "no_copy": 1, "search_index": 1}
    there = admin.rows(
        "Custom Field", ["name", "unique", "fieldtype"], [["dt", "=", doctype], ["fieldname", "=", fieldname]]
    )
    if not there:
        admin.create("Custom Field", wanted)
        report.done.append(f"Created the field {fieldname} on {doctype}.")
    elif int(there[0]["unique"] or 0) and there[0]["fieldtype"] == "Data":
        report.done.append(f"The field {fieldname} on {doctype} is there.")
    else:
        report.blocking.append(
            f"The field {fieldname} on {doctype} is not unique (or no Data field)."
            " Make it unique in Customize Form, then run this again."
        )


# -- what is learned ---------------------------------------------------------------------------------------------------


def _learn(admin: Erpnext, config: Config, user: str, report: Report) -> SetupFacts:
    company = _company(admin, config)
    system = admin.document("System Settings", "System Settings")
    versions = admin.ask("frappe.utils.change_log.get_versions")
    profile = _profile(admin, config, company["name"], report)
    template = (
        config.erpnext.tax_template
        or str(profile.get("taxes_and_charges") or "")
        or _default_template(admin, company["name"])
    )
    modes = {
        str(m["name"]): str(m["type"] or "")
        for m in admin.rows("Mode of Payment", ["name", "type"], [["enabled", "=", 1]])
    }
    listed = tuple(str(p["mode_of_payment"]) for p in profile.get("payments", ()))
    payable = _payable(admin, str(company["name"]), modes, listed, report)
    order = tuple(payable)
    drawers = {mode: account for mode, account in payable.items() if modes[mode] == "Cash"}
    paying = {mode: account for mode, account in payable.items() if kind_of_mode(mode, modes[mode]) == "voucher"}
    return SetupFacts(
        versions={app: str(v.get("version", "")) for app, v in versions.items()},
        user=user,
        company=str(company["name"]),
        currency=str(company["default_currency"]),
        site_zone=str(system["time_zone"] or config.shop.timezone),
        rounding=ROUNDINGS.get(str(system.get("rounding_method") or ""), "bankers_legacy"),
        rounding_account=config.erpnext.rounding_account or str(company.get("round_off_account") or ""),
        tax_template=template,
        default_taxes=_charges(admin, template, report) if template else {},
        item_taxes=_item_taxes(admin, str(company["name"])),
        modes=modes,
        mode_order=order,
        exchange_mode=_exchange_mode(modes, order),
        mode_accounts=payable,
        accounts=accounts.learn(admin, config, company, drawers, report.todo.append),
        cost_center=str(company.get("cost_center") or ""),
        pos_profile=str(profile.get("name") or ""),
        cashier_doctype=doctypes.CASHIER if doctypes.usable(admin, doctypes.CASHIER) else "",
        vouchers=doctypes.usable(admin, doctypes.ENTRY),
        voucher_account=voucher_item.learn(admin, config, str(company["name"]), paying, report.todo.append),
        vouchers_by_hand=doctypes.usable(admin, doctypes.VOUCHER),
        open_price_field=_has_field(admin, "Item", OPEN_PRICE_FIELD),
        customer_field=_has_field(admin, "Customer", CUSTOMER_KEY_FIELD),
    )


def _company(admin: Erpnext, config: Config) -> dict[str, Any]:
    fields = ["name", "default_currency", "round_off_account", "cost_center"]
    found = admin.rows("Company", fields, [["name", "=", config.erpnext.company]] if config.erpnext.company else [])
    if len(found) == 1:
        return found[0]
    if config.erpnext.company:
        words = f"There is no company {config.erpnext.company!r} in ERPNext."
    else:
        words = f"ERPNext has {len(found)} companies ({', '.join(str(c['name']) for c in found)})."
    raise Rejected(words, code="company", remedy="Name the right one in [erpnext] company, then run this again.")


def _profile(admin: Erpnext, config: Config, company: str, report: Report) -> dict[str, Any]:
    name = config.erpnext.pos_profile
    if not name:
        return {}
    found = admin.rows("POS Profile", ["name", "disabled"], [["name", "=", name], ["company", "=", company]])
    if not found:
        report.blocking.append(
            f"There is no POS Profile {name!r} for {company}; create it, or empty [erpnext] pos_profile."
        )
        return {}
    if int(found[0]["disabled"] or 0):
        report.todo.append(f"The POS Profile {name!r} is disabled in ERPNext; its invoices are accepted all the same.")
    return admin.document("POS Profile", name)


def _default_template(admin: Erpnext, company: str) -> str:
    filters: list[list[Any]] = [["company", "=", company], ["disabled", "=", 0]]
    found = admin.rows(
        "Sales Taxes and Charges Template", ["name", "is_default"], filters, order_by="is_default desc, name asc"
    )
    return str(found[0]["name"]) if found else ""


def _charges(admin: Erpnext, template: str, report: Report) -> dict[str, str]:
    """Account -> rate of the company's template. Only charges on the net total can be reckoned at a till."""
    charges: dict[str, str] = {}
    for row in admin.document("Sales Taxes and Charges Template", template)["taxes"]:
        if row["charge_type"] != "On Net Total":
            report.todo.append(f"{template} has a row of type {row['charge_type']}, which the till leaves out.")
        elif row["account_head"] in charges:
            report.blocking.append(f"{template} has two rows for {row['account_head']}; use one account per row.")
        else:
            charges[str(row["account_head"])] = text_of(row["rate"])
    return charges


def _item_taxes(admin: Erpnext, company: str) -> dict[str, dict[str, str]]:
    names = [str(t["name"]) for t in admin.rows("Item Tax Template", ["name"], [["company", "=", company]])]
    taxes: dict[str, dict[str, str]] = {name: {} for name in names}
    if names:
        fields = ["parent", "tax_type", "tax_rate"]
        for row in admin.rows(
            "Item Tax Template Detail", fields, [["parent", "in", names]], parent="Item Tax Template"
        ):
            taxes[str(row["parent"])][str(row["tax_type"])] = text_of(row["tax_rate"])
    return taxes


def _payable(
    admin: Erpnext, company: str, modes: dict[str, str], listed: tuple[str, ...], report: Report
) -> dict[str, str]:
    """The modes that can be booked, with their account, in the POS Profile's order. One without an account is refused
    by ERPNext when the invoice is created; a mode of the kind "account" needs none."""
    usable: dict[str, str] = {}
    for mode in listed or sorted(modes, key=lambda m: (modes[m] != "Cash", m)):
        if mode not in modes:
            report.todo.append(f"The Mode of Payment {mode!r} of the POS Profile is disabled.")
        elif kind_of_mode(mode, modes[mode]) != "account":
            rows = admin.document("Mode of Payment", mode)["accounts"]
            account = next((a["default_account"] for a in rows if a["company"] == company), None)
            if account:
                usable[mode] = str(account)
            elif listed:
                report.todo.append(f"The Mode of Payment {mode!r} has no account for {company}; it is not offered.")
    if not any(modes[mode] == "Cash" for mode in usable):
        report.blocking.append(f"No Mode of Payment of type Cash has an account for {company}; set one.")
    return usable


def _exchange_mode(modes: dict[str, str], order: tuple[str, ...]) -> str:
    cash = [m for m in order if modes[m] == "Cash"]
    return "Cash" if "Cash" in cash else next(iter(cash), "")


def _has_field(admin: Erpnext, doctype: str, fieldname: str) -> bool:
    return bool(admin.rows("Custom Field", ["name"], [["dt", "=", doctype], ["fieldname", "=", fieldname]]))


# -- what a person must know -------------------------------------------------------------------------------------------


def _settings(admin: Erpnext, config: Config, report: Report, today: date) -> None:
    facts, ours = report.facts, config.pricing
    if facts.currency != config.shop.currency:
        report.blocking.append(
            f"The company's currency is {facts.currency}, [shop] currency is {config.shop.currency}."
        )
    if facts.rounding != ours.rounding and ours.tax_rule == "erpnext":
        report.blocking.append(
            f"ERPNext rounds by its {facts.rounding} method: set [pricing] rounding = {facts.rounding}."
        )
    precision = str(admin.document("System Settings", "System Settings").get("currency_precision") or "")
    if precision not in ("", "2"):
        report.blocking.append(
            f"ERPNext's Currency Precision is {precision}; empty it in System Settings, or pennies differ."
        )
    if not int(admin.document("Stock Settings", "Stock Settings").get("allow_negative_stock") or 0):
        report.todo.append(
            "Negative stock is not allowed in Stock Settings: a sale of goods ERPNext does not know of is refused,"
            " though they have left the shop. Allow it, unless somebody looks after such receipts every day."
        )
    if not facts.rounding_account:
        report.todo.append(
            "No account for rounding is known; set the company's Round Off Account or [erpnext] rounding_account."
        )
    if facts.voucher_account and facts.template_for("", Decimal(0)) is None:
        report.todo.append(
            "No Item Tax Template charges 0%, so ERPNext would tax a sold voucher, which is taxed when it is used:"
            " create one; until then a sale with a voucher is refused."
        )
    if not facts.tax_template:
        report.todo.append(
            "There is no Sales Taxes and Charges Template: goods without an Item Tax Template are sold untaxed."
        )
    years = admin.rows("Fiscal Year", ["name", "year_start_date", "year_end_date"], [["disabled", "=", 0]])
    if not any(str(y["year_start_date"]) <= today.isoformat() <= str(y["year_end_date"]) for y in years):
        report.blocking.append(f"No Fiscal Year holds {today.isoformat()}; create it.")
    for what, doctype, name in (
        ("walk-in customer", "Customer", config.till.walk_in),
        ("warehouse", "Warehouse", config.till.warehouse),
        ("price list", "Price List", config.till.price_list),
        ("rounding account", "Account", facts.rounding_account),
        ("income account", "Account", config.erpnext.income_account),
    ):
        if name and not admin.rows(doctype, ["name"], [["name", "=", name]]):
            report.blocking.append(f"The {what} {name!r} is not in ERPNext; create it there, or change the setting.")


def _roles(admin: Erpnext, user: str, report: Report) -> None:
    has = {r["role"] for r in admin.document("User", user)["roles"]}
    missing = [role for role in TILL_ROLES if role not in has and "System Manager" not in has]
    if missing:
        report.blocking.append(f"Give the till's user {user} in ERPNext: {', '.join(missing)}.")
    if "System Manager" in has:
        report.todo.append(f"The till's user {user} is a System Manager; {', '.join(TILL_ROLES)} are enough.")


def _as_the_till(till: Erpnext, report: Report) -> None:
    """Look at everything with the till's own key: what it cannot read, it can neither pull nor find again."""
    facts = report.facts
    readable = [*READS, *([facts.cashier_doctype] if facts.cashier_doctype else [])]
    readable += [doctypes.ENTRY] * facts.vouchers + [doctypes.VOUCHER] * facts.vouchers_by_hand
    for doctype in readable:
        try:
            till.rows(doctype, ["name"], limit=1)
        except Rejected as error:
            if error.code != "right_missing":
                raise
            report.blocking.append(
                f"The till's user may not read {doctype}; give it {ROLES.get(doctype, 'a role that may')}."
            )
    for doctype in (INVOICE, JOURNAL, PAYMENT):
        try:
            till.rows(doctype, ["name", KEY_FIELD], limit=1)
        except Rejected as error:
            if error.code == "field_missing":
                say = report.blocking if doctype == INVOICE else report.todo
                what = "nothing" if doctype == INVOICE else "no cash movement of that kind"
                say.append(f"The field {KEY_FIELD} is missing on {doctype}; {what} is sent without it.")
