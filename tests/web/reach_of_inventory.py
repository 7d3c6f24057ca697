"""Every route of stock that keeps to somebody's reach, as tests/web/test_reach.py asks them, and rows to ask for."""

from __future__ import annotations

from typing import Any

from pos import clock
from pos.actions import inventory as door
from pos.app import App
from pos.rules.inventory import Draft, Line
from pos.store import catalog, inventory, inventory_counts, inventory_places, purchase_orders
from pos.store.inventory_places import Location
from pos.store.purchase_orders import OrderLine

_API = "/api/inventory"
_SKU = "SHARED"
#: What names one thing of a company's stock.
STOCK_NAMED: tuple[tuple[str, Any], ...] = (
    ("/inventory/events/{event}", None),
    ("/inventory/approvals/{approval}", None),
    ("/inventory/counts/{count}", None),
    (f"{_API}/events/{{event}}", None),
    (f"{_API}/events/{{event}}/void", {"reason": "x"}),
    (f"{_API}/events/{{event}}/counter", {"reason": "x"}),
    (f"{_API}/events/{{event}}/retry", {}),
    (f"{_API}/approvals/{{approval}}/approve", {}),
    (f"{_API}/approvals/{{approval}}/reject", {}),
    (f"{_API}/approvals/{{approval}}/withdraw", {}),
    (f"{_API}/counts/{{count}}", None),
    (f"{_API}/counts/{{count}}/counted", {"round": 1, "lines": [{"sku": _SKU, "quantity": "1"}]}),
    (f"{_API}/counts/{{count}}/finish", {}),
    (f"{_API}/counts/{{count}}/again", {}),
    (f"{_API}/counts/{{count}}/give-up", {}),
    (f"{_API}/orders/{{order}}", None),
    (f"{_API}/orders/{{order}}/close", {}),
)
_LINE = {"sku": _SKU, "quantity": "1"}
#: About the stock of one company, named in the request.
STOCK_OF_COMPANY: tuple[tuple[str, Any], ...] = (
    *((f"/inventory{path}", None) for path in (
        "", "/adjust", "/approvals", "/counts", "/events", "/events.csv", f"/items/{_SKU}", "/orders", "/orders/new",
        "/labels", "/parity", "/parity.csv", "/places", "/places/desktop.qwc", "/queue", "/queue.csv", "/queue/wire",
        "/receive", "/stock.csv", "/transfer",
    )),
    *((f"{_API}/{path}", None) for path in (
        "approvals", "counts", "events", "find", "health", f"item/{_SKU}", "locations", "lookup", "orders", "overview",
        "queue-summary", "reasons", "security-config",
    )),
    (f"{_API}/transfer", {"fromLocation": "A", "toLocation": "B", **_LINE}),
    (f"{_API}/adjustment", {"location": "A", **_LINE}),
    (f"{_API}/receipt", {"location": "A", "lines": [_LINE]}),
    (f"{_API}/location", {"code": "OURS"}),
    (f"{_API}/reason", {"code": "OURS", "words": "Ours"}),
    (f"{_API}/levels", {"location": "A", "items": [_SKU]}),
    (f"{_API}/counts", {"location": "A"}),
    (f"{_API}/orders", {"supplier": "S", "location": "A", "lines": [_LINE]}),
    (f"{_API}/desktop", {"username": "u"}),
    (f"{_API}/desktop/enabled", {"enabled": True}),
    (f"{_API}/desktop/password", {}),
    (f"{_API}/desktop/rebind", {"reason": "x"}),
    (f"{_API}/desktop/cutover", {}),
    (f"{_API}/desktop/sales", {}),
    *((f"{_API}/desktop/{act}", {"what": "items"}) for act in ("account", "ask", "item", "retry")),
    (f"{_API}/parts/{_SKU}", {"cost": "1"}),
    *((f"{_API}/parity/{act}", {"max": 1}) for act in ("ask", "dismiss", "propose")),
)  # fmt: skip
#: The audit shows one's own rows, and is asked as the lists of the console are.
STOCK_LISTS = ("/inventory/audit", f"{_API}/audit")
#: Asked in tests of their own.
STOCK_APART = {
    "/inventory/labels.css",  # a setting, and
    "/inventory/labels/barcode.svg",  # a code drawn as asked: nothing of anybody's
    "/inventory/queue/wire/<int:n>",  # tests/web/test_inventory_screens.py
}


def stock_of(app: App, company: str, word: str) -> dict[str, str]:
    """A place of a company, something that moved there, something that waits, a count and an order."""
    store, place = app.store, f"{word} shelf"
    catalog.put_items(store, [{"code": _SKU, "name": "Shared", "item_group": "Any", "tax_code": ""}], "test")
    inventory_places.put_location(store, Location(place, company, place), "test")
    now = clock.now()
    day = inventory.today(store, company, now)

    def asked(qty: int) -> door.Outcome:
        draft = Draft(clock.uuid7(), company, "adjustment", day, (Line(_SKU, qty, destination=place),), memo=word)
        return door.ask(store, app.config, draft, _Asker(), via="test")

    event, approval = asked(5_000).event, asked(50_000).approval
    assert event is not None and approval is not None
    count, _ = inventory_counts.begin(store, clock.uuid7(), company, place, word, [], by="test", now=now)
    order, _ = purchase_orders.make(
        store, clock.uuid7(), company, word, place, [OrderLine(1, _SKU, 1000)], by="test", now=now
    )
    return {"event": event.id, "approval": approval.id, "count": count.id, "order": order.id}


class _Asker:
    """Somebody who is neither of those at the console."""

    code = person = name = "asker"

    def may(self, right: str) -> bool:
        return right == "stock"
