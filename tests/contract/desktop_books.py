"""A till whose stock is told to the emulated QuickBooks Desktop: its places and goods, its Web Connector, one clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from pos import clock
from pos import config as settings
from pos.app import App, create_app
from pos.rules.inventory import Draft, Line
from pos.store import catalog, inventory, inventory_begin, inventory_places, passwords, qbd_companies, qbd_queue
from pos.store.inventory import Event
from pos.store.inventory_places import Location, Reason
from pos.store.models import InventoryEvent, InventoryMove, QbdWork
from tests import receipts
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_faults import Faults
from tests.contract.emulators.desktop_file import CompanyFile, Txn
from tests.contract.emulators.desktop_line import Line as SoapLine

START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
USER, PASSWORD = "webconnector", "kettle-orange-window"
URL = "http://localhost/qbwc"
#: Place -> its site in QuickBooks; the van has none until somebody says so.
SITES = {"SHOP": "Shop", "BACK": "Back room", "DEPOT": "Depot", "VAN": ""}
#: Our code -> the item's name there; one is in a folder, one has another name.
ITEMS = {
    "COLA": "COLA", "SHOE": "Footwear:SHOE", "MUG": "Becher Gr\u00f6\u00dfe M & L", "SALT": "SALT", "TEA": "TEA",
    "HAT": "HAT",
    **{f"SKU-{n}": f"SKU-{n}" for n in range(1, 11)},
}  # fmt: skip
#: The one that is in the van.
VANNED = "HAT"
REASONS = {"damage": "Shrinkage", "found": "Inventory Adjustments", "none": ""}
OPENING = 400


def company_file(**given: Any) -> CompanyFile:
    """What the till's goods and places are in QuickBooks, with the same stock to begin with."""
    file = CompanyFile(**given)
    for name in (*filter(None, SITES.values()), "Van 7"):
        file.add_site(name)
    for name in ITEMS.values():
        file.add_item(name, income="Sales", cogs="Cost of Goods Sold", asset="Inventory Asset", cost="1.00")
        for site in file.sites.values():
            file.put(name, site.name, OPENING)
    return file


class Shop:
    """The till and its clock; `connector` makes the other side."""

    def __init__(
        self, root: Path, file: CompanyFile, start: dt.datetime, furnished: bool, environ: dict[str, str]
    ) -> None:
        self.root, self.file, self.moment = root, file, start
        self.environ = {
            "QBWC_USERNAME": USER, "QBWC_PASSWORD": PASSWORD, "TILLKEEP_TILL_WAREHOUSE": "SHOP",
            "TILLKEEP_QBWC_ADJUSTMENT_ACCOUNT": "Inventory Adjustments", "TILLKEEP_TILL_WALK_IN": "Walk-in Customer",
            **environ,
        }  # fmt: skip
        self.config = settings.load(root, self.environ)
        self.app: App = create_app(self.config)
        self.store, self.journal = self.app.store, self.app.journal
        file.clock = lambda: self.moment
        if not furnished:
            with clock.set_to(self.moment):
                self._furnish()

    @property
    def desktop(self) -> qbd_companies.Desktop:
        return qbd_companies.of_company(self.store, "main")

    def connector(self, faults: Faults | None = None, file: CompanyFile | None = None, url: str = URL,
                  app: Any = "inside", **more: Any) -> WebConnector:  # fmt: skip
        """A Web Connector for this till's first company."""
        row = self.desktop
        line = SoapLine(url, self.app.flask if app == "inside" else app)
        return WebConnector(
            line, file or self.file, username=USER, password=PASSWORD, owner_id=row.owner_id, file_id=row.file_id,
            app=row.app_name, faults=faults, passes=self.passes, **more,
        )  # fmt: skip

    def _furnish(self) -> None:
        """Goods, places and reasons, with as much at each place as QuickBooks has."""
        qbd_companies.begin(self.store, self.config)
        inventory_begin.begin(self.store)
        catalog.put_items(
            self.store,
            [{"code": code, "name": code, "item_group": "Goods", "tax_code": "V20"} for code in ITEMS],
            "csv",
        )
        for code, site in SITES.items():
            inventory_places.put_location(
                self.store, Location(code, "main", code.title(), qb_site_name=site), "admin"
            )  # fmt: skip
        for code, account in REASONS.items():
            inventory_places.put_reason(self.store, Reason("main", code, code.title(), account), "admin")
        rows = [{"item": code, "qb_name": name, "cost": "1.00"} for code, name in ITEMS.items()]
        inventory_places.put_parts(self.store, "main", rows, "admin")
        lines = [
            Line(item, destination=place, set_to=OPENING * 1000) for item in ITEMS for place in SITES
        ]  # fmt: skip
        self.post("opening", *lines)

    def passes(self, seconds: float) -> None:
        self.moment += dt.timedelta(seconds=seconds)

    def post(self, kind: str, *lines: Line, key: str = "", **more: Any) -> Event:
        """An event of today."""
        draft = Draft(key or clock.uuid7(), "main", kind, self.moment.date().isoformat(), tuple(lines), **more)
        return inventory.post(self.store, draft, by="7", now=self.moment)

    def transfer(self, item: str = "COLA", quantity: int = 2, source: str = "SHOP", destination: str = "BACK") -> Event:
        return self.post("transfer", Line(item, quantity * 1000, source=source, destination=destination))

    def sell(self, item: str, quantity: int) -> None:
        line = receipts.line(item, quantity, "1.50", warehouse="SHOP")
        self.journal.commit(receipts.sale(line))

    def retry(self) -> int:
        """A person lets everything go again that waits for one; how many events."""
        waiting = dict.fromkeys(row.source for row in self.works() if row.state == "error")
        for source in waiting:
            qbd_queue.retry(self.store, source, "9", self.moment)
        return len(waiting)

    def works(self) -> list[Any]:
        with self.store.reading():
            return list(QbdWork.select().order_by(QbdWork.n))

    def events(self) -> list[Any]:
        with self.store.reading():
            return list(InventoryEvent.select().order_by(InventoryEvent.n))

    def states(self) -> list[str]:
        """Of all events but the opening, in order."""
        return [row.qb_status for row in self.events() if row.kind != "opening"]

    def moves(self, event: str) -> dict[tuple[str, str], Decimal]:
        """What an event did here: (the item's name there, the site's name) -> quantity."""
        total: dict[tuple[str, str], Decimal] = {}
        sites = {one.code: one.qb_site_name for one in inventory_places.locations(self.store, "main")}
        with self.store.reading():
            rows = list(InventoryMove.select().where(InventoryMove.event == event))
        for row in rows:
            key = (ITEMS[row.item], sites[row.location])
            total[key] = total.get(key, Decimal(0)) + Decimal(row.qty) / 1000
        return {key: quantity for key, quantity in total.items() if quantity}

    def there(self, event: str) -> list[Txn]:
        """The transactions of an event in the company file."""
        return self.file.about(event)

    def close(self) -> None:
        self.app.stop()


@contextmanager
def shop(
    root: Path, file: CompanyFile | None = None, *, start: dt.datetime = START, furnished: bool = False, **environ: str
) -> Iterator[Shop]:
    """A till with its goods, made here unless it is furnished already. Passwords are cheap to check here; their real
    cost is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        made = Shop(root, file or company_file(), start, furnished, environ)
        try:
            with clock.set_to(lambda: made.moment):
                yield made
        finally:
            made.close()
