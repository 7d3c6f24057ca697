"""Cash that came into the drawer or left it, as the Journal Entry or Payment Entry ERPNext is sent, and back. Pure.

Both come down to the same: so much into one account, out of another. That is what is compared, to the minor unit.

    cash paid out    Journal Entry (Cash Entry)            the reason's account <- drawer
    cash put in      Journal Entry (Cash Entry)            drawer <- the reason's account
    to the safe      Payment Entry (Internal Transfer)     safe <- drawer
    a Z's variance   Journal Entry (Cash Entry)            over: drawer <- over and short; short: the other way
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pos.config import Config
from pos.connectors.base import Document, Posted
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.mapping import posted_at
from pos.errors import Rejected, Unknown
from pos.rules.ledger import variance
from pos.rules.money import major, minor, round_minor

INVOICE, JOURNAL, PAYMENT = "Sales Invoice", "Journal Entry", "Payment Entry"

#: Kind of document -> what it is in ERPNext; every other kind is an invoice.
DOCTYPES = {"paid_in": JOURNAL, "paid_out": JOURNAL, "drop": PAYMENT, "z": JOURNAL}
#: Kind of document -> the setting that names the account across from the drawer, and what that account is for.
SETTINGS = {
    "paid_out": ("paid_out_account", "cash paid out"),
    "paid_in": ("paid_in_account", "cash put in"),
    "drop": ("safe_account", "drops to the safe"),
    "z": ("over_short_account", "a drawer that is over or short"),
}
REMARK_CHARS_MAX = 500
_STATES: dict[int, Literal["draft", "submitted", "cancelled"]] = {0: "draft", 1: "submitted", 2: "cancelled"}
_SETUP_AGAIN = "run `pos_server.py erpnext setup`, start the till again, then `pos_server.py outbox retry`."


@dataclass(frozen=True, slots=True)
class Move:
    """So much, in minor units and never below nothing, out of one account into another."""

    amount: int
    out_of: str
    into: str


def doctype_of(kind: str) -> str:
    """What a document of this kind is in ERPNext."""
    return DOCTYPES.get(kind, INVOICE)


def reason_accounts(text: str) -> dict[str, str]:
    """[erpnext] reason_accounts as reason -> account as written there. ValueError names what cannot be read."""
    found: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split("|"))):
        reason, colon, account = (p.strip() for p in part.partition(":"))
        if not colon or not reason or not account:
            raise ValueError(f"{part!r} must be written reason: account")
        found[_plain(reason)] = account
    return found


def move_of(document: Document, facts: SetupFacts, config: Config) -> Move:
    """What a document of the drawer moves between which accounts. Rejected when an account is not known."""
    kind, amount = document["kind"], _amount(document)
    drawer, across = _drawer(document, facts, config), _across(document, facts, config)
    if drawer == across:
        raise Rejected(
            f"The drawer and {SETTINGS[kind][1]} have the same account in ERPNext, {drawer}.",
            code="account_missing",
            remedy=f"Set another [erpnext] {SETTINGS[kind][0]}, {_SETUP_AGAIN}",
        )
    return Move(amount, across, drawer) if amount > 0 else Move(-amount, drawer, across)


def entry(document: Document, key: str, facts: SetupFacts, config: Config) -> dict[str, Any]:
    """The body of the POST that creates the draft. Rejected when an account is not known."""
    move = move_of(document, facts, config)
    amount, day = major(move.amount, document["currency"]), posted_at(document, facts)[0]
    body: dict[str, Any] = {
        "doctype": doctype_of(document["kind"]),
        "docstatus": 0,
        "pos_receipt_id": key,
        "company": facts.company,
        "posting_date": day,
    }
    if body["doctype"] == JOURNAL:
        rows: list[dict[str, Any]] = [
            {"account": move.into, "debit_in_account_currency": amount, "credit_in_account_currency": 0},
            {"account": move.out_of, "debit_in_account_currency": 0, "credit_in_account_currency": amount},
        ]
        if facts.cost_center:
            rows = [row | {"cost_center": facts.cost_center} for row in rows]
        return body | {"voucher_type": "Cash Entry", "user_remark": _remark(document), "accounts": rows}
    body["payment_type"] = "Internal Transfer"
    if (mode := _mode(document, facts)) in facts.modes:  # the till's own name for cash may be none of theirs
        body["mode_of_payment"] = mode
    body |= {"paid_from": move.out_of, "paid_to": move.into, "paid_amount": amount, "received_amount": amount}
    body |= {"source_exchange_rate": 1, "target_exchange_rate": 1, "custom_remarks": 1, "remarks": _remark(document)}
    # A transfer to an account of type Bank is refused without a reference.
    return body | {"reference_no": document["invoice_name"], "reference_date": day}


def posted(doc: Mapping[str, Any]) -> Posted:
    """A full Journal Entry or Payment Entry, read from there, as Posted. Unknown when it is neither."""
    try:
        journal = "accounts" in doc
        rows = [_row(r) for r in doc["accounts"]] if journal else _ends(doc)
        return Posted(
            remote_id=str(doc["name"]),
            state=_STATES[int(doc["docstatus"])],
            figures={
                "doctype": JOURNAL if journal else PAYMENT,
                "type": doc["voucher_type"] if journal else doc["payment_type"],
                "company": doc["company"],
                "posting_date": doc["posting_date"],
                "key": doc.get("pos_receipt_id") or "",
            },
            rows=tuple(rows),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise Unknown(f"ERPNext answered with something that is no entry ({error!r}).", code="garbage") from error


def difference(
    document: Document, there: Posted, facts: SetupFacts, config: Config, *, draft: bool = False
) -> str:  # fmt: skip
    """Empty when what is there moves the cash as the document says, to the minor unit; else the differences as one
    sentence. draft: it need not be submitted yet."""
    try:
        move = move_of(document, facts, config)
        return "; ".join([*_head(document, there, facts, draft), *_moved(document, move, there)])
    except Rejected as error:  # the settings were changed since
        return error.message
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        return f"What ERPNext holds cannot be read ({error!r})."


# -- what is there -----------------------------------------------------------------------------------------------------


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    debit, credit = (_text(row.get(f"{side}_in_account_currency")) for side in ("debit", "credit"))
    return {"name": row["name"], "account": row["account"], "debit": debit, "credit": credit}


def _ends(doc: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A transfer as the two rows a Journal Entry would have."""
    paid, received = _text(doc["paid_amount"]), _text(doc["received_amount"])
    return [
        {"name": "paid_to", "account": doc["paid_to"], "debit": received, "credit": "0"},
        {"name": "paid_from", "account": doc["paid_from"], "debit": "0", "credit": paid},
    ]


def _head(document: Document, there: Posted, facts: SetupFacts, draft: bool) -> list[str]:
    doctype = doctype_of(document["kind"])
    wanted = {
        "doctype": doctype,
        "type": "Cash Entry" if doctype == JOURNAL else "Internal Transfer",
        "company": facts.company,
        "posting_date": posted_at(document, facts)[0],
    }
    found = [
        f"{name.replace('_', ' ')} is {there.figures[name]}, not {value}"
        for name, value in wanted.items()
        if there.figures[name] != value
    ]
    if there.state != "submitted" and not (draft and there.state == "draft"):
        found.append(f"it is {there.state}, not submitted")
    return found


def _moved(document: Document, move: Move, there: Posted) -> list[str]:
    currency = document["currency"]
    sums: dict[str, list[int]] = {}
    for row in there.rows:
        one = sums.setdefault(row["account"], [0, 0])
        one[0] += round_minor(Decimal(row["debit"]), currency)
        one[1] += round_minor(Decimal(row["credit"]), currency)
    wanted = {move.into: [move.amount, 0], move.out_of: [0, move.amount]}
    found = []
    for account in {**wanted, **sums}:
        pairs = zip(("debit", "credit"), sums.get(account, [0, 0]), wanted.get(account, [0, 0]), strict=True)
        found += [
            f"{account}: {side} is {major(a, currency)}, not {major(b, currency)}" for side, a, b in pairs if a != b
        ]
    return found


def _text(value: Any) -> str:
    """A figure as exact text; null is 0. ValueError for text that is none."""
    return f"{Decimal(str(value if value is not None else 0)):f}"


# -- what is wanted ----------------------------------------------------------------------------------------------------


def _amount(document: Document) -> int:
    """What the drawer gained (or lost, below nothing), in minor units."""
    figure = variance(document) if document["kind"] == "z" else document["cash"]["amount"]
    return minor(figure, document["currency"])


def _mode(document: Document, facts: SetupFacts) -> str:
    """The mode of payment the cash went by. A Z counts the drawer, which goes by the mode of exchanges."""
    return str(document["payments"][0]["mode_of_payment"]) if document["payments"] else facts.exchange_mode


def _drawer(document: Document, facts: SetupFacts, config: Config) -> str:
    named, mode = config.erpnext.cash_account, _mode(document, facts)
    if named:
        return _resolved(named, "cash_account", "the drawer", facts)
    if mode not in facts.mode_accounts:
        raise Rejected(
            f"No account is known for the drawer: ERPNext's Mode of Payment {mode!r} has none for {facts.company}.",
            code="account_missing",
            remedy=f"Set one there, or [erpnext] cash_account, {_SETUP_AGAIN}",
        )
    return facts.mode_accounts[mode]


def _across(document: Document, facts: SetupFacts, config: Config) -> str:
    """The account across from the drawer: that of the reason where it has one, else that of the kind."""
    setting, what = SETTINGS[document["kind"]]
    if document["kind"] in ("paid_in", "paid_out"):
        try:
            named = reason_accounts(config.erpnext.reason_accounts).get(_plain(document["cash"]["reason"]), "")
        except ValueError as error:
            raise Rejected(
                f"[erpnext] reason_accounts cannot be read: {error}.",
                code="account_missing",
                remedy=f"Put it right, {_SETUP_AGAIN}",
            ) from error
        if named:
            return _resolved(named, "reason_accounts", what, facts)
    return _resolved(getattr(config.erpnext, setting), setting, what, facts)


def _resolved(named: str, setting: str, what: str, facts: SetupFacts) -> str:
    if named in facts.accounts:
        return facts.accounts[named]
    words = f"the account {named!r} for {what} cannot be used" if named else f"no account is set for {what}"
    raise Rejected(
        f"It is not booked yet: {words}.",
        code="account_missing",
        remedy=f"Set [erpnext] {setting} to the name of an account in ERPNext, {_SETUP_AGAIN}",
    )


def _remark(document: Document) -> str:
    """What a bookkeeper reads: why, which receipt, which till, who."""
    if document["kind"] == "z":
        count = document["z"]["count"]
        why = f"{document['z']['name']} counted {'over' if _amount(document) > 0 else 'short'}"
        words, note = [why, count["reason"]], count["note"]
    else:
        words, note = [document["cash"]["reason"]], document["cash"]["note"]
    cashier = document.get("cashier") or {}
    who = " ".join(filter(None, (cashier.get("code"), cashier.get("name"))))
    words += [document["invoice_name"], document.get("till") or "", document.get("session") or "", who, note]
    return ", ".join(filter(None, words))[:REMARK_CHARS_MAX]


def _plain(reason: str) -> str:
    """A reason as it is looked up: capitals and spaces do not matter."""
    return " ".join(reason.casefold().split())
