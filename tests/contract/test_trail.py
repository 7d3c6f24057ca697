"""One id from the basket to the request ERPNext gets, in every log line between; and in none of them a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from pos import clock, config
from pos.app import App, create_app
from pos.config import Config
from pos.store import connections, people
from tests.contract.emulators import erpnext_shops as shops
from tests.contract.emulators.erpnext import Emulator
from tests.contract.emulators.erpnext_site import Refusal
from tests.contract.sites import basket_site, learned, till_config
from tests.receivers import Receiver
from tests.web.conftest import PINS, Page, _cheap_pins, basket, stock_shop  # noqa: F401 - fixtures

Basket = Callable[..., dict[str, Any]]
Line = dict[str, Any]


@pytest.fixture
def site() -> Iterator[Emulator]:
    there = basket_site()
    there.clock = clock.now
    for code in ("MUG", "BAG", "LAMP"):
        shops.put_item(there, code, code.title(), price=4.99, stock=0, warehouse="Stores - TS")
    with Emulator(there) as emulator:
        yield emulator


def opened(settings: Config) -> App:
    """A till at this site, set up for it; its work is done when the test says so."""
    app = create_app(settings)
    connections.keep_facts(app.store, "erpnext", learned(settings, clock.now().date()))
    stock_shop(app)
    return app


def lines(root: Path) -> list[Line]:
    """Every line the till left in its folder."""
    return [json.loads(line) for file in sorted((root / "data/logs").iterdir()) for line in file.open(encoding="utf-8")]


def test_one_id_leads_from_the_basket_to_the_request_erpnext_got(
    tmp_path: Path,
    site: Emulator,
    basket: Basket,  # noqa: F811
) -> None:
    app = opened(till_config(tmp_path, site.url))
    anna = Page(app).sign_in("7")
    sold, other = basket(), basket(2)
    for body in (sold, other):
        assert anna.post("/api/price", body).headers["X-Correlation-Id"] == body["id"]
        answer = anna.post("/api/create-sale", body)
        assert (answer.status_code, answer.headers["X-Correlation-Id"]) == (201, body["id"])
    number = answer.json["receipt"]["number"]
    del site.requests[:], site.correlations[:]
    app.runner.once("sync_out", "erpnext")
    app.stop()

    posts = [trail for (method, path), trail in zip(site.requests, site.correlations, strict=True) if method == "POST"]
    assert set(posts) == {sold["id"], other["id"]}
    mine = [line for line in lines(tmp_path) if line.get("correlation") == other["id"]]
    assert [line["message"].split()[:2] for line in mine if line["from"] == "pos.web.guard"] == [
        ["POST", "/api/price"], ["POST", "/api/create-sale"],
    ]  # fmt: skip
    sent = [line for line in mine if line["from"] == "pos.http"]
    assert {(line["agent"], line["connection"], line["document"]) for line in sent} == {("sync_out", "erpnext", number)}
    assert len({line["run"] for line in sent}) == 1
    assert [line for line in mine if line["from"] == "pos.web.guard"][-1]["document"] == number


def test_the_trail_of_a_request_ends_with_it_and_a_callers_own_id_is_kept(
    tmp_path: Path,
    site: Emulator,
    basket: Basket,  # noqa: F811
) -> None:
    app = opened(till_config(tmp_path, site.url))
    anna = Page(app).sign_in("7")
    sold = basket()
    anna.post("/api/create-sale", sold)
    after = anna.get("/api/status").headers["X-Correlation-Id"]
    assert after not in ("", sold["id"])
    assert anna.get("/api/status", headers={"X-Correlation-Id": "kiosk-17"}).headers["X-Correlation-Id"] == "kiosk-17"
    forged = anna.get("/api/status", headers={"X-Correlation-Id": "a b\tc"}).headers["X-Correlation-Id"]
    assert " " not in forged
    app.stop()


# -- no secret ---------------------------------------------------------------------------------------------------------


def planted(settings: Config, here: Receiver) -> tuple[Config, list[str]]:
    """Every secret setting with a value of its own, whatever it is for; and what must be found nowhere."""
    told = []
    for section, group in config.GROUPS.items():
        changes = {}
        for field in fields(group):
            if field.metadata["secret"]:
                mark = f"pl4nted-{section}-{field.name}"
                changes[field.name] = f"{here.url}/{mark}" if field.name.endswith("_url") else mark
                told.append(mark)
        if changes:
            settings = replace(settings, **{section: replace(getattr(settings, section), **changes)})
    return settings, told


def test_a_busy_day_leaves_no_secret_in_any_log_nor_in_the_database(
    tmp_path: Path,
    site: Emulator,
    basket: Basket,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Sign-ins right and wrong, keys, cards, refusals that repeat our key, receivers that fail, a bug, all at DEBUG."""
    with Receiver() as receiver:
        receiver.decide = lambda _post: 500
        settings, secrets = planted(till_config(tmp_path, site.url), receiver)
        site.site.add_user(
            settings.erpnext.api_key, settings.erpnext.api_secret, "till@example.com", ("System Manager",)
        )
        for n, code in enumerate(PINS):  # four digits stand in any log by chance
            monkeypatch.setitem(PINS, code, f"9081726{n}")
        app = opened(settings)
        logging.getLogger().setLevel(logging.DEBUG)
        echo = f"key {settings.erpnext.api_secret} of {settings.erpnext.api_key}"
        secrets += a_busy_day(app, site, basket, monkeypatch, echo)
        app.stop()
    logging.getLogger().setLevel(logging.INFO)

    told = capfd.readouterr()
    seen = told.out + told.err + "".join(file.read_text("utf-8") for file in (tmp_path / "data/logs").iterdir())
    for word in ("/api/sign-in", "/api/create-sale", "sync_out", "Traceback", "unexpected error", "/api/approve"):
        assert word in seen, f"the day did not come to {word}"
    assert len(secrets) >= 24
    assert [secret for secret in secrets if secret in seen] == []
    kept = (tmp_path / "data/till.db").read_bytes()
    assert [secret for secret in secrets if secret.encode() in kept] == [], "nor in the database"


def a_busy_day(
    app: App,
    site: Emulator,
    make: Basket,
    monkeypatch: pytest.MonkeyPatch,
    echo: str,
) -> list[str]:
    """What happens on it. Answers the secrets that came up on the way."""
    anna, admin = Page(app).sign_in("7"), Page(app).sign_in("9")
    badge, token = people.set_badge(app.store, "8"), people.add_token(app.store, "kiosk", "cashier")
    secrets = [*PINS.values(), "91817263", badge, token, app.control_key, anna.csrf, "tk_" + "z" * 43]
    secrets += ["4111111111111111", "4111 1111 1111 1111"]
    for page in (anna, admin):
        cookie = page.client.get_cookie("till_sign_in_T1", domain="127.0.0.1")
        assert cookie is not None
        secrets.append(cookie.value)
    anna.post("/api/sign-in", {"code": "7", "pin": "91817263"})
    anna.post("/api/sign-in", {"badge": badge, "pin": PINS["8"]})
    anna = Page(app).sign_in("7")
    anna.get(f"/api/groups?token={token}&pin={PINS['7']}")
    for key in (token, "tk_" + "z" * 43, app.control_key):
        Page(app, HTTP_AUTHORIZATION=f"Bearer {key}").get("/api/groups")
    approval = {"act": "refund", "subject": clock.uuid7(), "bound": None, "code": "8", "pin": PINS["8"]}
    anna.post("/api/approve", approval)
    card = make(payments=[{"mode_of_payment": "Card", "amount": "4.99", "reference": "4111111111111111", "last4": ""}])
    anna.post("/api/create-sale", card)
    anna.post("/api/create-sale", {**make(), "customer": "4111 1111 1111 1111"})
    anna.post("/hooks/orders", {"secret": app.config.hooks.secret}, headers={"X-Signature-256": "sha256=00"})
    sold = make()
    anna.post("/api/create-sale", sold)
    site.refuse[sold["id"]] = Refusal(417, "ValidationError", f"no: {echo}")
    app.runner.once("sync_out", "erpnext")
    app.runner.once("sync_in", "erpnext")
    app.runner.once("notify")
    app.runner.once("voucher")

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError(f"while holding {echo} and pin={PINS['9']}")

    monkeypatch.setattr("pos.web.catalog.catalog.groups", breaks)
    assert admin.get("/api/groups").status_code == 500
    logging.getLogger("pos.test").warning("said by a library: Authorization: token %s", echo)
    return secrets
