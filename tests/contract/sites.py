"""Set up sites and connectors for the contract tests: one call each."""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from pos import config as settings
from pos.config import Config
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.setup import run
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext_figures import BANKERS, COMMERCIAL
from tests.contract.emulators.erpnext_site import Site

#: Three rates: the company's own, one on the same or on its own account, and none.
STANDARD, REDUCED, ZERO = f"VAT 20 incl - {shops.ABBR}", f"Reduced - {shops.ABBR}", f"Zero - {shops.ABBR}"
VAT, VAT_5 = f"VAT - {shops.ABBR}", f"VAT 5 - {shops.ABBR}"
RATES = {STANDARD: Decimal(20), REDUCED: Decimal(5), ZERO: Decimal(0)}

#: Where cash that moves is booked, as the settings of `till_config` say.
CASH = {
    "TILLKEEP_ERPNEXT_PAID_OUT_ACCOUNT": f"Miscellaneous Expenses - {shops.ABBR}",
    "TILLKEEP_ERPNEXT_PAID_IN_ACCOUNT": f"Owner - {shops.ABBR}",
    "TILLKEEP_ERPNEXT_SAFE_ACCOUNT": f"Safe - {shops.ABBR}",
    "TILLKEEP_ERPNEXT_OVER_SHORT_ACCOUNT": f"Cash Over and Short - {shops.ABBR}",
    "TILLKEEP_ERPNEXT_REASON_ACCOUNTS": f"Milk: Staff Welfare - {shops.ABBR}",
}


def basket_site(*, rounding: str = "bankers", own_account: bool = False) -> Site:
    """A site with three goods and three VAT rates that lets stock go below zero, as a shop should."""
    site = shops.install(shops.bare())
    site.system["rounding_method"] = BANKERS if rounding == "bankers" else COMMERCIAL
    site.stock_settings["allow_negative_stock"] = 1
    shops.put_tax(site, "Reduced", {VAT: 0.0, VAT_5: 5.0} if own_account else {VAT: 5.0})
    shops.put_tax(site, "Zero", {VAT: 0.0, VAT_5: 0.0} if own_account else {VAT: 0.0})
    shops.put_vouchers(site)
    for code, uom, template in (("STD", "Nos", ""), ("RED", "Nos", REDUCED), ("ZER", "Nos", ZERO), ("KG", "Kg", "")):
        taxes = [{"item_tax_template": template}] if template else []
        shops.put_item(
            site, code, f"Item {code}", stock_uom=uom, taxes=taxes, price=1.0, stock=0, warehouse="Stores - TS"
        )
    return site


def till_config(root: Path, url: str, **more: str) -> Config:
    """The settings of a till at this site."""
    environ = {
        "ERPNEXT_URL": url,
        "ERPNEXT_API_KEY": shops.TILL[0],
        "ERPNEXT_API_SECRET": shops.TILL[1],
        "TILLKEEP_TILL_WALK_IN": "Walk-in",
        **CASH,
        **more,
    }
    return settings.load(root, environ)


def learned(config: Config, today: dt.date | None = None) -> dict[str, Any]:
    """What `erpnext setup` learns of this site, as it is kept."""
    admin = Erpnext(config, {}, key=shops.MANAGER[0], secret=shops.MANAGER[1])
    report = run(config, Erpnext(config, {}), admin, None, today or dt.date(2026, 11, 21))
    assert not report.blocking, report.blocking
    return report.facts.as_json()


_SET_UP: dict[tuple[object, ...], tuple[dict[str, Any], dict[str, Any]]] = {}


def set_up(site: Site, config: Config, *key: object) -> dict[str, Any]:
    """As `learned`, asked once a run of sites with the same key: the next ones get what was made there, and its facts.
    key: whatever the site and the till's settings were made with."""
    if key not in _SET_UP:
        facts = learned(config)
        made = {name: value for name, value in vars(site).items() if name not in ("lock", "clock")}
        _SET_UP[key] = copy.deepcopy((made, facts))
        return facts
    made, facts = copy.deepcopy(_SET_UP[key])
    vars(site).update(made)
    return facts
