"""Bytes for the printer, and what is made of its silence: printed, not printed, or may have been."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.devices import channels, printer_of
from pos.devices.base import MayHavePrinted, NotPrinted
from pos.devices.escpos import EscPos
from pos.devices.picture import picture
from pos.errors import BadSettings
from pos.rules.paper import Row
from tests.conftest import REPO
from tests.devices.fake import FakePrinter, closed_port, with_printer
from tests.devices.papers import slips_of

ROWS = (Row("£5 €6 é"), Row("T1-000123", kind="bars"), Row(kind="cut"))


def printer(root: Path, url: str = "dummy://bytes", **values: object) -> EscPos:
    return EscPos(with_printer(root, url, **values))


@pytest.fixture
def fake() -> Iterator[FakePrinter]:
    made = FakePrinter()
    yield made
    made.close()


# -- bytes -----------------------------------------------------------------------------------------------------------


def test_a_slip_chooses_its_code_page_and_writes_pound_and_euro_in_it(tmp_path: Path) -> None:
    data = printer(tmp_path).render(ROWS)
    assert data.startswith(b"\x1b@")
    assert data.index(b"\x1bt\x13") < data.index(b"\x9c5 \xd56 \x82")


def test_a_slip_holds_its_barcode_and_ends_with_a_cut(tmp_path: Path) -> None:
    data = printer(tmp_path).render(ROWS)
    assert b"\x1dkI\x0b{BT1-000123" in data
    assert data.endswith(b"\x1dV\x00")


def test_a_printer_without_code_128_gets_code_39(tmp_path: Path) -> None:
    old = printer(tmp_path, profile="TM-P80")
    old._profile.features["barcodeB"] = False
    assert b"\x1dk\x04T1-000123\x00" in old.render(ROWS)


def test_a_code_wider_than_the_paper_is_left_to_its_words(tmp_path: Path) -> None:
    narrow = printer(tmp_path, columns=32)
    assert b"\x1dk" not in narrow.render((Row("X" * 40, kind="bars"),))
    assert b"\x1dk" in narrow.render((Row("GV-7K2M-4410", kind="bars"),))


@pytest.mark.parametrize(("pin", "pulse"), [(2, b"\x1bp\x00"), (5, b"\x1bp\x01")])
def test_the_drawer_hangs_on_pin_2_or_5(tmp_path: Path, pin: int, pulse: bytes) -> None:
    assert printer(tmp_path, drawer_pin=pin).pulse().startswith(pulse)


def test_no_slip_opens_the_drawer(tmp_path: Path) -> None:
    made = printer(tmp_path)
    for rows in slips_of(42).values():
        assert b"\x1bp" not in made.render(rows)
    assert b"\x1bp" not in made.render((Row("Mug\x1bp\x00\x19\xfa"),))


@pytest.mark.parametrize("columns", [42, 32])
def test_the_same_rows_make_a_picture_a_person_can_look_at(tmp_path: Path, columns: int) -> None:
    """Compared by shape: ink where a row has letters, none beside the paper's middle where it is empty."""
    for name, rows in slips_of(columns).items():
        image = picture(rows, columns)
        image.save(tmp_path / f"{name}_{columns}.png")
        assert image.width == 48 + columns * 12
        assert image.height == 48 + sum(70 if r.kind == "bars" else 60 if r.tall else 30 for r in rows)
        top = 24
        for row in rows:
            high = 70 if row.kind == "bars" else 60 if row.tall else 30
            ink = image.crop((0, top, image.width, top + high)).point(lambda v: 255 if v < 100 else 0).getbbox()
            if row.kind == "text":
                assert (ink is not None) == bool(row.text.strip()), row
            if ink is not None and row.kind == "text":
                shown = 2 if row.wide else 1
                start = 24 + (len(row.text) - len(row.text.lstrip())) * 12 * shown
                assert start - 2 <= ink[0] <= start + 12 * shown, row
                assert ink[2] <= 24 + len(row.text) * 12 * shown + 2, row
            top += high


# -- talking ---------------------------------------------------------------------------------------------------------


def test_a_printer_that_answers_proves_what_it_printed(fake: FakePrinter, tmp_path: Path) -> None:
    assert printer(tmp_path, fake.url).send(ROWS, must_answer=False).confirmed
    assert fake.wait_for_slips()[0].endswith(b"\x1dV\x00")


def test_a_printer_that_never_answers_is_believed_and_not_asked_each_time(
    fake: FakePrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.mood = "dumb"
    made = printer(tmp_path, fake.url)
    assert not made.send(ROWS, must_answer=False).confirmed
    monkeypatch.setattr("pos.devices.escpos.channels.wait_for", lambda *_: pytest.fail("it is asked again"))
    made.send(ROWS, must_answer=False)
    assert len(fake.wait_for_slips(2)) == 2


def test_a_printer_that_is_off_has_printed_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotPrinted, match="is not there"):
        printer(tmp_path, f"tcp://127.0.0.1:{closed_port()}").send(ROWS, must_answer=False)


@pytest.mark.parametrize(("mood", "words"), [("no_paper", "out of paper"), ("cover", "cover is open")])
def test_a_printer_that_cannot_says_why_and_gets_nothing(
    fake: FakePrinter, tmp_path: Path, mood: str, words: str
) -> None:
    fake.mood = mood
    with pytest.raises(NotPrinted, match=words):
        printer(tmp_path, fake.url).send(ROWS, must_answer=False)
    assert fake.slips == []


def test_silence_of_a_printer_that_used_to_answer_means_that_it_hangs(fake: FakePrinter, tmp_path: Path) -> None:
    fake.mood = "hangs"
    began = time.monotonic()
    with pytest.raises(NotPrinted, match="does not answer"):
        printer(tmp_path, fake.url).send(ROWS, must_answer=True)
    assert time.monotonic() - began < 4


def test_a_line_closed_after_the_slip_may_have_printed(fake: FakePrinter, tmp_path: Path) -> None:
    fake.mood = "half_closed"
    with pytest.raises(MayHavePrinted, match="Look whether it is on paper"):
        printer(tmp_path, fake.url).send(ROWS, must_answer=True)


def test_a_printer_that_never_says_it_is_done_may_have_printed(fake: FakePrinter, tmp_path: Path) -> None:
    fake.mood = "stalls"
    with pytest.raises(MayHavePrinted, match="did not say"):
        printer(tmp_path, fake.url).send(ROWS, must_answer=False)


def test_a_printer_that_takes_nothing_is_given_up_in_time(
    fake: FakePrinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the line holds, and nobody reads."""
    fake.mood = "hangs"
    made = printer(tmp_path, fake.url, answers="no")
    monkeypatch.setattr(made, "render", lambda rows: b"x" * 30_000_000)
    began = time.monotonic()
    with pytest.raises(MayHavePrinted):
        made.send(ROWS, must_answer=False)
    assert time.monotonic() - began < 15


def test_a_device_that_blocks_for_ever_holds_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a serial port or /dev/usb/lp0 while the printer is off: its thread is left alone, nothing more is sent."""
    monkeypatch.setattr("pos.devices.escpos.GRACE_SECONDS", 0.2)
    made = printer(tmp_path)

    class Stuck:
        def write(self, data: bytes) -> None:
            time.sleep(60)

        def read(self, seconds: float) -> bytes:
            return b""

        def close(self) -> None:
            pass

    monkeypatch.setattr(channels, "opened", lambda address, seconds: Stuck())
    with pytest.raises(MayHavePrinted, match="hung"):
        made.send(ROWS, must_answer=False)
    began = time.monotonic()
    with pytest.raises(NotPrinted, match="hangs"):
        made.send(ROWS, must_answer=False)
    assert time.monotonic() - began < 30, "half of what it hangs"


def test_the_drawer_is_a_pulse_alone(fake: FakePrinter, tmp_path: Path) -> None:
    printer(tmp_path, fake.url).kick()
    assert fake.wait_for_slips() == [b"\x1bp\x0022"]


def test_a_file_keeps_every_slip(tmp_path: Path) -> None:
    made = printer(tmp_path, f"file://{tmp_path}/out.bin")
    made.send(ROWS, must_answer=False)
    made.send(ROWS, must_answer=False)
    assert (tmp_path / "out.bin").read_bytes() == made.render(ROWS) * 2


def test_a_file_that_cannot_be_opened_has_printed_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotPrinted, match="cannot be opened"):
        printer(tmp_path, f"file://{tmp_path}/none/out.bin").send(ROWS, must_answer=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_serial_printer_gets_the_same_bytes(tmp_path: Path) -> None:
    import os
    import pty
    import threading
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    made = printer(tmp_path, f"serial://{os.ttyname(slave)}?baud=19200", answers="no")
    wanted, got = made.render(ROWS), b""

    def read() -> None:
        nonlocal got
        time.sleep(0.3)  # as slow as a port of 9600 baud
        while len(got) < len(wanted):
            got += os.read(master, 1024)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    made.send(ROWS, must_answer=False)
    reader.join(5)
    os.close(master)
    os.close(slave)
    assert got == wanted


def test_a_usb_printer_that_is_not_plugged_in_has_printed_nothing(tmp_path: Path) -> None:
    """Also where the C library of USB is missing."""
    with pytest.raises(NotPrinted):
        printer(tmp_path, "usb://0x0483:0x5743").send(ROWS, must_answer=False)


# -- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["printer", "usb://x:y", "tcp://", "serial://", "file://", "http://a", "serial:///dev/ttyS0?baud=fast"]
)
def test_an_address_that_is_none_stops_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match=r"\[printer\] url"):
        printer(tmp_path, url)


@pytest.mark.parametrize("values", [{"columns": 40}, {"drawer_pin": 3}, {"timeout_seconds": 0}, {"profile": "Mine"}])
def test_a_setting_that_cannot_be_stops_the_start(tmp_path: Path, values: dict[str, object]) -> None:
    with pytest.raises(BadSettings, match=r"\[printer\]"):
        printer(tmp_path, **values)


@pytest.mark.parametrize(
    ("url", "kind", "path"),
    [
        ("usb://0x04b8:0x0202", "usb", ""),
        ("serial:///dev/ttyS0?baud=9600", "serial", "/dev/ttyS0"),
        ("serial://COM3", "serial", "COM3"),
        ("tcp://printer.local", "tcp", ""),
        ("file:///dev/usb/lp0", "file", "/dev/usb/lp0"),
        ("file:///C:/till/out.bin", "file", "C:/till/out.bin"),
    ],
)
def test_addresses_are_read(url: str, kind: str, path: str) -> None:
    found = channels.parse(url)
    assert (found.kind, found.path) == (kind, path)
    if kind == "usb":
        assert (found.vendor, found.product) == (0x04B8, 0x0202)
    if kind == "tcp":
        assert (found.host, found.port) == ("printer.local", 9100)


def test_a_till_without_a_printer_imports_no_library_for_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pos import config; from pos.app import create_app; "
        f"app = create_app(config.load(Path({str(tmp_path)!r}), environ={{}})); app.stop(); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'escpos', 'serial', 'usb'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_printer_set_up_is_no_printer(tmp_path: Path) -> None:
    assert printer_of(with_printer(tmp_path, "")) is None
