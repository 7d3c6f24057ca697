"""Every page of the till, from the routes the application itself has, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from playwright.sync_api import Page

from pos.app import App

#: What fills the parts of an address that has some; {…} comes from whoever filled the till.
PARTS = {
    "/receipts/<path:number>": "/receipts/{number}",
    "/zreads/<number>": "/zreads/{z}",
    "/paper/<document>": "{paper}",
    "/reconciliation/<scope>/<name>": "/reconciliation/session/T1-S000001",
    "/console/outbox/<int:n>": "/console/outbox",  # there is a row with a connection only: see its own tests
    "/settings/integrations/jobs/<int:n>": "/settings/integrations",  # likewise
    "/console/reconciliation/<scope>/<name>": "/console/reconciliation/session/T1-S000001",
    "/console/companies/<key>": "/console/companies/main",
    "/epos-qbo/companies/<key>/": "/epos-qbo/companies/main/",
    "/epos-qbo/companies/<key>/advanced": "/epos-qbo/companies/main/advanced",
    "/console/receipts/<document>": "/console/receipts/{document}",
    "/epos-qbo/imports/<n>/": "/epos-qbo/imports/",  # a file is there in tests of their own only
    "/epos-qbo/imports/<n>/preview": "/epos-qbo/imports/",
    "/epos-qbo/artifacts/<int:n>/": "/epos-qbo/runs/",  # likewise
    "/inventory/items/<any_text:sku>": "/inventory/items/SO-7001",
    "/inventory/events/<key>": "/inventory/events",  # there is one in tests of their own only
    "/inventory/approvals/<key>": "/inventory/approvals",  # likewise
    "/inventory/counts/<key>": "/inventory/counts",  # likewise
    "/inventory/queue/wire/<int:n>": "/inventory/queue/wire",  # likewise
    "/conductor/<book_type:name>": "/conductor/customers",
    "/conductor/<book_type:name>/new": "/conductor/sales_orders/new",
    "/conductor/<book_type:name>/<path:key>": "/conductor/items/new",  # there is a record in tests of their own only
    "/conductor/history/<int:n>": "/conductor/history",  # there is a session in tests of their own only
    "/epos-qbo/runs/<job_id>/": "/epos-qbo/runs/",  # there is a run in tests of their own only
    "/epos-qbo/runs/<job_id>/logs": "/epos-qbo/runs/",
}
#: Addresses with parts that answer no page, or none at all: pictures, words, programs, the WebSocket.
NO_PAGE = re.compile(r"\.(svg|css|csv|jsonl?)$|^(/epos-qbo)?/(api|hooks|static|live)\b")


def pages(till: App, page: Page, parts: Mapping[str, str]) -> Iterator[str]:
    """Every address that answers a page to whoever is signed in at `page`, each once."""
    seen = set()
    for rule in till.flask.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.websocket or NO_PAGE.search(rule.rule):
            continue
        assert not rule.arguments or rule.rule in PARTS, f"say in PARTS how {rule.rule} is opened"
        path = PARTS.get(rule.rule, rule.rule).format(**parts)
        if path in seen:
            continue
        seen.add(path)
        answer = page.request.get(till.flask.config["TEST_URL"] + path)
        if answer.ok and answer.headers.get("content-type", "").startswith("text/html"):
            yield path
