"""Two web processes of a hub on one PostgreSQL: Web Connectors of two companies at once whose calls go to either, one
process killed in between; requests answered by several people at once at both. Everything happens once."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pos import clock
from pos import config as settings
from pos.rules.inventory import Draft, Line
from pos.store import catalog, companies, inventory, inventory_begin, inventory_places, inventory_sums, people
from pos.store import qbd_companies as desktops
from pos.store.db import Store, open_store
from pos.store.inventory_places import Location
from pos.store.models import InventoryApproval, QbdTicket
from tests import engines, redis_process
from tests.contract import desktop_books as books
from tests.contract.emulators.desktop_connector import WebConnector
from tests.contract.emulators.desktop_file import CompanyFile
from tests.contract.emulators.desktop_line import Line as Soap
from tests.redis_process import Redis
from tests.till_process import Line as Http
from tests.till_process import Till as Process

pytestmark = [pytest.mark.crash, pytest.mark.long, pytest.mark.timeout(600)]

EVENTS, REQUESTS = 24, 9
#: Company -> how its places begin.
SIDES = {"main": "", "north": "N-"}


@pytest.fixture
def server() -> Iterator[engines.Server]:
    engines.required()
    redis_process.required()
    one = engines.start()
    yield one
    engines.stop(one)


class Turns:
    """Calls that go to the next process each; to the other one where nobody is there."""

    def __init__(self, webs: list[Process]) -> None:
        self.lines = [Soap(f"http://127.0.0.1:{web.port}/qbwc") for web in webs]
        self.complaints: list[str] = []
        self._turn = itertools.count()

    def call(self, operation: str, **given: Any) -> Any:
        return self.lines[next(self._turn) % len(self.lines)].call(operation, **given)


@dataclass
class Hub:
    """The hub: its store here, its processes, a company file and the events of each company."""

    store: Store
    webs: list[Process]
    files: dict[str, CompanyFile]
    events: dict[str, list[str]]
    keys: dict[str, str]

    def connector(self, company: str, webs: list[Process]) -> WebConnector:
        row = desktops.of_company(self.store, company)
        return WebConnector(
            Turns(webs), self.files[company], username=row.username, password=books.PASSWORD,  # type: ignore[arg-type]
            owner_id=row.owner_id, file_id=row.file_id, app=row.app_name,
        )  # fmt: skip

    def says(self, web: Process, who: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        return Http(web.port, self.keys[who]).ask("POST", f"/api/inventory/{path}", body)


@pytest.fixture
def hub(server: engines.Server, tmp_path: Path) -> Iterator[Hub]:
    with Redis(tmp_path / "redis") as redis:
        env = {
            "TILLKEEP_SERVER_ROLE": "hub", "TILLKEEP_TILL_ID": "HUB", "TILLKEEP_STORAGE_URL": server.fresh()[1],
            "TILLKEEP_QUEUE_URL": redis.url, "TILLKEEP_QUEUE_IN_SERVER": "no",
        }  # fmt: skip
        store = open_store(settings.load(tmp_path, env))
        webs = [Process(tmp_path / f"web{n}", env=env) for n in range(2)]
        made = Hub(store, webs, {}, {}, furnished(store))
        for company, begins in SIDES.items():
            made.files[company] = books.company_file()
            made.events[company] = [
                post(store, company, Line("COLA" if n % 2 else "SHOE", 1000, f"{begins}SHOP", f"{begins}BACK"))
                for n in range(EVENTS)
            ]
        made.files["north"].path = made.files["north"].path.replace(".", " North.")
        at_once([web.start for web in webs])
        try:
            yield made
        finally:
            for web in webs:
                web.stop()
            store.close()


def furnished(store: Store) -> dict[str, str]:
    """Two companies with places, sites and goods; person -> their key."""
    companies.add(store, "north", "North Ltd", "test")
    inventory_begin.begin(store)
    goods = [{"code": code, "name": code, "item_group": "Goods", "tax_code": "V20"} for code in books.ITEMS]
    catalog.put_items(store, goods, "csv")
    for company, begins in SIDES.items():
        desktops.add(store, company, f"{company} user", books.PASSWORD, "test")
        for code, site in books.SITES.items():
            inventory_places.put_location(store, Location(begins + code, company, code, qb_site_name=site), "test")
        names = [{"item": code, "qb_name": name} for code, name in books.ITEMS.items()]
        inventory_places.put_parts(store, company, names, "test")
        lines = [
            Line(code, destination=begins + place, set_to=400_000) for code in books.ITEMS for place in books.SITES
        ]
        post(store, company, *lines, kind="opening")
    for code in ("7", "8", "9"):
        people.add_user(store, code, f"Person {code}", "admin", "4711", "test")
    return {code: people.add_token(store, f"of {code}", "admin", person=code) for code in ("7", "8", "9")}


def post(store: Store, company: str, *lines: Line, kind: str = "transfer") -> str:
    now = clock.now()
    draft = Draft(clock.uuid7(), company, kind, now.date().isoformat(), lines)
    return inventory.post(store, draft, by="test", now=now).id


def at_once(acts: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_each_event_is_in_its_companys_file_once_whichever_process_is_asked(hub: Hub) -> None:
    connectors = [hub.connector(company, hub.webs) for company in SIDES]
    at_once([one.run for one in connectors])
    assert [(one.told.outcome, one.complaints) for one in connectors] == [("closed", [])] * 2
    _once(hub)
    late = post(hub.store, "main", Line("TEA", 1000, "SHOP", "BACK"))
    answers: list[str] = []

    def signs_in(web: Process) -> None:
        line = Soap(f"http://127.0.0.1:{web.port}/qbwc")
        answers.append(line.call("authenticate", strUserName="main user", strPassword=books.PASSWORD)[1])

    at_once([lambda web=web: signs_in(web) for web in hub.webs * 2])  # type: ignore[misc]
    assert Counter(answers) == {"busy": 3, hub.files["main"].path: 1}, "one session of a company"
    assert hub.files["main"].about(late) == []


def test_a_process_killed_in_a_session_loses_nothing_and_the_other_goes_on(hub: Hub) -> None:
    connector = hub.connector("main", hub.webs)
    for n, _ in enumerate(connector.steps()):
        if n == EVENTS:
            hub.webs[0].process.kill()
            hub.webs[0].process.wait()
    assert connector.told.outcome == "lost"
    QbdTicket.update(seen_at="2026-01-01T00:00:00.000Z").execute()  # it has been silent for a while
    for company in SIDES:
        assert hub.connector(company, hub.webs[1:]).run().outcome == "closed"
    _once(hub)


def test_a_request_answered_at_both_processes_at_once_is_answered_once(hub: Hub) -> None:
    left, right = hub.webs
    body = {"company": "main", "fromLocation": "DEPOT", "toLocation": "BACK", "sku": "SALT", "quantity": "30"}
    for n in range(REQUESTS):
        status, asked = hub.says(left, "7", "transfer", id=f"asked-{n}", **body)
        assert status == 202, asked
        key = asked["approval"]["id"]
        said = Counter[tuple[str, int]]()

        def act(web: Process, who: str, what: str, key: str = key, said: Counter[tuple[str, int]] = said) -> None:
            said[what, hub.says(web, who, f"approvals/{key}/{what}", note="as it is")[0]] += 1

        last = ("approve", "reject", "withdraw")[n % 3]
        who = "7" if last == "withdraw" else "9"
        at_once([lambda a=act: a(left, "8", "approve"), lambda a=act, w=who, x=last: a(right, w, x)])  # type: ignore[misc]
        state = InventoryApproval.get(InventoryApproval.id == key).state
        events = [one for one in inventory.events(hub.store, "main") if one.id == f"asked-{n}"]
        assert len(events) == (state == "approved"), (n, state, said)
        assert last == "approve" or sorted(code for _, code in said) == [200, 409], (n, said)
        assert _sent_twice(hub, {**body, "id": f"same-{n}", "sku": "MUG", "quantity": "0.5"}) == [200, 201]
    assert inventory_sums.wrong(hub.store) == []


def _sent_twice(hub: Hub, event: dict[str, Any]) -> list[int]:
    """The same event sent to both processes at once: what each answered."""
    answers: list[int] = []

    def send(web: Process) -> None:
        answers.append(hub.says(web, "8", "transfer", **event)[0])

    at_once([lambda web=web: send(web) for web in hub.webs])  # type: ignore[misc]
    return sorted(answers)


def _once(hub: Hub) -> None:
    for company, other in zip(SIDES, reversed(SIDES), strict=True):
        there = [len(hub.files[company].about(event)) for event in hub.events[company]]
        assert there == [1] * EVENTS, company
        assert not any(hub.files[other].about(event) for event in hub.events[company]), "in the other company's file"
    assert inventory_sums.wrong(hub.store) == []
