"""The way up: a till, its hub in a process of its own, the books behind it. Every document once, whatever happens."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import agents.held
from pos import clock
from pos.actions import checks_hub, held, hub_held, hub_join, hub_receipts, trace
from pos.actions.finding import Look
from pos.connectors.base import Context
from pos.errors import Conflict, Rejected, SignInNeeded
from pos.rules import ledger
from pos.runner import Runner
from pos.store import hub_link, leases, notices, outbox
from pos.store.db import database_path
from pos.store.people import Actor
from pos.store.verify import verify
from tests.actions import drawer
from tests.contract import hub_goods, hubs
from tests.contract.emulators.erpnext import Emulator
from tests.contract.hubs import Hub, Line, Upper, booked, kill_at, reopened, there


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Emulator]]:
    with hubs.hub(tmp_path_factory.mktemp("hub")) as found:
        yield found


@pytest.fixture
def hub(shop: tuple[Hub, Emulator]) -> Hub:
    return shop[0]


@pytest.fixture
def line(hub: Hub) -> Iterator[Line]:
    found = Line(hub)
    yield found
    found.close()


def test_a_sale_goes_up_as_it_is_is_booked_once_and_its_way_is_told_on_both_sides(
    shop: tuple[Hub, Emulator], tmp_path: Path
) -> None:
    hub, erpnext = shop
    with hubs.till(tmp_path, "A1") as till:
        before = till.sell()
        till.join(hub.url, hub.code("Till A1"))
        docs = till.sell(2)
        till.send()
        assert till.states() == ["booked"] * 3, "the one from before it joined goes up as well"
        for doc in [*before, *docs]:
            body = hub.rows("SELECT body, hash, prev_hash FROM document WHERE id = ?", doc["id"])[0]
            assert body == (outbox.body(till.store, doc["id"]).decode(), doc["hash"], doc["prev_hash"])
            path = f"{doc['business_day']}/{doc['invoice_name']}.json"
            assert (hub.root / "invoices" / path).read_bytes() == (till.config.invoices / path).read_bytes()
        booked(hub, docs)
        assert hub.rows("SELECT count(*) FROM outbox WHERE document = ?", before[0]["id"]) == [(0,)], (
            "made without a connection: it stays out of the books"
        )
        way = till.client().way(docs[0]["id"])
        names = [one["name"] for one in erpnext.site.docs["Sales Invoice"].values() if docs[0]["id"] in one.values()]
        assert [(step["title"], step["state"], step["remote_id"]) for step in way] == [("ERPNext", "booked", *names)]
        seen = trace.trace(till.store, till.config, docs[0]["invoice_name"])
        steps = {step["key"]: (str(step["name"]), step["tone"], str(step["text"])) for step in seen["steps"]}
        assert (steps["booked"], steps["hub"]) == (
            ("At the hub", "done", "it has it"),
            ("Booked by the hub", "done", f"ERPNext: {names[0]}"),
        )
        told = hub.ask("GET", f"/api/console/trace?q={docs[0]['invoice_name']}")
        assert [step["text"] for step in told["steps"] if step["key"] in ("sold", "booked")] == [
            "Ann Bright, A1", names[0],
        ]  # fmt: skip
        assert [event["title"] for event in told["events"]][2:4] == ["Came here from A1", "Sent to ERPNext"]
        row = hub.till("Till A1")
        wanted = {"till": "A1", "state": "on", "head": 3, "here": 3, "waiting": 0, "missing": 0, "clock_off": False}
        assert {key: row[key] for key in wanted} == wanted
        assert row["last_contact"] and row["version"]


def test_a_whole_session_goes_up_with_its_float_its_cash_and_its_z(hub: Hub, tmp_path: Path) -> None:
    with hubs.till(tmp_path, "N1", hub) as till:
        drawer.start(till, "50.00")
        till.sell(2)
        drawer.move(till, "paid_out", "4.00")
        closed = drawer.finish(till, "94.00")
        till.send()
        assert till.states() == ["booked"] * 5
        kinds = "SELECT kind, hash FROM document WHERE till = 'N1' ORDER BY sequence"
        assert hub.rows(kinds) == till.store.execute(kinds).fetchall()
        assert [kind for kind, _hash in hub.rows(kinds)] == ["float", "sale", "sale", "paid_out", "z"]
        session = f"SELECT {', '.join(ledger.SESSION)} FROM session WHERE till = 'N1'"
        assert hub.rows(session) == till.store.execute(session).fetchall(), "open and closed by the same documents"
        parts = (
            "SELECT d.kind, o.part FROM outbox o JOIN document d ON d.id = o.document WHERE d.till = 'N1' ORDER BY d.n"
        )
        assert hub.rows(parts) == [("sale", "sale"), ("sale", "sale"), ("paid_out", "cash")], "the books get these"
        assert closed.doc["z"]["session"] == "N1-S000001"
        leg = hub.ask("GET", "/api/console/reconciliations")
        assert "N1-S000001" in [row["name"] for row in leg["rows"]], "the hub holds it against the books"


def test_an_answer_lost_after_the_hubs_commit_is_asked_for_and_there_is_one_document(
    hub: Hub, line: Line, tmp_path: Path
) -> None:
    with hubs.till(tmp_path, "B1", hub, line) as till:
        docs = till.sell(3)
        line.says = ["lost", "", "html", "html", "", "lost", "lost"]
        line.seen.clear()
        for _ in range(20):
            till.send()
            till.due()
            if set(till.states()) == {"booked"}:
                break
        assert till.states() == ["booked"] * 3
        assert sorted(there(hub, "B1")) == [doc["invoice_name"] for doc in docs], "each once, whatever the order"
        assert not line.says, "every fault was met"
        booked(hub, docs)


def test_bytes_that_change_on_the_way_are_refused_and_sent_again(hub: Hub, line: Line, tmp_path: Path) -> None:
    with hubs.till(tmp_path, "C1", hub, line) as till:
        [doc] = till.sell()
        line.says = ["broken"]
        till.send()
        assert till.row(doc).state == "queued" and till.row(doc).code == "answered:corrupt"
        assert there(hub, "C1") == []
        till.due()
        till.send()
        assert till.states() == ["booked"]
        assert there(hub, "C1") == [doc["invoice_name"]]


def test_one_that_comes_before_its_predecessor_is_kept_and_the_gap_is_shown_until_it_is_filled(
    hub: Hub, tmp_path: Path
) -> None:
    with hubs.till(tmp_path, "D1", hub) as till:
        docs = till.sell(5)
        client, seen = till.client(), []
        for at in (3, 1, 0, 4, 2):
            context = Context(body=outbox.body(till.store, docs[at]["id"]), head=till.head())
            client.post(docs[at], "document", docs[at]["id"], context)
            row = hub.till("Till D1")
            seen.append((row["here"], row["waiting"], row["gaps"]))
        assert seen == [
            (1, 4, [[1, 3]]),
            (2, 3, [[1, 1], [3, 3]]),
            (3, 2, [[3, 3]]),
            (4, 1, [[3, 3]]),
            (5, 0, []),
        ]
        till.send()
        assert till.states() == ["booked"] * 5, "what is there is found, not sent twice"
        assert verify(till.config).differences == verify(hub.config).differences == []
        sessions = "SELECT first_sequence, opened_at FROM session WHERE till = 'D1'"
        assert hub.rows(sessions) == [(1, docs[0]["created_at"])], "as if they had come in order"


def test_a_key_that_is_wrong_or_withdrawn_is_refused_before_it_is_shown_and_what_waits_waits(
    hub: Hub, line: Line, tmp_path: Path
) -> None:
    with hubs.till(tmp_path, "E1", hub, line) as till:
        right = till.config.hub_key_file.read_text()
        till.config.hub_key_file.write_text("tk_made_up")
        line.seen.clear()
        [doc] = till.sell()
        till.send()
        assert till.row(doc).state == "queued" and "paused" in [
            n.key.split(":")[-1] for n in notices.open_notices(till.store)
        ]
        assert {path.partition("?")[0] for _, path in line.seen} == {"/api/hub/v1/hello"}, "it never left this machine"
        till.config.hub_key_file.write_text(right)
        till.again()
        till.send()
        assert till.states() == ["booked"]
        hub.ask("POST", f"/api/console/hub/tills/{hub.till('Till E1')['id']}/revoke")
        later = till.sell()
        till.again()
        till.send()
        assert till.row(later[0]).state == "queued", "it sells on"
        with pytest.raises(SignInNeeded):
            till.client().check()
        assert there(hub, "E1") == [doc["invoice_name"]]


def test_two_tills_each_under_its_own_key_and_nobody_under_anothers(hub: Hub, tmp_path: Path) -> None:
    with hubs.till(tmp_path / "f1", "F1", hub) as first:
        [sold] = first.sell()
        first.send()
        body, key = outbox.body(first.store, sold["id"]), first.config.hub_key_file.read_text()
    with hubs.till(tmp_path / "twin", "F1") as twin:
        code = hub.code("Another F1")
        with pytest.raises(Rejected, match="F1 is a till of this hub already"):
            twin.join(hub.url, code)
    with hubs.till(tmp_path / "f2", "F2") as second:
        second.join(hub.url, code)  # the code still works: nothing was enrolled with it
        other = second.sell()
        second.send()
        with pytest.raises(Rejected, match="is no document of F2"):
            second.client().post({**sold, "id": sold["id"]}, "document", sold["id"], Context(body=body))
        assert second.client().find(sold["id"]) is None, "a till sees its own alone"
        second.config.hub_key_file.write_text(key)
        with pytest.raises(SignInNeeded):
            second.client().check()
        assert (there(hub, "F1"), there(hub, "F2")) == ([sold["invoice_name"]], [other[0]["invoice_name"]])


def test_a_copied_till_is_noticed_neither_gives_out_numbers_and_a_person_decides(hub: Hub, tmp_path: Path) -> None:
    with hubs.till(tmp_path / "real", "G1", hub) as real:
        real.sell()
        real.send()
    shutil.copytree(tmp_path / "real", tmp_path / "copy")
    with reopened(tmp_path / "real", hub) as real:
        [sold] = real.sell()
        real.send()
        assert real.states() == ["booked", "booked"]
    with reopened(tmp_path / "copy", hub) as copy:
        [other] = copy.sell()
        assert other["invoice_name"] == sold["invoice_name"] and other["id"] != sold["id"]
        copy.send()
        assert copy.row(other).state == "queued", "kept, and not taken"
        with pytest.raises(Conflict, match="there twice"):
            copy.sell()
    row = hub.till("Till G1")
    assert (row["state"], row["may"]) == ("doubled", ["keep", "rename", "revoke"])
    page = hub.page("/console/tills")
    assert "There twice" in page and "its document 2 is another one than the hub has." in page
    assert f"/api/console/hub/tills/{row['id']}/keep" in page
    assert "Till G1" in hub.page("/console/hub/tills.csv")
    with reopened(tmp_path / "real", hub) as real:
        real.sell()
        real.send()
        with pytest.raises(Conflict, match="there twice"):
            real.sell()
        assert [n.key for n in notices.open_notices(real.store) if n.key == hub_link.NOTICE]
        code = hub.ask("POST", f"/api/console/hub/tills/{row['id']}/keep")["secret"]
        real.join(hub.url, code)
        real.sell()
        real.send()
        assert real.states() == ["booked"] * 4
        assert not [n.key for n in notices.open_notices(real.store) if n.key == hub_link.NOTICE]
    with reopened(tmp_path / "copy", hub) as copy:
        copy.send()
        with pytest.raises(Conflict, match="there twice"):
            copy.sell()
    assert there(hub, "G1") == [f"G1-{n:06d}" for n in (1, 2, 3, 4)]
    assert hub.till("Till G1")["state"] == "on"


def test_one_server_posts_at_a_time(hub: Hub, tmp_path: Path) -> None:
    with hubs.till(tmp_path, "L1", hub) as till:
        till.sell()
        fence = leases.take(till.store, "post:hub", "another server", 60)
        till.send()
        assert (till.states(), fence) == (["queued"], 1), "another one is at it"
        leases.give_back(till.store, "post:hub", "another server", 1)
        till.send()
        assert till.states() == ["booked"]
        assert leases.holder(till.store, "post:hub") == "", "and lets go at the end of its round"


def test_a_new_key_the_till_makes_itself_is_in_force_also_when_the_answer_was_lost(hub: Hub, tmp_path: Path) -> None:
    with hubs.till(tmp_path, "M1", hub) as till:
        first = till.config.hub_key_file.read_text()
        hub_join.new_key(till.store, till.config, "test")
        second = till.config.hub_key_file.read_text()
        assert first != second
        till.client().change_key(hub_join._begun(till.config)["key"])  # and nobody heard the answer
        with pytest.raises(SignInNeeded):
            till.client().check()
        hub_join.new_key(till.store, till.config, "test")
        assert till.config.hub_key_file.read_text() not in (first, second)
        [doc] = till.sell()
        till.send()
        told = hub_join.standing(till.store, till.config)
        assert (till.states(), told["head"], told["missing"], told["name"]) == (["booked"], 1, [], "Till M1")
        [well] = checks_hub.hub_of(Look(till.config, clock.now(), till.store))
        assert (well.state, well.facts["head"]) == ("ok", 1) and "knows this till as Till M1" in well.sentence
        till.config.hub_key_file.write_text(first)
        [ill] = checks_hub.hub_of(Look(till.config, clock.now(), till.store))
        assert ill.state == "fail" and "hub join" in ill.remedy
        with pytest.raises(SignInNeeded):
            till.client().check()
        assert there(hub, "M1") == [doc["invoice_name"]]


@pytest.mark.skipif(os.name == "nt", reason="the process is killed by SIGKILL")
def test_a_hub_killed_right_after_its_commit_has_the_document_once(shop: tuple[Hub, Emulator], tmp_path: Path) -> None:
    kill_at("after_commit", shop, tmp_path)


def test_what_a_hub_lost_to_a_copy_of_before_goes_up_again_and_is_booked_once(
    shop: tuple[Hub, Emulator], tmp_path: Path
) -> None:
    """Three documents it acknowledged are gone with it, two of them booked already; one more came before it was asked,
    so that there is a gap as well. A basket it had is handed up anew."""
    hub, erpnext = shop
    with hubs.till(tmp_path / "till", "Y1", hub) as till:
        docs = till.sell()
        till.send()
        booked(hub, docs)
        copy, file = tmp_path / "copy", database_path(hub.config)
        shutil.copytree(hub.root, copy, ignore=shutil.ignore_patterns("instance", "*.log", f"{file.name}*"))
        there_too = copy / file.relative_to(hub.root)
        with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(there_too)) as kept:
            live.backup(kept)
        docs += till.sell(2)
        till.send()
        booked(hub, docs)
        aside = hub_goods.waiting()
        held.hold(till.store, till.config, aside, "", "", Actor("7", "Nora", "cashier", "user", "7"))
        Runner(till.store, till.config, [agents.held.AGENT]).once("held")
        assert hub.rows("SELECT till FROM held WHERE id = ?", aside["id"]) == [("Y1",)]
        hub.kill()
        shutil.rmtree(hub.root)
        shutil.copytree(copy, hub.root)
        hub.start()
        assert there(hub, "Y1") == ["Y1-000001"]
        docs += till.sell()
        till.again()
        till.send(3)
        assert till.states() == ["booked"] * 4
        runner = Runner(till.store, till.config, [agents.held.AGENT])
        for _ in range(2):
            runner.once("held")
        assert hub.rows("SELECT till FROM held WHERE id = ?", aside["id"]) == [("Y1",)]
        assert sorted(there(hub, "Y1")) == [doc["invoice_name"] for doc in docs]
        booked(hub, docs)
        invoices = list(erpnext.site.docs["Sales Invoice"].values())
        assert [sum(doc["id"] in one.values() for one in invoices) for doc in docs] == [1, 1, 1, 1]
        assert hub.till("Till Y1")["missing"] == 0


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="the process is killed by SIGKILL")
@pytest.mark.parametrize("point", ["before_begin", "after_insert", "before_commit", "before_answer"])
def test_a_hub_killed_at_any_step_has_each_document_once(
    point: str, shop: tuple[Hub, Emulator], tmp_path: Path
) -> None:
    kill_at(point, shop, tmp_path)


def test_the_till_is_closed_to_books_of_its_own_in_words(tmp_path: Path) -> None:
    from pos import config as settings
    from pos.errors import BadSettings

    env = {"TILLKEEP_HUB_URL": "http://127.0.0.1:1", "ERPNEXT_URL": "http://127.0.0.1:2"}
    with pytest.raises(BadSettings, match="so that nothing is booked twice"):
        settings.load(tmp_path, env)
    with pytest.raises(BadSettings, match="sends to no other"):
        settings.load(tmp_path, {"TILLKEEP_HUB_URL": "http://127.0.0.1:1", "TILLKEEP_SERVER_ROLE": "both"})
    till = Upper(tmp_path, "H1", ERPNEXT_URL="http://127.0.0.1:2")
    try:
        with pytest.raises(BadSettings, match="books of its own"):
            till.join("http://127.0.0.1:1", "AAAAA-AAAAA")
        assert till.states() == []
    finally:
        till.close()


class Older(Line):
    """A hub from before it knew of baskets and of receipts of other tills."""

    def _pass_on(self, asked: Any, hub: Any, body: bytes) -> None:
        if "/held" in asked.path or "/receipts/" in asked.path:
            self._answer(asked, 404, b'{"ok": false, "code": "not_found", "message": "?"}', "application/json")
        else:
            super()._pass_on(asked, hub, body)


def test_a_till_newer_than_its_hub_sells_says_what_it_cannot_ask_and_loses_nothing(hub: Hub, tmp_path: Path) -> None:
    older = Older(hub)
    with hubs.till(tmp_path, "V1", hub, older) as till:
        by = Actor("7", "Nora", "cashier", "user", "7")
        aside = hub_goods.waiting()
        held.hold(till.store, till.config, aside, "Blue coat", "", by)
        runner = Runner(till.store, till.config, [agents.held.AGENT])
        for _ in range(2):
            runner.once("held")
        docs = till.sell(2)
        till.send()
        assert there(hub, "V1") == [doc["invoice_name"] for doc in docs]
        assert "older version" in hub_receipts.ask(till.store, till.config, "X1-000001")
        assert "older version" in hub_receipts.ask(till.store, till.config, docs[0]["id"], claim=True)
        assert hub_held.listed(till.store, till.config)["hub_away"] is True
        taken = hub_held.resume(till.store, till.config, aside["id"], clock.uuid7(), by)
        assert taken["basket"]["id"] == aside["id"], "it never left this till"
        assert till.states() == ["booked"] * 2
    older.close()
