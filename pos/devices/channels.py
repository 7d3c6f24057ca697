"""The ways to a printer: `[printer] url` read, and opened through python-escpos."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pos import clock
from pos.devices.base import Channel, NotPrinted
from pos.errors import BadSettings

#: What a dummy printer was sent, for demonstrations and tests: the newest last.
DUMMY_KEPT = 100
_PICKLE_DIR = "ESCPOS_CAPABILITIES_PICKLE_DIR"
_loading = threading.Lock()
_FORMS = "usb://0x04b8:0x0202, serial:///dev/ttyS0?baud=9600, serial://COM3, tcp://HOST:9100 or file:///PATH"


@dataclass(frozen=True, slots=True)
class Address:
    """A printer's address, read. kind: usb serial tcp file dummy. path: device, COM port or file."""

    text: str
    kind: str
    path: str = ""
    host: str = ""
    port: int = 0
    baud: int = 9600
    vendor: int = 0
    product: int = 0

    @property
    def answers(self) -> bool:
        """Whether anything can come back this way."""
        return self.kind in ("usb", "serial", "tcp")


def parse(url: str) -> Address:
    """Read `[printer] url`. BadSettings names the forms there are."""
    try:
        found = _parse(url)
    except ValueError:
        found = None
    if found is None:
        raise BadSettings(f"[printer] url is {url!r}; use {_FORMS}.")
    return found


def _parse(url: str) -> Address | None:
    """None or ValueError for what is no printer's address."""
    kind, _, rest = url.partition("://")
    if kind == "usb":
        vendor, _, product = rest.strip("/").partition(":")
        return Address(url, kind, vendor=int(vendor, 16), product=int(product, 16))
    if kind == "serial":
        path, _, query = rest.partition("?")
        name = path if path.startswith("/dev/") else path.strip("/")  # serial:///dev/ttyS0, serial://COM3
        baud = int(parse_qs(query).get("baud", ["9600"])[0])
        return Address(url, kind, path=name, baud=baud) if name and baud > 0 else None
    if kind == "tcp":
        parts = urlsplit(url)
        return Address(url, kind, host=parts.hostname, port=parts.port or 9100) if parts.hostname else None
    if kind == "file":
        path = rest.removeprefix("/") if rest[2:3] == ":" else rest  # file:///C:/till/printer.bin
        return Address(url, kind, path=path) if len(path) > 1 and not path.endswith("/") else None
    return Address(url, kind) if kind == "dummy" else None


def library(name: str) -> ModuleType:
    """A module of python-escpos, imported when a printer is set up.

    It keeps a pickle of its profiles in a folder nobody removes: it is given one that is.
    """
    if name in sys.modules:
        return sys.modules[name]
    with _loading:
        before = os.environ.get(_PICKLE_DIR)
        with tempfile.TemporaryDirectory(prefix="tillkeep-printer-") as folder:
            os.environ[_PICKLE_DIR] = folder
            try:
                return importlib.import_module(name)
            finally:
                os.environ.pop(_PICKLE_DIR)
                if before is not None:
                    os.environ[_PICKLE_DIR] = before


def opened(address: Address, seconds: int) -> Channel:
    """Open the way. NotPrinted in words when there is nobody at its end."""
    if address.kind == "dummy":
        return _Dummy(address.text)
    if address.kind == "file":
        return _File(address.path)
    return _Port(address, seconds)


class _Dummy:
    """Keeps what it is sent."""

    kept: dict[str, list[bytes]] = {}

    def __init__(self, name: str) -> None:
        self._kept = self.kept.setdefault(name, [])

    def write(self, data: bytes) -> None:
        self._kept.append(data)
        del self._kept[:-DUMMY_KEPT]

    def read(self, seconds: float) -> bytes:  # noqa: ARG002  # nothing comes back this way
        return b""

    def close(self) -> None:
        pass


def dummy(url: str) -> list[bytes]:
    """What the dummy printer of that name was sent."""
    return _Dummy.kept.setdefault(url, [])


class _File:
    """A device file, or a plain one that grows: what was printed before is kept."""

    def __init__(self, path: str) -> None:
        try:
            self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise NotPrinted(f"The printer {path} cannot be opened: {error.strerror or error}.") from error

    def write(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) or 0 :]

    def read(self, seconds: float) -> bytes:  # noqa: ARG002  # nothing comes back this way
        return b""

    def close(self) -> None:
        try:
            self._file.close()
        except OSError:
            return


class _Port:
    """USB, serial or network, through python-escpos; the time-outs it lacks are set on the port itself."""

    def __init__(self, address: Address, seconds: int) -> None:
        self._kind, self._seconds, self._all_out = address.kind, seconds, True
        printer = library("escpos.printer")
        trouble = library("escpos.exceptions").Error
        if address.kind == "tcp":
            self._printer: Any = printer.Network(address.host, address.port, timeout=seconds)
        elif address.kind == "serial":
            self._printer = printer.Serial(address.path, baudrate=address.baud, timeout=seconds)
        else:
            self._printer = printer.Usb(address.vendor, address.product, timeout=seconds * 1000)
        try:
            self._printer.open()
            if address.kind == "serial":
                self._printer.device.write_timeout = seconds
        except (trouble, OSError) as error:
            raise NotPrinted(_words(address, str(error))) from error
        except (RuntimeError, ValueError) as error:  # pyusb without its C library, pyserial with a port that is none
            raise NotPrinted(f"The printer's port cannot be used: {error}.") from error

    def write(self, data: bytes) -> None:
        self._all_out = False
        self._printer._raw(data)
        if self._kind == "serial":
            self._printer.device.flush()  # a port takes seconds for a slip; closing it earlier would drop the rest
        self._all_out = True

    def read(self, seconds: float) -> bytes:
        device = self._printer.device
        if self._kind == "usb":
            return self._read_usb(device, seconds)
        if self._kind == "serial":
            device.timeout = seconds
            return bytes(device.read(1) + device.read(device.in_waiting or 0))
        device.settimeout(max(seconds, 0.001))
        try:
            answer = bytes(device.recv(16))
        except TimeoutError:
            return b""
        finally:
            device.settimeout(self._seconds)
        if not answer:
            raise ConnectionError("the printer closed the line")
        return answer

    def _read_usb(self, device: Any, seconds: float) -> bytes:
        try:
            return bytes(device.read(self._printer.in_ep, 16, max(1, int(seconds * 1000))))
        except library("usb.core").USBTimeoutError:
            return b""

    def close(self) -> None:
        device = self._printer.device
        try:
            if device and self._kind == "serial" and not self._all_out:
                device.reset_output_buffer()  # else closing waits for ever for a printer that is off
            self._printer.close()
        except OSError:
            return


def _words(address: Address, error: str) -> str:
    where = {"tcp": f"{address.host}:{address.port}", "usb": f"USB {address.vendor:04x}:{address.product:04x}"}
    reason = error.strip().splitlines()[-1].rstrip(".") if error.strip() else ""
    return (
        f"The printer at {where.get(address.kind, address.path)} is not there ({reason}). Is it on, and its cable in?"
    )


def wait_for(channel: Channel, seconds: float, wanted: Any) -> bytes:
    """The first byte that comes back and is `wanted`, b"" when none does in time. OSError when the line is cut."""
    until = clock.monotonic() + seconds
    while (left := until - clock.monotonic()) > 0:
        for byte in channel.read(left):
            if wanted(byte):
                return bytes([byte])
    return b""
