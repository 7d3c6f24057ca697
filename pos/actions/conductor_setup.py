"""Setting up QuickBooks Desktop through Conductor: what a company chose, a test that really asks, and the way there.

Which way each type of records goes and who wins, the accounts a new item or adjustment is booked on, whose word counts
on stock. Secrets stand in the environment alone: what is answered here says only whether there is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pos import clock
from pos.config import Config
from pos.connectors.conductor.client import Client
from pos.errors import BadSettings, Conflict, ConnectorError, Invalid, Rejected, SignInNeeded
from pos.rules import conductor, conductor_rules
from pos.rules.conductor_rules import Rule
from pos.said import said
from pos.store import audit, companies, conductor_companies, conductor_lists, connections, desktop_way
from pos.store.companies import Kept
from pos.store.conductor_companies import Company
from pos.store.db import Store

#: Under which name a company keeps its choices, and which they are.
PART, RULES, ACCOUNTS = "conductor", "rules", "accounts"
#: What a new item's income, cost of goods, stock and expense are booked on, and an adjustment.
ACCOUNT_USES = ("income", "cogs", "asset", "expense", "adjustment")
ID_CHARS_MAX = 60
#: A test waits so long for its turn at the company file.
PATIENCE_SECONDS = 20.0
_WORDS = ("code", "message", "remedy")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a company chose. accounts: use -> id of theirs, those that are chosen. has_key: whether there is a secret
    key. rules_mark: given back with a change, so that none is lost."""

    company: str
    connection: str
    enabled: bool
    has_key: bool
    end_user: str
    stock_owner: str
    history_from: str
    rules: Mapping[str, Rule]
    accounts: Mapping[str, str]
    facts: Mapping[str, Any]
    tested_at: str
    last_good_at: str
    last_error: str
    last_error_at: str
    mark: str = field(repr=False, default="")

    def account(self, use: str) -> str:
        """Id of the account for a use; "" = none is chosen."""
        return self.accounts.get(use, "")


def settings(store: Store, config: Config, company: str) -> Settings:
    """As they stand. NotFound where the company has no company file at Conductor."""
    row = conductor_companies.of_company(store, company)
    kept = companies.kept(store, company, PART)
    chosen = kept.values.get(ACCOUNTS) or {}
    return Settings(
        row.company, row.connection, row.enabled, conductor_companies.is_on(config),
        conductor_companies.end_user_of(config, row), row.stock_owner, row.history_from,
        conductor_rules.read(kept.values.get(RULES) or {}),
        {use: str(chosen[use]) for use in ACCOUNT_USES if chosen.get(use)},
        row.facts, row.tested_at, row.last_good_at, row.last_error, row.last_error_at, _digest(kept),
    )  # fmt: skip


def save(store: Store, config: Config, company: str, given: Mapping[str, Any], mark: str, by: str) -> Settings:
    """Keep what is given of rules, accounts, stock_owner and history_from; the rest stays. mark: of the settings these
    were changed from. Invalid names what is wrong; Conflict ("changed") when somebody else changed them meanwhile."""
    unknown = sorted(set(given) - {RULES, ACCOUNTS, "stock_owner", "history_from"})
    if unknown:
        raise Invalid(said("There is no setting {name}.", name=unknown[0][:40]), field=unknown[0][:40])
    with store.transaction():
        before = settings(store, config, company)
        if mark != before.mark:
            raise Conflict(
                said("Somebody changed these settings meanwhile. Look again, then change them."), code="changed"
            )
        kept = companies.kept(store, company, PART)
        values = dict(kept.values)
        if RULES in given:
            values[RULES] = conductor_rules.clean(given[RULES])
        if ACCOUNTS in given:
            values[ACCOUNTS] = _accounts(store, before.connection, given[ACCOUNTS])
        if values != kept.values:
            companies.keep(store, company, PART, values, kept, by)
        conductor_companies.set_choices(
            store, company, str(given.get("stock_owner", before.stock_owner)),
            str(given.get("history_from", before.history_from)), by,
        )  # fmt: skip
        after = settings(store, config, company)
        for name in _passed_over(before, after):
            for resource in conductor.TYPES[name].resources:
                connections.move(store, before.connection, conductor.feed(resource), "", clock.now())
        return after


def _passed_over(before: Settings, after: Settings) -> list[str]:
    """Types of which the sessions before these choices took less than is to be taken now: they are read from their
    beginning."""
    taken = ("both", "from_quickbooks")
    days = before.history_from, after.history_from
    sooner = days[0] != days[1] and not (all(days) and days[0] < days[1])
    return [
        name for name, one in conductor.TYPES.items()
        if (one.lines and sooner)
        or (after.rules[name].direction in taken and before.rules[name].direction not in taken)
    ]  # fmt: skip


def _digest(kept: Kept) -> str:
    return hashlib.sha256(kept.mark.encode()).hexdigest()[:32]


def _accounts(store: Store, connection: str, given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise Invalid(said("Accounts are an object."), field=ACCOUNTS)
    found: dict[str, str] = {}
    for use, key in given.items():
        if use not in ACCOUNT_USES:
            raise Invalid(said("There is no setting {name}.", name=str(use)[:40]), field=f"{ACCOUNTS}.{str(use)[:40]}")
        if not isinstance(key, str) or len(key) > ID_CHARS_MAX:
            raise Invalid(said("An account is one of QuickBooks' list."), field=f"{ACCOUNTS}.{use}")
        if key.strip():
            found[use] = key.strip()
    known = conductor_lists.named(store, connection, "account", found.values())
    for use, key in found.items():
        if key not in known:
            raise Invalid(said("An account is one of QuickBooks' list."), field=f"{ACCOUNTS}.{use}")
    return found


# -- the way there -----------------------------------------------------------------------------------------------------


def usable(store: Store, config: Config, company: str) -> Company:
    """The company file, when it may be spoken to now. NotFound; Conflict where it is off or its Web Connector is on;
    BadSettings without a key, or when this is the demo shop and Conductor another machine."""
    row = conductor_companies.of_company(store, company)
    if not row.enabled:
        raise Conflict(said("QuickBooks Desktop through Conductor is switched off for this company."), code="off")
    desktop_way.refuse_beside(store, row.company)
    _reachable(store, config, row)
    return row


def open_client(store: Store, config: Config, company: str, *, patience: float | None = None) -> Client:
    """The client of a company's file, to be closed by whoever asked. Refuses as `usable`."""
    row = usable(store, config, company)
    return Client(config, conductor_companies.end_user_of(config, row), patience=patience)


def _reachable(store: Store, config: Config, row: Company) -> None:
    connections.refuse_demo(store, config.conductor.url)
    if not conductor_companies.is_on(config):
        raise BadSettings("There is no secret key of Conductor; set CONDUCTOR_SECRET_KEY and start the server anew.")
    if not conductor_companies.end_user_of(config, row):
        raise BadSettings(f"There is no end user of Conductor for the company {row.company}.")


def test(store: Store, config: Config, company: str, by: str) -> dict[str, Any]:
    """Ask QuickBooks, through Conductor, whether it answers, also while this way is switched off: {ok, milliseconds,
    company_name, message, remedy, code}. Nothing kept is answered: without an answer of theirs it is not ok. An answer
    of a company of another name than last time is ok, and says so (code "other_name"). Conflict ("busy") while a
    session is at work; refuses as `usable` without a key."""
    row = conductor_companies.of_company(store, company)
    _reachable(store, config, row)
    if conductor_companies.at_work(store, row.connection, clock.now()):
        raise Conflict(said("A session is at work at this company file; test it when that has ended."), code="busy")
    try:
        client = Client(config, conductor_companies.end_user_of(config, row), patience=PATIENCE_SECONDS)
        try:
            facts = {"milliseconds": client.health(), "company_name": _name(client)}
        finally:
            client.close()
    except ConnectorError as error:
        return _failed(store, row, error, by)
    now = clock.now()
    with store.transaction():
        conductor_companies.tested(row.connection, facts, now)
        audit.record(store, by, "conductor.test", row.connection, {"ok": True, **facts})
    before = row.facts.get("company_name") or facts["company_name"]
    words = ("", "", "") if before == facts["company_name"] else _other_name(str(before), str(facts["company_name"]))
    return {"ok": True, **facts, **dict(zip(_WORDS, words, strict=True)), "tested_at": clock.stamp(now)}


def _name(client: Client) -> str:
    """What the company of the open file is called; "" where this QuickBooks does not say."""
    try:
        return str(client.retrieve("company").get("companyName") or "")
    except Rejected:
        return ""


def _other_name(before: str, after: str) -> tuple[str, str, str]:
    return (
        "other_name", said("The company in QuickBooks is called {after}; last time it was {before}.", after=after,
                           before=before),
        said("Is the right company file open? Records here belong to the first one."),
    )  # fmt: skip


def _failed(store: Store, row: Company, error: ConnectorError, by: str) -> dict[str, Any]:
    now = clock.now()
    with store.transaction():
        conductor_companies.failed(row.connection, error.message, now)
        audit.record(store, by, "conductor.test", row.connection, {"ok": False, "code": error.code})
    remedy = error.remedy if isinstance(error, Rejected | SignInNeeded) else ""
    return {
        "ok": False, "milliseconds": None, "company_name": "", "message": error.message, "remedy": remedy,
        "code": error.code, "tested_at": clock.stamp(now),
    }  # fmt: skip
