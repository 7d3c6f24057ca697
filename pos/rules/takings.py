"""What the documents of a session or of some days come to: by person, by goods and by way to pay.

`Sums` are made by SQL (`store.takings`) or from the rows of documents (`Sums.take`), in minor units; both give the
same. `figures` turns them into exact Decimals, as a report shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pos.rules import ledger, record, shift, voucher
from pos.rules.count import Expected
from pos.rules.money import major

#: Keys of the three sums, as the columns of their tables in front of the figures.
PEOPLE = ("business_day", "hour", "cashier", "kind")
GOODS = ("business_day", "kind", "item_group", "brand", "tax_code", "tax_rate", "side", "voucher")
TENDERS = ("business_day", "kind", "tender", "mode", "side")
VOUCHERS = ("business_day", "kind", "act")
#: Figures behind them.
PEOPLE_SUMS = ("documents", "sold", "back", "total")
GOODS_SUMS = ("lines", "qty", "amount", "net", "tax", "discount")
TENDERS_SUMS = ("payments", "amount", "change")
VOUCHERS_SUMS = ("rows", "amount", "exposure")

Table = dict[tuple[Any, ...], tuple[int, ...]]
#: Documents that trade with nobody: the drawer's, what is said of vouchers or documents, and the Z itself.
DRAWER = (*shift.KINDS, voucher.KIND, record.KIND, "z")


@dataclass
class Sums:
    """What documents come to, by PEOPLE, GOODS, TENDERS and VOUCHERS."""

    people: Table = field(default_factory=dict)
    goods: Table = field(default_factory=dict)
    tenders: Table = field(default_factory=dict)
    vouchers: Table = field(default_factory=dict)

    def take(self, rows: ledger.Rows) -> None:
        """Add one document by its rows."""
        head = dict(zip(ledger.DOCUMENT, rows.document, strict=True))
        day, kind = head["business_day"], head["kind"]
        sold = back = 0
        for row in rows.lines:
            x = dict(zip(ledger.LINE, row, strict=True))
            side = 1 if x["qty"] > 0 else -1
            if not x["voucher"]:
                sold += x["amount"] if side > 0 else 0
                back += x["amount"] if side < 0 else 0
            goods = (day, kind, x["item_group"], x["brand"], x["tax_code"], x["tax_rate"], side, x["voucher"])
            add(self.goods, goods, (1, *(x[c] for c in GOODS_SUMS[1:])))
        for row in rows.tenders:
            x = dict(zip(ledger.TENDER, row, strict=True))
            paid = (day, kind, x["kind"], x["mode"], 1 if x["amount"] >= 0 else -1)
            add(self.tenders, paid, (1, x["amount"], x["change"]))
        for row in rows.vouchers:
            x = dict(zip(ledger.VOUCHER, row, strict=True))
            add(self.vouchers, (day, kind, x["act"]), (1, x["amount"], x["exposure"]))
        add(self.people, (day, head["created_at"][11:13], head["cashier"], kind), (1, sold, back, head["total"]))


def add(table: Table, key: tuple[Any, ...], figures: Iterable[int]) -> None:
    """Add figures to those that stand under a key."""
    before = table.get(key)
    more = tuple(figures)
    table[key] = more if before is None else tuple(a + b for a, b in zip(before, more, strict=True))


def figures(
    sums: Sums, names: Mapping[str, str], cur: str, void_lines: int = 0, void_amount: int = 0
) -> dict[str, Any]:
    """Everything sums alone say: for a session and, over days, for the day report."""
    goods = {k: v for k, v in sums.goods.items() if not k[7]}
    sold, back = _side(goods, 1, cur), _side(goods, -1, cur)
    counts = _counts(sums)
    total = sum(v[3] for k, v in sums.people.items() if k[3] not in DRAWER)
    voids = sum(v[3] for k, v in sums.people.items() if k[3] == "void")
    everything = _total(sums.goods.values(), len(GOODS_SUMS))
    own = _total(goods.values(), len(GOODS_SUMS))
    return {
        "sales": {"count": counts.get("sale", 0), **sold},
        "returns": {"count": counts.get("return", 0), **back},
        "voids": {
            "count": counts.get("void", 0),
            "amount": major(voids, cur),
            "lines": void_lines,
            "lines_amount": major(void_amount, cur),
        },
        "items": Decimal(sum(v[1] for k, v in goods.items() if k[6] > 0)).scaleb(-3),
        "net": major(own[3], cur),
        "tax": major(own[4], cur),
        "gross": major(own[2], cur),
        "vouchers": _vouchers(sums, cur),
        "rounding": major(total - everything[2], cur),
        "total": major(total, cur),
        "taxes": _taxes(goods, cur),
        "cashiers": _cashiers(sums, names, cur),
        "groups": _by(goods, 2, cur),
        "brands": _by({k: v for k, v in goods.items() if k[3]}, 3, cur),
        "tenders": _tenders(sums, cur),
        "days": _days(sums, cur),
        "no_sales": counts.get("no_sale", 0),
    }


def _counts(sums: Sums) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key, value in sums.people.items():
        counts[key[3]] = counts.get(key[3], 0) + value[0]
    return counts


def _total(rows: Iterable[tuple[int, ...]], width: int) -> tuple[int, ...]:
    total = (0,) * width
    for row in rows:
        total = tuple(a + b for a, b in zip(total, row, strict=True))
    return total


def _side(goods: Table, side: int, cur: str) -> dict[str, Decimal]:
    """Lines sold or given back, by the line: an exchange hides neither. amount: before discounts. Voids stand apart."""
    rows = _total((v for k, v in goods.items() if k[6] == side and k[1] != "void"), len(GOODS_SUMS))
    return {
        "amount": major(rows[2] + rows[5], cur),
        "discount": major(rows[5], cur),
        "net": major(rows[2], cur),
    }


def _vouchers(sums: Sums, cur: str) -> dict[str, Any]:
    """Sold ones are money owed, no revenue; used ones are a way to pay; refunded ones were given back onto one.

    by_hand: issued or adjusted without a sale; expired: taken off after their last day; neither moves money. exposure:
    used while the issuer was out of reach.
    """
    sold = _total((v for k, v in sums.goods.items() if k[7]), len(GOODS_SUMS))
    sides = sum(v[0] * k[6] for k, v in sums.goods.items() if k[7])  # a voided sale of one is one less
    hand = _total((v for k, v in sums.vouchers.items() if k[1] == voucher.KIND and k[2] != "expire"), 3)
    expired = _total((v for k, v in sums.vouchers.items() if k[2] == "expire"), 3)
    exposure = sum(v[2] for v in sums.vouchers.values())
    used = _total((v for k, v in sums.tenders.items() if k[2] == "voucher" and k[4] > 0), 3)
    refunded = _total((v for k, v in sums.tenders.items() if k[2] == "voucher" and k[4] < 0), 3)
    return {
        "issued": {"count": sides, "amount": major(sold[2], cur)},
        "used": {"count": used[0], "amount": major(used[1], cur)},
        "refunded": {"count": refunded[0], "amount": major(refunded[1], cur)},
        "by_hand": {"count": hand[0], "amount": major(hand[1], cur)},
        "expired": {"count": expired[0], "amount": major(expired[1], cur)},
        "exposure": major(exposure, cur),
    }


def _taxes(goods: Table, cur: str) -> list[dict[str, Any]]:
    found: Table = {}
    for key, value in goods.items():
        add(found, (key[4], key[5]), value)
    return [
        {
            "code": code,
            "rate": Decimal(rate),
            "net": major(v[3], cur),
            "tax": major(v[4], cur),
            "gross": major(v[2], cur),
        }
        for (code, rate), v in sorted(found.items(), key=lambda x: (x[0][0], Decimal(x[0][1])))
    ]


def _cashiers(sums: Sums, names: Mapping[str, str], cur: str) -> list[dict[str, Any]]:
    found: Table = {}
    for key, value in sums.people.items():
        if key[3] not in DRAWER:
            add(found, (key[2],), value)
    return [
        {
            "code": code,
            "name": names.get(code, code),
            "count": v[0],
            "sales": major(v[1], cur),
            "returns": major(v[2], cur),
            "total": major(v[3], cur),
        }
        for (code,), v in sorted(found.items())
    ]


def _by(goods: Table, place: int, cur: str) -> list[dict[str, Any]]:
    found: Table = {}
    for key, value in goods.items():
        add(found, (key[place],), value)
    return [
        {
            "name": name,
            "qty": Decimal(v[1]).scaleb(-3),
            "net": major(v[3], cur),
            "tax": major(v[4], cur),
            "gross": major(v[2], cur),
        }
        for (name,), v in sorted(found.items())
    ]


def _tenders(sums: Sums, cur: str) -> list[dict[str, Any]]:
    """What customers paid and got back, change taken off; the drawer's own movements are no takings."""
    found: dict[tuple[str, str], list[int]] = {}
    for (_day, kind, tender, mode, side), (_n, amount, change) in sums.tenders.items():
        if kind not in DRAWER:
            row = found.setdefault((tender, mode), [0, 0])
            row[0 if side > 0 else 1] += amount - change
    order = sorted(found.items(), key=lambda x: (x[0][0] != "cash", x[0]))
    return [
        {
            "name": mode,
            "kind": tender,
            "sale": major(sale, cur),
            "refund": major(refund, cur),
            "net": major(sale + refund, cur),
        }
        for (tender, mode), (sale, refund) in order
    ]


def _days(sums: Sums, cur: str) -> list[dict[str, Any]]:
    found: Table = {}
    for key, value in sums.people.items():
        if key[3] not in DRAWER:
            add(found, (key[0],), (value[0], value[3]))
    return [
        {"business_day": day, "count": count, "total": major(total, cur)}
        for (day,), (count, total) in sorted(found.items())
    ]


def expected(sums: Sums) -> tuple[Expected, ...]:
    """What each way to pay must have brought. All modes of cash are one drawer; on account nothing is counted."""
    found: dict[tuple[str, str], int] = {}
    cash_name = min((k[3] for k in sums.tenders if k[2] == "cash"), default="Cash")
    for (_day, kind, tender, mode, side), (_n, amount, _change) in sums.tenders.items():
        # a voucher somebody got for goods is no slip in the drawer; one whose sale is voided went back to the customer
        if tender not in ("cash", "account") and not (tender == "voucher" and side < 0 and kind != "void"):
            found[mode, tender] = found.get((mode, tender), 0) + amount
    cash = shift.expected_cash((k[2], v[1], v[2]) for k, v in sums.tenders.items())
    return (Expected(cash_name, "cash", cash), *(Expected(*k, v) for k, v in sorted(found.items())))
