"""An ESC/POS printer: rows become bytes, bytes go out once, and the printer is asked what became of them.

Answers of the printer, by Epson's reference (https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/): DLE EOT n
is answered at once, GS r n in its turn, so after everything that was sent before it has been printed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from pos import clock
from pos.config import Config
from pos.devices import channels
from pos.devices.base import Channel, Done, MayHavePrinted, NotPrinted
from pos.devices.letters import PAGES, CodePage, code_page
from pos.errors import BadSettings
from pos.rules import wording
from pos.rules.paper import Row

log = logging.getLogger(__name__)

#: How long an answer to "are you there" takes at most; printers take milliseconds.
ASK_SECONDS = 1.0
#: One that did not answer and never did is not asked again for so long.
SILENT_SECONDS = 600.0
#: On top of sending and waiting: after this the thread that talks to it is left alone.
GRACE_SECONDS = 5.0
#: Dots across the paper, by columns of it.
_DOTS = {32: 384, 42: 504, 48: 576}
_BAR_HEIGHT, _BAR_WIDTH = 60, 2

_INIT = b"\x1b@"
_QUIET = b"\x1da\x00"  # no status unasked for
_STYLE = b"\x1b!"
_LEFT = b"\x1ba\x00"
_IS_IT_PRINTED = b"\x1dr\x01"
_STATUS, _OFFLINE_CAUSE, _PAPER = b"\x10\x04\x01", b"\x10\x04\x02", b"\x10\x04\x04"


class EscPos:
    """One printer and the drawer on it. One call at a time: the queue's thread, or a command of a person.

    print, kick: NotPrinted or MayHavePrinted in words; neither takes longer than timeout_seconds and a little.
    """

    def __init__(self, config: Config) -> None:
        """BadSettings for an address, profile, code page or pin that cannot be."""
        settings = config.printer
        self.address = channels.parse(settings.url)
        self.columns, self._pin, self._answers = settings.columns, settings.drawer_pin, settings.answers
        self._seconds = settings.timeout_seconds
        if settings.columns not in _DOTS or self._pin not in (2, 5) or self._seconds < 1:
            raise BadSettings("[printer] columns is 42, 48 or 32; drawer_pin is 2 or 5; timeout_seconds at least 1.")
        self._model, self._profile = settings.profile, _profile(settings.profile)
        sign = wording.symbol(config.shop.currency, config.shop.locale)
        self.page: CodePage = code_page(settings.code_page, _numbers(self._profile), "".join(sign.split()))
        self._silent_until = 0.0
        self._hanging: threading.Thread | None = None

    def letters(self, text: str) -> str:
        return self.page.shown(text)

    def send(self, rows: Sequence[Row], *, must_answer: bool) -> Done:
        data = self.render(rows)
        return self._bounded(lambda errand: self._print(errand, data, must_answer))

    def kick(self) -> None:
        self._bounded(self._kick)

    def print_pages(self) -> None:
        data = _INIT + _QUIET + _LEFT
        numbers = _numbers(self._profile)
        for name, (codec, usual) in PAGES.items():
            page = CodePage(name, codec, numbers.get(name, usual))
            signs = b" ".join(page.encode(sign) if page.has(sign) else b"--" for sign in ("£", "€", "é", "ü"))
            data += page.select + f"{name}:{page.number}  ".encode() + signs + b"\n"
        out = self._writer()
        out.cut()
        self._bounded(lambda errand: self._print(errand, data + bytes(out.output), False))

    # -- bytes -------------------------------------------------------------------------------------------------------

    def render(self, rows: Sequence[Row]) -> bytes:
        """The rows as commands of this printer."""
        out = self._writer()
        out._raw(_INIT + _QUIET + _LEFT + self.page.select)
        for row in rows:
            if row.kind == "cut":
                out.cut()
            elif row.kind == "bars":
                self._bars(out, row.text)
            else:
                style = (0x08 if row.bold else 0) | (0x10 if row.tall else 0) | (0x20 if row.wide else 0)
                out._raw(_STYLE + bytes([style]) + self.page.encode(row.text) + b"\n")
        return bytes(out.output)

    def pulse(self) -> bytes:
        """The command that opens the drawer."""
        out = self._writer()
        out.cashdraw(self._pin)
        return bytes(out.output)

    def _writer(self) -> Any:
        return channels.library("escpos.printer").Dummy(profile=self._model)

    def _bars(self, out: Any, code: str) -> None:
        """Code 128 where the printer has it and the paper is wide enough, else Code 39; else the number below."""
        dots = _DOTS[self.columns]
        if self._profile.supports("barcodeB") and (11 * (len(code) + 3) + 2) * _BAR_WIDTH <= dots and code.isascii():
            out._hw_barcode(
                "{B" + code.replace("{", "{{"), "CODE128", _BAR_HEIGHT, _BAR_WIDTH, "OFF", function_type="B"
            )
        elif self._profile.supports("barcodeA") and (16 * (len(code) + 2)) * _BAR_WIDTH <= dots and code.isascii():
            out._hw_barcode(code.upper(), "CODE39", _BAR_HEIGHT, _BAR_WIDTH, "OFF", function_type="A")
        out._raw(b"\n" + _LEFT)

    # -- the talk, in a thread of its own ------------------------------------------------------------------------------

    def _bounded(self, work: Callable[[_Errand], Done]) -> Done:
        if self._hanging is not None and self._hanging.is_alive():
            raise NotPrinted("The printer hangs. Switch it off and on again.")
        errand = _Errand(work)
        errand.start()
        errand.join(2 * self._seconds + GRACE_SECONDS)
        if errand.is_alive():
            self._hanging = errand
            if errand.sent:
                raise MayHavePrinted("The printer hung while it was sent this. Look whether it is on paper.")
            raise NotPrinted("The printer hangs. Switch it off and on again.")
        error = errand.error
        if error is None:
            assert errand.done is not None
            return errand.done
        if isinstance(error, NotPrinted | MayHavePrinted):
            raise error
        log.warning("the printer failed", exc_info=error)
        words = f"{error}".strip().rstrip(".") or type(error).__name__
        if errand.sent:
            raise MayHavePrinted(f"The line to the printer broke ({words}). Look whether it is on paper.") from error
        raise NotPrinted(f"The printer was not reached ({words}). Is it on, and its cable in?") from error

    def _print(self, errand: _Errand, data: bytes, must_answer: bool) -> Done:
        channel = channels.opened(self.address, self._seconds)
        try:
            asked = self._ready(channel, must_answer)
            errand.sent = True
            channel.write(data + (_IS_IT_PRINTED if asked else b""))
            if asked:
                self._printed(channel)
            return Done(confirmed=asked)
        finally:
            channel.close()

    def _kick(self, errand: _Errand) -> Done:
        channel = channels.opened(self.address, self._seconds)
        try:
            self._ready(channel, False)
            errand.sent = True
            channel.write(self.pulse())
            return Done(confirmed=False)
        finally:
            channel.close()

    def _ready(self, channel: Channel, must_answer: bool) -> bool:
        """Whether it answers; NotPrinted when it says that it cannot print, or is silent although it must not be."""
        must_answer = must_answer or self._answers == "yes"
        if not self.address.answers or self._answers == "no":
            return False
        if not must_answer and clock.monotonic() < self._silent_until:
            return False
        channel.write(_STATUS)
        status = channels.wait_for(channel, self._seconds if must_answer else ASK_SECONDS, _is_status)
        if not status:
            if must_answer:
                raise NotPrinted("The printer does not answer. Switch it off and on again.")
            self._silent_until = clock.monotonic() + SILENT_SECONDS
            return False
        if status[0] & 0x08:
            raise NotPrinted(_cause(channel) or "The printer is offline. Look at its lamps and its button.")
        channel.write(_PAPER)
        paper = channels.wait_for(channel, ASK_SECONDS, _is_status)
        if paper and paper[0] & 0x60:
            raise NotPrinted("The printer is out of paper.")
        return True

    def _printed(self, channel: Channel) -> None:
        """Wait until it says that all is on paper. MayHavePrinted when it does not."""
        if channels.wait_for(channel, self._seconds, lambda byte: byte & 0x93 == 0):
            return
        channel.write(_STATUS)
        status = channels.wait_for(channel, ASK_SECONDS, _is_status)
        cause = _cause(channel) if status and status[0] & 0x08 else ""
        raise MayHavePrinted(f"{cause or 'The printer did not say that it is done.'} Look whether it is on paper.")


class _Errand(threading.Thread):
    """One talk with the printer, which may hang. sent: bytes of the slip may have left."""

    def __init__(self, work: Callable[[_Errand], Done]) -> None:
        super().__init__(name="printer-line", daemon=True)
        self._work = work
        self.sent = False
        self.done: Done | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        with self:
            self.done = self._work(self)

    def __enter__(self) -> _Errand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error  # raised where it is waited for
        return True


def _is_status(byte: int) -> bool:
    """An answer to DLE EOT: bits 1 and 4 are set, 0 and 7 are not."""
    return byte & 0x93 == 0x12


def _cause(channel: Channel) -> str:
    """Why it is offline, as far as it says so."""
    channel.write(_OFFLINE_CAUSE)
    cause = channels.wait_for(channel, ASK_SECONDS, _is_status)
    if not cause:
        return ""
    if cause[0] & 0x04:
        return "The printer's cover is open."
    if cause[0] & 0x20:
        return "The printer is out of paper."
    return "The printer reports an error. Look at its lamps." if cause[0] & 0x40 else ""


def _profile(name: str) -> Any:
    capabilities = channels.library("escpos.capabilities")
    if name not in capabilities.CAPABILITIES["profiles"]:
        known = ", ".join(sorted(capabilities.CAPABILITIES["profiles"]))
        raise BadSettings(f"[printer] profile is {name!r}, which is not known. Use default, or one of: {known}.")
    return capabilities.get_profile(name)


def _numbers(profile: Any) -> dict[str, int]:
    return {name: int(number) for name, number in profile.get_code_pages().items()}
