"""What hangs on the till by a cable: receipt printer and cash drawer. Nothing here is imported before it is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.config import Config

if TYPE_CHECKING:
    from pos.devices.base import Printer


def printer_of(config: Config) -> Printer | None:
    """The printer of the settings, None when none is set up. BadSettings when it cannot be as they say."""
    if not config.printer.url:
        return None
    from pos.devices.escpos import EscPos  # a quarter of a second that a till without a printer need not pay

    return EscPos(config)
