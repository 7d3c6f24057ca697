"""The notify agent against a real mail server and a real receiver: failing, slow, gone and back; killed in between."""

from __future__ import annotations

import sqlite3
import time as real_time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import time as wall_time
from pathlib import Path
from typing import Any

import pytest

from agents import notify as agent
from pos import channels, clock, language
from pos import config as settings
from pos.actions import notify
from pos.runner import Runner
from pos.said import said
from pos.store import notices, rounds
from pos.store.db import Store, open_store
from pos.store.models import NoticeDelivery
from tests.books import Time
from tests.receivers import Mailbox, Post, Receiver
from tests.till_process import Till


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def there() -> Iterator[Receiver]:
    with Receiver() as there:
        yield there


@pytest.fixture
def shop(tmp_path: Path, box: Mailbox, there: Receiver) -> settings.Config:
    loaded = settings.load(tmp_path, environ={})
    values: dict[str, Any] = {
        "email_to": "owner@example.com",
        "smtp_host": "127.0.0.1",
        "smtp_port": box.port,
        "smtp_security": "none",
        "webhook_url": f"{there.url}/in",
        "webhook_secret": "s",
        "chat_url": f"{there.url}/chat",
        "timeout_seconds": 1,
    }
    return replace(loaded, notices=replace(loaded.notices, **values))


@pytest.fixture
def time() -> Iterator[Time]:
    now = Time()
    with clock.set_to(now):
        yield now


Send = Callable[[], notify.Done]


@pytest.fixture
def send(store: Store) -> Send:
    return lambda: notify.deliver(store, channels.configured(store.config), "me")


def states() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in NoticeDelivery.select().order_by(NoticeDelivery.n):
        found.setdefault(row.channel, []).append(row.state)
    return found


def chats(there: Receiver) -> list[Post]:
    return [post for post in there.posts if post.path == "/chat"]


def hooks(there: Receiver) -> list[Post]:
    return [post for post in there.posts if post.path == "/in"]


def test_people_elsewhere_read_the_shops_language(store: Store, box: Mailbox, there: Receiver, send: Send) -> None:
    store.config = replace(store.config, shop=replace(store.config.shop, language="ar"))
    say, words = (
        language.of("ar").say,
        said("Make room: {least} MB are asked for ([storage] disk_free_mb_min).", least=5),
    )
    notices.raise_notice(store, "disk", "needs", said("See the stock list."), words)
    send()
    (post,), (mail,) = hooks(there), box.messages
    assert (post.json["text"], post.json["remedy"]) == (say(said("See the stock list.")), say(words))
    heading = say(said("Needs a person"))
    assert heading in str(mail["Subject"]) and say(said("What to do:")) in mail.get_content()
    assert heading in chats(there)[0].json["text"]


def test_each_change_goes_once_to_each_channel(store: Store, box: Mailbox, there: Receiver, send: Send) -> None:
    notices.raise_notice(store, "disk", "needs", "Little room.", "Make room.")
    done = send()
    assert done.sent == {"email": 1, "webhook": 1, "chat": 1}
    assert done.again_in is None
    notices.raise_notice(store, "disk", "needs", "Still little room.")
    assert send().sent == {}, "said again is no change"
    notices.settle(store, "disk")
    send()
    assert [message["Subject"].split(": ")[0] for message in box.messages] == [
        "[Till 1] Needs a person",
        "[Till 1] Resolved",
    ]
    assert [post.json["what"] for post in hooks(there)] == ["raised", "resolved"]
    assert len(chats(there)) == 2


def test_a_storm_is_few_messages(store: Store, box: Mailbox, there: Receiver, send: Send) -> None:
    for n in range(45):
        notices.raise_notice(store, f"outbox:{n}", "needs", f"T1-{n:06} was refused.")
    done = send()
    assert done.sent == {"email": 45, "webhook": 20, "chat": 45}
    assert (len(box.messages), len(chats(there))) == (3, 3)
    assert done.again_in == 0.0, "the webhook has more"
    send()
    send()
    texts = [post.json["text"] for post in hooks(there)]
    assert texts == [f"T1-{n:06} was refused." for n in range(45)]


def test_one_channel_away_holds_no_other_up_and_loses_nothing(
    store: Store, box: Mailbox, there: Receiver, send: Send, time: Time
) -> None:
    box.stop()
    for n in range(3):
        notices.raise_notice(store, f"n{n}", "needs", f"Number {n}.")
    done = send()
    assert done.sent == {"webhook": 3, "chat": 3}
    assert states()["email"] == ["waiting"] * 3
    assert done.again_in == 60.0
    notices.raise_notice(store, "late", "needs", "Number 3.")
    assert "email" not in send().sent, "the whole channel waits for its rung"
    for _ in range(3):
        time.passes(3600)
        send()
    (open_one,) = notices.open_notices(store, prefix="channel:")
    assert (open_one.key, open_one.level) == ("channel:email", "check")
    assert "do not get through by e-mail" in open_one.text
    box.start(box.port)
    time.passes(3600)
    assert send().sent["email"] == 4
    (message,) = box.messages
    body = message.get_content()
    assert [f"Number {n}." in body for n in range(4)] == [True] * 4
    assert "do not get through" not in body
    assert notices.open_notices(store, prefix="channel:") == []
    assert any("e-mail" in post.json["text"] for post in hooks(there)), "the others told of it"


def test_a_channel_that_is_away_is_asked_once_a_rung_and_gets_everything_when_it_is_back(
    store: Store, box: Mailbox, send: Send, time: Time
) -> None:
    box.says = ["451 later"] * 2
    for n in range(25):
        notices.raise_notice(store, f"n{n}", "needs", f"Number {n}.")
    for _ in range(3):
        send()
    assert box.connections == 1, "neither the 20 of the message nor the 5 behind it are tried before their rung"
    time.passes(59)
    send()
    assert box.connections == 1
    time.passes(1)
    send()
    assert (box.connections, box.messages) == (2, [])
    notices.raise_notice(store, "fresh", "needs", "Number 25.")
    assert send().sent["email"] == 26, "one that is taken brings the others along"
    assert len(box.messages) == 3


def test_a_slow_receiver_is_left_in_time_and_asked_again_under_the_same_id(
    store: Store, there: Receiver, send: Send, time: Time
) -> None:
    there.does = ["hang"]
    notices.raise_notice(store, "x", "info", "Only the webhook takes info.")
    began = real_time.monotonic()
    assert "did not answer" in send().sentence()
    assert real_time.monotonic() - began < 4
    time.passes(60)
    send()
    first, second = hooks(there)
    assert first.headers["x-webhook-id"] == second.headers["x-webhook-id"]
    assert states()["webhook"] == ["done"]


def test_one_message_nobody_wants_stops_no_other(store: Store, there: Receiver, send: Send, time: Time) -> None:
    there.decide = lambda post: 500 if b"poison" in post.body else 200
    for n in range(2):
        notices.raise_notice(store, f"p{n}", "info", f"poison {n}")
    notices.raise_notice(store, "good", "info", "good")
    send()
    assert states()["webhook"] == ["waiting", "waiting", "done"]
    for n in range(6):
        time.passes(3600)
        notices.raise_notice(store, f"more{n}", "info", f"good {n}")
        send()
    assert states()["webhook"] == ["waiting", "waiting", "done", *["done"] * 6]
    there.decide = None
    time.passes(3600)
    send()
    assert set(states()["webhook"]) == {"done"}


def test_a_receiver_that_is_broken_is_not_run_over(store: Store, there: Receiver, send: Send, time: Time) -> None:
    there.decide = lambda post: 500
    for n in range(30):
        notices.raise_notice(store, f"n{n}", "info", f"{n}")
    send()
    assert len(hooks(there)) == notify.FAILURES_MAX
    assert send().again_in is not None
    assert len(hooks(there)) == notify.FAILURES_MAX, "the rest waits a minute"
    there.decide = None
    time.passes(61)
    send()
    time.passes(61)
    send()
    assert states()["webhook"] == ["done"] * 30


def test_quiet_hours_by_the_shops_wall_clock(store: Store, shop: settings.Config, box: Mailbox, time: Time) -> None:
    """Six hours after 10:00 UTC it is 16:00 in London's winter."""
    hours = replace(shop.notices, quiet_from=wall_time(16, 0), quiet_to=wall_time(7, 0))
    store.config = replace(shop, notices=hours)
    here = channels.configured(store.config)
    time.passes(6 * 3600)
    notices.raise_notice(store, "soon", "check", "Look soon.")
    notices.raise_notice(store, "now", "needs", "Act now.")
    done = notify.deliver(store, here, "me")
    assert [message["Subject"] for message in box.messages] == ["[Till 1] Needs a person: Act now."]
    assert done.again_in is None, "nothing is due before the hours end"
    time.passes(15 * 3600 - 1)
    assert notify.deliver(store, here, "me").sent == {}
    time.passes(1)
    assert notify.deliver(store, here, "me").sent == {"email": 1, "webhook": 1, "chat": 1}


def test_a_channel_that_is_taken_out_of_the_settings_is_not_complained_about(
    store: Store, shop: settings.Config, box: Mailbox, send: Send, time: Time
) -> None:
    box.stop()
    notices.raise_notice(store, "x", "needs", "X.")
    for _ in range(3):
        send()
        time.passes(3600)
    assert len(notices.open_notices(store, prefix="channel:")) == 1
    store.config = replace(shop, notices=replace(shop.notices, email_to=""))
    notify.deliver(store, channels.configured(store.config), "me")
    assert notices.open_notices(store, prefix="channel:") == []


# -- in the runner -----------------------------------------------------------------------------------------------------


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = real_time.monotonic() + seconds
    while not true():
        assert real_time.monotonic() < end, "it did not get there"
        real_time.sleep(0.02)


def test_a_notice_leaves_within_seconds_and_the_diary_says_so(
    store: Store, shop: settings.Config, box: Mailbox
) -> None:
    runner = Runner(store, shop, [agent.AGENT], kinds=())
    notices.on_change(store, lambda: runner.ring("notice"))
    runner.start(work=True)
    try:
        until(lambda: rounds.latest(store, "notify"))
        real_time.sleep(0.3)
        began = real_time.monotonic()
        notices.raise_notice(store, "x", "needs", "Now.")
        until(lambda: box.messages)
        assert real_time.monotonic() - began < 5
        until(lambda: any("1 sent by email." in past.sentence for past in rounds.latest(store, "notify")))
    finally:
        runner.stop()


def test_without_a_channel_the_agent_only_looks(store: Store, tmp_path: Path) -> None:
    store.config = settings.load(tmp_path, environ={})
    runner = Runner(store, store.config, [agent.AGENT], kinds=())
    assert runner.once("notify", cause="schedule")
    (past,) = rounds.latest(store, "notify")
    assert past.outcome == "ok"
    assert past.sentence == "Nothing to tell, and nobody to tell it to but the bell."


@pytest.mark.crash
def test_a_server_killed_while_it_sends_loses_nothing_and_repeats_under_the_same_id(
    tmp_path: Path, there: Receiver
) -> None:
    """20 changes, three kills while they are sent: each arrives, and what comes twice has the same id and bytes."""
    changes, kills = 20, 3
    env = {
        "TILLKEEP_NOTICES_WEBHOOK_URL": f"{there.url}/in",
        "TILLKEEP_NOTICES_WEBHOOK_SECRET": "s",
        "TILLKEEP_NOTICES_TIMEOUT_SECONDS": "1",
    }
    root = tmp_path / "till"
    till = Till(root, env=env)
    with till:
        pass
    loaded = settings.load(root, environ=env)
    store = open_store(loaded)
    for n in range(changes):
        notices.raise_notice(store, f"n{n}", "info", f"Number {n}.")
    store.close()

    def slow(post: Post) -> int:
        real_time.sleep(0.15)
        return 200

    there.decide = slow
    for kill in range(1, kills + 1):
        till.start()
        until(lambda least=changes * kill // (kills + 2): len(there.posts) >= least, 60)
        till.process.kill()
        till.process.wait()
        till.log.close()
    with till:
        until(lambda: _sent(root) == changes, 60)
    by_id: dict[str, set[bytes]] = {}
    for post in there.posts:
        by_id.setdefault(post.headers["x-webhook-id"], set()).add(post.body)
    assert sorted(post.json["text"] for post in {p.headers["x-webhook-id"]: p for p in there.posts}.values()) == sorted(
        f"Number {n}." for n in range(changes)
    )
    assert all(len(bodies) == 1 for bodies in by_id.values())
    repeated = len(there.posts) - changes
    assert 1 <= repeated <= kills, "only what was under way is repeated"


def _sent(root: Path) -> int:
    """Read beside the running server."""
    with sqlite3.connect(f"file:{root / 'data' / 'till.db'}?mode=ro", uri=True) as db:
        return int(db.execute("SELECT count(*) FROM notice_delivery WHERE state = 'done'").fetchone()[0])
