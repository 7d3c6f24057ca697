"""What is handed out to QuickBooks Desktop: from the facts of a piece of work to the bytes. Pure.

`build(kind, payload, ...)` is the way in; the payload is plain JSON. A reference is `{"id": ListID}` or
`{"name": full name}` (a plain text is a name); where both stand the id goes, for two that disagree are settled by
nobody. Amounts, prices and quantities are decimal text. The elements stand in the order QuickBooks asks for by
construction; what must not be empty is refused when it is. Invalid names the field.

- transfer: date, ref, from, to, memo, tail, guid, lines [item, quantity]
- adjustment: account, date, ref, site?, customer?, class?, memo, tail, guid, lines [item, difference | new]
- sale: customer?, class?, date, ref, payment?, check?, tax_item?, memo, tail, tax_included?, tax_code?, deposit?, guid,
  lines [item, text?, quantity?, rate | amount, class?, site?, tax_code?]
- refund: the same without payment, check and deposit; the customer must be named, receivable? is the account it is
  owed from. It is a CreditMemoAdd: QuickBooks Desktop has no refund receipt, and refuses a sales receipt below nothing.
- invoice: the same of what was sold on account.
- payout: what gives the money of a refund back. method "card": ARRefundCreditCardAdd (customer, account?,
  receivable?, date, ref, payment?, memo, tail, guid, credit, amount); method "check", which in QuickBooks is cash from
  a bank account too: CheckAdd (account, customer, receivable, the same). credit: TxnID of the credit memo.
- item_add: name, parent?, class?, mpn?, tax_code?, text?, price?, income, bought_text?, cost?, cogs, vendor?, asset,
  reorder?, guid?. Never a quantity: stock is moved by adjustments alone.
- account_add: name, parent?, type, number?, text?
- ask_*: see `questions`.

memo is written so that QuickBooks can hold it, its tail (the event's id) whole at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pos.connectors.qbd import checks, questions
from pos.connectors.qbd.markup import Element, Request, flat, inside, leaf, message_set
from pos.errors import Invalid
from pos.said import said

Payload = Mapping[str, Any]

#: Letters a full name may have, by what it is of.
SITE, NAME, TAX_CODE, ACCOUNT, CLASS, VENDOR, CUSTOMER, ITEM = 31, 31, 3, 159, 159, 41, 209, 159
ACCOUNT_TYPES = (
    "AccountsPayable", "AccountsReceivable", "Bank", "CostOfGoodsSold", "CreditCard", "Equity", "Expense", "FixedAsset",
    "Income", "LongTermLiability", "NonPosting", "OtherAsset", "OtherCurrentAsset", "OtherCurrentLiability",
    "OtherExpense", "OtherIncome",
)  # fmt: skip
LINES_MAX = 1000


@dataclass(frozen=True, slots=True)
class Built:
    """body: the exact bytes. name: of the request, as "TransferInventoryAdd". notes: what was changed in texts for
    people, in words."""

    body: bytes
    name: str
    writes: bool
    notes: tuple[str, ...] = ()


def build(kind: str, payload: Payload, *, request_id: str, version: str, set_id: str = "", old_set: str = "") -> Built:
    """The message set for one piece of work. Invalid, in words."""
    request = request_of(kind, payload)
    body = message_set([(request_id, request)], version, set_id=set_id, old_set=old_set)
    return Built(body, request.name, request.writes, request.notes)


def request_of(kind: str, payload: Payload) -> Request:
    if kind in _POSTS:
        return _POSTS[kind](payload)
    return questions.question(kind, payload)


def name_of(kind: str, payload: Payload | None = None) -> str:
    """What the request of this kind is called: "TransferInventoryAdd"; its answer is that with Rs behind it."""
    if kind == "payout":
        return "CheckAdd" if (payload or {}).get("method") == "check" else "ARRefundCreditCardAdd"
    if kind == "ask_payout" and (payload or {}).get("method") == "check":
        return "CheckQuery"
    return _NAMES[kind] if kind in _NAMES else questions.NAMES[kind]


def check(kind: str, payload: Payload) -> list[str]:
    """What would be refused, without numbers and ids: for a form, before anything is kept. [] = nothing."""
    try:
        request_of(kind, payload)
    except Invalid as error:
        return [error.message]
    return []


# -- parts -------------------------------------------------------------------------------------------------------------


def ref(element: str, value: Any, most: int, field: str, *, needed: bool = True) -> Element | None:
    """A reference by id, or by full name where there is none."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping) or not (value.get("id") or value.get("name")):
        if needed:
            raise Invalid(said("{what} is missing.", what=element.removesuffix("Ref")), field=field)
        return None
    if value.get("id"):
        return inside(element, leaf("ListID", checks.list_id(value["id"], field)))
    return inside(element, leaf("FullName", checks.name(value["name"], most, field)))


def _given(payload: Payload, key: str, element: str, checked: Callable[[Any, str], str]) -> Element | None:
    value = payload.get(key)
    return None if value in (None, "") else leaf(element, checked(value, key))


def _text(payload: Payload, key: str, element: str, most: int, notes: list[str], *, tail: str = "") -> Element | None:
    """A text for people."""
    text, said_of_it = checks.memo(str(payload.get(key) or ""), most, tail=tail)
    notes += said_of_it
    return leaf(element, text) if text else None


def _memo(payload: Payload, notes: list[str]) -> Element | None:
    return _text(payload, "memo", "Memo", checks.MEMO_MAX, notes, tail=str(payload.get("tail") or ""))


def _date(payload: Payload) -> Element:
    return leaf("TxnDate", checks.day(payload.get("date")))


def _number(payload: Payload) -> Element:
    return leaf("RefNumber", checks.ref_number(payload.get("ref")))


def _guid(payload: Payload) -> Element:
    return leaf("ExternalGUID", checks.guid(payload.get("guid")))


def _bool(payload: Payload, key: str, element: str) -> Element | None:
    value = payload.get(key)
    if value is None:
        return None
    if not isinstance(value, bool):
        raise Invalid(said("{value} is neither yes nor no.", value=str(value)[:40]), field=key)
    return leaf(element, "true" if value else "false")


def _lines(payload: Payload) -> Sequence[Payload]:
    lines = payload.get("lines")
    if not isinstance(lines, Sequence) or isinstance(lines, str) or not lines:
        raise Invalid(said("A document without lines is none."), field="lines")
    if len(lines) > LINES_MAX:
        words = said("{count} lines; QuickBooks is sent {max} at most.", count=len(lines), max=LINES_MAX)
        raise Invalid(words, field="lines")
    return lines


# -- stock -------------------------------------------------------------------------------------------------------------


def _transfer(payload: Payload) -> Request:
    notes: list[str] = []
    origin = ref("FromInventorySiteRef", payload.get("from"), SITE, "from")
    target = ref("ToInventorySiteRef", payload.get("to"), SITE, "to")
    assert origin is not None and target is not None
    if _same(origin, target):
        raise Invalid(said("A transfer goes from one site to another."), field="to")
    lines = [
        inside(
            "TransferInventoryLineAdd",
            ref("ItemRef", line.get("item"), ITEM, f"lines[{at}].item"),
            leaf("QuantityToTransfer",
                 checks.quantity(line.get("quantity"), f"lines[{at}].quantity", least="positive")),
        )
        for at, line in enumerate(_lines(payload))
    ]  # fmt: skip
    body = inside("TransferInventoryAdd", _date(payload), _number(payload), origin, target, _memo(payload, notes),
                  _guid(payload), lines)  # fmt: skip
    return Request("TransferInventoryAdd", (body,), True, notes=tuple(notes))


def _same(one: Element, other: Element) -> bool:
    """Names there are compared without case."""
    mine, theirs = one.children[0], other.children[0]
    return mine.name == theirs.name and mine.text.casefold() == theirs.text.casefold()


def _adjustment(payload: Payload) -> Request:
    notes: list[str] = []
    lines = [
        inside("InventoryAdjustmentLineAdd", ref("ItemRef", line.get("item"), ITEM, f"lines[{at}].item"),
               inside("QuantityAdjustment", _quantity(line, f"lines[{at}]")))
        for at, line in enumerate(_lines(payload))
    ]  # fmt: skip
    body = inside(
        "InventoryAdjustmentAdd", ref("AccountRef", payload.get("account"), ACCOUNT, "account"), _date(payload),
        _number(payload), ref("InventorySiteRef", payload.get("site"), SITE, "site", needed=False),
        ref("CustomerRef", payload.get("customer"), CUSTOMER, "customer", needed=False),
        ref("ClassRef", payload.get("class"), CLASS, "class", needed=False), _memo(payload, notes), _guid(payload),
        lines,
    )  # fmt: skip
    return Request("InventoryAdjustmentAdd", (body,), True, notes=tuple(notes))


def _quantity(line: Payload, field: str) -> Element:
    if ("difference" in line) == ("new" in line):
        raise Invalid(said("A line says either a change or a new level."), field=field)
    if "new" in line:
        return leaf("NewQuantity", checks.quantity(line["new"], f"{field}.new", least="level"))
    return leaf("QuantityDifference", checks.quantity(line["difference"], f"{field}.difference", least="change"))


# -- sales -------------------------------------------------------------------------------------------------------------


def _sale(payload: Payload) -> Request:
    notes: list[str] = []
    body = inside(
        "SalesReceiptAdd", ref("CustomerRef", payload.get("customer"), CUSTOMER, "customer", needed=False),
        ref("ClassRef", payload.get("class"), CLASS, "class", needed=False), _date(payload), _number(payload),
        _given(payload, "check", "CheckNumber", lambda value, key: checks.name(value, 25, key)),
        ref("PaymentMethodRef", payload.get("payment"), NAME, "payment", needed=False),
        ref("ItemSalesTaxRef", payload.get("tax_item"), NAME, "tax_item", needed=False), _memo(payload, notes),
        leaf("IsToBePrinted", "false"), _bool(payload, "tax_included", "IsTaxIncluded"),
        ref("CustomerSalesTaxCodeRef", payload.get("tax_code"), TAX_CODE, "tax_code", needed=False),
        ref("DepositToAccountRef", payload.get("deposit"), ACCOUNT, "deposit", needed=False), _guid(payload),
        [_sale_line("SalesReceiptLineAdd", line, f"lines[{at}]", notes) for at, line in enumerate(_lines(payload))],
    )  # fmt: skip
    return Request("SalesReceiptAdd", (body,), True, notes=tuple(notes))


def _refund(payload: Payload) -> Request:
    return _owed("CreditMemo", payload)


def _invoice(payload: Payload) -> Request:
    return _owed("Invoice", payload)


def _owed(kind: str, payload: Payload) -> Request:
    """What a customer owes, or is owed: both stand in the same order, as far as we fill them."""
    notes: list[str] = []
    body = inside(
        f"{kind}Add", ref("CustomerRef", payload.get("customer"), CUSTOMER, "customer"),
        ref("ClassRef", payload.get("class"), CLASS, "class", needed=False),
        ref("ARAccountRef", payload.get("receivable"), ACCOUNT, "receivable", needed=False), _date(payload),
        _number(payload), ref("ItemSalesTaxRef", payload.get("tax_item"), NAME, "tax_item", needed=False),
        _memo(payload, notes), leaf("IsToBePrinted", "false"), _bool(payload, "tax_included", "IsTaxIncluded"),
        ref("CustomerSalesTaxCodeRef", payload.get("tax_code"), TAX_CODE, "tax_code", needed=False), _guid(payload),
        [_sale_line(f"{kind}LineAdd", line, f"lines[{at}]", notes) for at, line in enumerate(_lines(payload))],
    )  # fmt: skip
    return Request(f"{kind}Add", (body,), True, notes=tuple(notes))


def _sale_line(element: str, line: Payload, field: str, notes: list[str]) -> Element:
    """Either a rate or an amount: QuickBooks works one out from the other, or refuses two that disagree."""
    if ("rate" in line) == ("amount" in line):
        raise Invalid(said("A line says either a price or an amount."), field=field)
    of = _given(line, "quantity", "Quantity", lambda value, key: checks.quantity(value, f"{field}.{key}"))
    rate = leaf("Rate", checks.number(line["rate"], f"{field}.rate")) if "rate" in line else None
    amount = leaf("Amount", checks.amount(line["amount"], f"{field}.amount")) if "amount" in line else None
    site = ref("InventorySiteRef", line.get("site"), SITE, f"{field}.site", needed=False)
    code = ref("SalesTaxCodeRef", line.get("tax_code"), TAX_CODE, f"{field}.tax_code", needed=False)
    return inside(
        element, ref("ItemRef", line.get("item"), ITEM, f"{field}.item"),
        _text(line, "text", "Desc", checks.MEMO_MAX, notes), of, rate,
        ref("ClassRef", line.get("class"), CLASS, f"{field}.class", needed=False), amount, site, code,
    )  # fmt: skip


def _payout(payload: Payload) -> Request:
    notes: list[str] = []
    paid = checks.amount(payload.get("amount"), "amount")
    if paid.startswith("-") or paid == "0.00":
        raise Invalid(said("What is paid back must be more than nothing."), field="amount")
    credit = leaf("TxnID", checks.list_id(payload.get("credit"), "credit"))
    method = payload.get("method")
    customer = payload.get("customer")
    if method == "card":
        body = inside(
            "ARRefundCreditCardAdd", ref("CustomerRef", customer, CUSTOMER, "customer"),
            ref("RefundFromAccountRef", payload.get("account"), ACCOUNT, "account", needed=False),
            ref("ARAccountRef", payload.get("receivable"), ACCOUNT, "receivable", needed=False), _date(payload),
            _number(payload), ref("PaymentMethodRef", payload.get("payment"), NAME, "payment", needed=False),
            _memo(payload, notes), _guid(payload),
            inside("RefundAppliedToTxnAdd", credit, leaf("RefundAmount", paid)),
        )  # fmt: skip
    elif method == "check":
        receivable = ref("AccountRef", payload.get("receivable"), ACCOUNT, "receivable")
        body = inside(
            "CheckAdd", ref("AccountRef", payload.get("account"), ACCOUNT, "account"),
            ref("PayeeEntityRef", customer, CUSTOMER, "customer"), _number(payload), _date(payload),
            _memo(payload, notes), leaf("IsToBePrinted", "false"), _guid(payload),
            inside("ApplyCheckToTxnAdd", credit, leaf("Amount", paid)),
            inside("ExpenseLineAdd", receivable, leaf("Amount", paid),
                   ref("CustomerRef", customer, CUSTOMER, "customer")),
        )  # fmt: skip
    else:
        raise Invalid(said("A refund is paid back by card or by check."), field="method")
    return Request(name_of("payout", payload), (body,), True, notes=tuple(notes))


# -- lists: proposals a person approved --------------------------------------------------------------------------------


def _item(payload: Payload) -> Request:
    notes: list[str] = []

    def account(element: str, key: str) -> Element | None:
        return ref(element, payload.get(key), ACCOUNT, key)

    def price(value: Any, key: str) -> str:
        text = checks.number(value, key)
        if text.startswith("-"):
            raise Invalid(said("A price cannot be below nothing."), field=key)
        return text

    body = inside(
        "ItemInventoryAdd", leaf("Name", checks.name(payload.get("name"), NAME, "name", colon=False)),
        leaf("IsActive", "true"), ref("ClassRef", payload.get("class"), CLASS, "class", needed=False),
        ref("ParentRef", payload.get("parent"), ITEM, "parent", needed=False),
        _given(payload, "mpn", "ManufacturerPartNumber", lambda value, key: checks.name(value, 31, key)),
        ref("SalesTaxCodeRef", payload.get("tax_code"), TAX_CODE, "tax_code", needed=False),
        _text(payload, "text", "SalesDesc", checks.MEMO_MAX, notes), _given(payload, "price", "SalesPrice", price),
        account("IncomeAccountRef", "income"), _text(payload, "bought_text", "PurchaseDesc", checks.MEMO_MAX, notes),
        _given(payload, "cost", "PurchaseCost", price), account("COGSAccountRef", "cogs"),
        ref("PrefVendorRef", payload.get("vendor"), VENDOR, "vendor", needed=False),
        account("AssetAccountRef", "asset"),
        _given(payload, "reorder", "ReorderPoint", lambda value, key: checks.quantity(value, key, least="level")),
        _given(payload, "guid", "ExternalGUID", checks.guid),
    )  # fmt: skip
    return Request("ItemInventoryAdd", (body,), True, notes=tuple(notes))


def _account(payload: Payload) -> Request:
    notes: list[str] = []
    sort = payload.get("type")
    if sort not in ACCOUNT_TYPES:
        raise Invalid(said("{value} is no type of account.", value=str(sort)[:40]), field="type")
    body = inside(
        "AccountAdd", leaf("Name", checks.name(payload.get("name"), NAME, "name", colon=False)),
        leaf("IsActive", "true"), ref("ParentRef", payload.get("parent"), ACCOUNT, "parent", needed=False),
        leaf("AccountType", str(sort)),
        _given(payload, "number", "AccountNumber", lambda value, key: checks.name(value, 7, key)),
        _text(payload, "text", "Desc", 200, notes),
    )  # fmt: skip
    return Request("AccountAdd", flat(body), True, notes=tuple(notes))


_NAMES = {
    "transfer": "TransferInventoryAdd",
    "adjustment": "InventoryAdjustmentAdd",
    "sale": "SalesReceiptAdd",
    "refund": "CreditMemoAdd",
    "invoice": "InvoiceAdd",
    "item_add": "ItemInventoryAdd",
    "account_add": "AccountAdd",
}
_POSTS: dict[str, Callable[[Payload], Request]] = {
    "transfer": _transfer,
    "adjustment": _adjustment,
    "sale": _sale,
    "refund": _refund,
    "invoice": _invoice,
    "payout": _payout,
    "item_add": _item,
    "account_add": _account,
}
