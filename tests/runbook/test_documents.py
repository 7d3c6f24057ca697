"""The runbook's rows about a document that is stuck and a Z that does not agree: named, explained, put right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pos.store import intake
from pos.store.models import Outbox
from tests.actions import drawer
from tests.actions.shop import line
from tests.runbook import offline
from tests.runbook.shop import MANAGER, Shop, shop
from tests.store import looking

#: The newest document: its file is durable once the journal remembers so.
LAST = "SELECT max(n) FROM document"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shop]:
    with shop(tmp_path / "till") as opened:
        yield opened


@pytest.mark.parametrize("count", [30, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_one_poisoned_receipt_holds_up_none_of_the_others(here: Shop, count: int) -> None:
    for n in range(count):
        if n == count // 3:
            bad = here.basket(line("ZER", "2"))
        else:
            here.sell()
    item = here.site.docs["Item"].pop("ZER")  # somebody deleted it over there
    here.drain()
    assert here.states() == {"booked": count - 1, "rejected": 1}
    (row,) = Outbox.select().where(Outbox.state == "rejected")
    assert row.document == bad["id"]
    posts = [path for method, path in here.line.requests if method == "POST" and "Sales%20Invoice" in path]
    assert len(posts) == count, "tried once, not over and over"
    (told,) = here.told("outbox:")
    assert bad["invoice_name"] in told and "ZER" in told
    console = here.console()
    shown = console.get(f"/api/console/outbox/{row.n}").json["row"]
    (missing,) = shown["missing"]
    assert missing["code"] == "ZER" and missing["make"].startswith(here.line.url)
    assert here.command("outbox", "list") == 1
    here.site.docs["Item"]["ZER"] = item
    assert here.command("outbox", "retry", bad["invoice_name"], "--reason", "item made again") == 0
    here.drain()
    assert here.states() == {"booked": count}
    assert here.booked() == here.wanted() and here.told("outbox:") == []


def test_a_z_that_does_not_agree_is_explained_to_the_receipt(here: Shop) -> None:
    """Five pounds are short in the drawer, and somebody wrote them into a receipt afterwards."""
    drawer.start(here.app, "50.00", MANAGER)  # type: ignore[arg-type]
    here.sell(2)
    odd = here.basket(line("STD", "7"))
    here.sell()
    z = here.finish("-5.00")
    console = here.console()
    number = z["z"]["number"]
    clean = console.get(f"/api/console/z?number={number}").json
    cash = next(row for row in clean["rows"] if (row["of"], row["name"]) == ("drawer", "cash"))
    short = Decimal(cash["counted"]) - Decimal(cash["printed"])
    assert clean["equal"] and cash["over"] and short == Decimal("-5.00"), "the till's own sums agree: it is the drawer"
    file = next(here.config.invoices.rglob(f"{odd['invoice_name']}.json"))
    kept = file.read_bytes()
    file.write_bytes(kept.replace(b'"total": "7.00"', b'"total": "2.00"').replace(b'"total": 7.00', b'"total": 2.00'))
    assert file.read_bytes() != kept
    found = console.get(f"/api/console/z?number={number}").json
    assert not found["equal"]
    (named,) = found["trouble"]
    assert named["path"].endswith(f"{odd['invoice_name']}.json")
    assert named["words"] == (
        f"{odd['invoice_name']} was changed in the file: £2.00 there, £7.00 in the database, as it was sold."
    )
    assert found["words"] == "1 receipt is not the same in file and database; it is named below."
    file.unlink()  # kept as evidence elsewhere, as the runbook says
    looking.until(lambda: intake.remembered(here.app.store) == here.app.store.execute(LAST).fetchone()[0])
    here.rounds_on_schedule("watch")
    assert file.read_bytes() == kept, "the right one is written again"
    assert console.get(f"/api/console/z?number={number}").json["equal"]
    here.sound()


def test_days_without_a_line_are_drained_to_the_penny(here: Shop) -> None:
    """The full month: `python3 tasks.py prove --only offline`."""
    days = 3
    played = offline.play(here, days, 7)
    assert played.wrong == []
    assert played.difference == Decimal("0.00") and played.scopes == 2 * days
    assert played.parts > 7 * days
