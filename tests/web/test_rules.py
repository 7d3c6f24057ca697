"""Every route has a rule, and the rule is kept: one table of who may go where."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from pos.app import App
from pos.rules import rights
from pos.store import people
from pos.web import auth
from tests.web.conductor_routes import CONDUCTOR
from tests.web.conftest import PINS, Page
from tests.web.inventory_routes import INVENTORY
from tests.web.run_routes import LOOKS, RUNS

#: Route -> its rule. A new route is one line here, seen by whoever reads the change.
ROUTES = {
    **RUNS,
    **INVENTORY,
    **CONDUCTOR,
    "DELETE /api/copies/<till>/<path:path>": "copies",
    "GET /api/copies/<till>": "copies",
    "GET /api/copies/<till>/<path:path>": "copies",
    "POST /api/copies/<till>": "copies",
    "PUT /api/copies/<till>/<path:path>": "copies",
    "GET /api/console/documents/<document>/file": "operate z_read",
    "GET /api/console/outbox": "operate z_read",
    "GET /api/console/outbox/<int:n>": "operate z_read",
    "GET /api/console/overview": LOOKS,
    "GET /api/console/session": "all",
    "GET /api/console/trace": "operate z_read",
    "GET /console": LOOKS,
    "GET /console/outbox": "operate z_read",
    "GET /console/outbox.csv": "operate z_read",
    "GET /console/outbox/<int:n>": "operate z_read",
    "GET /console/overview.csv": LOOKS,
    "GET /console/receipts/<document>": "operate z_read",
    "GET /api/console/reconciliations": "z_read",
    "GET /api/console/reconciliations/<scope>/<name>": "z_read",
    "GET /console/reconciliation": "z_read",
    "GET /console/reconciliation.csv": "z_read",
    "GET /console/reconciliation/<scope>/<name>": "z_read",
    "GET /console/reconciliation/<scope>/<name>.csv": "z_read",
    "POST /api/console/reconciliations/items/<int:n>/settle": "z_read",
    "POST /api/console/reconciliations/run": "z_read",
    "GET /console/replay": "replay",
    "GET /console/sign-in": "all",
    "GET /console/trace": "operate z_read",
    "GET /console/trace.csv": "operate z_read",
    "POST /api/console/outbox/<int:n>/park": "operate",
    "POST /api/console/outbox/<int:n>/resolve": "operate",
    "POST /api/console/outbox/<int:n>/unpark": "operate",
    "POST /api/console/outbox/retry": "operate",
    "POST /api/console/replay": "replay",
    "POST /api/console/replay/look": "replay",
    "GET /api/console/agents": "operate z_read",
    "GET /api/console/agents/runs": "operate z_read",
    "GET /api/console/anchors": "operate",
    "GET /console/anchors/<till>.jsonl": "operate",
    "GET /api/console/audit": "operate rights people",
    "GET /api/console/logs": "operate settings",
    "GET /api/console/people": "people rights",
    "GET /api/console/settings": "settings",
    "GET /api/console/tills": "operate people",
    "GET /api/console/tokens": "people rights",
    "GET /api/console/z": "z_read",
    "GET /api/console/zreads": "z_read",
    "GET /console/agents": "operate z_read",
    "GET /console/agents.csv": "operate z_read",
    "GET /console/agents/runs": "operate z_read",
    "GET /console/agents/runs.csv": "operate z_read",
    "GET /console/audit": "operate rights people",
    "GET /console/audit.csv": "operate rights people",
    "GET /console/logs": "operate settings",
    "GET /console/logs.csv": "operate settings",
    "GET /console/people": "people rights",
    "GET /console/people.csv": "people rights",
    "GET /console/people/person": "people rights",
    "GET /console/settings": "settings",
    "POST /api/console/settings": "settings",
    "GET /console/settings.csv": "settings",
    "GET /console/tills": "operate people",
    "GET /console/tills.csv": "operate people",
    "GET /console/tokens": "people rights",
    "GET /console/tokens.csv": "people rights",
    "GET /console/z": "z_read",
    "GET /console/z.csv": "z_read",
    "POST /api/console/agents/pause": "operate",
    "POST /api/console/agents/resume": "operate",
    "POST /api/console/agents/run": "operate",
    "POST /api/console/audit/verify": "operate rights people",
    "POST /api/console/people": "people rights",
    "POST /api/console/people/<code>/active": "people rights",
    "POST /api/console/people/<code>/badge": "people rights",
    "POST /api/console/people/<code>/password": "people rights",
    "POST /api/console/people/<code>/pin": "people rights",
    "POST /api/console/people/<code>/role": "people rights",
    "POST /api/console/tills": "people",
    "POST /api/console/tills/<key>/revoke": "people",
    "POST /api/console/tokens": "people rights",
    "POST /api/console/tokens/<key>/revoke": "people rights",
    "POST /api/console/tokens/<key>/rotate": "people rights",
    "POST /api/console/sign-in": "all",
    "POST /api/console/sign-out": "person",
    "GET /": "all",
    "GET /api/approvals": "z_read",
    "GET /api/approvals/ask/<key>": "sell z_read",
    "GET /api/day": "z_read",
    "GET /api/display": "till",
    "GET /api/groups": "sell",
    "GET /api/held": "sell",
    "GET /api/items": "sell",
    "GET /api/items/<path:code>/matrix": "sell",
    "GET /api/lookup-barcode": "sell",
    "GET /api/notices": "anybody",
    "GET /api/openapi.json": "machine",
    "GET /api/print/<document>": "sell reprint z_read",
    "GET /api/printer": "sell reprint z_read settings",
    "GET /api/receipts/<path:number>": "reprint",
    "GET /api/receipts/find": "sell",
    "GET /api/reconciliations": "z_read",
    "GET /api/reconciliations/<scope>/<name>": "z_read",
    "GET /api/refunds/<document>/lines": "sell",
    "GET /api/rights": "rights",
    "GET /api/setup": "setup",
    "GET /api/session": "all",
    "GET /api/shift": "sell z_read",
    "GET /api/shift/x": "z_read",
    "GET /api/status": "till",
    "GET /api/thumbs/<name>": "sell",
    "GET /api/vouchers": "z_read voucher_issue",
    "GET /api/vouchers/<path:code>": "sell z_read voucher_issue",
    "GET /api/zreads/<number>": "z_read",
    "GET /approvals": "z_read",
    "GET /day": "sell z_read",
    "GET /display": "till",
    "GET /health": "all",
    "GET /healthz": "machine",
    "GET /live": "till",
    "GET /manifest.webmanifest": "all",
    "GET /metrics": "machine",
    "GET /notices": "anybody",
    "GET /offline": "all",
    "GET /paper/<document>": "sell reprint z_read",
    "GET /paper/barcode/<code>.svg": "sell reprint z_read",
    "GET /readyz": "machine",
    "GET /receipts": "reprint",
    "GET /receipts/<path:number>": "reprint",
    "GET /receipts/<path:number>/barcode.svg": "reprint",
    "GET /reconciliation": "z_read",
    "GET /reconciliation/<scope>/<name>": "z_read",
    "GET /report": "z_read",
    "GET /report.csv": "z_read",
    "GET /rights": "rights",
    "GET /service-worker.js": "all",
    "GET /setup": "all",
    "GET /sign-in": "all",
    "GET /static/<version>/<path:filename>": "all",
    "GET /vouchers": "z_read voucher_issue",
    "GET /words/<tag>.<mark>.json": "all",
    "GET /zreads": "z_read",
    "GET /zreads/<number>": "z_read",
    "POST /api/approvals/<key>/answer": "z_read",
    "POST /api/approvals/ask": "sell z_read",
    "POST /api/approvals/ask/<key>/withdraw": "sell z_read",
    "POST /api/approve": "sell z_read",
    "POST /api/cash": "sell paid_out no_sale",
    "POST /api/create-sale": "sell replay",
    "POST /api/display": "sell",
    "POST /api/drawer": "sell",
    "POST /api/enrol": "all",
    "POST /api/held/<key>/discard": "sell",
    "POST /api/held/<key>/resume": "sell",
    "POST /api/hold": "sell",
    "POST /api/import/<kind>": "settings",
    "POST /api/lock": "person",
    "POST /api/notices/<path:key>/read": "anybody",
    "POST /api/notices/read": "anybody",
    "POST /api/pay-check": "sell",
    "POST /api/price": "sell",
    "POST /api/print": "sell reprint z_read settings",
    "POST /api/reconciliations/items/<int:n>/settle": "z_read",
    "POST /api/reconciliations/run": "z_read",
    "POST /api/setup/finish": "setup",
    "POST /api/setup/open": "all",
    "POST /api/setup/person": "setup",
    "POST /api/setup/printer": "setup",
    "POST /api/shift/close": "sell z_read",
    "POST /api/shift/correct-float": "sell z_read",
    "POST /api/shift/count-check": "sell z_read",
    "POST /api/shift/open": "sell",
    "POST /api/sign-in": "till",
    "POST /api/sign-out": "person",
    "POST /api/unlock": "person",
    "POST /api/void": "sell",
    "POST /api/void-line": "sell",
    "POST /api/vouchers/adjust": "sell voucher_issue",
    "POST /api/vouchers/check": "sell",
    "POST /api/vouchers/issue": "sell voucher_issue",
    "POST /api/vouchers/release": "sell",
    "GET /api/console/hub/tills": "operate people",
    "GET /console/hub/tills.csv": "operate people",
    "POST /api/console/hub/tills": "people",
    "POST /api/console/hub/tills/<key>/again": "people",
    "POST /api/console/hub/tills/<key>/keep": "people",
    "POST /api/console/hub/tills/<key>/move": "people",
    "POST /api/console/hub/tills/<key>/rename": "people",
    "POST /api/console/hub/tills/<key>/revoke": "people",
    "GET /api/hub/v1/documents/<key>": "hub",
    "GET /api/hub/v1/hello": "hub",
    "GET /api/hub/v1/till": "hub",
    "POST /api/hub/v1/join": "hub",
    "POST /api/hub/v1/key": "hub",
    "PUT /api/hub/v1/documents/<key>": "hub",
    "GET /api/hub/v1/feeds/<feed>": "hub",
    "GET /api/hub/v1/held": "hub",
    "GET /api/hub/v1/live": "hub",
    "GET /api/hub/v1/receipts/<number>": "hub",
    "GET /api/hub/v1/thumbs/<name>": "hub",
    "GET /api/hub/v1/vouchers/<path:code>": "hub",
    "POST /api/hub/v1/receipts/<number>/claim": "hub",
    "POST /api/hub/v1/held": "hub",
    "POST /api/hub/v1/held/<key>/claim": "hub",
    "POST /api/hub/v1/held/states": "hub",
    "POST /api/hub/v1/vouchers/find": "hub",
    "POST /api/hub/v1/vouchers/rows": "hub",
    "GET /qbwc": "all",
    "GET /qbwc/support": "all",
    "POST /hooks/<name>": "signature",
    "POST /hooks/erpnext/<name>": "signature",
    "POST /qbwc": "ticket",
    "PUT /api/rights": "rights",
    "PUT /api/setup/<step>": "setup",
    # books that are signed in to
    "GET /settings/integrations": "settings",
    "GET /api/integrations/quickbooks/auth-url": "settings",
    "GET /api/integrations/quickbooks/callback": "all",
    "GET /api/integrations/quickbooks/status": "anybody",
    "GET /api/integrations/quickbooks/worker/status": "anybody",
    "POST /api/integrations/quickbooks/callback": "settings",
    "POST /api/integrations/quickbooks/disconnect": "settings",
    "POST /api/integrations/quickbooks/realm": "settings",
    "GET /api/integrations/quickbooks/chart": "settings",
    "GET /api/integrations/quickbooks/conflicts": "settings",
    "GET /api/integrations/quickbooks/jobs": "settings",
    "GET /api/integrations/quickbooks/jobs/<int:n>": "settings",
    "GET /api/integrations/quickbooks/owners": "settings",
    "POST /api/integrations/quickbooks/conflicts/<int:n>": "settings",
    "POST /api/integrations/quickbooks/conflicts/<int:n>/undo": "settings",
    "POST /api/integrations/quickbooks/jobs/<int:n>/retry": "settings",
    "POST /api/integrations/quickbooks/jobs/trigger": "settings",
    "POST /api/integrations/quickbooks/owners": "settings",
    "POST /api/integrations/quickbooks/sync/pull": "settings",
    "POST /api/integrations/quickbooks/sync/push": "settings",
    "POST /api/integrations/quickbooks/webhook": "signature",
    # companies, and pages of QuickBooks
    "GET /api/console/companies": "operate people settings",
    "GET /api/console/companies/<key>": "operate people settings",
    "GET /api/integrations/quickbooks/lists/<kind>": "settings",
    "GET /console/companies": "operate people settings",
    "GET /console/companies.csv": "operate people settings",
    "GET /console/companies/<key>": "operate people settings",
    "GET /settings/integrations/jobs/<int:n>": "settings",
    "GET /settings/integrations/mapping": "settings",
    "GET /settings/integrations/records": "settings",
    "POST /api/console/companies": "settings",
    "POST /api/console/companies/<key>/active": "settings",
    "POST /api/console/companies/<key>/connections/<connection>/test": "settings",
    "POST /api/console/companies/<key>/counting": "settings",
    "POST /api/console/companies/<key>/rename": "settings",
    "POST /api/console/companies/<key>/shops": "settings",
    "POST /api/console/companies/<key>/shops/<shop>/rename": "settings",
    "POST /api/integrations/quickbooks/items/approve": "settings",
    "POST /api/integrations/quickbooks/items/aside": "settings",
    "POST /api/integrations/quickbooks/items/started": "settings",
    "POST /api/integrations/quickbooks/lists/reload": "settings",
    "POST /api/integrations/quickbooks/mapping": "settings",
    # records of the office
    "GET /api/office/records/<kind>": "operate",
    "GET /api/office/records/<kind>/<path:key>": "operate",
    "POST /api/office/import/<kind>": "operate",
    "POST /api/office/import/<kind>/preview": "operate",
    "POST /api/office/records/<kind>": "operate",
    "POST /api/office/records/<kind>/<path:key>/delete": "operate",
    "PUT /api/office/records/<kind>/<path:key>": "operate",
}


def routes(app: Flask) -> dict[str, str]:
    """Every route of the app with its rule in words; "" = it has none."""
    found = {}
    for route in app.url_map.iter_rules():
        rule = auth.rule_of(app, route.endpoint)
        words = "" if rule is None else " ".join(rule.rights) if rule.kind == "right" else rule.kind
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            found[f"{method} {route.rule}"] = words
    return found


def test_every_route_declares_its_rule(till: App) -> None:
    assert [route for route, rule in routes(till.flask).items() if not rule] == []


def test_the_routes_and_their_rules_are_the_ones_written_down(till: App) -> None:
    assert dict(sorted(routes(till.flask).items())) == ROUTES


def test_a_route_without_a_rule_is_closed_to_everybody(till: App) -> None:
    till.flask._got_first_request = False
    till.flask.add_url_rule("/api/forgotten", view_func=lambda: "open")
    answer = Page(till).sign_in("9").get("/api/forgotten")
    assert answer.status_code == 403
    assert answer.json["code"] == "no_rule"


def sample(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    for part, value in {
        "<path:code>": "MUG",
        "<any_text:sku>": "MUG",
        "<book_type:name>": "customers",
        "<path:key>": "x",
        "<till>": "copier",
        "<path:path>": "place.json",
        "<number>": "T1-000001",
        "<name>": "x.png",
        "<kind>": "items",
        "<step>": "company",
        "<key>": "x",
        "<int:n>": "1",
        "<scope>": "session",
        "<document>": "T1-000001",
    }.items():
        path = path.replace(part, value)
    return method, path


#: A WebSocket answers no plain request (400), so it cannot be asked like the others.
SOCKETS = ("GET /epos-qbo/live",)
ASKED = {route: rule for route, rule in ROUTES.items() if route not in SOCKETS}
UNPROTECTED = ("all", "till", "machine", "signature", "hub", "ticket")
PROTECTED = [route for route, rule in ASKED.items() if rule not in UNPROTECTED]
OPEN = (*UNPROTECTED, "setup", "person", "anybody")
BY_RIGHT = [(route, rule) for route, rule in ASKED.items() if rule not in OPEN]


def ask(page: Page, route: str, body: dict[str, Any] | None = None) -> Any:
    method, path = sample(route)
    return page.get(path) if method == "GET" else page.post(path, body, method=method)


@pytest.mark.parametrize("route", [route for route, rule in ROUTES.items() if rule == "anybody"])
def test_every_role_has_a_bell_and_a_locked_screen_none(till: App, admin: Page, route: str) -> None:
    for role in rights.ROLES:
        page = Page(till, HTTP_AUTHORIZATION=f"Bearer {people.add_token(till.store, role, role)}")
        assert ask(page, route).status_code in (200, 404), role
    admin.post("/api/lock")
    answer = ask(admin, route)
    assert (
        (answer.status_code, answer.json["code"]) == (401, "locked") if "/api/" in route else answer.status_code == 302
    )


@pytest.mark.parametrize("route", [route for route, rule in ROUTES.items() if rule == "signature"])
def test_no_key_and_no_sign_in_stands_in_for_a_signature(till: App, admin: Page, route: str) -> None:
    key = people.add_token(till.store, "shop", "admin")
    for page in (Page(till), admin, Page(till, HTTP_AUTHORIZATION=f"Bearer {key}")):
        answer = ask(page, route)
        assert (answer.status_code, answer.json["code"]) == (401, "signature")


@pytest.mark.parametrize(
    "route", [route for route, rule in ROUTES.items() if rule == "hub" and not route.endswith("/live")]
)
def test_a_till_that_is_no_hub_answers_no_till(admin: Page, route: str) -> None:
    answer = ask(admin, route)
    assert (answer.status_code, answer.json["code"]) == (404, "no_hub")


def test_a_cashier_cannot_replay(anna: Page) -> None:
    """The right depends on the body: a receipt is taken in by who may replay, not by who may sell."""
    for body in ({"schema": "tillkeep.receipt/1", "hash": "0" * 64}, {"invoice_name": "OLD-1", "items": []}):
        answer = anna.post("/api/create-sale", body)
        assert answer.status_code == 403
        assert answer.json["code"] == "not_allowed"


def test_who_may_replay_but_not_sell_cannot_sell(till: App, basket: Any) -> None:
    secret = people.add_token(till.store, "runbook", "operator")
    page = Page(till, HTTP_AUTHORIZATION=f"Bearer {secret}")
    answer = page.post("/api/create-sale", basket())
    assert answer.status_code == 403
    assert till.store.execute("SELECT count(*) FROM document").fetchone() == (0,)


def test_the_pins_of_the_tests_are_pins() -> None:
    assert all(people.PIN.match(pin) for pin in PINS.values())
