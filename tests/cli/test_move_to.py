"""`move-to`: a hub's file into an empty PostgreSQL, broken off and begun again, compared, and the old one retired."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import cli
from pos import config as settings
from pos.actions import doctor
from pos.config import Config
from pos.errors import BadSettings, Conflict
from pos.store import catalog, chains, identity, moving, notices, people
from pos.store.db import Store, open_store
from pos.store.journal import Journal
from tests import engines, receipts, stocked
from tests.books import Time
from tests.store.goods import HERE, boots, item

SALES = 7


@pytest.fixture
def url(postgresql: engines.Server) -> Iterator[str]:
    name, address = postgresql.fresh()
    yield address
    postgresql.drop(name)


@pytest.fixture
def hub(tmp_path: Path) -> Config:
    """A hub's folder with something of everything."""
    (tmp_path / "config.ini").write_text("[server]\nrole = hub\n[till]\nid = HUB\n", encoding="utf-8")
    store = open_store(Config(root=tmp_path))  # as one of its tills, so that it can sell
    catalog.put_taxes(store, [{"code": "VAT20", "title": "VAT 20%", "rate": "20"}])
    catalog.put_items(store, [*boots(), item("MUG", "Mug with a “handle”")], "test")
    catalog.put_stock(store, [{"item": "MUG", "warehouse": HERE, "qty": 5000}], "test")
    people.add_user(store, "7", "Anna", "supervisor", by="test")
    notices.raise_notice(store, "a", "check", "Something", "Do it", "x")
    journal = Journal(store)
    for _ in range(SALES):
        journal.commit(receipts.sale())
    journal.close()
    store.close()
    return settings.load(tmp_path, environ={})


def move(hub: Config, *words: str) -> int:
    return cli.main(["move-to", *words], hub.root)


def there(hub: Config, url: str) -> Config:
    return dataclasses.replace(hub, storage=dataclasses.replace(hub.storage, url=url))


def test_stock_orders_counts_and_what_quickbooks_desktop_has_not_answered_go_on_there(hub: Config, url: str) -> None:
    time = Time()
    old = open_store(Config(root=hub.root))
    made = stocked.furnished(old, time)
    names, kept = old.database.get_tables(), stocked.levels(old)
    rows = stocked.counted(old, names)
    old.close()
    assert move(hub, url) == cli.OK
    new = open_store(there(hub, url))
    try:
        assert (stocked.counted(new, names), stocked.levels(new)) == (rows, kept)
        stocked.goes_on(new, made, time)
        handed = stocked.handed_again(new, made["ticket"], time)
        assert handed is not None and (handed.source, handed.probing) == (made["doubtful"], True)
        assert chains.walk(new).differences == []
        with new.transaction():
            new.execute("UPDATE stock SET qty = qty + 500 WHERE item = 'TEA' AND warehouse = 'BACK'")
        (words,) = chains.walk(new).differences  # what `verify` says of a hub without files
        assert words.startswith("stock of TEA at BACK is kept as ")
    finally:
        new.close()


def test_all_of_it_arrives_also_after_it_was_broken_off_and_the_old_file_is_retired(
    hub: Config, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(moving, "PAGE_ROWS", 3)
    put, calls = moving._put, []

    def stops(*given: object) -> None:
        calls.append(given)
        if len(calls) == 12:
            raise KeyboardInterrupt
        put(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(moving, "_put", stops)
    with pytest.raises(KeyboardInterrupt):
        move(hub, url)
    for config in (hub, there(hub, url)):
        store = open_store(config)
        with pytest.raises(BadSettings, match="move-to"):
            identity.prove(store)
        store.close()
    assert move(hub, url) == cli.OK
    assert f"{SALES} documents" in capsys.readouterr().out
    old = open_store(hub)
    with pytest.raises(BadSettings, match="has moved to"):
        Journal(old)
    counts = {name: old.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ("line", "outbox", "item")}
    old.close()
    assert move(hub, url) == cli.OK, "asked again it only says so"
    new = open_store(there(hub, url))
    identity.prove(new)
    assert {name: new.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in counts} == counts
    assert [hit.code for hit in catalog.search(new, "handl").items] == ["MUG"]
    audit_row = new.execute("SELECT act FROM audit ORDER BY n DESC LIMIT 1").fetchone()
    assert audit_row[0] == "hub.move", "numbers go on where they were"
    assert chains.walk(new).differences == []
    (hub.root / "config.ini").write_text(f"[server]\nrole = hub\n[till]\nid = HUB\n[storage]\nurl = {url}\n", "utf-8")
    told = {one.name: one.state for one in doctor.examine_folder(hub.root)}
    assert (told["database"], told["people"], "fail" in told.values()) == ("ok", "not_set_up", False), told
    text = new.execute("SELECT body FROM document ORDER BY n LIMIT 1").fetchone()[0]
    with new.transaction():
        new.execute("UPDATE document SET body = ? WHERE body = ?", (text.replace("GBP", "EUR", 1), text))
    assert len(chains.walk(new).differences) == 1, "a document that was changed is found"
    new.close()


def test_what_was_changed_on_the_way_is_found_and_nothing_is_changed_over(
    hub: Config, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finish = moving.finish

    def spoils(target: Store, source: object) -> None:
        finish(target, source)  # type: ignore[arg-type]
        with target.transaction():
            target.execute("UPDATE line SET amount = amount + 1")

    monkeypatch.setattr(moving, "finish", spoils)
    assert move(hub, url) == cli.FAILED
    assert "DIFFERS: line" in capsys.readouterr().out
    assert move(hub, "--give-up") == cli.OK
    store = open_store(hub)
    identity.prove(store)
    store.close()


def test_a_database_with_rows_or_of_another_hub_is_refused_and_so_is_a_till(hub: Config, url: str) -> None:
    target = open_store(there(hub, url))
    with target.transaction():
        target.execute("INSERT INTO low_stock (item, location, since) VALUES ('MUG', 'Here', '2026-01-01')")
    target.close()
    with pytest.raises(Conflict, match="not empty"):
        move(hub, url)
    target = open_store(there(hub, url))
    with target.transaction():
        target.execute("DELETE FROM low_stock")
        identity.mark_coming(target, "another")
    target.close()
    with pytest.raises(Conflict, match="another hub"):
        move(hub, url)
    (hub.root / "config.ini").write_text("[server]\nrole = both\n", encoding="utf-8")
    with pytest.raises(BadSettings, match="only a hub alone"):
        move(hub, url)
    with pytest.raises(BadSettings, match="postgresql://"):
        move(hub, "sqlite:///x.db")
