"""The signed webhook against a real receiver: what it gets, whether it can trust it, what each answer means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos import channels, clock
from pos import config as till_settings
from pos.channels.base import Change
from pos.channels.webhook import Webhook
from pos.config import Notices
from pos.errors import BadSettings, ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.rules import signing
from tests.channels.conftest import SENDER
from tests.receivers import Receiver, free_port

Make = Callable[..., Notices]
Changes = Callable[..., Change]
NOW = datetime(2026, 11, 21, 14, 33, tzinfo=UTC)


def channel(settings: Make, url: str) -> Webhook:
    return Webhook(settings(webhook_url=url, webhook_secret="whs"), SENDER)


def test_the_receiver_gets_the_change_and_can_check_it(settings: Make, change: Changes) -> None:
    with Receiver() as there, clock.set_to(NOW):
        channel(settings, f"{there.url}/in?x=1").send([change(text="£5 “gone”")])
    (post,) = there.posts
    assert post.path == "/in?x=1"
    assert post.json == {
        "schema": "tillkeep.notice/1",
        "id": "0197-a",
        "what": "raised",
        "level": "needs",
        "key": "disk:data",
        "text": "£5 “gone”",
        "remedy": "Make room.",
        "subject": "",
        "at": "2026-11-21T14:32:07.000+00:00",
        "till": {"id": "T1", "name": "Till 1", "shop": "Finch & Marlow"},
    }
    at = post.headers["x-webhook-timestamp"]
    assert int(at) == int(NOW.timestamp())
    given = post.headers["x-signature-256"]
    assert given.startswith("sha256=")
    assert signing.is_signed(["whs"], post.headers["x-webhook-id"], at, post.body, given)
    assert not signing.is_signed(["whs"], post.headers["x-webhook-id"], at, post.body + b" ", given)


def test_sent_again_it_is_the_same_message(settings: Make, change: Changes) -> None:
    with Receiver() as there:
        for _ in range(2):
            channel(settings, there.url + "/in").send([change()])
    first, second = there.posts
    assert (first.body, first.headers["x-webhook-id"]) == (second.body, second.headers["x-webhook-id"])


ANSWERS: list[tuple[int | str, type[ConnectorError] | None]] = [
    (200, None),
    (202, None),
    (204, None),
    (302, Unavailable),
    (400, Rejected),
    (401, SignInNeeded),
    (403, SignInNeeded),
    (404, Rejected),
    (408, Unavailable),
    (410, Rejected),
    (413, Rejected),
    (429, Unavailable),
    (500, Unknown),
    (502, Unknown),
    (503, Unavailable),
    ("cut", Unknown),
    ("hang", Unknown),
]


@pytest.mark.parametrize(("does", "error"), ANSWERS)
def test_each_answer_is_exactly_one_error(
    settings: Make, change: Changes, does: int | str, error: type[ConnectorError] | None
) -> None:
    with Receiver() as there:
        there.does = [does]
        here = channel(settings, there.url + "/in")
        if error is None:
            assert here.send([change()]) == ""
        else:
            with pytest.raises(ConnectorError) as raised:
                here.send([change()])
            assert type(raised.value) is error


def test_it_waits_as_long_as_it_is_asked_to(settings: Make, change: Changes) -> None:
    with Receiver() as there, clock.set_to(NOW):
        there.does, there.answer_headers = [503], {"Retry-After": "120"}
        with pytest.raises(Unavailable) as raised:
            channel(settings, there.url + "/in").send([change()])
    assert raised.value.retry_at is not None
    assert (raised.value.retry_at - NOW).total_seconds() == 120


def test_nobody_there_is_unavailable(settings: Make, change: Changes) -> None:
    with pytest.raises(Unavailable):
        channel(settings, f"http://127.0.0.1:{free_port()}/in").send([change()])


# -- settings ----------------------------------------------------------------------------------------------------------

WRONG = [
    ({"email_to": "a@example.com"}, "smtp_host"),
    ({"email_to": "nobody", "smtp_host": "mail"}, "e-mail address"),
    ({"email_to": "a@example.com", "smtp_host": "mail", "email_levels": "needs,urgent"}, "urgent"),
    (
        {"email_to": "a@example.com", "smtp_host": "mail", "smtp_security": "none", "smtp_user": "x"},
        "in clear",
    ),
    ({"webhook_url": "https://x.example/in"}, "webhook_secret"),
    ({"webhook_url": "ftp://x.example/in", "webhook_secret": "s"}, "address"),
    ({"webhook_url": "https://user:pw@x.example/in", "webhook_secret": "s"}, "name or password"),
    ({"chat_url": "hooks.slack.com/services/x"}, "address"),
    ({"chat_url": "https://x.example/in", "chat_levels": ""}, "levels"),
]


@pytest.mark.parametrize(("values", "words"), WRONG)
def test_settings_that_cannot_work_stop_the_start(tmp_path: Path, values: dict[str, str], words: str) -> None:
    config = till_settings.load(tmp_path, environ={})
    with pytest.raises(BadSettings) as raised:
        channels.check(replace(config, notices=replace(config.notices, **values)))
    assert words in raised.value.message
    assert "pw" not in raised.value.message


def test_nothing_set_up_is_nothing_to_do_and_all_is_all(tmp_path: Path) -> None:
    config = till_settings.load(tmp_path, environ={})
    assert channels.configured(config) == []
    every = replace(
        config.notices,
        email_to="a@example.com",
        smtp_host="mail",
        webhook_url="https://x.example/in",
        webhook_secret="s",
        chat_url="https://x.example/in",
    )
    config = replace(config, notices=every)
    channels.check(config)
    assert [channel.name for channel in channels.configured(config)] == ["email", "webhook", "chat"]
