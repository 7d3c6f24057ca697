"""Every table, in one list. Money is whole minor units, quantities are thousandths, moments are `clock.stamp()` text."""

from pos.store.models.base import database
from pos.store.models.catalog import (
    Attribute,
    Barcode,
    Customer,
    Item,
    PaymentMode,
    Price,
    Stock,
    TaxCode,
)
from pos.store.models.ledger import Document, Line, Movement, Session, Tender
from pos.store.models.machinery import AgentRun, AgentState, Connection, CountCheck, Cursor, Meta, Notice, Outbox
from pos.store.models.people import Audit, Device, SignIn, Token, User

#: Rebuilt from invoices/ alone, row by row.
LEDGER = (Document, Line, Tender, Movement, Session)
#: Come from a backup or from the connection.
CATALOG = (Item, Barcode, Attribute, Price, Stock, TaxCode, Customer, PaymentMode)
PEOPLE = (User, Device, SignIn, Token, Audit)
MACHINERY = (Meta, Connection, Outbox, Cursor, AgentState, AgentRun, Notice, CountCheck)
ALL = (*LEDGER, *CATALOG, *PEOPLE, *MACHINERY)

__all__ = [
    "ALL",
    "CATALOG",
    "LEDGER",
    "MACHINERY",
    "PEOPLE",
    "AgentRun",
    "AgentState",
    "Attribute",
    "Audit",
    "Barcode",
    "Connection",
    "CountCheck",
    "Cursor",
    "Customer",
    "Device",
    "Document",
    "Item",
    "Line",
    "Meta",
    "Movement",
    "Notice",
    "Outbox",
    "PaymentMode",
    "Price",
    "Session",
    "SignIn",
    "Stock",
    "TaxCode",
    "Tender",
    "Token",
    "User",
    "database",
]
