"""Chat against a real receiver: the two formats, and words that must stay words."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from pos.channels.base import Change
from pos.channels.chat import Chat
from pos.config import Notices
from pos.errors import ConnectorError, Rejected
from tests.channels.conftest import SENDER
from tests.receivers import Receiver

Make = Callable[..., Notices]
Changes = Callable[..., Change]
SECRET_PATH = "/services/T00/B00/sEcReTpAtH"


def test_the_text_says_till_level_and_remedy(settings: Make, change: Changes) -> None:
    over = change(id="b", what="resolved", text="No line to ERPNext.")
    with Receiver() as there:
        Chat(settings(chat_url=there.url + SECRET_PATH), SENDER).send([change(), over])
    (post,) = there.posts
    assert post.path == SECRET_PATH
    assert post.headers["content-type"] == "application/json"
    assert post.json["text"].splitlines() == [
        "*Finch &amp; Marlow, Till 1*",
        "🔴 Needs a person: The disk has 90 MB left. → Make room.",
        "🟢 Resolved: No line to ERPNext.",
    ]


def test_the_card_is_one_teams_reads(settings: Make, change: Changes) -> None:
    with Receiver() as there:
        Chat(settings(chat_url=f"{there.url}/workflows/x?sig=abc", chat_format="card"), SENDER).send([change()])
    (post,) = there.posts
    assert post.path == "/workflows/x?sig=abc"
    (card,) = post.json["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in card["content"]["body"]] == [
        "Finch & Marlow, Till 1",
        "🔴 Needs a person: The disk has 90 MB left. → Make room.",
    ]


def test_an_order_from_outside_calls_nobody_and_links_nowhere(settings: Make, change: Changes) -> None:
    with Receiver() as there:
        channel = Chat(settings(chat_url=there.url + SECRET_PATH), SENDER)
        channel.send([change(text="Web order <!channel> @here <http://evil|click>\nnext", remedy="")])
    line = there.posts[0].json["text"].splitlines()[1]
    assert "<" not in line
    assert "@here" not in line
    assert line.endswith("next")


def test_the_address_is_a_secret_and_stands_in_no_log_and_no_error(
    settings: Make, change: Changes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver() as there:
        there.does = [404, "cut", 302]
        there.answer_headers = {"Location": f"http://127.0.0.1:{there.port}/other"}
        channel = Chat(settings(chat_url=f"{there.url}{SECRET_PATH}?sig=TopSecret"), SENDER)
        said = []
        for error in (Rejected, ConnectorError, ConnectorError):
            with pytest.raises(error) as raised:
                channel.send([change()])
            said.append(f"{raised.value.message} {raised.value.__cause__}")
    assert len(there.posts) == 3
    spoken = " ".join([*said[:1], *(record.getMessage() for record in caplog.records if record.name.startswith("pos"))])
    for secret in ("sEcReTpAtH", "TopSecret"):
        assert secret not in spoken
        assert all(secret not in words.split(" None")[0].split(" (")[0] for words in said)
