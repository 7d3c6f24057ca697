"""E-mail against a real mail server: what arrives, and what each failure means."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pos.channels.base import Change
from pos.channels.email import Email
from pos.config import Notices
from pos.errors import BadSettings, ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from tests.channels.conftest import SENDER
from tests.receivers import PASSWORD, USER, Mailbox, free_port

Make = Callable[..., Notices]
Changes = Callable[..., Change]


def channel(settings: Make, port: int, **values: object) -> Email:
    base = {"email_to": "Owner <owner@example.com>, desk@example.com", "smtp_host": "127.0.0.1", "smtp_port": port}
    return Email(settings(**{"smtp_security": "none", **base, **values}), SENDER)


def tls_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_everybody_gets_one_message_with_what_to_do(settings: Make, change: Changes) -> None:
    with Mailbox() as box:
        assert channel(settings, box.port).send([change()]) == ""
    (message,) = box.messages
    assert message["Subject"] == "[Till 1] Needs a person: The disk has 90 MB left."
    assert message["X-Rcpt"] == "owner@example.com,desk@example.com"
    assert message["To"] == "owner@example.com, desk@example.com"
    assert message["From"].addresses[0].addr_spec == "owner@example.com"
    assert message["From"].addresses[0].display_name == "Finch & Marlow Till 1"
    assert message["Auto-Submitted"] == "auto-generated"
    body = message.get_content()
    assert body.splitlines()[:2] == ["Needs a person, 2026-11-21 14:32:07+00:00", "The disk has 90 MB left."]
    assert "What to do: Make room." in body
    assert "Finch & Marlow, Till 1 (T1)" in body


def test_several_changes_are_one_message_about_the_worst(settings: Make, change: Changes) -> None:
    mild = change(id="b", key="stock:MUG", level="info", text="Mug: none left.", remedy="")
    over = change(id="c", key="offline:erpnext", what="resolved", level="needs", text="No line.", remedy="Check it.")
    with Mailbox() as box:
        channel(settings, box.port).send([mild, over, change(level="check")])
    (message,) = box.messages
    assert message["Subject"] == "[Till 1] 3 notices. Please check: The disk has 90 MB left."
    body = message.get_content()
    assert [words in body for words in ("For information", "Resolved", "Please check")] == [True] * 3
    assert "Check it." not in body, "what is over needs no remedy"


def test_the_same_changes_carry_the_same_id_and_others_another(settings: Make, change: Changes) -> None:
    with Mailbox() as box:
        for batch in ([change()], [change()], [change(), change(id="b")], [change(id="b")]):
            channel(settings, box.port).send(batch)
    ids = [message["Message-ID"] for message in box.messages]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert {message["References"] for message in box.messages} == {box.messages[0]["References"]}, "one thread"


def test_hostile_words_stay_words(settings: Make, change: Changes) -> None:
    """Order numbers and names come from outside: they must not become headers, recipients or commands."""
    text = 'Web order 7"\r\nBcc: all@example.com\r\n\r\n.\r\nQUIT\u2028x\x00é€🙂' + "y" * 900
    with Mailbox() as box:
        channel(settings, box.port, email_from="till@example.com").send([change(text=text, remedy=text)])
    (message,) = box.messages
    assert message["Bcc"] is None
    assert message["X-Rcpt"] == "owner@example.com,desk@example.com"
    assert len(message["Subject"]) <= 122, "folding may add a space"
    assert "é€🙂" in message.get_content()
    assert "\nQUIT" not in message.get_content()


# -- encryption and sign-in --------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
def test_the_way_there_is_encrypted_and_signed_in(
    settings: Make,
    change: Changes,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    at_once: bool,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    values = {"smtp_host": "localhost", "smtp_user": USER, "smtp_password": PASSWORD}
    with Mailbox(tls=tls_of(certificate), at_once=at_once, sign_in=True) as box:
        channel(settings, box.port, smtp_security="tls" if at_once else "starttls", **values).send([change()])
        assert box.signed_in == [USER.encode()]
        assert len(box.messages) == 1
        with pytest.raises(SignInNeeded) as refused:
            channel(
                settings, box.port, smtp_security="tls" if at_once else "starttls", **{**values, "smtp_password": "no"}
            ).send([change()])
    assert "no" not in refused.value.message.split()
    assert len(box.messages) == 1


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_gets_nothing(
    settings: Make, change: Changes, certificate: tuple[Path, Path], at_once: bool
) -> None:
    security = "tls" if at_once else "starttls"
    with Mailbox(tls=tls_of(certificate), at_once=at_once) as box:
        with pytest.raises(Unavailable) as refused:
            channel(settings, box.port, smtp_host="localhost", smtp_security=security).send([change()])
        assert refused.value.code == "certificate"
        assert box.messages == []


def test_a_server_that_cannot_encrypt_is_not_spoken_to_in_clear(settings: Make, change: Changes) -> None:
    with Mailbox() as box:
        with pytest.raises(Rejected) as refused:
            channel(settings, box.port, smtp_security="starttls").send([change()])
        assert refused.value.code == "not_supported"
        assert "smtp_security" in refused.value.remedy
        assert box.messages == []


# -- failures ----------------------------------------------------------------------------------------------------------

ANSWERS: list[tuple[str, type[ConnectorError]]] = [
    ("451 greylisted, try again", Unavailable),
    ("452 mailbox full", Unavailable),
    ("550 no such user", Rejected),
    ("554 looks like spam", Rejected),
    ("hang", Unknown),
    ("cut", Unknown),
]


@pytest.mark.parametrize(("says", "error"), ANSWERS)
def test_each_answer_is_exactly_one_error(
    settings: Make, change: Changes, says: str, error: type[ConnectorError]
) -> None:
    with Mailbox() as box:
        box.says = [says]
        with pytest.raises(ConnectorError) as raised:
            channel(settings, box.port).send([change()])
        assert type(raised.value) is error
        assert len(box.messages) == (1 if says == "cut" else 0)


def test_nobody_there_is_unavailable(settings: Make, change: Changes) -> None:
    with pytest.raises(Unavailable):
        channel(settings, free_port()).send([change()])


def test_a_server_that_says_nothing_is_given_up_in_time(settings: Make, change: Changes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=silent.accept, daemon=True).start()
        with pytest.raises(Unavailable):
            channel(settings, silent.getsockname()[1]).send([change()])


def test_one_recipient_refused_does_not_cost_the_others_theirs(settings: Make, change: Changes) -> None:
    with Mailbox() as box:
        box.refuse = {"desk@example.com": "550 gone"}
        assert channel(settings, box.port).send([change()]) == "Not taken for desk@example.com."
        assert box.messages[0]["X-Rcpt"] == "owner@example.com"
        box.refuse["owner@example.com"] = "450 busy"
        with pytest.raises(Rejected):
            channel(settings, box.port).send([change()])
        box.refuse["desk@example.com"] = "450 busy"
        with pytest.raises(Unavailable):
            channel(settings, box.port).send([change()])


@pytest.mark.parametrize("bad", ["owner", "@", "a b@example.com", "owner@example.com, nobody"])
def test_an_address_that_is_none_stops_the_start(settings: Make, bad: str) -> None:
    with pytest.raises(BadSettings):
        channel(settings, 25, email_to=bad)
