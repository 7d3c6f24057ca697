"""A whole till in a folder, as its server opens it, an ERPNext over HTTP, the line between them, and a clock to turn.

Agents come round when a test says so, through the runner; everything they, a person or a command do is the product's.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from pos import cli, clock, config
from pos.actions import issuer, sell
from pos.app import App, create_app
from pos.store import connections, models, notices, passwords, people
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Item, Outbox
from pos.store.verify import verify
from pos.web import status
from tests.actions import drawer
from tests.actions.shop import Person, basket, line
from tests.books import Time
from tests.contract import sites
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_faults import Faults
from tests.contract.tills import due
from tests.web.conftest import PASSWORD, Console

MANAGER = Person("manager", "mia", "Mia")
#: Still on their way; nobody need do anything about them.
UNDER_WAY = ("queued", "sending", "sent", "unknown")
ROUNDS_MAX = 5000
#: What setup learns of such a site and the fields it makes there, the same each time.
_LEARNED: dict[str, Any] = {}
_FIELDS: dict[str, dict[Any, Any]] = {}
BOOKED = ("Sales Invoice", "Journal Entry", "Payment Entry")


class Shop:
    """sell(), finish(): what people do. drain(): rounds of sending to the end. cable_out(): the line is cut."""

    def __init__(self, root: Path, seed: int = 1, places: Path | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        if places is not None:
            places.mkdir(exist_ok=True)
            text = f"[backup]\nplaces = {places}\nsnapshot_minutes = 0\n"
            (root / "config.ini").write_text(text, encoding="utf-8")
            self.places = places
        self.root, self.time, self.chance = root, Time(), random.Random(seed)
        self.site = sites.basket_site()
        self.site.clock = clock.now
        self.line = Emulator(self.site)
        self.line.__enter__()
        self.port = self.line.port
        self.key(shops.TILL[1])
        self.app: App
        self.closed = True

    # -- the till itself

    def key(self, secret: str, **more: str) -> None:
        """.env as an operator writes it, with this secret."""
        lines = {
            "ERPNEXT_URL": self.line.url, "ERPNEXT_API_KEY": shops.TILL[0], "ERPNEXT_API_SECRET": secret,
            "TILLKEEP_TILL_WALK_IN": "Walk-in", **sites.CASH, **more,
        }  # fmt: skip
        (self.root / ".env").write_text("".join(f"{k}='{v}'\n" for k, v in lines.items()), encoding="utf-8")
        (self.root / ".env").chmod(0o600)

    def open(self) -> None:
        """What `serve` opens, without the threads of the agents: they come round when they are asked to."""
        self.app, self.closed = create_app(config.load(self.root, {})), False

    def close(self) -> None:
        """The server is stopped; commands that need the folder for themselves may run."""
        if not self.closed:
            self.app.stop()
        self.closed = True

    def begin(self) -> None:
        """The first day: set up as `erpnext setup` leaves it, goods brought in."""
        self.open()
        if not _LEARNED:
            _LEARNED.update(sites.learned(self.config))
            _FIELDS.update(fields=self.site.custom_fields, docs=self.site.docs["Custom Field"])
        self.site.custom_fields.update(_FIELDS["fields"])
        self.site.docs["Custom Field"].update(_FIELDS["docs"])
        connections.keep_facts(self.store, "erpnext", _LEARNED)
        self.goods()

    def goods(self) -> None:
        """Bring in what the books know; a machine that lost its database does the same."""
        self.round("sync_in")
        assert Item.select().where(Item.code == "STD").exists()

    @property
    def config(self) -> config.Config:
        return self.app.config

    @property
    def store(self) -> Store:
        return self.app.store

    @property
    def journal(self) -> Journal:
        return self.app.journal

    def command(self, *words: str) -> int:
        """A command of pos_server.py, in this process; its exit code. It closes the database it opened."""
        try:
            return cli.main(list(words), self.root)
        finally:
            if not self.closed:
                models.database.initialize(self.store.database)  # a process has one; the command had it meanwhile

    def console(self) -> Console:
        """Somebody who may do everything, at the console of this machine."""
        if "own" not in {person.code for person in people.people(self.store)}:
            people.add_user(self.store, "own", "Olu Bright", "admin", "975312")
            passwords.set_password(self.store, "own", PASSWORD, "test")
        return Console(self.app).sign_in("own")

    # -- what people do

    def sell(self, count: int = 1, **more: Any) -> list[dict[str, Any]]:
        """Plain sales for cash; the receipts."""
        return [self.basket(line("STD", str(self.chance.randint(1, 9))), **more) for _ in range(count)]

    def basket(self, *lines: dict[str, Any], pay: str = "Cash", reference: str = "", **more: Any) -> dict[str, Any]:
        """A basket priced and paid; the receipt."""
        raw: dict[str, Any] = {**basket(*lines, total="0", pay=None), "id": clock.uuid7(), **more}
        raw["total"] = sell.price(self.store, self.config, raw, MANAGER)["total"]
        if Decimal(raw["total"]):
            raw["payments"] = [{"mode_of_payment": pay, "amount": raw["total"], "reference": reference}]
        return sell.commit(self.app, raw, MANAGER, partial(issuer.ask, self.store, self.config)).doc

    def finish(self, over: str = "0.00") -> dict[str, Any]:
        """Count what is there, `over` more than expected, and close; the Z."""
        counted = drawer.expected(self.app) + Decimal(over)  # type: ignore[arg-type]
        return drawer.finish(self.app, f"{counted}", reason="miscounted").doc  # type: ignore[arg-type]

    # -- the line and the agents

    def cable_out(self) -> None:
        """Nobody listens at the address of the books any more, nor on a connection that was kept."""
        self.line.faults = Faults(1, {"reset_before": 1.0})
        self.line.__exit__()

    def cable_in(self) -> None:
        """The same site at the same address again."""
        self.line = Emulator(self.site, port=self.port)
        self.line.__enter__()

    def round(self, agent: str = "sync_out") -> None:
        assert self.app.runner.once(agent, "erpnext" if agent in ("sync_out", "sync_in", "zread") else "")

    def rounds_on_schedule(self, agent: str) -> None:
        """A round as the clock calls it."""
        assert self.app.runner.once(agent, cause="schedule")

    def later(self, seconds: float) -> None:
        self.line.wait_idle()
        self.time.passes(seconds)

    def drain(self) -> int:
        """Rounds until nothing is under way; how many it took. Time passes to the next try, as it does by itself."""
        for done in range(ROUNDS_MAX):
            rows = [row for row in Outbox.select() if row.state in UNDER_WAY and not row.parked]
            if not rows:
                return done
            self.round()
            waits = [due(row, self.time()) for row in Outbox.select().where(Outbox.state.in_(UNDER_WAY))]
            self.later(max(0.1, min(waits, default=0.1)))
        raise AssertionError(f"{len(rows)} documents never came to an end")

    # -- what can be seen of it

    @property
    def bar(self) -> dict[str, Any]:
        """The status bar."""
        return status.status_view(self.store, self.journal)

    def told(self, prefix: str = "") -> list[str]:
        return [f"{n.text} {n.remedy}" for n in notices.open_notices(self.store, prefix=prefix)]

    def states(self) -> dict[str, int]:
        rows = self.store.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
        return {row[0]: row[1] for row in rows}

    def booked(self) -> list[str]:
        """The key of everything that stands submitted in the books, sorted; twice when it is there twice."""
        docs = self.site.docs
        return sorted(str(d["pos_receipt_id"]) for name in BOOKED for d in docs[name].values() if d["docstatus"] == 1)

    def wanted(self) -> list[str]:
        """What must stand there once: the key of each part of each document."""
        rows = self.store.execute("SELECT document, part, count(*) OVER (PARTITION BY document) FROM outbox").fetchall()
        return sorted(one if parts == 1 or part == "sale" else f"{one}-R" for one, part, parts in rows)

    def sound(self) -> None:
        """Files, chain and database say the same, without a gap."""
        assert verify(self.config).differences == []


def lose(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder)


@contextmanager
def shop(root: Path, seed: int = 1, places: Path | None = None) -> Iterator[Shop]:
    """Open, set up, goods brought in. places: a folder that copies go to."""
    made = Shop(root, seed, places)
    try:
        with clock.set_to(made.time):
            made.begin()
            try:
                yield made
            finally:
                made.close()
    finally:
        made.cable_out()
