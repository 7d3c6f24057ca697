"""What a sales document comes to: lines, discount, tax by the company's way of working it out, and the total.

Amounts are Decimal with two places, rounded half up, in the company's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from tests.contract.emulators.qbo_company import AUTOMATED, GLOBAL, Company, Doc, business, invalid

CENT, FIVE_PLACES = Decimal("0.01"), Decimal("0.00001")
ZERO = Decimal(0)
ITEM, DISCOUNT, SUBTOTAL = "SalesItemLineDetail", "DiscountLineDetail", "SubTotalLineDetail"


def number(value: Any) -> Decimal:
    """Numbers sent as text are taken, as the real one takes them; nothing is 0."""
    if value in (None, ""):
        return ZERO
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise invalid("2010", "Request has invalid or unsupported property", f"{value!r} is no number") from None


def money(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Rate:
    key: str
    percent: Decimal
    on_tax: bool


def rates(company: Company, code: str) -> list[Rate]:
    record = company.find("TaxCode", code)
    if record is None:
        raise invalid("2500", "Invalid Reference Id", f"Invalid Reference Id : TaxCode element id {code} not found")
    if record.body.get("Active") is False:
        raise invalid("2500", "Invalid Reference Id", f"Invalid Reference Id : TaxCode element id {code} is inactive")
    found = []
    for part in sorted(record.body["SalesTaxRateList"]["TaxRateDetail"], key=lambda p: p["TaxOrder"]):
        key = part["TaxRateRef"]["value"]
        percent = number(company.records["TaxRate"][key].body["RateValue"])
        found.append(Rate(key, percent, part["TaxTypeApplicable"] == "TaxOnTax"))
    return found


def on_net(parts: Sequence[Rate], net: Decimal) -> list[Decimal]:
    """The tax of each part on a net amount, each rounded."""
    taxes: list[Decimal] = []
    for part in parts:
        base = net + sum(taxes, ZERO) if part.on_tax else net
        taxes.append(money(base * part.percent / 100))
    return taxes


def out_of_gross(parts: Sequence[Rate], gross: Decimal) -> list[Decimal]:
    """The tax of each part inside a gross amount; the last takes what rounding leaves."""
    factor = Decimal(1)
    for part in parts:
        factor += (factor if part.on_tax else Decimal(1)) * part.percent / 100
    whole = money(gross - gross / factor)
    taxes = on_net(parts, gross - whole)
    if taxes:
        taxes[-1] += whole - sum(taxes, ZERO)
    return taxes


def settle(company: Company, doc: Doc, sent: Doc) -> None:
    """Lines numbered, subtotal line put in, tax and total worked out. sent: what the caller wrote of it."""
    lines = [line for line in doc["Line"] if line.get("DetailType") != SUBTOTAL]
    items = [line for line in lines if line.get("DetailType") == ITEM]
    discounts = [line for line in lines if line.get("DetailType") == DISCOUNT]
    for line in items:
        _checked(line, kept=company.tax == AUTOMATED)
    if len(discounts) > 1:
        raise business("Business Validation Error: A transaction can have one discount line only.")
    stated = sent.get("TxnTaxDetail") or {}
    taxes = _taxes(company, doc, items, stated)
    subtotal = sum((number(line["Amount"]) for line in items), ZERO)
    discount = _discount(discounts, subtotal)
    detail = taxes(subtotal, discount)
    # An inclusive line's net may have changed while its tax was worked out.
    subtotal = sum((number(line["Amount"]) for line in items), ZERO)
    doc["Line"] = _numbered(doc, items, discounts, [li for li in lines if li not in items + discounts], subtotal)
    doc["TxnTaxDetail"] = detail
    doc["TotalAmt"] = subtotal - discount + number(detail["TotalTax"])


def totals(doc: Doc) -> dict[str, Decimal]:
    """Net, tax and total of a sales document added up from its lines and tax lines, whatever it says of itself."""
    lines = {kind: ZERO for kind in (ITEM, DISCOUNT)}
    for line in doc.get("Line") or ():
        if line.get("DetailType") in lines:
            lines[line["DetailType"]] += number(line.get("Amount"))
    detail = doc.get("TxnTaxDetail") or {}
    rows = detail.get("TaxLine")
    tax = sum((number(row.get("Amount")) for row in rows), ZERO) if rows else number(detail.get("TotalTax"))
    net = lines[ITEM] - lines[DISCOUNT]
    return {"net": net, "tax": tax, "total": net + tax}


def _checked(line: Doc, *, kept: bool) -> None:
    """kept: the amount sent stays; else it becomes UnitPrice × Qty, rounded to five places and then to two."""
    detail = line.setdefault(ITEM, {})
    quantity, price = number(detail.get("Qty")), number(detail.get("UnitPrice"))
    if "Amount" not in line:
        raise invalid("2020", "Required param missing, need to supply the required value for the API",
                      "Required parameter Line.Amount is missing in the request", "Line.Amount")  # fmt: skip
    amount = line["Amount"] = number(line["Amount"])
    worked_out = money((quantity * price).quantize(FIVE_PLACES, ROUND_HALF_UP))
    if quantity and price and money(amount) not in (money(quantity * price), worked_out):
        raise invalid("6070", "Amount calculation incorrect in the request",
                      f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount}")  # fmt: skip
    if quantity and price and not kept:
        line["Amount"] = worked_out
    for name in ("Qty", "UnitPrice", "TaxInclusiveAmt"):
        if name in detail:
            if number(detail[name]):
                detail[name] = number(detail[name])
            else:
                del detail[name]


def _discount(discounts: list[Doc], subtotal: Decimal) -> Decimal:
    if not discounts:
        return ZERO
    detail = discounts[0].setdefault(DISCOUNT, {})
    if detail.get("PercentBased") in (True, "true"):
        discounts[0]["Amount"] = money(subtotal * number(detail.get("DiscountPercent")) / 100)
    return number(discounts[0].get("Amount"))


def _numbered(doc: Doc, items: list[Doc], discounts: list[Doc], others: list[Doc], subtotal: Decimal) -> list[Doc]:
    """A line keeps its id when it has one of this document; the others get the next ones."""
    last = max((int(line["Id"]) for line in doc.get("Line", ()) if str(line.get("Id", "")).isdigit()), default=0)
    last = max(last, int(doc.pop("_last_line", 0)))
    for at, line in enumerate(items, 1):
        if not line.get("Id"):
            last += 1
            line["Id"] = str(last)
        line["LineNum"] = at
    for line in others:
        if not line.get("Id"):
            last += 1
            line["Id"] = str(last)
    total = {"Amount": subtotal, "DetailType": SUBTOTAL, SUBTOTAL: {}}
    return [*items, *others, total, *discounts]


def _taxes(company: Company, doc: Doc, items: list[Doc], stated: Doc) -> Any:
    if company.tax == GLOBAL:
        return lambda subtotal, discount: _global(company, doc, items, stated, _kept(doc, subtotal, discount))
    return lambda subtotal, discount: _american(company, doc, items, stated, _kept(doc, subtotal, discount))


def _kept(doc: Doc, subtotal: Decimal, discount: Decimal) -> Decimal:
    """The share of the lines that is still taxed after the discount."""
    if not subtotal or not discount or doc.get("ApplyTaxAfterDiscount") is False:
        return Decimal(1)
    return (subtotal - discount) / subtotal


def _american(company: Company, doc: Doc, items: list[Doc], stated: Doc, kept: Decimal) -> Doc:
    doc.pop("GlobalTaxCalculation", None)
    taxed = ZERO
    for line in items:
        code = line[ITEM].setdefault("TaxCodeRef", {"value": "NON"})
        if code.get("value") not in ("TAX", "NON"):
            said = f"Invalid Reference Id : Line.SalesItemLineDetail.TaxCodeRef {code.get('value')}"
            raise invalid("2500", "Invalid Reference Id", said)
        line[ITEM].pop("TaxInclusiveAmt", None)
        if code["value"] == "TAX":
            taxed += number(line["Amount"])
    taxed = money(taxed * kept)
    group = (stated.get("TxnTaxCodeRef") or {}).get("value")
    if company.tax == AUTOMATED:
        total = number(stated["TotalTax"]) if "TotalTax" in stated else money(taxed * company.switches.sales_tax / 100)
        rows = [_row("", company.switches.sales_tax, taxed, total)] if total else []
        for row in rows:
            row["TaxLineDetail"].pop("TaxRateRef")
        detail: Doc = {"TotalTax": total, "TaxLine": rows}
    else:
        parts = rates(company, str(group)) if group else []
        amounts = on_net(parts, taxed)
        rows = [_row(p.key, p.percent, taxed, a) for p, a in zip(parts, amounts, strict=True)]
        detail = {"TotalTax": sum(amounts, ZERO), "TaxLine": rows}
    if group:
        detail["TxnTaxCodeRef"] = {"value": str(group)}
    return detail if detail["TaxLine"] else {k: v for k, v in detail.items() if k != "TaxLine"}


def _global(company: Company, doc: Doc, items: list[Doc], stated: Doc, kept: Decimal) -> Doc:
    way = doc.setdefault("GlobalTaxCalculation", "TaxExcluded")
    if way == "NotApplicable":
        return {"TotalTax": ZERO}
    for line in items:
        code = str((line[ITEM].get("TaxCodeRef") or {}).get("value") or "")
        if code in ("", "TAX", "NON"):
            tax = {"GB": "VAT", "CA": "GST/HST"}.get(company.country, "sales tax")
            said = f"Make sure all your transactions have a {tax} rate before you save."
            raise business(f"Business Validation Error: {said}")
        rates(company, code)
    if stated.get("TaxLine"):
        return _as_stated(company, items, stated["TaxLine"])
    rows: dict[str, list[Decimal]] = {}
    percents: dict[str, Decimal] = {}
    for parts, net, amounts in _by_code(company, items, way, kept):
        for part, amount in zip(parts, amounts, strict=True):
            row = rows.setdefault(part.key, [ZERO, ZERO])
            row[0] += net
            row[1] += amount
            percents[part.key] = part.percent
    lines = [_row(key, percents[key], money(net), money(amount)) for key, (net, amount) in rows.items()]
    return {"TotalTax": sum((line["Amount"] for line in lines), ZERO), "TaxLine": lines}


def _by_code(
    company: Company, items: list[Doc], way: str, kept: Decimal
) -> Iterable[tuple[list[Rate], Decimal, list[Decimal]]]:
    """Inclusive prices are taxed line by line, exclusive ones code by code."""
    nets: dict[str, Decimal] = {}
    for line in items:
        detail = line[ITEM]
        code = str(detail["TaxCodeRef"]["value"])
        gross = number(detail.get("TaxInclusiveAmt"))
        if way == "TaxInclusive" and gross:
            parts = rates(company, code)
            amounts = out_of_gross(parts, gross)
            line["Amount"] = gross - sum(amounts, ZERO)
            yield parts, line["Amount"] * kept, [a * kept for a in amounts]
        else:
            nets[code] = nets.get(code, ZERO) + number(line["Amount"])
    for code, net in nets.items():
        parts = rates(company, code)
        yield parts, net * kept, on_net(parts, money(net * kept))


def _as_stated(company: Company, items: list[Doc], stated: list[Doc]) -> Doc:
    """The caller's own tax, taken when it names all the rates there are and no other."""
    used = {r.key for line in items for r in rates(company, str(line[ITEM]["TaxCodeRef"]["value"]))}
    given = {str(((row.get("TaxLineDetail") or {}).get("TaxRateRef") or {}).get("value", "")) for row in stated}
    if used != given:
        raise business("Business Validation Error: The tax rates of the tax lines are not those of the transaction.")
    lines = []
    for row in stated:
        detail = row["TaxLineDetail"]
        key = str(detail["TaxRateRef"]["value"])
        percent = number(company.records["TaxRate"][key].body["RateValue"])
        lines.append(_row(key, percent, number(detail.get("NetAmountTaxable")), number(row.get("Amount"))))
    return {"TotalTax": sum((line["Amount"] for line in lines), ZERO), "TaxLine": lines}


def _row(key: str, percent: Decimal, net: Decimal, amount: Decimal) -> Doc:
    detail = {"TaxRateRef": {"value": key}, "PercentBased": True, "TaxPercent": percent, "NetAmountTaxable": net}
    return {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
