"""What sales documents, payments, journals and deposits must obey, what they are given, and what follows from them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from tests.contract.emulators.qbo_company import SALES, Company, Doc, Record, business, invalid
from tests.contract.emulators.qbo_figures import ZERO, number, settle
from tests.contract.emulators.qbo_lists import missing, owes, references, too_long

NUMBER_MAX, REFERENCE_MAX, NOTE_MAX, LINES_MAX = 21, 21, 4000, 750
DEPOSIT_KINDS = ("Bank", "Other Current Asset")
UNDEPOSITED = "Undeposited Funds"
TITLES = {"SalesReceipt": "Sales Receipt", "RefundReceipt": "Refund", "CreditMemo": "Credit Memo"}
_NEEDS = {
    "SalesReceipt": ("Line",), "RefundReceipt": ("Line", "DepositToAccountRef"), "Invoice": ("Line", "CustomerRef"),
    "CreditMemo": ("Line", "CustomerRef"), "Estimate": ("Line", "CustomerRef"), "Payment": ("TotalAmt", "CustomerRef"),
    "JournalEntry": ("Line",), "Deposit": ("Line", "DepositToAccountRef"),
}  # fmt: skip


def money_document(company: Company, entity: str, doc: Doc, record: Record | None, sent: Doc, include: str) -> None:
    """Checks and completes a document that moves money. sent: what the caller wrote of it."""
    for name in _NEEDS[entity]:
        if doc.get(name) in (None, "", [], {}):
            raise missing(name)
    for name, most in (("DocNumber", NUMBER_MAX), ("PaymentRefNum", REFERENCE_MAX), ("PrivateNote", NOTE_MAX)):
        if len(str(doc.get(name) or "")) > most:
            raise too_long(name, most, str(doc[name]))
    if len(doc.get("Line") or ()) > LINES_MAX:
        raise business(f"Business Validation Error: A transaction can have {LINES_MAX} lines at most.")
    references(company, doc, entity)
    doc["TxnDate"] = str(doc.get("TxnDate") or company.today())
    _date_allowed(company, doc, record)
    if entity in SALES:
        _sale(company, entity, doc, record, sent)
    elif entity == "Payment":
        _payment(company, doc, record)
    elif entity == "JournalEntry":
        _journal(doc)
    else:
        doc["TotalAmt"] = sum((number(line.get("Amount")) for line in doc["Line"]), ZERO)
        _deposited(company, doc)
    _number(company, entity, doc, record, include)
    doc.setdefault("CurrencyRef", company.currency_ref())


def _date_allowed(company: Company, doc: Doc, record: Record | None) -> None:
    try:
        dates = [dt.date.fromisoformat(doc["TxnDate"])]
    except ValueError:
        raise invalid("2010", "Request has invalid or unsupported property",
                      f"Property Name:TxnDate {doc['TxnDate']} is unsupported or invalid") from None  # fmt: skip
    if record is not None:
        dates.append(dt.date.fromisoformat(record.body["TxnDate"]))
    closed = company.switches.closed_until
    if closed is not None and min(dates) <= closed:
        raise invalid(company.switches.closed_code, "Account Period Closed, Cannot Update Through Services API",
                      f"The account period has closed and the account books cannot be updated through the QBO "
                      f"Services API. Use the QBO website for these changes. Closing date: {closed}")  # fmt: skip


def _number(company: Company, entity: str, doc: Doc, record: Record | None, include: str) -> None:
    number_ = str(doc.get("DocNumber") or "")
    if not number_:
        doc.pop("DocNumber", None)
        if not company.switches.custom_numbers and entity in SALES:
            company.numbers += 1
            doc["DocNumber"] = str(company.numbers)
        return
    if not company.switches.duplicate_check or "allowduplicatedocnum" in include or entity == "Payment":
        return
    for other in company.with_number(entity, number_):
        if other is not record:
            title = TITLES.get(entity, entity)
            raise invalid("6140", "Duplicate Document Number Error",
                          "Duplicate Document Number Error : You must specify a different number. This number has "
                          f"already been used. DocNumber={number_} is assigned to TxnType={title} with "
                          f"TxnId={other.body['Id']}", "")  # fmt: skip


def _sale(company: Company, entity: str, doc: Doc, record: Record | None, sent: Doc) -> None:
    _account(company, doc, entity)
    if record is None or {"Line", "TxnTaxDetail", "GlobalTaxCalculation"} & set(sent):
        settle(company, doc, sent)
    _items_started(company, doc)
    doc.setdefault("ApplyTaxAfterDiscount", False)
    doc.setdefault("PrintStatus", "NeedToPrint")
    doc.setdefault("EmailStatus", "NotSet")
    before = record.body if record else None
    if entity == "Invoice":
        paid = number(before["TotalAmt"]) - number(before["Balance"]) if before else ZERO
        doc["Balance"] = number(doc["TotalAmt"]) - paid
        doc.setdefault("LinkedTxn", [])
        for way in ("IPNPayment", "OnlinePayment", "OnlineCreditCardPayment", "OnlineACHPayment"):
            doc.setdefault(f"Allow{way}", False)
        doc.setdefault("DueDate", (dt.date.fromisoformat(doc["TxnDate"]) + dt.timedelta(days=30)).isoformat())
    elif entity == "CreditMemo":
        used = number(before["TotalAmt"]) - number(before["RemainingCredit"]) if before else ZERO
        doc["Balance"] = doc["RemainingCredit"] = number(doc["TotalAmt"]) - used
    else:
        doc["Balance"] = ZERO
    customer = company.find("Customer", (doc.get("CustomerRef") or {}).get("value", ""))
    for name in ("BillAddr", "ShipAddr") if customer else ():
        if name in customer.body and (entity == "Invoice" or name == "BillAddr"):
            doc.setdefault(name, customer.body[name])


def _account(company: Company, doc: Doc, entity: str) -> None:
    if entity not in ("SalesReceipt", "RefundReceipt"):
        return
    reference = doc.get("DepositToAccountRef") or {}
    if not reference.get("value"):
        found = next((r.body for r in company.live("Account") if r.body["Name"] == UNDEPOSITED), None)
        if found:
            doc["DepositToAccountRef"] = {"value": found["Id"], "name": UNDEPOSITED}
        return
    kind = company.records["Account"][str(reference["value"])].body.get("AccountType")
    if kind not in DEPOSIT_KINDS:
        raise business(f"Business Validation Error: You cannot deposit to an account of type {kind}.")


def _items_started(company: Company, doc: Doc) -> None:
    for item in inventory_items(company, doc):
        if str(item.get("InvStartDate")) > doc["TxnDate"]:
            raise invalid("6270", "Invalid date: transaction date is before the inventory start date",
                          f"Transaction date is prior to start date for inventory item {item['Name']} "
                          f"(start date {item['InvStartDate']})")  # fmt: skip


def inventory_items(company: Company, doc: Doc) -> list[Doc]:
    """The stocked items a document names, whatever else is wrong with it."""
    found = []
    lines = doc.get("Line")
    for line in lines if isinstance(lines, list) else ():
        detail = line.get("SalesItemLineDetail") if isinstance(line, dict) else None
        key = ((detail or {}).get("ItemRef") or {}).get("value")
        record = company.find("Item", key)
        if record is not None and record.body.get("Type") == "Inventory":
            found.append(record.body)
    return found


def _payment(company: Company, doc: Doc, record: Record | None) -> None:
    applied = ZERO
    doc["TotalAmt"] = number(doc["TotalAmt"])
    before = _applied(record.body) if record else {}
    for (kind, key), amount in _applied(doc).items():
        target = company.find(kind, key)
        if target is None:
            raise invalid("2500", "Invalid Reference Id", f"Invalid Reference Id : {kind} element id {key} not found")
        if target.body["CustomerRef"]["value"] != doc["CustomerRef"]["value"]:
            raise business("Business Validation Error: The linked transaction is another customer's.")
        if abs(amount) > number(target.body["Balance"]) + abs(before.get((kind, key), ZERO)):
            raise business("Business Validation Error: You can't apply more than the balance of the transaction.")
        applied += amount
    if applied > doc["TotalAmt"]:
        raise business("Business Validation Error: The amounts applied are more than the payment.")
    doc["UnappliedAmt"] = doc["TotalAmt"] - applied
    doc.setdefault("ProcessPayment", False)


def _applied(doc: Doc) -> dict[tuple[str, str], Decimal]:
    """(entity, id) -> what the payment settles of it; a credit memo counts against."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in doc.get("Line") or ():
        for link in line.get("LinkedTxn") or ():
            sign = -1 if link.get("TxnType") == "CreditMemo" else 1
            key = (str(link.get("TxnType")), str(link.get("TxnId")))
            if key[0] not in ("Invoice", "CreditMemo"):
                raise business(f"Business Validation Error: A payment cannot be linked to {key[0]}.")
            found[key] = found.get(key, ZERO) + sign * number(line.get("Amount"))
    return found


def _journal(doc: Doc) -> None:
    sides = {"Debit": ZERO, "Credit": ZERO}
    for line in doc["Line"]:
        side = line.get("JournalEntryLineDetail", {}).get("PostingType")
        if side not in sides:
            raise missing("PostingType")
        sides[side] += number(line.get("Amount"))
    if sides["Debit"] != sides["Credit"]:
        raise invalid("2300", "Total transaction debits are not equal to credits", "Debits and credits must be equal")
    doc.setdefault("Adjustment", False)


def _deposited(company: Company, doc: Doc) -> None:
    for line in doc["Line"]:
        for link in line.get("LinkedTxn") or ():
            if company.find(str(link.get("TxnType")), link.get("TxnId")) is None:
                raise invalid("2500", "Invalid Reference Id", f"Invalid Reference Id : {link.get('TxnId')} not found")


def locked(record: Record) -> None:
    """6540 once it lies in a bank deposit."""
    if any(link.get("TxnType") == "Deposit" for link in record.body.get("LinkedTxn") or ()):
        raise invalid("6540", "Deposited Transaction cannot be changed",
                      "Deposited Transaction cannot be changed : it is part of a bank deposit.")  # fmt: skip


def follow(company: Company, entity: str, before: Doc | None, after: Doc | None) -> None:
    """What a document's coming, change or going does to others: balances, links, stock."""
    gone_ = after is None or after.get("PrivateNote") == "Voided"
    if entity in ("Invoice", "CreditMemo") and before is not None and gone_:
        _unlink(company, entity, before["Id"])
    for doc, sign in ((before, -1), (after, 1)):
        if doc is None:
            continue
        customer = str((doc.get("CustomerRef") or {}).get("value", ""))
        if entity == "Invoice":
            owes(company, customer, sign * number(doc["Balance"]))
        elif entity == "CreditMemo":
            owes(company, customer, -sign * number(doc["Balance"]))
        elif entity == "Payment":
            _settles(company, doc, sign)
        elif entity == "Deposit":
            _banked(company, doc, sign)
        if entity in ("SalesReceipt", "Invoice", "RefundReceipt", "CreditMemo"):
            _stock(company, doc, -sign if entity in ("SalesReceipt", "Invoice") else sign)


def _settles(company: Company, doc: Doc, sign: int) -> None:
    owes(company, str(doc["CustomerRef"]["value"]), -sign * number(doc["TotalAmt"]))
    for (kind, key), amount in _applied(doc).items():
        target = company.find(kind, key)
        if target is None:
            continue
        body = dict(target.body)
        body["Balance"] = number(body["Balance"]) - sign * abs(amount)
        if kind == "CreditMemo":
            body["RemainingCredit"] = body["Balance"]
        links = [li for li in body.get("LinkedTxn") or () if li["TxnId"] != doc["Id"]]
        body["LinkedTxn"] = [*links, {"TxnId": doc["Id"], "TxnType": "Payment"}] if sign > 0 else links
        company.replace(kind, target, body)


def _unlink(company: Company, entity: str, key: str) -> None:
    """What was paid towards a document that is gone is the customer's again."""
    for record in company.live("Payment"):
        amount = _applied(record.body).get((entity, key))
        if amount is None:
            continue
        kept = [
            line for line in record.body["Line"]
            if not any((li.get("TxnType"), li.get("TxnId")) == (entity, key) for li in line.get("LinkedTxn") or ())
        ]  # fmt: skip
        unapplied = number(record.body["UnappliedAmt"]) + amount
        company.replace("Payment", record, {**record.body, "Line": kept, "UnappliedAmt": unapplied})
        owes(company, str(record.body["CustomerRef"]["value"]), -amount)


def _banked(company: Company, doc: Doc, sign: int) -> None:
    for line in doc["Line"]:
        for link in line.get("LinkedTxn") or ():
            target = company.find(str(link.get("TxnType")), link.get("TxnId"))
            if target is not None:
                others = [li for li in target.body.get("LinkedTxn") or () if li["TxnId"] != doc["Id"]]
                links = [*others, {"TxnId": doc["Id"], "TxnType": "Deposit"}] if sign > 0 else others
                company.replace(link["TxnType"], target, {**target.body, "LinkedTxn": links})


def _stock(company: Company, doc: Doc, sign: int) -> None:
    for line in doc["Line"]:
        detail = line.get("SalesItemLineDetail") or {}
        record = company.find("Item", (detail.get("ItemRef") or {}).get("value"))
        if record is not None and record.body.get("Type") == "Inventory":
            record.body["QtyOnHand"] = number(record.body["QtyOnHand"]) + sign * number(detail.get("Qty", 1))
            company.touch("Item", record)


def voided(entity: str, body: Doc) -> Doc:
    """All amounts nothing, the note "Voided", the document still there."""
    doc = {**body, "PrivateNote": "Voided", "TotalAmt": ZERO}
    lines = []
    for line in body.get("Line") or ():
        detail = {k: v for k, v in (line.get("SalesItemLineDetail") or {}).items() if k in ("ItemRef", "TaxCodeRef")}
        lines.append({**line, "Amount": ZERO, **({"SalesItemLineDetail": detail} if detail else {})})
    doc["Line"] = [] if entity == "Payment" else lines
    if entity != "Payment":
        doc["TxnTaxDetail"] = {"TotalTax": ZERO}
    for name in ("Balance", "UnappliedAmt", "RemainingCredit"):
        if name in doc:
            doc[name] = ZERO
    return doc
