"""Every table, in one list. Money is whole minor units, quantities thousandths, moments `clock.stamp()` text."""

from pos.store.models.backups import CopyPlace, Snapshot
from pos.store.models.bank import BankFile, BankMatch, BankReject, BankRow
from pos.store.models.base import database
from pos.store.models.baskets import Held, LineVoid
from pos.store.models.bundles import Bundle, BundleMember
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
from pos.store.models.companies import Company, PersonLeft, PersonScope, Shop, TillPlace
from pos.store.models.conductor import (
    ConductorCompany,
    ConductorFailure,
    ConductorRef,
    ConductorSession,
    ConductorStep,
    ConductorStock,
    ConductorTill,
)
from pos.store.models.desktop import (
    QbdAccount,
    QbdArchive,
    QbdCompany,
    QbdItem,
    QbdLevel,
    QbdSite,
    QbdTicket,
    QbdWork,
    QbdWorkItem,
)
from pos.store.models.hub import ForeignCopy, HubChange, HubGap, HubTill, HubTop, Lease
from pos.store.models.inventory import (
    InventoryApproval,
    InventoryCount,
    InventoryCounted,
    InventoryEvent,
    InventoryLine,
    InventoryLocation,
    InventoryMove,
    InventoryPart,
    InventoryReason,
    InventoryTally,
    ParityItem,
    ParityRun,
    PurchaseOrder,
    PurchaseOrderLine,
)
from pos.store.models.ledger import Document, Line, Movement, Session, Tender
from pos.store.models.machinery import AgentRun, AgentState, Connection, CountCheck, Cursor, Meta, Outbox
from pos.store.models.notices import HookEvent, LowStock, Notice, NoticeDelivery, NoticeRead
from pos.store.models.office import Record, RecordConflict, RecordLink, SyncJob, SyncJobRecord
from pos.store.models.people import (
    Approval,
    ApprovalRequest,
    Audit,
    Device,
    DiscountCeiling,
    RightOverride,
    SignIn,
    Token,
    User,
)
from pos.store.models.prints import PrintJob
from pos.store.models.quickbooks import QboList, QboNewItem, QboState, QboToken
from pos.store.models.reconciliations import Reconciliation, ReconciliationItem
from pos.store.models.records import Blanking, Forgotten, LostNumber
from pos.store.models.runs import (
    ImportFile,
    ImportReject,
    ImportRow,
    RunArtifact,
    RunChoice,
    RunFigure,
    RunJob,
    RunLog,
    RunPart,
    RunSchedule,
    RunScheduleEvent,
)
from pos.store.models.takings import TakingsGoods, TakingsPeople, TakingsTenders, TakingsVouchers
from pos.store.models.vouchers import VoucherHold, VoucherKnown, VoucherRow

#: Rebuilt from invoices/ alone, row by row.
LEDGER = (Document, Line, Tender, Movement, Session)
#: Come from a backup or from the connection.
CATALOG = (Item, Barcode, Attribute, Price, Stock, TaxCode, Customer, PaymentMode)
PEOPLE = (User, Device, SignIn, Token, Audit, Approval, ApprovalRequest, RightOverride, DiscountCeiling)
MACHINERY = (Meta, Connection, Outbox, Cursor, AgentState, AgentRun, CountCheck)
#: What people are told, and what rings from outside.
NOTICES = (Notice, NoticeRead, NoticeDelivery, HookEvent, LowStock)
#: What was printed or is to be.
PRINTS = (PrintJob,)
#: Baskets not paid yet; in the backup, never in invoices/.
BASKETS = (Held, LineVoid)
#: Sums over the documents; made anew from them at any time.
TAKINGS = (TakingsPeople, TakingsGoods, TakingsTenders, TakingsVouchers)
#: Gift vouchers: what documents say of them comes from invoices/, the rest from the issuer.
VOUCHERS = (VoucherRow, VoucherKnown, VoucherHold)
#: Till and books side by side; found again by looking.
RECONCILIATIONS = (Reconciliation, ReconciliationItem)
#: Copies elsewhere; what a place holds is found again by looking there.
BACKUPS = (CopyPlace, Snapshot)
#: What documents say of other documents; and who was forgotten.
RECORDS = (Blanking, LostNumber, Forgotten)
#: A hub's tills, what they hear, who alone does a thing now; at a till what the hub told of other tills.
HUB = (HubTill, HubGap, Lease, HubTop, HubChange, ForeignCopy)
#: Documents of the books that are made of several receipts.
BUNDLES = (Bundle, BundleMember)
#: Whose they are, and who may see them.
COMPANIES = (Company, Shop, TillPlace, PersonScope, PersonLeft)
#: Sign-ins to books whose keys change.
SIGN_INS = (QboToken, QboState, QboList, QboNewItem)
#: Records both this program and the books may change, and the jobs that bring them together.
OFFICE = (Record, RecordLink, RecordConflict, SyncJob, SyncJobRecord)
#: Runs of sales into the books, their schedules, and what was imported for them.
RUNS = (
    RunJob, RunPart, RunLog, RunArtifact, RunFigure, RunSchedule, RunScheduleEvent, RunChoice, ImportFile, ImportRow,
    ImportReject,
)  # fmt: skip
#: A bank's lines, and which takings they are.
BANK = (BankFile, BankRow, BankReject, BankMatch)
#: Stock kept here, what moved it, what waits for a second person; what was found beside the books.
INVENTORY = (
    InventoryLocation, InventoryPart, InventoryReason, InventoryEvent, InventoryLine, InventoryMove, InventoryApproval,
    InventoryCount, InventoryCounted, InventoryTally, PurchaseOrder, PurchaseOrderLine, ParityRun, ParityItem,
)  # fmt: skip
#: QuickBooks Desktop through its Web Connector.
DESKTOP = (
    QbdCompany, QbdTicket, QbdWork, QbdWorkItem, QbdArchive, QbdItem, QbdSite, QbdLevel, QbdAccount,
)  # fmt: skip
CONDUCTOR = (
    ConductorCompany, ConductorSession, ConductorStep, ConductorFailure, ConductorRef, ConductorStock,
    ConductorTill,
)  # fmt: skip
ALL = (
    *LEDGER, *TAKINGS, *CATALOG, *PEOPLE, *MACHINERY, *NOTICES, *PRINTS, *BASKETS, *VOUCHERS, *RECONCILIATIONS,
    *BACKUPS, *RECORDS, *HUB, *BUNDLES, *COMPANIES, *SIGN_INS, *OFFICE, *RUNS, *BANK, *INVENTORY,
    *DESKTOP, *CONDUCTOR,
)  # fmt: skip

__all__ = [
    "ALL",
    "BACKUPS",
    "BANK",
    "BASKETS",
    "BUNDLES",
    "CATALOG",
    "COMPANIES",
    "CONDUCTOR",
    "DESKTOP",
    "HUB",
    "INVENTORY",
    "LEDGER",
    "MACHINERY",
    "NOTICES",
    "OFFICE",
    "PEOPLE",
    "PRINTS",
    "RECONCILIATIONS",
    "RECORDS",
    "RUNS",
    "SIGN_INS",
    "TAKINGS",
    "VOUCHERS",
    "AgentRun",
    "AgentState",
    "Approval",
    "Attribute",
    "Audit",
    "BankFile",
    "BankMatch",
    "BankReject",
    "BankRow",
    "Barcode",
    "Blanking",
    "Bundle",
    "BundleMember",
    "Company",
    "ConductorCompany",
    "ConductorFailure",
    "ConductorRef",
    "ConductorSession",
    "ConductorStep",
    "ConductorStock",
    "ConductorTill",
    "Connection",
    "CopyPlace",
    "CountCheck",
    "Cursor",
    "Customer",
    "Device",
    "DiscountCeiling",
    "Document",
    "ForeignCopy",
    "Forgotten",
    "Held",
    "HookEvent",
    "HubChange",
    "HubGap",
    "HubTill",
    "HubTop",
    "ImportFile",
    "ImportReject",
    "ImportRow",
    "InventoryApproval",
    "InventoryCount",
    "InventoryCounted",
    "InventoryEvent",
    "InventoryLine",
    "InventoryLocation",
    "InventoryMove",
    "InventoryPart",
    "InventoryReason",
    "InventoryTally",
    "Item",
    "Lease",
    "Line",
    "LineVoid",
    "LostNumber",
    "LowStock",
    "Meta",
    "Movement",
    "Notice",
    "NoticeDelivery",
    "NoticeRead",
    "Outbox",
    "ParityItem",
    "ParityRun",
    "PaymentMode",
    "PersonLeft",
    "PersonScope",
    "Price",
    "PrintJob",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "QbdAccount",
    "QbdArchive",
    "QbdCompany",
    "QbdItem",
    "QbdLevel",
    "QbdSite",
    "QbdTicket",
    "QbdWork",
    "QbdWorkItem",
    "QboList",
    "QboNewItem",
    "QboState",
    "QboToken",
    "Reconciliation",
    "ReconciliationItem",
    "Record",
    "RecordConflict",
    "RecordLink",
    "RightOverride",
    "RunArtifact",
    "RunChoice",
    "RunFigure",
    "RunJob",
    "RunLog",
    "RunPart",
    "RunSchedule",
    "RunScheduleEvent",
    "Session",
    "Shop",
    "SignIn",
    "Snapshot",
    "Stock",
    "SyncJob",
    "SyncJobRecord",
    "TakingsGoods",
    "TakingsPeople",
    "TakingsTenders",
    "TakingsVouchers",
    "TaxCode",
    "Tender",
    "TillPlace",
    "Token",
    "User",
    "VoucherHold",
    "VoucherKnown",
    "VoucherRow",
    "database",
]
