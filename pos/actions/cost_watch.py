"""Costs: what a till says an item costs, held against what QuickBooks has as its purchase cost.

A till's cost is that of its exports, the newest line of a single piece; this system's own tills keep no costs.
"""

from __future__ import annotations

from pos.actions import qbo_items, qbo_lists, run_settings
from pos.rules import cost_alert, wording
from pos.rules.cost_alert import Item, Low, There
from pos.said import nsaid, said
from pos.store import companies, import_sums, notices
from pos.store.db import Store

#: Items named in the notice.
NAMED_MAX = 5


def look(store: Store, company: str) -> list[Low]:
    """Hold one company's costs against each other; one notice lists the items, and is settled when none is left."""
    key, low = f"cost:{company}", below(store, company)
    if not low:
        notices.settle(store, key)
        return low
    own = run_settings.of(store, company)
    locale = store.config.shop.locale
    named = ", ".join(
        f"{one.name} ({wording.fine(one.here, locale)} < {wording.fine(one.there, locale)})" for one in low[:NAMED_MAX]
    )
    if len(low) > NAMED_MAX:
        named = said("{names} and {n} more", names=named, n=len(low) - NAMED_MAX)
    text = nsaid(
        "{company}: {n} item costs less at the till than in QuickBooks: {names}, in {currency}.",
        "{company}: {n} items cost less at the till than in QuickBooks: {names}, in {currency}.",
        len(low), company=own.name, names=named, currency=own.currency,
    )  # fmt: skip
    told = [one.text for one in notices.open_notices(store, prefix=key) if one.key == key]
    if text not in told:
        remedy = said(
            "Put the cost right at the till or in QuickBooks, whichever is wrong, and load its lists; "
            "the next run looks again."
        )
        subject = companies.connection_id("quickbooks", company)
        notices.raise_notice(store, key, "check", text, remedy, subject)
    return low


def below(store: Store, company: str) -> list[Low]:
    """The items of a company that cost less at its till. None where the lists of QuickBooks were never loaded."""
    items = [Item(code, name, cost) for code, name, cost in import_sums.costs(store, company)]
    loaded = qbo_lists.cached(store, company) if items else None
    if loaded is None:
        return []
    there = [There(one.id, one.name, one.sku, one.cost) for one in loaded.lists.items if one.active]
    own = run_settings.of(store, company)
    return cost_alert.below(items, there, qbo_items.tables_of(store, company).items, own.currency)
