"""Refresh: what the books know comes in, page by page; nothing sticks, nothing vanishes silently."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from agents import sync_in
from pos import clock
from pos.actions import pictures, refresh
from pos.actions.line import Job
from pos.connectors.base import NameList, Page
from pos.errors import BadSettings, Unavailable
from pos.runner import Runner
from pos.store import connections, notices, outbox, people, rounds, stock
from pos.store.db import Store
from pos.store.journal import Journal
from pos.store.models import Item, Meta, Outbox, Price, User
from pos.store.models import Stock as StockRow
from tests import books as other
from tests import receipts
from tests.books import Books, Time


def item(code: str, modified: str = "2026-11-20 09:00:00.000000", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": f"Item {code}", "item_group": "Shoes", "modified": modified, **more}


def pull(job: Job, books: Books) -> refresh.Done:
    return refresh.pull(job, books.kind())


def codes() -> list[str]:
    return [i.code for i in Item.select().where(Item.disabled == 0).order_by(Item.code)]


def test_items_come_in_and_a_second_round_changes_nothing(job: Job, books: Books, time: Time) -> None:
    books.tables["items"] = [item("A"), item("B", barcodes=[{"code": "123", "uom": ""}])]
    assert pull(job, books).sentence() == "2 items brought in."
    assert codes() == ["A", "B"]
    time.passes(300)
    assert pull(job, books).sentence() == "Nothing new."


def test_a_page_full_of_one_stamp_never_sticks(job: Job, books: Books, time: Time) -> None:
    books.tables["items"] = [item(f"I{n:03}") for n in range(25)]
    books.page_rows = 4
    done = pull(job, books)
    assert (len(codes()), done.more) == (25, False)
    assert len(books.pulls) == 7
    time.passes(3600)
    books.pulls.clear()
    pull(job, books)
    assert books.pulls == [("items", "2026-11-20 09:00:00.000000|I024")]


def test_a_list_that_does_not_go_on_is_an_error_and_not_a_loop(
    job: Job, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.tables["items"] = [item("A")]
    monkeypatch.setattr(other.Wire, "pull", lambda self, feed, since: Page((item("A"),), since, True))
    with pytest.raises(Unavailable, match="does not go on"):
        pull(job, books)


def test_a_round_is_bounded_and_the_next_goes_on(store: Store, books: Books) -> None:
    books.tables = {"items": [item(f"I{n:03}") for n in range(10)], "customers": [_customer("C1")]}
    books.page_rows = 2
    job = other.job(store, books, limit=3)
    assert [pull(job, books).more for _ in range(2)] == [True, False]
    assert len(codes()) == 10
    assert [feed for feed, _ in books.pulls] == ["items"] * 5 + ["customers"]


def test_a_row_committed_late_with_an_earlier_stamp_is_found(job: Job, books: Books, time: Time) -> None:
    books.tables["items"] = [item("B", "2026-11-21 09:59:30.000000")]
    pull(job, books)
    books.tables["items"].append(item("A", "2026-11-21 09:59:00.000000"))
    time.passes(300)
    pull(job, books)
    assert codes() == ["A", "B"]


def test_a_cursor_at_rest_is_not_rewound_for_ever(job: Job, books: Books, time: Time) -> None:
    books.tables["items"] = [item(f"I{n}", "2026-11-21 09:59:30.000000") for n in range(5)]
    books.page_rows = 2
    for _ in range(5):
        pull(job, books)
        time.passes(300)
    books.pulls.clear()
    pull(job, books)
    assert len(books.pulls) == 1


def test_a_bad_row_is_told_and_its_neighbours_come_in(job: Job, books: Books, store: Store, time: Time) -> None:
    books.tables["items"] = [item("A"), item("BAD", name=1.5), item("C")]
    done = pull(job, books)
    assert (codes(), done.refused) == (["A", "C"], 1)
    (told,) = notices.open_notices(store)
    assert told.text.startswith("BAD (items) could not be taken in: TypeError")
    books.tables["items"] = [item("BAD", "2026-11-21 09:00:00.000000")]
    pull(job, books)
    assert codes() == ["A", "BAD", "C"]
    assert notices.open_notices(store) == []


def test_cursor_and_rows_are_one_transaction(
    job: Job, books: Books, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.tables["items"] = [item("A")]

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(connections, "move", fails)
        with pytest.raises(RuntimeError):
            pull(job, books)
    assert codes() == []
    assert connections.mark(store, "erpnext", "items").value == ""
    pull(job, books)
    assert codes() == ["A"]


def test_a_disabled_item_is_no_longer_sold(job: Job, books: Books) -> None:
    books.tables["items"] = [item("A"), item("B")]
    pull(job, books)
    books.tables["items"] = [item("A", "2026-11-21 09:00:00.000000", disabled=True)]
    pull(job, books)
    assert codes() == ["B"]


def _listed(books: Books, *names: str, complete: bool = True) -> None:
    books.lists["items"] = NameList(frozenset(names), complete)


def test_what_was_removed_is_found_by_the_daily_list(job: Job, books: Books, time: Time) -> None:
    names = [f"I{n:02}" for n in range(40)]
    books.tables["items"] = [item(n) for n in names]
    _listed(books, *names)
    pull(job, books)
    _listed(books, *names[2:])
    time.passes(3600)
    assert pull(job, books).gone == 0  # not due yet
    time.passes(86400)
    assert pull(job, books).gone == 2
    assert codes() == names[2:]


def test_a_list_that_would_switch_off_more_than_five_percent_asks_a_person(
    job: Job, books: Books, store: Store, time: Time
) -> None:
    names = [f"I{n:02}" for n in range(40)]
    books.tables["items"] = [item(n) for n in names]
    _listed(books, *names[3:])
    assert pull(job, books).gone == 0
    assert len(codes()) == 40
    (told,) = notices.open_notices(store, level="needs")
    assert told.text.startswith("3 of 40 items are missing in the full list.")
    _listed(books, *names[2:])  # exactly five percent
    time.passes(86401)
    assert pull(job, books).gone == 2
    assert notices.open_notices(store) == []


def test_an_incomplete_list_changes_nothing_and_asks_a_person(job: Job, books: Books, store: Store) -> None:
    names = [f"I{n:02}" for n in range(40)]
    books.tables["items"] = [item(n) for n in names]
    _listed(books, *names[1:], complete=False)
    assert pull(job, books).gone == 0
    assert len(codes()) == 40
    assert "incomplete" in notices.open_notices(store, level="needs")[0].text


def test_items_from_elsewhere_are_not_switched_off(job: Job, books: Books, store: Store) -> None:
    Item.create(code="OWN", name="Own", item_group="X", source="csv")
    names = [f"I{n:02}" for n in range(40)]
    books.tables["items"] = [item(n) for n in names]
    _listed(books, *names)
    pull(job, books)
    assert "OWN" in codes()


def _cashier(code: str, active: bool = True, modified: str = "2026-11-20 09:00:00.000000") -> dict[str, Any]:
    return {"code": code, "name": f"Cashier {code}", "role": "cashier", "active": active, "modified": modified}


def test_a_leaver_is_switched_off_and_signed_out(job: Job, books: Books, store: Store, time: Time) -> None:
    books.tables["cashiers"] = [_cashier("7"), _cashier("8")]
    books.lists["cashiers"] = NameList(frozenset({"7", "8"}), True)
    pull(job, books)
    people.set_pin(store, "7", "2580")
    secret, _actor = people.sign_in(store, "7", "2580")
    books.tables["cashiers"] = [_cashier("7", False, "2026-11-21 09:00:00.000000")]
    pull(job, books)
    assert [u.code for u in User.select().where(User.active == 1)] == ["8"]
    assert people.find_sign_in(store, secret) is None


def test_one_who_is_in_no_list_any_more_is_switched_off_within_the_hour(job: Job, books: Books, time: Time) -> None:
    books.tables["cashiers"] = [_cashier("7"), _cashier("8")]
    books.lists["cashiers"] = NameList(frozenset({"7", "8"}), True)
    pull(job, books)
    books.lists["cashiers"] = NameList(frozenset({"8"}), True)
    time.passes(3601)
    assert pull(job, books).gone == 1
    assert [u.code for u in User.select().where(User.active == 1)] == ["8"]


def test_an_empty_list_of_people_switches_nobody_off(job: Job, books: Books, time: Time) -> None:
    books.tables["cashiers"] = [_cashier("7")]
    books.lists["cashiers"] = NameList(frozenset(), True)
    pull(job, books)
    assert User.get().active


def test_a_code_of_a_person_made_here_is_not_taken_over(job: Job, books: Books, store: Store) -> None:
    people.add_user(store, "M1", "Mary", "manager", pin="2580")
    books.tables["cashiers"] = [_cashier("M1"), _cashier("7")]
    done = pull(job, books)
    assert done.refused == 1
    assert (User.get_by_id("M1").name, User.get_by_id("M1").role) == ("Mary", "manager")
    assert User.get_by_id("7").source == "erpnext"


def test_a_pin_made_here_survives_a_change_there(job: Job, books: Books, store: Store) -> None:
    books.tables["cashiers"] = [_cashier("7")]
    pull(job, books)
    people.set_pin(store, "7", "2580")
    books.tables["cashiers"] = [{**_cashier("7", True, "2026-11-21 09:00:00.000000"), "name": "Anna New"}]
    pull(job, books)
    assert people.check_pin(store, "7", "2580").name == "Anna New"


def test_pulled_stock_does_not_hide_sales_they_do_not_know(
    journal: Journal, job: Job, books: Books, store: Store, time: Time
) -> None:
    books.tables["stock"] = [_stock(10, "2026-11-21 09:00:00.000000")]
    pull(job, books)
    sold = journal.commit(receipts.sale(receipts.line("SHOE-42", 2))).doc["id"]
    assert stock.stock_of(store, ["SHOE-42"]) == {"SHOE-42": 8000}
    books.tables["stock"] = [_stock(12, "2026-11-21 09:30:00.000000")]  # two came in; ours is not known there
    time.passes(300)
    pull(job, books)
    assert stock.stock_of(store, ["SHOE-42"]) == {"SHOE-42": 10000}
    row = outbox.claim(store, "erpnext", "server:1:test", 1, clock.now())[0]
    time.passes(1)
    outbox.booked(store, outbox.sent(store, row, clock.now(), "SINV-1"), clock.now(), {})
    assert row.document == sold
    assert stock.stock_of(store, ["SHOE-42"]) == {"SHOE-42": 10000}  # booked after the last pull: still not in theirs
    books.tables["stock"] = [_stock(10, "2026-11-21 10:05:01.000000")]
    time.passes(300)
    pull(job, books)
    assert stock.stock_of(store, ["SHOE-42"]) == {"SHOE-42": 10000}
    assert StockRow.get().qty == 10000


def _stock(qty: int, modified: str) -> dict[str, Any]:
    return {"name": "bin-1", "item": "SHOE-42", "warehouse": "Stores - TS", "qty": qty * 1000, "modified": modified}


def _customer(code: str) -> dict[str, Any]:
    return {"code": code, "name": code, "modified": "2026-11-20 09:00:00.000000"}


def test_a_dead_line_ends_the_round_and_is_written_down(job: Job, books: Books, store: Store) -> None:
    books.tables["items"] = [item("A")]
    books.away = True
    assert pull(job, books).stopped == "connection refused"
    assert connections.line(store, "erpnext").offline_since
    books.away = False
    assert pull(job, books).sentence() == "1 items brought in."
    assert connections.line(store, "erpnext").offline_since == ""


def test_a_demo_shop_asks_no_other_machine(store: Store, books: Books, job: Job) -> None:
    Meta.create(key="demo", value="yes")
    real = Job(**{**{n: getattr(job, n) for n in Job.__dataclass_fields__}, "address": "https://erp.example.com"})
    with pytest.raises(BadSettings):
        refresh.pull(real, books.kind())
    assert books.pulls == []


def test_prices_that_were_deleted_there_are_deleted_here(job: Job, books: Books, time: Time) -> None:
    rows = [
        {"name": f"P{n}", "price_list": "Standard Selling", "item": f"I{n}", "amount": 100, "currency": "GBP",
         "valid_from": "", "valid_upto": "", "modified": "2026-11-20 09:00:00.000000"}
        for n in range(40)
    ]  # fmt: skip
    books.tables["prices"] = rows
    books.lists["prices"] = NameList(frozenset(r["name"] for r in rows), True)
    pull(job, books)
    books.lists["prices"] = NameList(frozenset(r["name"] for r in rows[1:]), True)
    time.passes(timedelta(days=1, seconds=1).total_seconds())
    assert pull(job, books).gone == 1
    assert Price.select().count() == 39


# -- pictures ----------------------------------------------------------------------------------------------------------


def drawn(width: int, height: int, form: str = "PNG", mode: str = "RGBA") -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height), "red" if mode != "P" else 3).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "height", "form", "mode", "size"),
    [
        (800, 400, "PNG", "RGBA", (160, 80)),
        (3000, 4000, "JPEG", "RGB", (120, 160)),
        (40, 30, "GIF", "P", (40, 30)),
        (600, 600, "WEBP", "RGB", (160, 160)),
        (500, 500, "PNG", "LA", (160, 160)),
    ],
)
def test_a_thumbnail_is_a_small_jpeg(width: int, height: int, form: str, mode: str, size: tuple[int, int]) -> None:
    source = Image.new(mode if mode != "LA" else "L", (width, height)).convert(mode)
    out = BytesIO()
    source.save(out, form)
    with Image.open(BytesIO(pictures.thumbnail(out.getvalue()))) as made:
        assert (made.format, made.size, made.mode) == ("JPEG", size, "RGB")
        assert "exif" not in made.info


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = drawn(9000, 9000, mode="1")
    assert len(bomb) < 100_000
    with pytest.raises(ValueError, match="claims 9000 x 9000"):
        pictures.thumbnail(bomb)


@pytest.mark.parametrize(
    "junk", [b"", b"not a picture", drawn(50, 50)[:60], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        pictures.thumbnail(junk)


def test_pictures_are_made_ahead_and_a_bad_one_is_not_asked_for_again(job: Job, books: Books, store: Store) -> None:
    books.tables["items"] = [item("A", image="/files/a.png"), item("B", image="http://elsewhere/b.png"), item("C")]
    pull(job, books)
    books.pictures["/files/a.png"] = drawn(300, 300)
    memory: dict[str, Any] = {}
    made = pictures.prepare(job, memory, 10)
    assert (made.made, made.bad) == (1, 1)
    thumb = Item.get_by_id("A").thumb
    assert (store.config.data / "thumbs" / thumb).read_bytes()[:2] == b"\xff\xd8"
    assert pictures.prepare(job, memory, 10).sentence() == ""


def test_stock_that_was_pulled_while_a_sale_was_booked_is_asked_for_again_soon_and_alone(
    store: Store, books: Books, journal: Journal, time: Time
) -> None:
    """Until then it may count that sale twice. With nothing under way the next round is as usual."""
    books.tables = {"items": [], "stock": []}
    runner = Runner(store, store.config, [sync_in.AGENT], kinds=[books.kind()])
    key = ("sync_in", books.kind().name)
    journal.commit(receipts.sale())
    Outbox.update(state="sent").execute()
    runner.once(*key, "schedule")
    assert rounds.states(store, time())[key].due_at == time.stamp(sync_in.UNSETTLED_SECONDS)
    Outbox.update(state="booked", updated_at=time.stamp()).execute()
    time.passes(sync_in.UNSETTLED_SECONDS)
    books.pulls.clear()
    runner.once(*key, "schedule")
    assert [feed for feed, _since in books.pulls] == ["stock"]
    assert rounds.states(store, time())[key].due_at > time.stamp(sync_in.UNSETTLED_SECONDS)
