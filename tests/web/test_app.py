"""The composition root: what starts, starts once, and stops in order."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from pos import config
from pos.app import App, create_app
from pos.errors import BadSettings, PosError
from pos.store import earlier, entries
from tests.web.conftest import Page, Served, stock_shop


def test_a_second_till_on_the_same_folder_is_refused(till: App) -> None:
    with pytest.raises(PosError):
        create_app(till.config)
    assert Page(till).get("/health").status_code == 200


def test_a_stopped_till_starts_again_on_its_folder_and_leaves_no_thread(shop: config.Config) -> None:
    before = {thread.name for thread in threading.enumerate()}
    for _ in range(2):
        app = create_app(shop)
        app.start()
        assert Page(app).get("/health").json["can_save"] is True
        app.stop()
    until = time.monotonic() + 60
    while (left := {t.name for t in threading.enumerate()} - before) and time.monotonic() < until:
        time.sleep(0.02)
    assert left == set()


def test_the_start_asks_once_for_cash_of_earlier_days(shop: config.Config) -> None:
    app = create_app(shop)
    assert entries.meta(app.store, earlier.DONE_KEY, "") == "1"
    app.stop()


def test_a_start_that_fails_half_way_lets_go_of_the_folder(
    shop: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pos import app as root

    def fails(*_: object) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as broken:
        broken.setattr(root, "build", fails)
        with pytest.raises(RuntimeError):
            create_app(shop)
    create_app(shop).stop()


def test_a_locale_nobody_knows_stops_the_start(shop: config.Config) -> None:
    with pytest.raises(BadSettings, match="locale"):
        create_app(replace(shop, shop=replace(shop.shop, locale="xx_YY")))


def test_each_till_has_its_own_control_key(shop: config.Config) -> None:
    first = create_app(shop)
    first.stop()
    second = create_app(shop)
    second.stop()
    assert first.control_key != second.control_key
    assert first.control_key not in repr(vars(second))


def test_a_till_that_stops_refuses_what_comes_late(shop: config.Config) -> None:
    app = create_app(shop)
    stock_shop(app)
    app.start()
    served = Served(app)
    served.stop()
    app.stop()
    assert app.journal.health().can_save is False
