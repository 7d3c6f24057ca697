"""The small shop the browser tests sell from: fixed codes and prices, so that every figure can be written down."""

from __future__ import annotations

from typing import Any

from pos.store import feeds, people
from pos.store.db import Store

CASHIER, PIN = "101", "2468"
MANAGER, MANAGER_PIN = "900", "8642"
SPARE, SPARE_PIN = "102", "9753"  # locked out by one of the tests

#: code, name, group, price in pence, barcode, note, tax
PLAIN = (
    ("HB-9001", "Ridge walking boot", "Boots", 11900, "5012345000015", "Brown · UK 4–12", "A"),
    ("HB-9002", "Ridge winter boot", "Boots", 12950, "5012345000022", "Brown · UK 4–9", "A"),
    ("HB-9003", "Alder ankle boot", "Boots", 7500, "5012345000039", "Brown suede · UK 3–8", "A"),
    ("SH-1001", "Marlow derby shoe", "Shoes", 8500, "5012345000046", "Black", "A"),
    ("SH-1002", "Finch loafer", "Shoes", 7200, "5012345000053", "Tan", "A"),
    ("TR-2001", "Canal trainer", "Trainers", 6400, "5012345000060", "White", "A"),
    ("CH-3001", "Pip school shoe", "Children", 3400, "5012345000077", "Black · child 13", "Z"),
    ("CH-3002", "Pip winter boot", "Children", 3950, "5012345000084", "Brown · child 8–13", "Z"),
    ("KN-4001", "Fenland merino jumper", "Knitwear", 5400, "5012345000091", "Navy · M", "A"),
    ("SR-5001", "Linen shirt", "Shirts", 4200, "5012345000107", "White · M", "A"),
    ("TS-6001", "Chino, slim", "Trousers", 4800, "5012345000114", "Stone · 32", "A"),
    ("SO-7001", "Ankle socks, 3 pairs", "Extras", 750, "96385074", "Grey · 6–8", "A"),  # EAN-8
    ("CR-7002", "Boot cream, neutral", "Extras", 695, "5012345000121", "50 ml", "A"),
    ("BL-7003", "Boot laces, brown", "Extras", 350, "LACES-140", "140 cm", "A"),  # letters
    ("BT-7004", "Saddler belt", "Extras", 2400, "5012345000138", "Tan · M", "A"),
)
COLOURS = (("Brown", 8900), ("Dark brown", 8900), ("Black", 8900), ("Tan", 8900), ("Oxblood", 9500))
SIZES = ("UK 6", "UK 7", "UK 8", "UK 9", "UK 10", "UK 11")
PIECES = ((2, 3, 3, 4, 1, 1), (0, 2, 3, 2, 1, 1), (4, 5, 6, 5, 3, 2), (1, 0, 2, 2, 0, 1), (0, 1, 1, 2, 1, 0))
STYLE, STYLE_BARCODE = "HB-2041", "2041000000000"
WAREHOUSE = "Stores - TS"


def variant(colour: int, size: int) -> str:
    return f"{STYLE}-{colour + 1}{size + 1:02}"


def fill(store: Store) -> None:
    """Goods, prices, stock, ways to pay and two people."""
    feeds.put_taxes(
        store, [{"code": "A", "title": "VAT 20%", "rate": "20"}, {"code": "Z", "title": "VAT 0%", "rate": "0"}]
    )
    feeds.put_items(store, _items(), "csv")
    feeds.put_prices(store, _prices())
    feeds.put_stock(store, _stock(), "csv")
    feeds.put_modes(
        store,
        [
            {"name": "Cash", "kind": "cash", "position": 1},
            {"name": "Card", "kind": "card", "position": 2},
            {"name": "Voucher", "kind": "voucher", "position": 3},
        ],
        "csv",
    )
    people.add_user(store, CASHIER, "Priya Nair", "cashier", PIN)
    people.add_user(store, SPARE, "Ana Ruiz", "cashier", SPARE_PIN)
    people.add_user(store, MANAGER, "Owen Marsh", "manager", MANAGER_PIN)


def _items() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "code": code,
            "name": name,
            "item_group": group,
            "description": note,
            "tax_code": tax,
            "barcodes": [{"code": barcode}],
        }
        for code, name, group, _, barcode, note, tax in PLAIN
    ]
    style = {"name": "Harrow Chelsea boot", "item_group": "Boots", "tax_code": "A", "description": ""}
    rows.append({"code": STYLE, **style, "has_variants": True, "barcodes": [{"code": STYLE_BARCODE}]})
    for c, (colour, _) in enumerate(COLOURS):
        for s, size in enumerate(SIZES):
            attributes = [{"name": "Colour", "value": colour}, {"name": "Size", "value": size}]
            code = variant(c, s)
            rows.append(
                {
                    "code": code,
                    **style,
                    "variant_of": STYLE,
                    "attributes": attributes,
                    "barcodes": [{"code": f"20410002{c}{s:02}"}],
                }
            )
    extra = {"item_group": "Extras", "tax_code": "A"}
    rows += [
        {"code": "BAG", "name": "Carrier bag", **extra, "description": "Paper, large", "barcodes": []},
        {"code": "GIFT-VOUCHER", "name": "Gift voucher", **extra, "open_price": True, "stocked": False, "barcodes": []},
        {"code": "REPAIR", "name": "Repair", **extra, "open_price": True, "stocked": False, "barcodes": []},
        {
            "code": "WAX",
            "name": "Shoe wax, loose",
            **extra,
            "weighed": True,
            "uom": "Kg",
            "barcodes": [{"code": "2200017"}],
        },
    ]
    return rows


def _prices() -> list[dict[str, Any]]:
    prices = {code: price for code, _, _, price, _, _, _ in PLAIN} | {"BAG": 10, "WAX": 1850}
    prices |= {variant(c, s): price for c, (_, price) in enumerate(COLOURS) for s in range(len(SIZES))}
    return [
        {"price_list": "Standard Selling", "item": code, "amount": amount, "currency": "GBP"}
        for code, amount in prices.items()
    ]


def _stock() -> list[dict[str, Any]]:
    counted = {code: 3 + (n * 7) % 30 for n, (code, *_) in enumerate(PLAIN)} | {"BL-7003": 0}
    counted |= {variant(c, s): PIECES[c][s] for c in range(len(COLOURS)) for s in range(len(SIZES))}
    return [{"item": code, "warehouse": WAREHOUSE, "qty": pieces * 1000} for code, pieces in counted.items()]
