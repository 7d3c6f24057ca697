"""Health and figures for programs that watch: true, cheap, for this machine alone, and nothing of the shop in them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pos import clock, config
from pos.app import App
from pos.errors import CannotSave
from pos.store import connections, copies, journal, people
from pos.web.counted import Counted, Histogram
from tests.conftest import REPO
from tests.web.conftest import Page

Basket = Callable[..., dict[str, Any]]
Figures = dict[tuple[str, ...], float]


def figures(page: Page) -> Figures:
    """Every sample of /metrics by its name and the values of its labels."""
    answer = page.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name.removeprefix("tillkeep_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_sale_counts_once_with_its_time_and_a_repeated_one_not_again(anna: Page, basket: Basket) -> None:
    assert figures(anna)["documents_total", "sale"] == 0
    body = basket()
    assert anna.post("/api/create-sale", body).status_code == 201
    assert anna.post("/api/create-sale", body).status_code == 200
    seen = figures(anna)
    assert seen["documents_total", "sale"] == 1
    assert seen["commit_seconds_count",] == 1
    assert seen["commit_seconds_bucket", "+Inf"] == 1
    assert 0 < seen["commit_seconds_sum",] < 10
    assert seen["http_requests_total", "POST", "2xx"] >= 3  # signing in, the sale, the sale again


def test_a_disk_that_refuses_shows_at_once_in_both(till: App, anna: Page, basket: Basket) -> None:
    assert anna.get("/readyz").json["ok"] is True
    assert figures(anna)["can_save",] == 1
    till.store.refusal = "The disk is full."
    till.journal._refuse(CannotSave("The disk is full."))
    assert anna.post("/api/create-sale", basket()).status_code == 503
    answer = anna.get("/readyz")
    assert (answer.status_code, answer.json["reason"]) == (503, "The disk is full.")
    assert anna.get("/healthz").status_code == 200, "the process itself is well"
    seen = figures(anna)
    assert (seen["can_save",], seen["commit_failures_total", "cannot_save"], seen["commit_seconds_count",]) == (0, 1, 0)


def test_what_the_shops_rules_refuse_is_no_failure_of_the_disk(anna: Page, basket: Basket) -> None:
    body = basket()
    assert anna.post("/api/create-sale", body).status_code == 201
    assert anna.post("/api/create-sale", {**basket(2), "id": body["id"]}).status_code == 409
    assert figures(anna)["commit_failures_total", "cannot_save"] == 0


def test_a_disk_that_hangs_is_not_ready_although_nothing_failed(
    till: App, anna: Page, basket: Basket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "STUCK_SECONDS", 0.1)
    hanging, go_on = threading.Event(), threading.Event()

    def hang(point: str) -> None:
        if point == "before_commit":
            hanging.set()
            go_on.wait(10)

    monkeypatch.setattr(journal, "at", hang)
    cookie = anna.client.get_cookie("till_sign_in_T1", domain="127.0.0.1")
    assert cookie is not None
    selling = threading.Thread(target=anna.post, args=("/api/create-sale", basket()))
    selling.start()
    try:
        assert hanging.wait(10)
        time.sleep(0.15)
        answer = Page(till).get("/readyz")
        assert answer.status_code == 503
        assert "does not answer" in answer.json["reason"]
    finally:
        go_on.set()
        selling.join()
    assert Page(till).get("/readyz").status_code == 200


def test_the_outbox_is_told_by_state_and_age(till: App, page: Page, anna: Page, basket: Basket) -> None:
    connections.sync(till.store, [connections.Wanted("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    began = clock.now()
    for _ in range(3):
        assert anna.post("/api/create-sale", basket()).status_code == 201
    till.store.execute("UPDATE outbox SET state = 'booked' WHERE n = 1")
    till.store.execute("UPDATE outbox SET state = 'rejected', resolved = 'Ada: by hand' WHERE n = 2")
    connections.away(till.store, "erpnext", began - timedelta(minutes=5), "refused", None)
    with clock.set_to(began + timedelta(hours=1)):
        seen = figures(page)
    states = {
        state: seen["outbox_documents", "erpnext", state] for state in ("queued", "booked", "settled", "rejected")
    }
    assert states == {"queued": 1, "booked": 1, "settled": 1, "rejected": 0}
    assert 3590 < seen["outbox_oldest_seconds", "erpnext", "queued"] <= 3600
    assert seen["outbox_oldest_seconds", "erpnext", "rejected"] == 0
    assert seen["connection_up", "erpnext"] == 0
    assert seen["connection_info", "main", "erpnext", "erpnext"] == 1
    assert seen["connection_silent_seconds", "erpnext"] == pytest.approx(3900, abs=1)
    assert anna.post("/api/create-sale", basket()).status_code == 201
    assert figures(page)["outbox_documents", "erpnext", "booked"] == 1, "rows that are new are counted by their state"


@pytest.fixture
def settings_of(shop: config.Config) -> config.Config:
    """With a place for copies that has a name of its own."""
    return replace(shop, backup=replace(shop.backup, places=str(shop.root / "stick-of-ada")))


def test_copies_are_told_by_their_place_in_the_list(till: App, page: Page, anna: Page, basket: Basket) -> None:
    assert anna.post("/api/create-sale", basket()).status_code == 201
    seen = figures(page)
    assert (seen["copies_state", "1", "new"], seen["copies_state", "1", "ok"], seen["copies_behind", "1"]) == (1, 0, 1)
    assert ("copies_age_seconds", "1") not in seen, "there is none"
    began = clock.now()
    kept = {"place": till.config.backup.places, "mark": "m", "copied_n": 1, "copied_at": clock.stamp(began)}
    copies.keep(till.store, copies.Copying(**kept, used_at=clock.stamp(began)))
    with clock.set_to(began + timedelta(minutes=2)):
        seen = figures(page)
    assert (seen["copies_state", "1", "ok"], seen["copies_behind", "1"], seen["copies_age_seconds", "1"]) == (1, 0, 120)
    assert "stick-of-ada" not in page.get("/metrics").text


def test_every_figure_is_explained_and_none_that_is_not_there(
    till: App, page: Page, anna: Page, basket: Basket
) -> None:
    anna.post("/api/create-sale", basket())
    till.runner.once("notify")
    connections.sync(till.store, [connections.Wanted("erpnext", "erpnext", "ERPNext", "http://127.0.0.1:1")])
    there = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(page.get("/metrics").text)
        if not family.name.startswith("tillkeep_process_")
    }
    table = (REPO / "docs" / "monitoring.md").read_text(encoding="utf-8").partition("## An alarm")[0]
    said = set(re.findall(r"`(tillkeep_[a-z_]+[a-z])`", table))
    assert there == said


def test_rounds_of_agents_are_counted_and_failures_stand_out(
    till: App, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert till.runner.once("notify")
    seen = figures(page)
    assert seen["agent_rounds_total", "notify", "", "ok"] == 1
    assert seen["agent_failures", "notify", ""] == 0
    assert seen["agent_ended_timestamp_seconds", "notify", ""] == pytest.approx(time.time(), abs=60)

    def fail(_: object) -> str:
        raise RuntimeError("no")

    agent = till.runner._agents["notify"]
    monkeypatch.setitem(till.runner._agents, "notify", type(agent)(agent.name, agent.title, fail, agent.when))
    assert till.runner.once("notify")
    seen = figures(page)
    assert seen["agent_rounds_total", "notify", "", "failed"] == 1
    assert seen["agent_failures", "notify", ""] == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_other_machines_need_a_key_and_a_proxy_lends_its_address_to_nobody(till: App, path: str) -> None:
    away = {"REMOTE_ADDR": "10.0.0.9"}
    assert Page(till).get(path).status_code == 200
    assert Page(till, **away).get(path).status_code == 401
    assert Page(till).get(path, headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 401
    for role, status in (("cashier", 403), ("admin", 200)):
        token = people.add_token(till.store, f"watch {role}", role)
        assert Page(till, HTTP_AUTHORIZATION=f"Bearer {token}", **away).get(path).status_code == status


def test_nothing_of_the_shop_is_told(till: App, anna: Page, basket: Basket) -> None:
    connections.sync(till.store, [connections.Wanted("erpnext", "erpnext", "ERPNext", "http://books.example")])
    anna.post("/api/create-sale", basket())
    told = "".join(anna.get(path).text for path in ("/healthz", "/readyz", "/metrics"))
    for word in ("Anna", "MUG", "Mug", "4.99", "Finch", "books.example", "T1-0"):
        assert word not in told, word


def test_an_invented_method_makes_no_series_of_its_own(page: Page) -> None:
    page.client.open("/healthz", base_url=page.base, method="BREW")
    assert figures(page)["http_requests_total", "other", "4xx"] == 1


def test_counting_from_many_threads_loses_nothing() -> None:
    counted = Counted()

    def count() -> None:
        for _ in range(2000):
            counted.timed(0.003, None)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counted.snapshot().commit.counts) == 8000


def test_a_time_on_a_bound_belongs_below_it_and_one_above_all_to_the_last() -> None:
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.1, 0.11, 5.0):
        histogram.add(seconds)
    assert histogram.counts == [1, 1, 1]
