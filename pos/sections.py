"""The sections of config.ini, each setting declared once: its default, the environment name that overrides it, and
one line of help. `pos/config.py` reads them; config.ini and docs/settings.md are checked against this list by tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from pos.setting import setting


@dataclass(frozen=True, slots=True)
class Shop:
    name: str = setting("Finch & Marlow", "Printed at the top of each receipt.")
    tagline: str = setting("Shoes and clothing", "Second line of the receipt.")
    address: str = setting("14 Broadgate, Wellbury WB1 4QX", "Printed on the receipt.")
    phone: str = setting("", "Printed on the receipt; empty = left out.")
    tax_number: str = setting("", "Your VAT or sales-tax registration, printed on the receipt.")
    footer: str = setting("Return unworn items within 28 days with this receipt.", "Last words of the receipt.")
    currency: str = setting("GBP", "ISO 4217 code of the only home currency.")
    language: str = setting("en", "What screens and paper are written in: en, ar. A browser may choose another.")
    locale: str = setting("en_GB", "How money and dates look on screen and paper.")
    timezone: str = setting("Europe/London", "IANA name; the business day is counted in it.")
    day_starts: time = setting(time(0, 0), "A sale before this time belongs to the day before.")


@dataclass(frozen=True, slots=True)
class Till:
    id: str = setting("T1", "Unique in the company, fixed at installation; first part of each receipt number.")
    name: str = setting("Till 1", "What people call this till.")
    succeeds: str = setting("", "Ids it had before it was restored, comma separated; `restore` writes them.")
    store: str = setting("main", "The shop this till stands in.")
    warehouse: str = setting("Stores - TS", "Where its goods leave from.")
    price_list: str = setting("Standard Selling", "The price list it sells from.")
    walk_in: str = setting("Walk-in Customer", "The customer when nobody is named.")
    bag_item: str = setting("BAG", "Item code behind the bag button; empty = no button.")
    idle_lock_seconds: int = setting(300, "The screen locks after this long untouched; the basket stays. 0 = never.")

    @property
    def ids(self) -> tuple[str, ...]:
        """The id it goes by, then those it had before."""
        return tuple(dict.fromkeys((self.id, *self.succeeds.replace(",", " ").split())))


@dataclass(frozen=True, slots=True)
class Server:
    role: str = setting(
        "till",
        "till: it sells. hub: tills send it what they sold, and it books that. both: a till that is also the hub.",
        one_of=("till", "hub", "both"),
    )
    host: str = setting("127.0.0.1", "Address to listen on; other machines reach it only when this is not loopback.")
    port: int = setting(5000, "Port to listen on.")
    threads: int = setting(8, "Requests served at once; 16 on a slow disk.")
    origins: str = setting("", "Further host names this till is reached by, comma separated (tablets, other tills).")
    trusted_proxy: str = setting(
        "",
        "Addresses of the TLS proxy in front, comma separated (127.0.0.1); its word on who asks and by https is "
        "believed. Empty = nobody's.",
    )
    log_format: str = setting("text", "How the log is shown: lines for people or JSON.", one_of=("text", "json"))
    log_mb: int = setting(10, "The log is also kept in data/logs/, in files of this size; 0 = not.")
    log_files: int = setting(10, "So many of them are kept.")


@dataclass(frozen=True, slots=True)
class Hub:
    url: str = setting("", "Where this till's hub is, https://hub.example.com; `hub join` writes it. Empty = none.")
    key: str = setting("", "This till's key at the hub. Empty = the one in data/hub.key.", secret=True)
    timeout_seconds: int = setting(20, "How long an answer of the hub may take.")
    settle_seconds: int = setting(5, "After a lost answer the hub is asked for the document after this long.")
    probe_seconds: int = setting(5, "How often a silent hub is asked whether it is back, while anything waits.")


@dataclass(frozen=True, slots=True)
class Storage:
    url: str = setting(
        "sqlite:///data/till.db",
        "The database: a file, or postgresql://user@host/name for a hub of many tills (docs/architecture.md).",
    )
    invoices: str = setting("invoices", "Folder of the receipts.")
    read_url: str = setting(
        "", "A read replica of that PostgreSQL, asked by the console's lists (docs/hub-operations.md); empty = none."
    )
    read_lag_seconds: int = setting(10, "A replica further behind than this is not asked.")
    archive: str = setting("backups/archive", "Folder of the archives, one file for each month that was put away.")
    keep_months: int = setting(
        0,
        "On PostgreSQL: whole months whose receipts stay in the database; older ones go into archives by themselves; "
        "0 = all stay.",
    )
    disk_free_mb_min: int = setting(200, "Below this much free space a notice asks for room.")


@dataclass(frozen=True, slots=True)
class Queue:
    url: str = setting(
        "sqlite:///data/queue.db",
        "The agents' wake-up queue: a file, or redis://host:6379/0 for agents on several machines, "
        "a number for each hub.",
    )
    workers: int = setting(2, "Agents that may run at once.")
    in_server: bool = setting(True, "Run the agents inside the server; no = `pos_server.py agents` runs them.")


@dataclass(frozen=True, slots=True)
class Pricing:
    tax_rule: str = setting(
        "erpnext", "How tax is rounded; must match the books.", one_of=("erpnext", "per_rate", "per_line")
    )
    rounding: str = setting(
        "bankers", "How half a penny is rounded.", one_of=("bankers", "commercial", "bankers_legacy")
    )
    prices_include_tax: bool = setting(True, "yes: shelf prices hold the tax; no: tax is added at the till.")
    cash_step: Decimal = setting(Decimal("0.01"), "Smallest cash step (0.05 where 1p and 2p are gone); 0.01 = none.")
    discount_percent_max: Decimal = setting(Decimal(100), "No discount above this percentage, whoever asks.")
    tender_max: Decimal = setting(Decimal(50000), "A single tender above this is refused as a typing mistake.")
    barcode_rules: str = setting(
        "20:price,21:price,22:weight,23:weight",
        "EAN-13 prefixes whose code holds a price (minor units) or a weight (grams): prefix:meaning.",
    )


@dataclass(frozen=True, slots=True)
class Erpnext:
    url: str = setting("", "Address of the ERPNext site; empty = none, sales stay here.", env="ERPNEXT_URL")
    api_key: str = setting("", "API key of the till's user.", env="ERPNEXT_API_KEY", secret=True)
    api_secret: str = setting("", "API secret of the till's user.", env="ERPNEXT_API_SECRET", secret=True)
    company: str = setting("", "Company name in ERPNext; found by `erpnext setup` when there is only one.")
    pos_profile: str = setting("", "POS Profile to name on invoices; empty = none.")
    tax_template: str = setting("", "Sales Taxes and Charges Template whose accounts are used.")
    income_account: str = setting("", "Income account for lines; empty = ERPNext's default.")
    rounding_account: str = setting("", "Account for cash rounding; needed when cash_step is above the minor unit.")
    cash_account: str = setting("", "Account of the drawer; empty = that of the cash Mode of Payment.")
    paid_out_account: str = setting("", "Expense account for cash paid out; needed to book any.")
    paid_in_account: str = setting("", "Account cash put in comes from; needed to book any.")
    safe_account: str = setting("", "Account of the safe or bank that drops go to; needed to book any.")
    over_short_account: str = setting("", "Account for what a counted drawer was over or short; needed to book any.")
    reason_accounts: str = setting(
        "", "Accounts of single reasons, a bar between, each written like Milk: 5210 - Staff - TS."
    )
    settle_seconds: int = setting(
        150, "How long before asking what became of a lost answer; longer than their time-out."
    )
    timeout_seconds: int = setting(60, "How long to wait for an answer.")
    probe_seconds: int = setting(5, "While anything waits: how often to see whether the line is back.")
    pull_minutes: int = setting(5, "How often items, prices, stock and customers are brought in.")


@dataclass(frozen=True, slots=True)
class Quickbooks:
    client_id: str = setting(
        "", "Client ID of your app at Intuit; empty = QuickBooks Online is off.", env="QUICKBOOKS_CLIENT_ID"
    )
    client_secret: str = setting("", "Client secret of that app.", env="QUICKBOOKS_CLIENT_SECRET", secret=True)
    webhook_token: str = setting(
        "",
        "Verifier token of that app's webhook, a space between several; empty = no message is taken.",
        env="QUICKBOOKS_WEBHOOK_TOKEN",
        secret=True,
    )
    environment: str = setting(
        "sandbox", "Which companies the keys are for; never mixed.", one_of=("sandbox", "production")
    )
    redirect_url: str = setting(
        "",
        "Where Intuit sends the browser back to, as registered there; https, or http://localhost with sandbox keys. "
        "Empty = this machine by the name localhost, in the sandbox only.",
    )
    api_url: str = setting("", "Address of the API; empty = Intuit's for the environment.")
    authorize_url: str = setting("", "Where a person agrees; empty = the discovery document's, else Intuit's.")
    token_url: str = setting("", "Where tokens are given out; empty = the discovery document's, else Intuit's.")
    revoke_url: str = setting("", "Where tokens are taken back; empty = the discovery document's, else Intuit's.")
    discovery_url: str = setting("", "A discovery document that names these; empty = Intuit's addresses as built in.")
    grain: str = setting(
        "day",
        "What is booked: one document a business day, tender and location, or one a receipt.",
        one_of=("day", "receipt"),
    )
    settle_minutes: int = setting(10, "With receipt: a receipt is sent once nothing changed about it for this long.")
    settle_seconds: int = setting(
        150, "How long before asking what became of a lost answer; longer than their 120 seconds."
    )
    timeout_seconds: int = setting(60, "How long to wait for an answer.")
    probe_seconds: int = setting(30, "While anything waits: how often to see whether the line is back.")
    pull_minutes: int = setting(15, "How often customers and items are brought in.")
    warn_days: str = setting("30,7,1", "A notice when the sign-in ends in so many days, comma separated.")


@dataclass(frozen=True, slots=True)
class Security:
    pin_tries: int = setting(5, "Wrong PINs before the code is locked.")
    pin_lock_minutes: int = setting(15, "How long it is locked.")
    badge_needs_pin: bool = setting(
        True, "yes: a badge stands for the code and the PIN is typed; no: the badge alone does."
    )
    sign_in_hours: int = setting(16, "A sign-in ends after this long.")
    body_kb_max: int = setting(1024, "Largest request accepted.")
    secret_key: str = setting(
        "",
        "Keys that seal tokens in the database, the newest first, a space between; `quickbooks new-key` shows one. "
        "Empty = those in data/tokens.key. The same on every machine of a hub.",
        env="TILLKEEP_SECRET_KEY",
        secret=True,
    )


@dataclass(frozen=True, slots=True)
class Shift:
    insist_on_float: bool = setting(False, "yes: no sale before a float is saved; no: the first sale opens a session.")
    variance_max: Decimal = setting(Decimal(5), "A difference at the close above this needs a manager.")
    variance_reasons: str = setting(
        "Wrong change given|Wrong tender on a sale|Counted twice, not found",
        "Reasons offered for a difference, a bar between; another one can be typed.",
    )
    paid_out_max: str = setting(
        "cashier:20,supervisor:100",
        "Most a role pays out without a second person, role:amount, comma separated; a role not named has no limit.",
    )
    old_session_hours: int = setting(24, "A session open longer than this is called old.")


@dataclass(frozen=True, slots=True)
class Returns:
    window_days: int = setting(
        28, "Days in which goods come back against their receipt; later: by approval. 0 = no end."
    )
    reasons: str = setting(
        "Wrong size|Changed their mind|Faulty|Not as described|Unwanted gift",
        "Reasons offered for a return, a bar between; another one can be typed.",
    )
    reason_required: bool = setting(False, "yes: no line comes back against its receipt without a reason.")
    free_kinds: str = setting(
        "voucher", "Kinds of payment a refund may always go to, comma separated; others go where they came from."
    )
    unknown_receipt: str = setting(
        "supervisor",
        "Goods of a receipt this till does not know: refuse them, ask a supervisor, or take them up to limit.",
        one_of=("refuse", "supervisor", "limit"),
    )
    unknown_limit: Decimal = setting(Decimal(50), "With limit: up to this much on one receipt without a supervisor.")
    void_reasons: str = setting(
        "Wrong items|Wrong tender|Customer changed their mind|Test sale", "Reasons offered for a void, a bar between."
    )


@dataclass(frozen=True, slots=True)
class Vouchers:
    item: str = setting("GIFT-VOUCHER", "Item code that is sold as a gift voucher; empty = none is sold.")
    months: int = setting(12, "A voucher can be used for this long; 0 = no end.")
    amount_min: Decimal = setting(Decimal(1), "Smallest amount of a voucher.")
    amount_max: Decimal = setting(Decimal(500), "Largest amount of a voucher.")
    offline: str = setting(
        "issued_here",
        "While the issuer is out of reach: take no voucher, take up to offline_limit, or take those this shop issued.",
        one_of=("refuse", "limit", "issued_here"),
    )
    offline_limit: Decimal = setting(Decimal(50), "With limit: up to this much of one voucher.")
    fresh_minutes: int = setting(
        15, "The issuer counts as in reach this long after it was last heard, unless it was asked in vain since."
    )


@dataclass(frozen=True, slots=True)
class Reconcile:
    days: int = setting(14, "Days behind that the daily look at the books reads again.")
    daily_at: time = setting(time(4, 30), "When the daily look begins, on the shop's wall clock.")
    tolerance: Decimal = setting(
        Decimal(0), "A figure of one document may differ by so much and still match; shown as such."
    )


@dataclass(frozen=True, slots=True)
class Console:
    from_elsewhere: bool = setting(
        False, "yes: people with a password may use /console from other machines; put TLS in front (docs/console.md)."
    )
    sign_in_hours: int = setting(12, "A sign-in at the console ends after this long.")
    idle_minutes: int = setting(30, "It ends sooner when nothing was done for this long.")


@dataclass(frozen=True, slots=True)
class Keys:
    search: str = setting("F1", "Jump to search.")
    hold: str = setting("F2", "Set the basket aside; with an empty one, show those set aside.")
    discount: str = setting("F3", "Discount.")
    give_back: str = setting("F4", "Goods that come back.")
    quantity: str = setting("F6", "Quantity of the chosen line.")
    remove: str = setting("F7", "Take the chosen line off.")
    note: str = setting("F8", "Note on the chosen line.")
    pay: str = setting("F9", "Pay.")
    bag: str = setting("F10", "Carrier bag.")
    price: str = setting("*", "Another price for the chosen line.")
    voucher: str = setting("/", "Gift voucher: sell one, or look at one.")
    lock: str = setting("F12", "Lock the till.")


@dataclass(frozen=True, slots=True)
class Scanner:
    key_gap_ms: int = setting(45, "Keys closer together than this come from a scanner.")
    end_key: str = setting("Enter", "What the scanner sends after a code.", one_of=("Enter", "Tab"))
    prefix: str = setting("", "Characters the scanner sends before each code; taken off.")


@dataclass(frozen=True, slots=True)
class Printer:
    url: str = setting(
        "",
        "The receipt printer: usb://0x04b8:0x0202, serial:///dev/ttyS0?baud=9600, serial://COM3, tcp://10.0.0.50:9100 "
        "or file:///dev/usb/lp0; empty = people print from the browser.",
    )
    profile: str = setting("default", "Model as python-escpos names it; knows cutter and numbers of code pages.")
    code_page: str = setting("CP858", "Letters of the printer; CP858 holds £ and €. CP858:19 gives its number, too.")
    columns: int = setting(42, "Characters of a line: 42 or 48 on an 80 mm roll, 32 on 58 mm.")
    auto: bool = setting(True, "yes: each receipt is printed by itself; no: only when somebody asks.")
    drawer: bool = setting(True, "A cash drawer hangs on the printer; it opens for cash, floats and no-sales.")
    drawer_pin: int = setting(2, "Pin of the drawer's pulse, 2 or 5.")
    answers: str = setting(
        "auto", "Whether it says when it has printed; auto: believed once it did.", one_of=("auto", "yes", "no")
    )
    timeout_seconds: int = setting(10, "A printer that takes longer than this hangs.")
    keep_minutes: int = setting(5, "A receipt waits this long for a printer that is off; then somebody must ask again.")


@dataclass(frozen=True, slots=True)
class Notices:
    email_to: str = setting("", "Who gets notices by e-mail, comma separated; empty = nobody.")
    email_from: str = setting("", "Sender of the e-mails; empty = the first of email_to.")
    email_levels: str = setting("needs,check", "Levels that go by e-mail, of needs, check and info.")
    smtp_host: str = setting("", "The mail server.")
    smtp_port: int = setting(587, "Its port: 587 with starttls, 465 with tls, 25 with none.")
    smtp_security: str = setting(
        "starttls", "How the way there is encrypted; its certificate is checked.", one_of=("starttls", "tls", "none")
    )
    smtp_user: str = setting("", "Name to sign in with at the mail server; empty = no sign-in.")
    smtp_password: str = setting("", "Password of that name.", secret=True)
    webhook_url: str = setting("", "Address that gets each notice as signed JSON; empty = none.", secret=True)
    webhook_secret: str = setting("", "Key of the signature.", secret=True)
    webhook_levels: str = setting("needs,check,info", "Levels that go there.")
    chat_url: str = setting("", "Incoming webhook of a chat; empty = none.", secret=True)
    chat_format: str = setting(
        "text", "text: Slack, Mattermost, Rocket.Chat, Google Chat; card: Microsoft Teams.", one_of=("text", "card")
    )
    chat_levels: str = setting("needs,check", "Levels that go there.")
    at: str = setting("", "On a hub: what a channel tells of, like email:north chat:main/pier; not named = everything.")
    tell_resolved: bool = setting(True, "Also tell when the cause is gone.")
    quiet_from: time = setting(time(0, 0), "From this time on only needs goes out; the rest waits for quiet_to.")
    quiet_to: time = setting(time(0, 0), "End of the quiet hours; equal to quiet_from = none.")
    timeout_seconds: int = setting(15, "A mail server, address or chat that takes longer hangs; it is tried again.")
    give_up_hours: int = setting(168, "What could not be sent for this long stays at the bell alone.")
    offline_minutes: int = setting(30, "A line that is away for longer is told.")
    event_days: int = setting(3, "What happened and has no end of its own leaves the list after this.")


@dataclass(frozen=True, slots=True)
class Hooks:
    names: str = setting(
        "orders:Web order", "Webhooks that ring the bell, name:words, comma separated; the name is the address's end."
    )
    erpnext_secret: str = setting(
        "",
        "Secret of the Webhook in ERPNext; two with a space between while it is changed; empty = none is taken.",
        env="ERPNEXT_WEBHOOK_SECRET",
        secret=True,
    )
    secret: str = setting("", "The same for webhooks of other programs.", secret=True)
    tolerance_seconds: int = setting(300, "How far the time stamp of another program may be from this clock.")
    body_kb_max: int = setting(64, "Largest webhook taken in.")


@dataclass(frozen=True, slots=True)
class Backup:
    places: str = setting(
        "",
        "Where copies go, a bar between: a folder (USB stick, network share), https://… of another till, "
        "s3://bucket/folder. Empty = none.",
    )
    snapshot_minutes: int = setting(60, "A snapshot this often, when something changed; 0 = by hand only.")
    keep_hours: int = setting(24, "Hours that keep one snapshot each.")
    keep_days: int = setting(14, "Days that keep one snapshot each.")
    keep_weeks: int = setting(8, "Weeks that keep one snapshot each.")
    keep_months: int = setting(24, "Months that keep one snapshot each.")
    late_minutes: int = setting(15, "A receipt without a copy for this long is told.")
    key_file: str = setting(
        "",
        "Key that encrypts snapshots, made by `backup key FILE`; keep a copy elsewhere. Empty = plain.",
    )
    secrets: bool = setting(False, "yes: .env goes into encrypted snapshots as well.")
    token: str = setting("", "Key this till shows to the till that keeps its copies.", secret=True)
    accept: str = setting("", "Folder for copies of other tills that show a key of this one; empty = takes none.")
    accept_gb_max: int = setting(20, "Most that other tills may keep there, together.")
    s3_endpoint: str = setting("", "Address of the S3-compatible storage; empty = Amazon's.")
    s3_region: str = setting("", "Its region, where it asks for one.")
    s3_key: str = setting("", "Access key id there.", secret=True)
    s3_secret: str = setting("", "Secret access key there.", secret=True)
    timeout_seconds: int = setting(30, "A place elsewhere that takes longer to answer hangs; it is tried again.")
