"""Set an ERPNext site up for this till, and keep what was learned."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pos import clock
from pos.config import Config
from pos.connectors.erpnext import KIND
from pos.connectors.erpnext.client import Erpnext
from pos.connectors.erpnext.facts import SetupFacts
from pos.connectors.erpnext.setup import Report, run
from pos.errors import BadSettings
from pos.store import audit, connections
from pos.store.db import Store


def prepare(store: Store, config: Config, by: str, admin_key: str = "", admin_secret: str = "") -> Report:
    """Run setup and keep its facts. The administrator's key is used for these requests and kept nowhere.

    Raises BadSettings when no site is configured (or the demo shop would speak to another machine), and the connector
    errors. What was learned is kept also when something is left to do, so that the next run begins from there.
    """
    if not KIND.configured(config):
        raise BadSettings("No ERPNext site is set: put ERPNEXT_URL, ERPNEXT_API_KEY and ERPNEXT_API_SECRET into .env.")
    if not config.erpnext.api_key or not config.erpnext.api_secret:
        raise BadSettings("The till has no key for ERPNext: put ERPNEXT_API_KEY and ERPNEXT_API_SECRET into .env.")
    connections.refuse_demo(store, config.erpnext.url)
    before = connections.facts(store, KIND.name)
    till = Erpnext(config, before)
    admin = Erpnext(config, before, key=admin_key, secret=admin_secret) if admin_key else None
    today = clock.now().astimezone(ZoneInfo(config.shop.timezone)).date()
    report = run(config, till, admin, SetupFacts.load(before), today)
    if report.facts.company:
        connections.keep_facts(store, KIND.name, report.facts.as_json())
    detail = {"company": report.facts.company, "done": len(report.done), "todo": len(report.todo + report.blocking)}
    audit.record(store, by, "erpnext.setup", config.erpnext.url, detail)
    return report
