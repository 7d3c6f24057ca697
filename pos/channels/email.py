"""E-mail by SMTP, with the standard library. The way there is encrypted and its certificate checked, unless
smtp_security = none switches it off.

The same changes sent twice carry the same Message-ID both times; most mail servers then show it once.
"""

from __future__ import annotations

import contextlib
import hashlib
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from zoneinfo import ZoneInfo

from pos import clock
from pos.channels.base import Change, Sender, heading, plain, worst
from pos.config import Notices
from pos.errors import BadSettings, ConnectorError, Rejected, SignInNeeded, Unavailable, Unknown
from pos.said import nsaid, said

SUBJECT_CHARS_MAX = 120


class Email:
    """Plain text to everybody in [notices] email_to, several changes in one message."""

    name = "email"
    title = "E-mail"
    together = 20

    def __init__(self, settings: Notices, sender: Sender) -> None:
        self._settings, self._sender = settings, sender
        self._to = [_address(part) for part in settings.email_to.split(",") if part.strip()]
        self._from = _address(settings.email_from) if settings.email_from else self._to[0]

    def send(self, changes: Sequence[Change]) -> str:
        """One message. The remark names recipients the server did not take while it took others."""
        message = self._written(changes)
        with self._connected() as smtp:
            try:
                refused = smtp.send_message(message, self._from, self._to)
            except smtplib.SMTPException as error:
                raise _said_no(error, self._settings.smtp_host) from error
            except OSError as error:
                raise Unknown(
                    f"{self._settings.smtp_host} did not answer in time. It may have taken the e-mail.",
                    code="no_answer",
                ) from error
        return f"Not taken for {', '.join(sorted(refused))}." if refused else ""

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        host, port, seconds = settings.smtp_host, settings.smtp_port, settings.timeout_seconds
        smtp: smtplib.SMTP | None = None
        try:
            if settings.smtp_security == "tls":
                smtp = smtplib.SMTP_SSL(host, port, timeout=seconds, context=ssl.create_default_context())
            else:
                smtp = smtplib.SMTP(host, port, timeout=seconds)
                if settings.smtp_security == "starttls":
                    smtp.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                smtp.login(settings.smtp_user, settings.smtp_password)
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()
            raise _no_way_in(error, f"{host}:{port}") from error
        try:
            yield smtp
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):  # what was taken stays taken
                smtp.quit()
            smtp.close()

    def _written(self, changes: Sequence[Change]) -> EmailMessage:
        first, domain = worst(changes), self._from.rpartition("@")[2]
        message = EmailMessage(policy=SMTP)
        message["Subject"] = self._subject(changes, first)
        message["From"] = f'"{_quoted(self._sender.shop)} {_quoted(self._sender.till_name)}" <{self._from}>'
        message["To"] = ", ".join(self._to)
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{_digest(*(change.id for change in changes))}@{domain}>"
        # All messages about one cause are one thread.
        message["References"] = f"<{_digest(first.key)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n\n".join(self._paragraph(change) for change in changes) + self._foot())
        return message

    def _subject(self, changes: Sequence[Change], first: Change) -> str:
        say = self._sender.say
        words = f"{say(heading(first))}: {plain(first.text)}"
        if len(changes) > 1:
            words = f"{plain(say(nsaid('{n} notice.', '{n} notices.', len(changes))))} {words}"
        whole = f"[{plain(self._sender.till_name)}] {words}"
        return whole if len(whole) <= SUBJECT_CHARS_MAX else f"{whole[: SUBJECT_CHARS_MAX - 1]}…"

    def _paragraph(self, change: Change) -> str:
        at = change.at.astimezone(ZoneInfo(self._sender.zone)).isoformat(" ", "seconds")
        lines = [f"{self._sender.say(heading(change))}, {at}", plain(change.text)]
        if change.remedy and change.what == "raised":
            lines.append(f"{self._sender.say(said('What to do:'))} {plain(change.remedy)}")
        return "\n".join(lines)

    def _foot(self) -> str:
        return f"\n\n-- \n{plain(self._sender.shop)}, {plain(self._sender.till_name)} ({self._sender.till})\n"


def _address(text: str) -> str:
    address = parseaddr(text)[1]
    if "@" not in address.strip("@") or not address.isprintable() or " " in address:
        raise BadSettings(f"[notices] {text.strip()!r} is no e-mail address.")
    return address


def _digest(*texts: str) -> str:
    return hashlib.sha256(" ".join(texts).encode()).hexdigest()[:32]


def _quoted(text: str) -> str:
    return plain(text).replace("\\", "").replace('"', "")


def _no_way_in(error: Exception, where: str) -> ConnectorError:
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return SignInNeeded(f"{where} does not accept [notices] smtp_user and smtp_password.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Rejected(
            f"{where} does not offer what is asked of it: {error}.",
            code="not_supported",
            remedy="Set [notices] smtp_security and smtp_port as your mail provider says.",
        )
    if isinstance(error, ssl.SSLError):
        return Unavailable(f"{where}: its certificate or encryption is not accepted.", code="certificate")
    if isinstance(error, TimeoutError):
        return Unavailable(f"{where} does not answer.", code="unreachable")
    return Unavailable(f"{where} cannot be reached: {_words(error)}.", code="unreachable")


def _said_no(error: smtplib.SMTPException, host: str) -> ConnectorError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        words = "; ".join(f"{to}: {_text(said)}" for to, (_, said) in sorted(error.recipients.items()))
    elif isinstance(error, smtplib.SMTPResponseException):
        codes, words = [error.smtp_code], _text(error.smtp_error)
    else:
        return Unknown(f"{host} broke off. It may have taken the e-mail.", code="cut")
    if max(codes) < 500:
        return Unavailable(f"{host} takes no e-mail now: {words}", code="later")
    return Rejected(
        f"{host} refuses the e-mail: {words}", code="refused", remedy="Check [notices] email_to, email_from."
    )


def _text(said: bytes | str) -> str:
    return plain(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:200]


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return _text(str(error)) or type(error).__name__
