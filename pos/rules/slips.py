"""What is printed of a document: receipt, gift receipt, X and Z, float and cash slips, vouchers, the test page.

A receipt adds up as it stands: lines less their discounts less the discount on the whole is the subtotal, with tax and
cash rounding the total, payments less change the total again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from string import ascii_uppercase

from pos.rules import wording
from pos.rules.letterhead import KIND_WORDS, Copy, Doc, Letterhead, Look
from pos.rules.money import minor
from pos.rules.paper import Roll, Row
from pos.said import nsaid, said

__all__ = ["TEMPLATES", "TITLES", "Copy", "Look", "slip", "templates_of", "test_page"]

#: Template -> what people call it.
TITLES = {
    "receipt": said("Receipt"),
    "gift": said("Gift receipt"),
    "voucher": said("Gift voucher"),
    "balance": said("Voucher balance"),
    "float": said("Float slip"),
    "cash": said("Cash slip"),
    "z": said("Z-read"),
    "x": said("X-read"),
    "test": said("Test page"),
    "drawer": said("Cash drawer"),
}
#: Kind of document -> its own template.
TEMPLATES = {
    "sale": "receipt",
    "return": "receipt",
    "void": "receipt",
    "float": "float",
    "paid_in": "cash",
    "paid_out": "cash",
    "drop": "cash",
    "no_sale": "cash",
    "voucher": "voucher",
    "z": "z",
}
#: Acts on a voucher that hand one out, and those that leave value on it.
_HANDED_OUT, _LEFT_ON = ("issue", "refund"), ("redeem", "adjust", "refund")


def templates_of(doc: Doc) -> tuple[str, ...]:
    """What can be printed of a document, its own template first."""
    own = TEMPLATES.get(doc["kind"])
    found = [own] if own and own != "voucher" else []
    if doc["kind"] == "sale" and any(item["qty"] > 0 and not item.get("voucher") for item in doc["items"]):
        found.append("gift")
    if any(_is_handed_out(row) for row in doc.get("vouchers") or ()):
        found.append("voucher")
    if any(_has_rest(row) for row in doc.get("vouchers") or ()):
        found.append("balance")
    return tuple(found)


def slip(
    template: str, doc: Doc, look: Look, *, copy: Copy | None = None, lines: Sequence[str] = (),
    report: Sequence[str] = (), balances: Mapping[str, Decimal] | None = None,
) -> tuple[Row, ...]:  # fmt: skip
    """The rows of one slip, its cut at the end. ValueError when the document has no such slip.

    lines: ids for a gift receipt, () = all. report: an X or Z as `zread.lines` laid it out for these columns.
    balances: what is on vouchers now, by code; without it, what the document left on them.
    """
    writer = _Slip(look, doc, copy)
    if template == "receipt":
        writer.receipt()
    elif template == "gift":
        writer.gift(lines)
    elif template in ("voucher", "balance"):
        writer.vouchers(template, balances or {})
    elif template in ("float", "cash"):
        writer.cash()
    elif template in ("z", "x"):
        writer.report(template, report)
    else:
        raise ValueError(f"no such template: {template}")
    return tuple(writer.roll.rows)


def balance_slip(look: Look, code: str, balance: Decimal, expires: str, at: datetime) -> tuple[Row, ...]:
    """What is on a voucher at this moment, without a document. expires: its last day, ISO; "" = none."""
    writer = _Slip(look, {"currency": look.currency, "kind": "voucher"}, None)
    writer.head(TITLES["balance"])
    writer.voucher("balance", {"code": code, "amount": balance, "expires": expires}, balance)
    writer.roll.rule()
    moment = wording.moment(at, look.locale)
    writer.roll.pair(writer.say(said("As of {moment}", moment=moment)), look.till_name)
    writer.roll.cut()
    return tuple(writer.roll.rows)


class _Slip(Letterhead):
    """Writes one slip of one document."""

    # -- receipts ----------------------------------------------------------------------------------------------------

    def receipt(self) -> None:
        doc, roll = self.doc, self.roll
        word = KIND_WORDS.get(doc["kind"], said("Receipt"))
        self.head("" if doc["kind"] == "sale" else word)
        self.when(word)
        customer = doc.get("customer") or ""
        if customer and customer != self.look.walk_in:
            roll.words(self.say(said("Customer: {name}", name=customer)))
        roll.rule()
        for item in doc["items"]:
            self._item(item)
        self._sums()
        self._payments()
        self._taxes()
        voided = doc.get("void")
        words = ""
        if voided:
            words = self.say(
                said("Void of {number}: {reason}", number=voided["invoice_name"], reason=self.say(voided["reason"]))
            )
        words = words or doc.get("note") or ""
        roll.words(words, centre=True)
        if doc.get("series") == "recovered":
            roll.words(self.say("Made again from what the books hold."), centre=True)
        roll.rule()
        roll.words(self.look.footer, centre=True)
        if self.look.tax_number:
            roll.words(f"{self.say('VAT no.')} {self.look.tax_number}", centre=True)
        self.foot()

    def _item(self, item: Doc) -> None:
        """Name; attributes, quantity x price and what it costs; what came off; its note."""
        roll, mark = self.roll, self._mark(item)
        off, share = (_amount(item.get("discount")), item.get("sale_discount") or Decimal(0))
        cost = item["amount"] if self.doc.get("prices_include_tax", True) else item["net"]
        detail = " · ".join(str(v) for v in (item.get("attributes") or {}).values())
        if item["qty"] != 1:
            counted = f"{self._quantity(item)} × {self._unit(item)}"
            detail = f"{detail}, {counted}" if detail else counted
        figure = self.money(cost + off + share)
        if detail:
            roll.words(item["item_name"], bold=True)
            roll.pair(detail, figure, mark=mark)
        else:
            roll.pair(item["item_name"], figure, mark=mark, bold=True)
        if off:
            roll.pair(self._why(item["discount"]), self.money(-off), mark=" ")
        code = (item.get("voucher") or {}).get("code")
        reason = item.get("reason")
        told = (code, self.say(reason) if reason else None, item.get("note"))
        roll.words(" · ".join(text for text in told if text))

    def _mark(self, item: Doc) -> str:
        codes = [(row["code"], row["rate"]) for row in self.doc.get("taxes") or ()]
        key = (item.get("tax_code"), item.get("tax_rate"))
        return ascii_uppercase[codes.index(key) % 26] if key in codes else " "

    def _quantity(self, item: Doc) -> str:
        shown = wording.quantity(item["qty"], self.look.locale)
        whole = item["qty"] == item["qty"].to_integral_value()
        return shown if whole or not item.get("uom") else f"{shown} {item['uom']}"

    def _unit(self, item: Doc) -> str:
        price = item["rate"] if item.get("price") is None else item["price"]
        try:
            return self.money(price)
        except ValueError:  # a price finer than the smallest coin
            return wording.fine(price, self.look.locale)

    def _why(self, given: Doc) -> str:
        percent = wording.percent(given["value"], self.look.locale) if given["kind"] == "percent" else ""
        what = said("{percent} off", percent=percent)
        if not percent:
            what = said("New price") if given["kind"] == "price" else said("Discount")
        return f"{self.say(what)}, {self.say(given['reason'])}" if given.get("reason") else self.say(what)

    def _sums(self) -> None:
        doc, roll = self.doc, self.roll
        given, rounding = doc.get("discount"), doc.get("rounding") or Decimal(0)
        inclusive = doc.get("prices_include_tax", True)
        if given:
            roll.pair(self._why(given), self.money(-_amount(given)), mark=" ")
        if not inclusive:
            roll.pair(self.say("Net"), self.money(doc["subtotal"] - doc["tax_total"]), mark=" ")
            for row in doc.get("taxes") or ():
                roll.pair(self._rate(row), self.money(row["tax"]), mark=" ")
        if rounding:
            roll.pair(self.say("Subtotal"), self.money(doc["subtotal"]), mark=" ")
            roll.pair(self.say("Cash rounding"), self.money(rounding), mark=" ")
        roll.rule("=")
        pieces = sum(abs(i["qty"]) if i["qty"] == i["qty"].to_integral_value() else 1 for i in doc["items"])
        counted = nsaid(
            "{count} item", "{count} items", int(pieces), count=wording.quantity(Decimal(pieces), self.look.locale)
        )
        roll.pair(self.say(said("Total, {items}", items=counted)), self.money(doc["total"]), bold=True, tall=True)
        roll.rule("=")

    def _payments(self) -> None:
        doc, roll = self.doc, self.roll
        for row in doc.get("payments") or ():
            words, reference = [self.say(row["mode_of_payment"])], row.get("reference")
            if reference and row["kind"] == "voucher":
                words = [f"{words[0]} {reference}"]
            if row.get("last4"):
                words.append(self.say(said("ends {digits}", digits=row["last4"])))
            if reference and row["kind"] != "voucher":
                words.append(self.say(said("ref {text}", text=reference)))
            roll.pair(", ".join(words), self.money(row["amount"]))
        if doc.get("change"):
            roll.pair(self.say("Change"), self.money(doc["change"]), bold=True)
        saved = sum((_amount(i.get("discount")) + (i.get("sale_discount") or 0) for i in doc["items"]), Decimal(0))
        if saved > 0 and doc["kind"] == "sale":
            roll.pair(self.say("You saved"), self.money(saved))

    def _rate(self, row: Doc) -> str:
        marks = {(x["code"], x["rate"]): letter for x, letter in zip(self.doc["taxes"], ascii_uppercase, strict=False)}
        mark = marks.get((row["code"], row["rate"]), "")
        return f"{mark} {wording.percent(row['rate'], self.look.locale)}".strip()

    def _taxes(self) -> None:
        taxes = self.doc.get("taxes") or ()
        if not taxes:
            return
        self.roll.rule()
        rows = [[self._rate(t), self.money(t["net"]), self.money(t["tax"]), self.money(t["gross"])] for t in taxes]
        heads = [self.say(said("VAT")), self.say(said("Net")), self.say(said("VAT")), self.say(said("Gross"))]
        self.roll.table([heads, *rows])

    def gift(self, wanted: Sequence[str]) -> None:
        """No price anywhere. ValueError when a wanted line is not one that was sold."""
        doc, roll, look = self.doc, self.roll, self.look
        sold = [item for item in doc["items"] if item["qty"] > 0 and not item.get("voucher")]
        chosen = [item for item in sold if not wanted or item["line"] in wanted]
        if not chosen or set(wanted) - {item["line"] for item in chosen}:
            raise ValueError("no such line was sold")
        self.head(said("Gift receipt"))
        self.when(said("Sale"), cashier=False)
        if len(chosen) < len(doc["items"]):
            roll.words(self.say(said("{count} of {total} lines", count=len(chosen), total=len(doc["items"]))))
        roll.rule()
        for item in chosen:
            detail = " · ".join(str(v) for v in (item.get("attributes") or {}).values())
            roll.words(item["item_name"], bold=True)
            roll.pair(detail, self._quantity(item))
        roll.rule()
        terms = said("To exchange, or for a voucher at the price paid, with this slip.")
        if look.return_days:
            day = self._day(look.return_days)
            terms = said("To exchange, or for a voucher at the price paid until {day}, with this slip.", day=day)
        roll.words(self.say(terms), centre=True)
        roll.words(self.say("No prices on this slip."), centre=True)
        self.foot()

    def _day(self, days: int) -> str:
        return wording.short_day(date.fromisoformat(self.doc["business_day"]) + timedelta(days=days), self.look.locale)

    # -- vouchers ----------------------------------------------------------------------------------------------------

    def vouchers(self, template: str, balances: Mapping[str, Decimal]) -> None:
        """One slip for each voucher handed out, or for each that still has something on it."""
        wanted: Callable[[Doc], bool] = _has_rest if template == "balance" else _is_handed_out
        found = {row["code"]: row for row in self.doc.get("vouchers") or () if wanted(row)}  # the last row of each
        if not found:
            raise ValueError("no voucher to print")
        for row in found.values():
            self.head(TITLES[template])
            self.voucher(template, row, balances.get(row["code"]))
            self.when(KIND_WORDS.get(self.doc["kind"], said("Receipt")))
            self.copied()
            self.roll.cut()

    def voucher(self, template: str, row: Doc, balance: Decimal | None) -> None:
        """What is on one voucher, its code for the scanner, until when, and that it is like cash."""
        roll = self.roll
        rest = balance if balance is not None else row.get("balance", row["amount"])
        shown = rest if template == "balance" or self.copy is not None else abs(row["amount"])
        roll.words(self.money(shown), bold=True, tall=True, wide=True, centre=True)
        if template == "balance":
            roll.words(self.say("is left on your voucher"), centre=True)
        elif self.copy is not None:
            made_over = said("on it now; it was made over {amount}", amount=self.money(abs(row["amount"])))
            roll.words(self.say(made_over), centre=True)
        roll.blank()
        roll.bars(row["code"])
        roll.words(row["code"], bold=True, centre=True)
        if row.get("expires"):
            until = wording.short_day(date.fromisoformat(str(row["expires"])[:10]), self.look.locale)
            roll.words(self.say(said("Valid until {day}", day=until)), centre=True)
        roll.words(self.say("Like cash, in this shop only. Please keep it safe."), centre=True)

    # -- the drawer --------------------------------------------------------------------------------------------------

    def cash(self) -> None:
        doc, roll = self.doc, self.roll
        word: str = KIND_WORDS.get(doc["kind"], TITLES["cash"])
        cash = doc.get("cash") or {}
        if doc["kind"] == "float" and doc.get("correction"):
            word = said("Float correction")
        self.head(word)
        self.when(said("No."))
        if doc.get("session"):
            roll.words(f"{self.say('Session')} {doc['session']}")
        roll.rule()
        for piece in cash.get("pieces") or ():
            amount = piece["value"] * piece["pieces"]
            roll.pair(f"{piece['pieces']} × {self.money(piece['value'])}", self.money(amount))
        if doc.get("correction") and cash.get("float") is not None:
            roll.pair(self.say("The float should be"), self.money(cash["float"]))
        if doc["kind"] != "no_sale":
            roll.pair(self.say("Amount"), self.money(cash.get("amount", doc["total"])), bold=True, tall=True)
        for head, text in ((said("Reason"), cash.get("reason")), (said("Note"), cash.get("note"))):
            if text:
                roll.words(f"{self.say(head)}: {text}")
        roll.words(self.say(said("By {name}", name=(doc.get("cashier") or {}).get("name", ""))))
        for row in doc.get("approved") or ():
            roll.words(self.say(said("Approved by {name}", name=row["by"]["name"])))
        if doc["kind"] != "no_sale":
            roll.blank()
            signed = self.say("Signed")
            roll.words(f"{signed} " + "." * (self.look.columns - len(signed) - 1))
        self.foot()

    # -- reports -----------------------------------------------------------------------------------------------------

    def report(self, template: str, lines: Sequence[str]) -> None:
        """The report as it was laid out, then what proves a Z: its number in the chain and its whole hash."""
        roll, doc = self.roll, self.doc
        if self.copy is not None:
            roll.band(self.say("COPY"))
        roll.lines(lines)
        if template == "z":
            roll.blank()
            roll.bars(doc["invoice_name"])
            roll.words(doc["invoice_name"], centre=True)
        self.copied()
        roll.cut()


def _amount(given: Doc | None) -> Decimal:
    return Decimal(0) if given is None else given["amount"]


def _is_handed_out(row: Doc) -> bool:
    """Made by this document; value refunded onto one the customer has already is told by a balance slip."""
    own = row.get("balance", row["amount"]) == row["amount"]
    return row.get("act") in _HANDED_OUT and bool(row.get("code")) and own


def _has_rest(row: Doc) -> bool:
    left = row.get("act") in _LEFT_ON and bool(row.get("code")) and (row.get("balance") or 0) > 0
    return left and not _is_handed_out(row)


def test_page(look: Look, code_page: str, at: datetime) -> tuple[Row, ...]:
    """What shows at one look whether the printer is set up right; it says itself what to look for."""
    roll = Roll(look.columns, look.letters)
    roll.words(look.name, bold=True, tall=True, wide=True, centre=True)
    roll.words(f"Printer test, {wording.moment(at, look.locale)}", centre=True)
    roll.rule()
    sign = wording.symbol(look.currency, look.locale)
    roll.words("£ €" if sign in "£€" else f"£ € {sign}", bold=True, tall=True, wide=True, centre=True)
    roll.words("Above: the pound sign and the euro sign. Anything else: another [printer] code_page.", centre=True)
    roll.pair("Letters", "é è ü ö ä ß ñ ç å æ ø")
    roll.pair("Code page", code_page)
    roll.pair("A figure", wording.money(minor(Decimal("1234.50"), "GBP"), "GBP", look.locale))
    roll.pair("Another", wording.money(minor(Decimal("1234.50"), "EUR"), "EUR", look.locale))
    roll.rule()
    roll.words("".join(str(n % 10) for n in range(1, look.columns + 1)))
    roll.words(f"The figures above fill one line of {look.columns}. Two lines: set [printer] columns to less.")
    roll.words("This is bold.", bold=True)
    roll.words("This is tall.", tall=True)
    roll.bars("TEST-000123")
    roll.words("The scanner reads TEST-000123; the paper is cut below.", centre=True)
    roll.cut()
    return tuple(roll.rows)
