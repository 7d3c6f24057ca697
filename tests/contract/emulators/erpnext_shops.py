"""Sites to start from: the one that was recorded, one for baskets, and the demo shop to try the till with."""

from __future__ import annotations

from typing import Any

from pos.connectors.erpnext.doctypes import DOCTYPES
from tests.contract.emulators.erpnext_documents import insert
from tests.contract.emulators.erpnext_site import Site

COMPANY, ABBR = "Test Shop Ltd", "TS"
TILL = ("till-key", "till-secret", "pos-api@example.com")
LIMITED = ("limited-key", "limited-secret", "limited-api@example.com")
MANAGER = ("manager-key", "manager-secret", "mgr-api@example.com")
PEOPLE = (TILL[2], MANAGER[2])
TILL_ROLES = ("Accounts User", "Sales User", "Stock User", "Sales Master Manager")

#: What `erpnext setup` creates, for tests that do not begin with it.
RECEIPT_FIELD = {"fieldname": "pos_receipt_id", "label": "POS Receipt ID", "fieldtype": "Data", "unique": 1}

_RECORDED_ITEMS = (
    # code, name, uom, barcode, price
    ("COKE-330", "Coca-Cola 330ml", "Nos", "5000112637922", 1.2),
    ("BREAD-WHT", "White Bread 800g", "Nos", "5010044000015", 1.45),
    ("MILK-2L", "Semi-skimmed Milk 2L", "Nos", "", 1.65),
    ("APPLE-KG", "Apples loose", "Kg", "2000010000006", 2.1),
    ("CHOC-BAR", "Chocolate bar", "Nos", "", 2.0),
    ("SCARCE-1", "Scarce Item", "Nos", "", 9.99),
)


def bare(**options: Any) -> Site:
    """A company with accounts, one warehouse, a price list, modes of payment and VAT; no items."""
    site = Site(**options)
    site.add_user(*TILL, TILL_ROLES)
    site.add_user(*LIMITED, ("Sales User",))
    site.add_user(*MANAGER, ("System Manager",))
    site.put(
        "Company",
        COMPANY,
        default_currency="GBP",
        abbr=ABBR,
        round_off_account=f"Round Off - {ABBR}",
        cost_center=f"Main - {ABBR}",
        country="United Kingdom",
    )
    for name, kind in (
        ("VAT", "Tax"), ("VAT 5", "Tax"), ("Cash", "Cash"), ("Card Clearing", "Bank"), ("Gift Vouchers", "Bank"),
        ("Sales", "Income Account"), ("Round Off", "Round Off"), ("Debtors", "Receivable"), ("Bank Account", "Bank"),
        ("Miscellaneous Expenses", "Chargeable"), ("Safe", "Cash"), ("Cash Over and Short", "Expense Account"),
        ("Owner", ""), ("Staff Welfare", "Expense Account"),
    ):  # fmt: skip
        site.put(
            "Account", f"{name} - {ABBR}", account_name=name, company=COMPANY, is_group=0, account_type=kind, disabled=0
        )
    site.put("Fiscal Year", "2026", year_start_date="2026-01-01", year_end_date="2026-12-31", disabled=0)
    site.put("Price List", "Standard Selling", currency="GBP", selling=1, enabled=1)
    for mode, kind, account in (
        ("Bank Draft", "Bank", ""), ("Card", "Bank", "Card Clearing"), ("Cash", "Cash", "Cash"), ("Cheque", "Bank", ""),
        ("Credit Card", "Bank", ""), ("Wire Transfer", "Bank", ""),
    ):  # fmt: skip
        put_mode(site, mode, kind, account)
    site.put("Customer", "Walk-in", customer_type="Individual", customer_group="Individual", disabled=0, mobile_no=None)
    for warehouse in ("Shop 1", "Shop 2", "Stores"):
        site.put(
            "Warehouse", f"{warehouse} - {ABBR}", warehouse_name=warehouse, company=COMPANY, is_group=0, disabled=0
        )
    site.put(
        "Warehouse",
        f"All Warehouses - {ABBR}",
        warehouse_name="All Warehouses",
        company=COMPANY,
        is_group=1,
        disabled=0,
    )
    site.put("Item Group", "Products", parent_item_group="All Item Groups", is_group=0)
    site.put(
        "Sales Taxes and Charges Template", f"VAT 20 incl - {ABBR}", title="VAT 20 incl", company=COMPANY, is_default=1,
        disabled=0,
        taxes=[{"charge_type": "On Net Total", "account_head": f"VAT - {ABBR}", "description": "VAT 20%", "rate": 20.0,
                "included_in_print_rate": 1, "tax_amount": 0.0}],
    )  # fmt: skip
    put_tax(site, "Zero", {f"VAT - {ABBR}": 0.0})
    site.put(
        "POS Profile", "Till 1", company=COMPANY, customer="Walk-in", disabled=0, warehouse=f"Shop 1 - {ABBR}",
        update_stock=1, selling_price_list="Standard Selling", currency="GBP",
        taxes_and_charges=f"VAT 20 incl - {ABBR}", income_account=f"Sales - {ABBR}",
        payments=[{"mode_of_payment": "Cash", "default": 1}, {"mode_of_payment": "Card", "default": 0}],
    )  # fmt: skip
    return site


OWED = f"Vouchers Outstanding - {ABBR}"


def put_vouchers(site: Site, code: str = "GIFT-VOUCHER") -> None:
    """An item sold as a gift voucher (that of the site when it is there), what it is owed on, how one pays with it."""
    site.put(
        "Account", OWED, account_name="Vouchers Outstanding", company=COMPANY, is_group=0, account_type="",
        root_type="Liability", disabled=0,
    )  # fmt: skip
    defaults = [{"company": COMPANY, "income_account": OWED}]
    if code in site.docs["Item"]:
        site.change("Item", code, item_defaults=defaults)
    else:
        put_item(site, code, "Gift voucher", is_stock_item=0, item_defaults=defaults)
    put_mode(site, "Gift Voucher", "General", "Vouchers Outstanding")


def put_mode(site: Site, name: str, kind: str, account: str = "") -> None:
    accounts = [{"company": COMPANY, "default_account": f"{account} - {ABBR}"}] if account else []
    site.put("Mode of Payment", name, type=kind, enabled=1, accounts=accounts)


def put_tax(site: Site, title: str, rates: dict[str, float]) -> None:
    rows = [{"tax_type": account, "tax_rate": rate} for account, rate in rates.items()]
    site.put("Item Tax Template", f"{title} - {ABBR}", title=title, company=COMPANY, disabled=0, taxes=rows)


def put_item(site: Site, code: str, name: str, **fields: Any) -> None:
    """An item with what a pull wants to see; price and stock beside it where given."""
    price, stock, warehouse = (
        fields.pop("price", None),
        fields.pop("stock", None),
        fields.pop("warehouse", f"Stores - {ABBR}"),
    )
    base = {
        "item_group": "Products",
        "stock_uom": "Nos",
        "disabled": 0,
        "is_stock_item": 1,
        "is_sales_item": 1,
        "has_variants": 0,
    }
    site.put("Item", code, **{"item_code": code, "item_name": name, "description": name, **base, **fields})
    if price is not None:
        site.put(
            "Item Price", f"p-{code}", item_code=code, price_list="Standard Selling", price_list_rate=price,
            currency="GBP", selling=1, uom=base["stock_uom"], valid_from=None, valid_upto=None,
        )  # fmt: skip
    if stock is not None:
        site.put(
            "Bin", f"{code}|{warehouse}", item_code=code, warehouse=warehouse, actual_qty=float(stock), reserved_qty=0.0
        )


def install(site: Site) -> Site:
    """What `erpnext setup` would have created."""
    for doctype in ("Sales Invoice", "Stock Entry", "Payment Entry", "Journal Entry"):
        insert(site, "Custom Field", {"dt": doctype, **RECEIPT_FIELD}, MANAGER[2])
    field = {
        "dt": "Customer",
        "fieldname": "pos_customer_id",
        "label": "POS Customer ID",
        "fieldtype": "Data",
        "unique": 1,
    }
    insert(site, "Custom Field", field, MANAGER[2])
    for name, wanted in DOCTYPES.items():
        body = {"name": name, "module": "Accounts", "custom": 1, "autoname": wanted.autoname}
        insert(site, "DocType", body | {"fields": list(wanted.fields), "permissions": wanted.rights}, MANAGER[2])
    return site


def recorded(*, installed: bool = True) -> Site:
    """The site of the recordings: six items, 5000 of each in Shop 1, prices valid from 2026-11-21 on."""
    site = bare()
    for code, name, uom, barcode, price in _RECORDED_ITEMS:
        put_item(
            site, code, name, stock_uom=uom, stock=5000, price=price, warehouse=f"Shop 1 - {ABBR}",
            barcodes=[{"barcode": barcode, "barcode_type": "", "uom": None}] if barcode else [],
        )  # fmt: skip
        site.docs["Item Price"][f"p-{code}"]["valid_from"] = "2026-11-21"
    site.docs["Bin"][f"SCARCE-1|Shop 1 - {ABBR}"]["actual_qty"] = 0.0
    site.stock_since = "2026-11-01"
    if installed:
        install(site)
        for doctype, name, label in (
            ("Stock Entry", "pos_movement_id", "POS Movement ID"),
            ("Journal Entry", "pos_event_id", "POS Event ID"),
            ("Payment Entry", "pos_event_id", "POS Event ID"),
        ):
            field = {"dt": doctype, "fieldname": name, "label": label, "fieldtype": "Data", "unique": 1}
            insert(site, "Custom Field", field, MANAGER[2])
    return site


def demo(*, installed: bool = False) -> Site:
    """The demo shop of `pos/demo`, as an ERPNext site would hold it: goods, prices, stock, customers, pictures."""
    from pos import demo as shop
    from pos.demo import data

    site = bare()
    if installed:
        install(site)
    site.stock_settings["allow_negative_stock"] = 1
    site.put(
        "Account", f"Other - {ABBR}", account_name="Other", company=COMPANY, is_group=0, account_type="Bank", disabled=0
    )
    for mode, kind, account in (
        ("On account", "General", ""),
        ("Other", "General", "Other"),
        ("Card", "Bank", "Card Clearing"),
    ):
        put_mode(site, mode, kind, account)
    for code, name, group, phone, email in shop._rows(data.CUSTOMERS):
        site.put(
            "Customer", code, customer_type="Individual", customer_group=group, disabled=0, mobile_no=phone or None,
            email_id=email or None,
        )  # fmt: skip
        site.docs["Customer"][code]["customer_name"] = name
    goods = list(shop.items())
    for group in dict.fromkeys(item["item_group"] for item in goods):
        site.put("Item Group", group, parent_item_group="All Item Groups", is_group=0)
    insert(
        site,
        "Custom Field",
        {"dt": "Item", "fieldname": "pos_open_price", "label": "Open price", "fieldtype": "Check"},
        MANAGER[2],
    )
    counted = [item for item in goods if item["stocked"] and not item["has_variants"]]
    stock = {item["code"]: (3, 5, 2, 8, 1, 4, 6, 0, 12, 2)[at % 10] for at, item in enumerate(counted)}
    for item in goods:
        _demo_item(site, item, stock.get(item["code"]))
    put_vouchers(site)
    return site


def _demo_item(site: Site, item: dict[str, Any], stock: float | None) -> None:
    put_item(
        site, item["code"], item["name"], item_group=item["item_group"], brand=item.get("brand", ""),
        description=item.get("description") or item["name"], stock_uom=item.get("uom", "Nos"),
        has_variants=int(item["has_variants"]), variant_of=item.get("variant_of"), is_stock_item=int(item["stocked"]),
        pos_open_price=int(item.get("open_price", False)), image=_picture(site, item),
        barcodes=[{"barcode": b["code"], "barcode_type": "EAN", "uom": None} for b in item.get("barcodes", ())],
        attributes=[{"attribute": a["name"], "attribute_value": a["value"]} for a in item.get("attributes", ())],
        taxes=[{"item_tax_template": f"Zero - {ABBR}"}] if item["tax_code"] == "VAT0" else [],
        price=float(item["price"]) if item["price"] else None, stock=stock,
    )  # fmt: skip


#: Quiet grounds for pictures, one per item group.
_GROUNDS = ("#d9e2dd", "#e6dccf", "#d6dde8", "#e8d8d8", "#dfe3cd", "#e3d9e6", "#d3e3e6", "#e9e2c8")


def _picture(site: Site, item: dict[str, Any]) -> str:
    """A plain picture per name: the first letters on the colour of the group."""
    import io

    from PIL import Image, ImageDraw

    if item.get("variant_of"):
        return str(site.docs["Item"][item["variant_of"]]["image"])
    path = f"/files/{item['code']}.png"
    groups = list(site.docs["Item Group"])
    picture = Image.new("RGB", (320, 320), _GROUNDS[groups.index(item["item_group"]) % len(_GROUNDS)])
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((60, 100, 260, 220), 24, fill="#ffffff")
    draw.text(
        (160, 160),
        "".join(word[0] for word in item["name"].split()[:2]).upper(),
        fill="#3a3a3a",
        anchor="mm",
        font_size=72,
    )
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=False)
    site.files[path] = ("image/png", content.getvalue())
    return path
