"""Old tills keep working: what tills of three versions said to their hub, said again to the hub of today.

recorded_hub/ holds the recordings (`python -m tests.hub_recording`); docs/hub.md says what each version can do. Today's
answers may say more than the recorded ones, never less, and decide the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient

from pos import clock
from pos.app import App, create_app
from pos.config import Config
from pos.rules import hub
from pos.store import hub_tills
from tests.contract.hub_goods import goods

DATA = Path(__file__).resolve().parent / "recorded_hub"
SPOKEN = sorted(file.stem for file in DATA.glob("*.json"))
#: Words for people, what another hub has of its own, and its count of changes.
OWN = {"hub", "proof", "version", "title", "message", "next", "position", "changed_at"}


@pytest.fixture
def today(tmp_path: Path) -> Iterator[App]:
    config = Config(root=tmp_path)
    app = create_app(replace(config, till=replace(config.till, id="HUB"), server=replace(config.server, role="hub")))
    goods(app.store)
    yield app
    app.stop()


class Replay:
    """The tills of a recording, at another hub."""

    def __init__(self, app: App, exchanges: list[dict[str, Any]]) -> None:
        self.app, self.client = app, FlaskClient(app.flask)
        self.cursors: dict[str, str] = {"": ""}
        self.keys = {
            one["headers"]["X-Tillkeep-Till"]: one["headers"]["Authorization"].removeprefix("Bearer ")
            for one in exchanges
            if "Authorization" in one["headers"]
        }

    def say(self, one: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """What today's hub answers to a recorded request, at the moment it was made."""
        path, body = one["path"], one["body"]
        asked = parse_qs(urlsplit(path).query)
        if "since" in asked:
            since = asked["since"][0]
            path = path.replace(quote(since, safe=""), quote(self.cursors.get(since, since), safe=""))
        if path.endswith("/join"):
            told = json.loads(body)
            body = json.dumps({**told, "code": hub_tills.add(self.app.store, told["till"], "test")})
        answer = self.client.open(path, method=one["method"], headers=one["headers"], data=body.encode())
        found: dict[str, Any] = answer.get_json()
        if "next" in one["answer"] and "next" in found:
            self.cursors[one["answer"]["next"]] = found["next"]
        if "challenge" in asked and one["answer"]["proof"]:
            till, pinned = asked["till"][0], hub_tills.hub_id(self.app.store)
            assert hub.proves(found["proof"], self.keys[till], asked["challenge"][0], pinned, till)
        return answer.status_code, found


def less(was: Any, now: Any, where: str = "") -> list[str]:
    """What an answer of then had that today's has not, or has otherwise."""
    if isinstance(was, dict):
        if not isinstance(now, dict):
            return [f"{where}: {was} then, {now} now"]
        return [said for key in was.keys() - OWN for said in less(was[key], now.get(key, "nothing"), f"{where}.{key}")]
    if isinstance(was, list):
        if not isinstance(now, list) or (was and not now):
            return [f"{where}: {was} then, {now} now"]
        same = not where.endswith(
            ".rows"
        )  # of rows that change the first ones were recorded: only what they hold counts
        pairs = zip(was, now, strict=False) if same else [(was[0], now[0])] if was else []
        return [said for a, b in pairs for said in (less(a, b, f"{where}[]") if same else _shape(a, b, where))]
    return [] if was == now else [f"{where}: {was!r} then, {now!r} now"]


def _shape(was: dict[str, Any], now: dict[str, Any], where: str) -> list[str]:
    return [
        f"{where}.{key}: {was[key]!r} then, {now.get(key)!r} now"
        for key in was
        if type(was[key]) is not type(now.get(key))
    ]


@pytest.mark.parametrize("speaks", SPOKEN)
def test_a_till_of_then_is_understood_and_answered_as_then(today: App, speaks: str) -> None:
    exchanges = json.loads((DATA / f"{speaks}.json").read_text(encoding="utf-8"))["exchanges"]
    replay, wrong = Replay(today, exchanges), []
    for n, one in enumerate(exchanges):
        said = one["headers"].get("X-Tillkeep-Now")
        with clock.set_to(clock.parse(said)) if said else clock.set_to(clock.now()):
            status, answer = replay.say(one)
        name = f"{n} {one['method']} {one['path'][:60]}"
        if status != one["status"]:
            wrong.append(f"{name}: {one['status']} then, {status} now: {answer}")
        wrong += [f"{name} {said}" for said in less(one["answer"], answer)]
    assert wrong == []
    sent = [one["path"].rsplit("/", 1)[1] for one in exchanges if one["method"] == "PUT"]
    there = {key for (key,) in today.store.execute("SELECT id FROM document").fetchall()}
    assert sent and set(sent) == there, "each document is here, once"


def test_the_recorded_versions_are_today_and_two_before_it() -> None:
    assert SPOKEN == ["1.0", "1.1", "1.2"]
