"""Presence: whether a printer is there, without printing, opening or taking it from whoever prints now."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from pos.config import Config
from pos.devices.channels import Address, parse

REACH_SECONDS = 3.0


def why_not_there(config: Config) -> str:
    """One sentence, "" when the printer of the settings is there."""
    address = parse(config.printer.url)
    if address.kind == "tcp":
        return _network(address)
    if address.kind == "usb":
        return _usb(address)
    if address.kind in ("serial", "file"):
        return _path(address)
    return ""


def _network(address: Address) -> str:
    try:
        socket.create_connection((address.host, address.port), REACH_SECONDS).close()
    except OSError as error:
        return f"The printer at {address.host} port {address.port} is not reached: {error.strerror or error}."
    return ""


def _path(address: Address) -> str:
    if os.name == "nt" and address.kind == "serial":
        return ""  # a COM port shows by opening it alone, and then nobody else can
    path = Path(address.path)
    if not path.exists() and not (address.kind == "file" and path.parent.is_dir()):
        return f"There is no {address.path}."
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return f"This user may not write to {address.path}: make it a member of that device's group (lp, dialout)."
    return ""


def _usb(address: Address) -> str:
    import usb.core

    name = f"{address.vendor:#06x}:{address.product:#06x}"
    try:
        found = usb.core.find(idVendor=address.vendor, idProduct=address.product)
    except usb.core.NoBackendError:
        return "USB cannot be looked at: libusb is not installed on this machine."
    except usb.core.USBError as error:
        return f"USB does not let itself be looked at: {error.strerror or error}."
    return "" if found is not None else f"No USB device {name} is connected."
