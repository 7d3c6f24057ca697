"""Our stock compared with the books: asked for by a person, made when the other side's lists are in, gone through by
people, put right only by proposals another person agrees to.

A correction offered is one of theirs alone. Stock is kept here: each level is what people counted, moved and sold, with
their names; where ours is wrong, somebody counts, and that is an event like any other. So nothing is ever corrected at
both sides, and nothing anywhere by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pos import clock
from pos.actions import parity_compare, qbd_propose
from pos.actions.inventory import Who, by, demand, inside
from pos.actions.parity_fix import Proposed, fixes
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound, UserError
from pos.rules import parity as rules
from pos.said import said
from pos.store import parity, parity_owned, qbd_asks, qbd_companies
from pos.store.db import Store
from pos.store.parity import Run
from pos.store.reach import EVERYWHERE, Reach

#: Sides that are compared.
SIDES = rules.SIDES
LISTS = ("ask_items", "ask_accounts")
BY_SITE = ("ask_sites", "ask_levels")
WHATS = ("quantities", "items", "accounts")
#: The type of an account of an item in QuickBooks, by what it is for.
TYPES = {"income_account": "Income", "cogs_account": "CostOfGoodsSold", "asset_account": "OtherCurrentAsset"}
#: A comparison whose answers do not come is given up after so long.
PATIENCE = timedelta(days=2)


# -- asked for ---------------------------------------------------------------------------------------------------------


def begin(
    store: Store, company: str, side: str, who: Who, *, loose: bool = False, reach: Reach = EVERYWHERE
) -> Run:  # fmt: skip
    """Compare a company's stock with one side; the comparison that is under way, where there is one. NotFound where
    that side is not set up; Conflict where nothing of it is known yet."""
    demand(who, "stock_admin")
    inside(store, company, reach)
    if side not in SIDES:
        raise Invalid(said("side is one of: {list}.", list=", ".join(SIDES)), field="side")
    if side == rules.ONLINE:
        connection = parity_compare.connection_of(store, company)
        return parity.begin(store, company, connection, side, strict=not loose, by=by(who))
    if side == rules.ERPNEXT:
        connection = parity_owned.connection(store)
        if not connection:
            raise NotFound(said("No connection tells of stock here."))
        return parity.begin(store, company, connection, side, strict=not loose, by=by(who))
    desktop = qbd_companies.of_company(store, company)
    with store.transaction():
        before = parity.under_way(store, company, side)
        if before is not None:
            return before  # asked once more, its lists would begin anew each time somebody looks
        run = parity.begin(store, company, desktop.connection, side, strict=not loose, by=by(who))
        for kind in _lists(desktop):
            qbd_asks.ask(store, desktop.connection, kind, by(who))
    return run


def advance(store: Store, config: Config) -> int:
    """Make every comparison whose lists are in; how many."""
    return sum(step(store, config, one).state == "done" for one in parity.unfinished(store))


def step(store: Store, config: Config, run: Run) -> Run:
    """Take one on as far as it goes now."""
    now = clock.now()
    try:
        if run.side == rules.ONLINE:
            found = parity_compare.online(store, config, run, now)
            return parity.end(store, run, "done", found.counts, found.words, now)
        if run.side == rules.ERPNEXT:
            found = parity_compare.erpnext(store, run, now)
            return parity.end(store, run, "done", found.counts, found.words, now)
        late = now - clock.parse(run.asked_at) > PATIENCE
        if not _are_in(store, run):
            if late:
                raise Conflict(said("QuickBooks did not answer in {n} days.", n=PATIENCE.days))
            return parity.run(store, run.n)
        found = parity_compare.desktop(store, config, run, now)
        return parity.end(store, run, "done", found.counts, found.words, now)
    except UserError as error:
        return parity.end(store, run, "failed", {}, str(error.message), now)


def _lists(desktop: qbd_companies.Desktop) -> tuple[str, ...]:
    return LISTS if desktop.facts.get("multi_site") is False else (*LISTS, *BY_SITE)


def _are_in(store: Store, run: Run) -> bool:
    """Whether each list was answered since it was asked for. Conflict when items or accounts cannot be had."""
    desktop = qbd_companies.of_company(store, run.company)
    states = [(kind, qbd_asks.asked(store, run.connection, kind)) for kind in _lists(desktop)]
    if any(one.state == "in_flight" or one.rows for _, one in states):
        parity.reading(store, run)
    for kind, one in states:
        if one.state == "error" and one.done_at >= run.asked_at and kind in LISTS:
            raise Conflict(said("QuickBooks did not answer: {words}", words=one.message))
    return all(one.state in ("applied", "error") and one.done_at >= run.asked_at for _, one in states)


# -- gone through ------------------------------------------------------------------------------------------------------


def dismiss(
    store: Store, company: str, side: str, key: tuple[str, str, str], reason: str, who: Who,
    *, reach: Reach = EVERYWHERE,
) -> None:  # fmt: skip
    """It is all right as it is, and this is why; it comes back when it is another difference. key: item, field, place
    there."""
    demand(who, "stock_admin")
    inside(store, company, reach)
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= parity.REASON_MAX:
        raise Invalid(said("Say why, in 3 to {n} letters.", n=parity.REASON_MAX), field="reason")
    parity.dismiss(store, company, side, key, reason, by=by(who), now=clock.now())


def propose(
    store: Store, config: Config, company: str, what: str, products: Any, who: Who, *, reach: Reach = EVERYWHERE
) -> Proposed:  # fmt: skip
    """Ask another person to agree to what puts QuickBooks Desktop right, as the last comparison found it. what: one of
    WHATS. products: at most so many items; nobody's default. What is beyond a cap or cannot be asked for is in `left`,
    with its reason."""
    demand(who, "stock_admin")
    inside(store, company, reach)
    if type(products) is not int or products < 1:
        raise Invalid(said("Say for how many items at most."), field="max")
    if what not in WHATS:
        raise Invalid(said("what is one of: {list}.", list=", ".join(WHATS)), field="what")
    run = parity.latest(store, company, rules.DESKTOP)
    if run is None:
        raise NotFound(said("Nothing was compared with QuickBooks Desktop yet."))
    if what == "quantities":
        return fixes(store, config, run, products, who)
    return _lists_proposed(store, config, run, what, products, who, reach)


def _lists_proposed(
    store: Store, config: Config, run: Run, what: str, products: int, who: Who, reach: Reach
) -> Proposed:
    done = Proposed([], [])
    asked_for: dict[str, str] = {}
    for row in parity.every(store, parity.Filter(run.company, run.side, "open", "missing")):
        key = (row["item"], row["field"], row["location"])
        if row["detail"].get("missing") != "there" or (row["field"] == "item") != (what == "items"):
            continue
        subject = row["item"] if what == "items" else row["ours"]
        if why := _why_not(row, subject, asked_for, products):
            done.left.append(rules.Left(row["item"], subject, why))
            continue
        if subject in asked_for:
            continue
        try:
            made = (
                qbd_propose.item(store, config, run.company, row["item"], {}, who, reach=reach)
                if what == "items"
                else qbd_propose.account(
                    store, config, run.company, {"name": subject, "type": TYPES[row["field"]]}, who, reach=reach
                )
            )
        except UserError as error:
            done.left.append(rules.Left(row["item"], subject, str(error.message)))
            continue
        asked_for[subject] = made.id
        done.requests.append(made)
        with store.transaction():
            parity.proposed(store, run, [key], made.id)
    return done


def _why_not(row: dict[str, Any], subject: str, asked_for: dict[str, str], products: int) -> str:
    if row["detail"].get("near"):
        words: str = row["detail"]["why"]
        return words
    if subject not in asked_for and len(asked_for) >= products:
        return said("More than {n} items; ask again for the rest.", n=products)
    return ""
