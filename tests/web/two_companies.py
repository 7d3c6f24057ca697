"""A hub with one of everything of two companies, and somebody of each at its console."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from pos import clock, config
from pos.actions import hub_intake, imports, schedules
from pos.app import App, create_app
from pos.rules import hub
from pos.store import companies, hub_tills, notices, passwords, people, reach, reconciliations, run_work, runs
from pos.store import schedules as kept_schedules
from pos.store.companies import Place
from pos.store.hub_tills import Joining
from pos.store.models import Connection, Document, Held, Outbox, ReconciliationItem, Session, VoucherRow
from pos.store.run_work import End
from pos.store.schedules import Form
from pos.store.scopes import Scope
from tests.actions.test_hub_intake import Made
from tests.web.conftest import PASSWORD, Console
from tests.web.reach_of_inventory import stock_of


@dataclass(frozen=True)
class Side:
    """One company: its till's key, ids of its rows, and words that give a row of it away."""

    company: str
    key: str
    ids: dict[str, Any]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Hub:
    """A hub of two companies, and somebody of each at its console; `whole` may see all of it."""

    app: App
    sides: tuple[Side, Side]
    pages: tuple[Console, Console]
    whole: Console


@contextmanager
def a_hub(root: Path, storage: config.Storage | None = None) -> Iterator[Hub]:
    """A hub of two companies on a folder, its store there as well or where `storage` says."""
    read = config.load(root, environ={})
    read = replace(read, storage=storage or read.storage)
    wanted = replace(read, till=replace(read.till, id="HUB", name="Hub"), server=replace(read.server, role="hub"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people.PINS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(passwords.PASSWORDS, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app = create_app(wanted)
        try:
            companies.add(app.store, "north", "Boreal Ltd", "test")
            sides = (seed(app, "main", "T1", "Aquila"), seed(app, "north", "N1", "Boreal"))
            people.add_user(app.store, "99", "Zora Whole", "admin", "4711", "test")
            passwords.set_password(app.store, "99", PASSWORD, "test")
            pages = tuple(Console(app).sign_in(side.ids["reader"]) for side in sides)
            yield Hub(app, sides, pages, Console(app).sign_in("99"))  # type: ignore[arg-type]
        finally:
            app.stop()


def seed(app: App, company: str, till: str, word: str) -> Side:
    """One of everything, each with the word in it."""
    store, key = app.store, f"key of {till}"
    code = hub_tills.add(store, f"{word} till", "test", Place(company, company))
    joined = hub_tills.join(store, code, Joining(till, (till,), f"folder{till}", hub.digest(key), "1.0"))
    connection = companies.connection_id("erpnext", company)
    Connection.create(id=connection, kind="erpnext", title=f"{word} books", company=company)
    doc, body = Made(till).next(customer=f"{word} customer")
    hub_intake.take_in(app.journal, joined, doc["id"], body)
    row = Outbox.get(Outbox.document == doc["id"])
    Outbox.update(state="rejected", code="odd", message=f"{word} is odd").where(Outbox.n == row.n).execute()
    session, day, now = doc["session"], doc["business_day"], clock.now()
    z = _a_z(doc, word)
    Session.update(
        open=False, closed_at=clock.stamp(now), z_number=1, z_document=z.id, last_sequence=1, counted=1
    ).where(Session.id == session).execute()
    for scope in (Scope("session", session, day), Scope("day", day, day)):
        reconciliations.not_run(store, connection, scope, now, "line", f"{word} books are away")
    item = ReconciliationItem.create(
        connection=connection, key=doc["id"], document=doc["id"], number=doc["invoice_name"], part="sale",
        session=session, day=day, remote_id=f"{word}-REMOTE", what="differs", words=f"{word} differs", here="",
        there="", found_at="", last_at="", state="open", closed_at="", closed_by="", reason="",
    )  # fmt: skip
    notices.raise_notice(store, f"outbox:{row.n}", "needs", f"{word} was refused", "", doc["invoice_name"])
    reader, member = {"main": ("11", "12"), "north": ("21", "22")}[company]
    for code, name in ((reader, f"{word} reader"), (member, f"{word} member")):
        people.add_user(store, code, name, "admin" if code == reader else "cashier", "4711", "test")
        reach.keep_to(store, code, [Place(company, "")], "test", new=True)
    passwords.set_password(store, reader, PASSWORD, "test")
    Held.create(
        id=clock.uuid7(), store="main", till=till, title=f"{word} basket", basket="{}", lines=1, total="1.00",
        state="held", by_code=member, by_name=f"{word} member", at=clock.stamp(now),
    )  # fmt: skip
    VoucherRow.create(
        id=f"{word}:1", code="GV-SAME", act="issue", amount=500, at=clock.stamp(now), expires="", till=till,
        document=doc["id"], position=1, origin="document", exposure=0, sent_at="x",
    )  # fmt: skip
    job = _a_run(app, company, connection, word)
    export = imports.upload(store, app.config, company, f"{word}.csv", io.BytesIO(f"{word} is no export".encode()), "")
    ids = {
        "import": export.n, "run": job, "schedule": _a_schedule(app, company, word),
        "n": row.n, "document": doc["id"], "number": doc["invoice_name"], "beginning": f"{till}-", "session": session,
        "day": day, "item": item.n, "z": z.number, "code": member, "reader": reader, "till": joined.id,
        "company": company, "books": connection, **stock_of(app, company, word),
    }  # fmt: skip
    return Side(company, key, ids, (word, f"{till}-", doc["id"], joined.id))


def _a_run(app: App, company: str, connection: str, word: str) -> str:
    """A run that failed, with words and a log."""
    store, now = app.store, clock.now()
    job = runs.ask(
        store, "single", company, "2026-11-20", "2026-11-20", parallel=1, stagger_seconds=0, continue_on_failure=False,
        by="test", now=now, books={company: connection},
    )  # fmt: skip
    found = run_work.claim(store, "test", now)
    assert found is not None and found[0].job == job
    run_work.finish(store, found[0], End("failed", "1", "failed", f"{word} was refused"), now)
    return job


def _a_schedule(app: App, company: str, word: str) -> str:
    """A schedule that could not run once."""
    form = Form(f"{word} times", company, "0 18 * * *", "Africa/Lagos", "yesterday", 1, 0, False)
    made = schedules.create(app.store, form, "test")
    kept_schedules.note(app.store, made, "skipped_invalid", clock.now(), words=f"{word} is odd")
    return made.id


def _a_z(doc: dict[str, Any], word: str) -> Any:
    """As much of a Z as a list shows."""
    sale = Document.get(Document.id == doc["id"])
    number = f"{doc['till']}-000009"
    z = {
        "kind": "z", "id": f"{doc['id'][:-4]}0000", "till": doc["till"], "invoice_name": number, "currency": "GBP",
        "note": word,
        "z": {**{kind: {"count": 1} for kind in ("sales", "returns", "voids")}, "total": "1.00", "count": None},
    }  # fmt: skip
    values = {name: getattr(sale, name) for name in sale._meta.fields if name != "n"}
    values |= {"id": z["id"], "kind": "z", "sequence": 9, "number": number, "body": json.dumps(z), "path": number}
    return Document.create(**values)
