"""Companies to test with: a British one with VAT, an American one with automated sales tax, a Canadian one with two
taxes, and an American one that keeps its own rates."""

from __future__ import annotations

from decimal import Decimal

from tests.contract.emulators.qbo_cloud import Cloud
from tests.contract.emulators.qbo_company import AUTOMATED, GLOBAL, MANUAL, Clock, Company

GB, US, CA, US_MANUAL = "9130000000000001", "9130000000000002", "9130000000000003", "9130000000000004"
#: The tax codes of the British company.
STANDARD, REDUCED, ZERO_RATED, EXEMPT = "2", "3", "4", "5"
#: Account ids of every company.
UNDEPOSITED, CHECKING, SALES, COST, INVENTORY, DISCOUNTS, DRAWER, CARDS, FEES, SHORT = (
    "4", "35", "79", "80", "81", "82", "91", "92", "93", "94",
)  # fmt: skip
ACCOUNTS = (
    (UNDEPOSITED, "Undeposited Funds", "Other Current Asset", "Asset"), (CHECKING, "Checking", "Bank", "Asset"),
    (SALES, "Sales of Product Income", "Income", "Revenue"),
    (COST, "Cost of Goods Sold", "Cost of Goods Sold", "Expense"),
    (INVENTORY, "Inventory Asset", "Other Current Asset", "Asset"), (DISCOUNTS, "Discounts given", "Income", "Revenue"),
    (DRAWER, "Cash drawer", "Bank", "Asset"), (CARDS, "Card clearing", "Other Current Asset", "Asset"),
    (FEES, "Card fees", "Expense", "Expense"), (SHORT, "Cash over and short", "Expense", "Expense"),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "Asset"),
)  # fmt: skip
METHODS = (
    ("1", "Cash", "NON_CREDIT_CARD"), ("2", "Cheque", "NON_CREDIT_CARD"), ("3", "Card", "CREDIT_CARD"),
    ("4", "Voucher", "NON_CREDIT_CARD"),
)  # fmt: skip
#: id, name, type, price.
ITEMS = (
    ("1", "Services", "Service", "50.00"), ("11", "Pump", "Inventory", "15.00"),
    ("12", "Cola 33cl", "NonInventory", "1.50"),
    ("13", "Bread", "NonInventory", "1.45"), ("14", "Apples kg", "NonInventory", "2.10"),
    ("20", "EPOS Sales", "Service", "0"),
)  # fmt: skip
CUSTOMERS = (("1", "Amy's Bird Sanctuary"), ("58", "Walk-in"), ("59", "Ana Lopez"))


def both(clock: Clock | None = None) -> Cloud:
    """A British and an American company."""
    cloud = Cloud(clock)
    british(cloud)
    american(cloud)
    return cloud


def british(cloud: Cloud, realm: str = GB, name: str = "Corner Shop Ltd") -> Company:
    company = cloud.company(realm, name, country="GB", currency="GBP", tax=GLOBAL)
    company.put_tax("20.0% S", ("20.0% S", "20", False), key=STANDARD)
    company.put_tax("5.0% R", ("5.0% R", "5", False), key=REDUCED)
    company.put_tax("0.0% Z", ("0.0% Z", "0", False), key=ZERO_RATED)
    company.put_tax("Exempt", ("Exempt", "0", False), key=EXEMPT)
    return stocked(company)


def american(cloud: Cloud, realm: str = US, name: str = "Main Street Goods Inc", *, automated: bool = True) -> Company:
    tax = AUTOMATED if automated else MANUAL
    company = cloud.company(realm, name, country="US", currency="USD", tax=tax)
    company.put_tax("California", ("California", "8", False), key="2")
    company.put_tax("Tucson", ("AZ State tax", "7.1", False), ("Tucson City", "2", False), key="3")
    return stocked(company)


def canadian(cloud: Cloud, realm: str = CA, name: str = "Dépanneur Inc") -> Company:
    """Two parts on the net (GST, QST), and one code whose second part is taxed on the first."""
    company = cloud.company(realm, name, country="CA", currency="CAD", tax=GLOBAL)
    company.put_tax("GST/QST QC - 9.975", ("GST", "5", False), ("QST", "9.975", False), key="2")
    company.put_tax("Compound", ("First", "5", False), ("Second on first", "10", True), key="3")
    company.put_tax("Zero-rated", ("GST Zero", "0", False), key="4")
    return stocked(company)


def stocked(company: Company) -> Company:
    for key, name, kind, side in ACCOUNTS:
        company.seed("Account", key, Name=name, FullyQualifiedName=name, AccountType=kind, Classification=side,
                     CurrencyRef=company.currency_ref(), CurrentBalance=0, SubAccount=False)  # fmt: skip
    for key, name, kind in METHODS:
        company.seed("PaymentMethod", key, Name=name, Type=kind)
    for key, name in (("1", "Main shop"), ("2", "Market stall")):
        company.seed("Department", key, Name=name, FullyQualifiedName=name, SubDepartment=False)
    for key, name in (("1", "Counter"), ("2", "Online")):
        company.seed("Class", key, Name=name, FullyQualifiedName=name, SubClass=False)
    for key, name, kind, price in ITEMS:
        more = {}
        if kind == "Inventory":
            more = {"QtyOnHand": Decimal(100), "InvStartDate": "2026-01-01",
                    "ExpenseAccountRef": {"value": COST}, "AssetAccountRef": {"value": INVENTORY}}  # fmt: skip
        company.seed("Item", key, Name=name, FullyQualifiedName=name, Type=kind, UnitPrice=Decimal(price), Taxable=True,
                     TrackQtyOnHand=kind == "Inventory", IncomeAccountRef={"value": SALES}, **more)  # fmt: skip
    taxed = {} if company.tax == GLOBAL else {"DefaultTaxCodeRef": {"value": "2"}}
    for key, name in CUSTOMERS:
        company.seed("Customer", key, DisplayName=name, FullyQualifiedName=name, PrintOnCheckName=name, Taxable=True,
                     Job=False, BillWithParent=False, Balance=Decimal(0), BalanceWithJobs=Decimal(0),
                     CurrencyRef=company.currency_ref(), PreferredDeliveryMethod="Print", **taxed)  # fmt: skip
    company.seed("CompanyInfo", "1", CompanyName=company.name, LegalName=company.name, Country=company.country,
                 SupportedLanguages="en", FiscalYearStartMonth="January", DefaultTimeZone="Europe/London"
                 if company.country == "GB" else "America/Los_Angeles")  # fmt: skip
    preferences(company)
    return company


def preferences(company: Company) -> None:
    """Made anew from the switches: call it after changing one that the company shows."""
    for record in company.live("Preferences"):
        company.records["Preferences"].pop(record.body["Id"])
    automated = company.tax == AUTOMATED
    company.seed(
        "Preferences", "1",
        SalesFormsPrefs={"CustomTxnNumbers": company.switches.custom_numbers, "AllowDiscount": True},
        TaxPrefs={"UsingSalesTax": True, "PartnerTaxEnabled": automated},
        CurrencyPrefs={"MultiCurrencyEnabled": company.switches.multicurrency,
                       "HomeCurrency": {"value": company.currency}},
        AccountingInfoPrefs={"TrackDepartments": True, "ClassTrackingPerTxn": False, "ClassTrackingPerTxnLine": True,
                             **({"BookCloseDate": company.switches.closed_until.isoformat()}
                                if company.switches.closed_until else {})},
        ProductAndServicesPrefs={"QuantityOnHand": True},
    )  # fmt: skip
