"""The demo shop: goods, customers, ways to pay and three people, put into a new till so that it can be tried at once.

A till that holds it is marked, and refuses any connection that is not on this machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from pos.demo import data
from pos.errors import Conflict
from pos.rules.barcode import check_digit
from pos.rules.money import Money
from pos.store import catalog, people
from pos.store.connections import is_demo, mark_demo
from pos.store.db import Store

SOURCE = "demo"
#: 12.5 kg of each weighed item; pieces of the n-th other one: some plenty, some few, a few none.
_WEIGHED_STOCK = 12_500
_STOCK = (3, 5, 2, 8, 1, 4, 6, 0, 12, 2)


class Pin(NamedTuple):
    """How one of the people signs in. Shown once; kept as a hash only."""

    code: str
    name: str
    pin: str
    role: str


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was loaded. items: sellable ones; pins: empty when the shop was there already; labels: codes to try."""

    items: int
    pins: tuple[Pin, ...]
    labels: tuple[tuple[str, str], ...]


def load_demo(store: Store) -> DemoSummary:
    """Fill an empty till with the demo shop. Loaded already: changes nothing. Conflict when it holds other goods."""
    goods = list(items())
    if is_demo(store):
        return DemoSummary(0, (), labels())
    if catalog.groups(store) or people.people(store):
        raise Conflict("This till has goods or people of its own; the demo shop goes into a new one only.")
    with store.transaction():
        catalog.put_taxes(store, [{"code": c, "rate": r, "title": t} for c, r, t in _rows(data.TAXES)])
        modes = [{"name": n, "kind": k, "position": at} for at, (n, k) in enumerate(_rows(data.MODES))]
        catalog.put_modes(store, modes, SOURCE)
        keys = ("code", "name", "customer_group", "phone", "email")
        catalog.put_customers(store, [dict(zip(keys, row, strict=True)) for row in _rows(data.CUSTOMERS)], SOURCE)
        catalog.put_items(store, goods, SOURCE)
        catalog.put_prices(store, [_price(store, g) for g in goods if g["price"]])
        catalog.put_stock(store, _counted(store, goods), SOURCE)
        pins = _people(store)
        mark_demo(store)
    return DemoSummary(sum(not g["has_variants"] for g in goods), pins, labels())


def items() -> Iterator[dict[str, Any]]:
    """Every item as `catalog.put_items` takes it, templates before their variants; `price` is text, "" = none."""
    n = 0
    other = {(code, value): price for code, value, price in _rows(data.OTHER_PRICES)}
    for group, code, name, brand, tax, price, *attributes in _rows(data.TEMPLATES):
        base = {"name": name, "item_group": group, "brand": brand, "tax_code": tax}
        yield {**base, "code": code, "has_variants": True, "price": price, "stocked": True}
        for chosen in _combinations([_attribute(text) for text in attributes if text]):
            n += 1
            short = "-".join(value.upper().replace(" ", "") for _, value in chosen)
            yield {
                **base,
                "code": f"{code}-{short}",
                "variant_of": code,
                "has_variants": False,
                "stocked": True,
                "attributes": [{"name": a, "value": v, "position": at} for at, (a, v) in enumerate(chosen)],
                "barcodes": [{"code": _own_code(n)}],
                "price": other.get((code, chosen[0][1]), price),
            }
    for group, code, name, note, brand, tax, price in _rows(data.SINGLES):
        n += 1
        yield {
            "code": code, "name": name, "item_group": group, "description": note, "brand": brand, "tax_code": tax,
            "has_variants": False, "stocked": True, "barcodes": [{"code": _own_code(n)}], "price": price,
        }  # fmt: skip
    for code, name, note, uom, tax, price, label, features in _rows(data.SPECIALS):
        yield {
            "code": code, "name": name, "item_group": "Extras", "description": note, "uom": uom, "tax_code": tax,
            "has_variants": False, "stocked": "uncounted" not in features, "open_price": "open" in features,
            "weighed": "weighed" in features, "price": price,
            "barcodes": [{"code": _with_check(f"{label}00000")}] if label else [],
        }  # fmt: skip


def labels() -> tuple[tuple[str, str], ...]:
    """Codes to scan or type, with what each one is."""
    first = next(item for item in items() if not item["has_variants"])
    digits = {row[0]: row[6] for row in _rows(data.SPECIALS)}
    return (
        (f"{first['name']}, {first['attributes'][1]['value']}", first["barcodes"][0]["code"]),
        ("Boot wax, label of £4.32", _with_check(f"{digits['WAX']}00432")),
        ("Leather offcuts, label of 350 g", _with_check(f"{digits['OFFCUTS']}00350")),
        ("Carrier bag", "BAG"),
    )


def _people(store: Store) -> tuple[Pin, ...]:
    pins: list[Pin] = []
    for code, name, role in _rows(data.PEOPLE):
        pin = random_pin()
        people.add_user(store, code, name, role, pin)
        pins.append(Pin(code, name, pin, role))
    return tuple(pins)


def random_pin() -> str:
    """Four digits that nobody would try first."""
    while True:
        pin = f"{secrets.randbelow(9000) + 1000}"
        if not people.is_first_guess(pin):
            return pin


def _price(store: Store, item: dict[str, Any]) -> dict[str, Any]:
    currency = store.config.shop.currency
    return {
        "price_list": store.config.till.price_list,
        "item": item["code"],
        "amount": Money.parse(Decimal(item["price"]), currency).minor,
        "currency": currency,
    }


def _counted(store: Store, goods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counted = [item for item in goods if item["stocked"] and not item["has_variants"]]
    return [
        {
            "item": item["code"],
            "warehouse": store.config.till.warehouse,
            "qty": _WEIGHED_STOCK if item.get("weighed") else 1000 * _STOCK[at % len(_STOCK)],
        }
        for at, item in enumerate(counted)
    ]


def _rows(table: str) -> Iterator[list[str]]:
    for line in table.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


def _attribute(text: str) -> tuple[str, list[str]]:
    """ "Size: UK 6-11" is UK 6, UK 7 … UK 11; "Colour: Brown, Black" is what it says."""
    name, _, listed = text.partition(":")
    values = [value.strip() for value in listed.split(",")]
    lead, _, run = values[0].rpartition(" ")
    if len(values) == 1 and "-" in run:
        first, last = run.split("-")
        values = [f"{lead} {n}" for n in range(int(first), int(last) + 1)]
    return name.strip(), values


def _combinations(attributes: list[tuple[str, list[str]]]) -> Iterator[list[tuple[str, str]]]:
    name, values = attributes[0]
    for value in values:
        rest = _combinations(attributes[1:]) if attributes[1:] else iter(([],))
        for further in rest:
            yield [(name, value), *further]


def _own_code(n: int) -> str:
    """The n-th EAN-13 of the shop's own range."""
    return _with_check(f"25{n:010d}")


def _with_check(digits: str) -> str:
    return digits + check_digit(digits)
