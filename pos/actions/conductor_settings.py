"""The settings of QuickBooks Desktop as their page shows and changes them. No secret is ever among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos import clock
from pos.actions import conductor_lists as lists_of_theirs
from pos.actions import conductor_setup, schedule_kinds, schedule_views
from pos.actions import conductor_words as words
from pos.actions.conductor_setup import ACCOUNT_USES, ACCOUNTS, PART, RULES
from pos.actions.conductor_views import TITLES
from pos.config import Config
from pos.errors import Conflict, Invalid
from pos.rules import conductor as types
from pos.rules import conductor_rules
from pos.rules.conductor_rules import DEFAULTS, FIXED, Rule
from pos.said import nsaid, said
from pos.store import companies, conductor_companies, conductor_lists, desktop_way, schedules
from pos.store.conductor_companies import Company
from pos.store.conductor_lists import Entry
from pos.store.db import Store

DIRECTIONS = {
    "both": said("both ways"), "to_quickbooks": said("to QuickBooks only"),
    "from_quickbooks": said("from QuickBooks only"), "off": said("not at all"),
}  # fmt: skip
WINNERS = {
    "latest": said("the later change"), "ours": said("ours"), "theirs": said("QuickBooks"),
    "ask": said("a person decides"), "only_ours": said("ours, theirs is never taken"),
    "only_theirs": said("QuickBooks, ours is never sent"),
}  # fmt: skip
STOCK_OWNERS = {"ours": said("ours"), "quickbooks": said("those of QuickBooks")}
USES = {
    "income": said("Income of items"), "cogs": said("Cost of goods sold"), "asset": said("Inventory asset"),
    "expense": said("Expense of items bought"), "adjustment": said("Adjustments of stock"),
}  # fmt: skip
#: Accounts that fit a use, by their type there; others may be chosen all the same.
_FIT = {
    "income": ("income", "other_income"), "cogs": ("cost_of_goods_sold",),
    "asset": ("other_current_asset", "other_asset", "fixed_asset"),
    "expense": ("expense", "cost_of_goods_sold", "other_expense"), "adjustment": ("expense", "cost_of_goods_sold"),
}  # fmt: skip
#: What a change may say.
_OWN = ("enabled", "end_user", "same_file", "mark", "company")


def page(store: Store, config: Config, company: str) -> dict[str, Any]:
    """All that the page shows; a company without a company file yet has the defaults."""
    row = conductor_companies.by_company(store, company)
    kept = companies.kept(store, company, PART)
    chosen = kept.values.get(ACCOUNTS) or {}
    rules = conductor_rules.read(kept.values.get(RULES) or {})
    accounts = conductor_lists.listed(store, conductor_companies.connection_of(company), "account")
    return {
        "enabled": bool(row and row.enabled), "refused": _refused(store, company, row),
        "has_row": row is not None,
        "secret_set": conductor_companies.is_on(config), "url": config.conductor.url,
        "end_user": row.end_user if row else "",
        "end_user_otherwise": config.conductor.end_user_id if company == companies.MAIN else "",
        "history_from": row.history_from if row else "", "history_days": config.conductor.history_days,
        "stock_owner": row.stock_owner if row else "ours", "stock_owners": list(STOCK_OWNERS.items()),
        "directions": list(DIRECTIONS.items()), "winners": list(WINNERS.items()),
        "owners": [("", said("as the type")), *WINNERS.items()],
        "rules": [_rule(name, rules[name]) for name in DEFAULTS],
        "accounts_known": bool(accounts),
        "accounts": [_account(use, str(chosen.get(use) or ""), accounts) for use in ACCOUNT_USES],
        "schedules": _schedules(store, config, company),
        "mark": conductor_setup.settings(store, config, company).mark if row else "",
    }  # fmt: skip


def change(store: Store, config: Config, company: str, given: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Keep what is given, all of it or nothing; the rest stays: {mark, enabled}. Invalid names what is wrong; Conflict
    as `conductor_companies` and `conductor_setup.save` say."""
    with store.transaction():
        _way(store, company, given, by)
        rest = {name: value for name, value in given.items() if name not in _OWN}
        if RULES in rest:
            rest[RULES] = _table(store, company, rest[RULES])
        if ACCOUNTS in rest:
            before = companies.kept(store, company, PART).values.get(ACCOUNTS) or {}
            rest[ACCOUNTS] = {**before, **_object(rest[ACCOUNTS], ACCOUNTS)}
        if rest:
            mark = str(given.get("mark") or conductor_setup.settings(store, config, company).mark)
            conductor_setup.save(store, config, company, rest, mark, by)
        row = conductor_companies.by_company(store, company)
        if isinstance(given.get("enabled"), bool):
            schedule_kinds.follow(store, config, company, bool(row and row.enabled), by)
        mark = conductor_setup.settings(store, config, company).mark if row else ""
        return {"mark": mark, "enabled": bool(row and row.enabled)}


def load_lists(store: Store, config: Config, company: str) -> dict[str, int]:
    """Ask QuickBooks for its accounts, terms, taxes and so on now: how many of each. Conflict, code "busy" while a
    session is at work, or as `conductor_setup.usable`; ConnectorError."""
    row = conductor_setup.usable(store, config, company)
    if conductor_companies.at_work(store, row.connection, clock.now()):
        raise Conflict(said("A session is at work at this company file; it brings the lists, too."), code="busy")
    client = conductor_setup.open_client(store, config, company, patience=conductor_setup.PATIENCE_SECONDS)
    try:
        return lists_of_theirs.load(store, row.connection, client)
    finally:
        client.close()


def _way(store: Store, company: str, given: Mapping[str, Any], by: str) -> None:
    """Whose computer, and whether it is on. The first of it makes the company file's row."""
    end_user, enabled = given.get("end_user"), given.get("enabled")
    if not isinstance(end_user, str | None) or not isinstance(enabled, bool | None):
        raise Invalid(said("{field} is not what it can be.", field="end_user"), field="end_user")
    row = conductor_companies.by_company(store, company)
    if row is None:
        row = conductor_companies.add(store, company, end_user or "", by)
        if enabled is not True:
            conductor_companies.set_enabled(store, company, False, by)
        return
    if end_user is not None:
        row = conductor_companies.set_end_user(store, company, end_user, by, same_file=given.get("same_file") is True)
    if enabled is not None and enabled != row.enabled:
        conductor_companies.set_enabled(store, company, enabled, by)


def _table(store: Store, company: str, given: Any) -> dict[str, Any]:
    """The whole table of rules with what is given put in. A field with the word "" is as its type."""
    rules = conductor_rules.read(companies.kept_as(store, company, PART, RULES).values)
    table: dict[str, Any] = {
        name: {"direction": one.direction, "winner": one.winner, "fields": dict(one.fields)}
        for name, one in rules.items()
        if name not in FIXED
    }
    for name, more in _object(given, RULES).items():
        more = dict(_object(more, f"{RULES}.{name}"))
        fields = _object(more.pop("fields", {}), f"{RULES}.{name}.fields")
        row = table.setdefault(name, {})
        row |= more
        row["fields"] = {key: word for key, word in {**row.get("fields", {}), **fields}.items() if word != ""}
    return table


def _object(given: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise Invalid(said("{field} is an object.", field=field[:60]), field=field[:60])
    return given


# -- shown -------------------------------------------------------------------------------------------------------------


def _refused(store: Store, company: str, row: Company | None) -> str:
    """Why it cannot be switched on, and how it can be; "" = it can, or is."""
    if row is not None and row.enabled:
        return ""
    try:
        desktop_way.refuse_conductor(store, company)
    except Conflict as error:
        way = f"pos_server.py qbwc companies off {company}"
        return said("{why} The command for it: {command}", why=error.message, command=way)
    return ""


def _rule(name: str, rule: Rule) -> dict[str, Any]:
    known = conductor_rules.names(types.TYPES[name].kind)
    own = len(rule.fields)
    alone = nsaid("{n} field on its own", "{n} fields on their own", own) if own else said("all as the type")
    return {
        "name": name, "title": TITLES[name], "direction": rule.direction, "winner": rule.winner,
        "direction_text": DIRECTIONS[rule.direction], "winner_text": WINNERS[rule.winner], "fixed": name in FIXED,
        "why": said("Invoices are only read; nothing of them is ever sent."),
        "fields_text": alone,
        "fields": [
            {"name": field, "title": words.label(field), "word": rule.fields.get(field, "")} for field in known
        ],
    }  # fmt: skip


def _account(use: str, value: str, known: list[Entry]) -> dict[str, Any]:
    fit = [one for one in known if one.facts.get("accountType") in _FIT[use]]
    rows = [(one.id, one.name) for one in [*fit, *(one for one in known if one not in fit)]]
    if value and value not in dict(rows):
        rows.insert(0, (value, said("{name}, no longer there", name=value)))
    return {"name": use, "title": USES[use], "value": value, "choices": [("", said("none chosen")), *rows]}


def _schedules(store: Store, config: Config, company: str) -> list[dict[str, Any]]:
    """Schedules that start sessions of this company."""
    whole = {company: companies.one(store, company).name}
    return [
        {**schedule_views.shown(config, one, whole), "objects": [TITLES[name] for name in one.objects]}
        for one in schedules.listed(store)
        if one.what == schedules.CONDUCTOR and one.company == company
    ]
