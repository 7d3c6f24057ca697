"""Power cuts, real ones: an ext4 on a loop device loses everything that was not flushed, in the middle of selling.

    python -m tests.crash.power --cuts 20 --seed 1        (root, Linux, a loop device)

EXT4_IOC_SHUTDOWN without flushing the log is what a power cut is to a file system: the page cache is gone, the journal
ends where it was. A lying disk cache is not simulated. Controls without the flush must lose sales, or the run is void.

Before the ioctl the target is proven, on the very handle that is used, to be the file system of the loop device this
program attached itself to an image file of its own; else it stops.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.seller import Heard

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2
IMAGE_BYTES = 1 << 30
#: A file system lives through this many cuts on one growing database, then a fresh one is made.
CUTS_PER_DISK = 10
CONTROL_CUTS = 20
#: So many of the control's cuts must lose an acknowledged sale.
CONTROL_LOSSES_MIN = CONTROL_CUTS // 2
CHECK_SECONDS_MAX = 120


class NotProven(Exception):
    """The target is not certainly the loop device attached here. Nothing was done to it."""


def why_not() -> str:
    """Why power cannot be cut on this machine; "" when it can."""
    if not sys.platform.startswith("linux"):
        return "cutting the power needs Linux with a loop-mounted ext4"
    if os.geteuid() != 0:
        return "cutting the power needs root, to mount an image file"
    missing = [tool for tool in ("losetup", "mkfs.ext4", "mount", "umount") if shutil.which(tool) is None]
    if missing:
        return f"cutting the power needs {missing[0]}"
    found = subprocess.run(["losetup", "-f"], capture_output=True, text=True)
    if found.returncode or not Path(found.stdout.strip()).exists():
        return "there is no free loop device here"
    return ""


class Disk:
    """An ext4 in an image file of our own, on a loop device we attach ourselves."""

    def __init__(self, folder: Path) -> None:
        self.image, self.mount, self.loop = folder / "image", folder / "mount", ""
        self.mount.mkdir()
        with self.image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-i", "4096", str(self.image)], check=True)

    def up(self) -> None:
        """Attach and mount, as a start of the machine does."""
        words = ["losetup", "--find", "--show", str(self.image)]
        self.loop = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run(["mount", "-t", "ext4", self.loop, str(self.mount)], check=True)

    def down(self) -> None:
        """Unmount and detach. Waits a moment for a killed process to let go."""
        for attempt in range(50):
            if subprocess.run(["umount", str(self.mount)], capture_output=True).returncode == 0:
                break
            if not os.path.ismount(self.mount):
                break
            time.sleep(0.1 + attempt / 100)
        if self.loop:
            subprocess.run(["losetup", "-d", self.loop], check=True)
            self.loop = ""

    def cut(self) -> None:
        """The power is gone: nothing that was not flushed is ever written."""
        handle = os.open(self.mount, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.prove(handle)
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def prove(self, handle: int) -> None:
        """This handle is the root of the ext4 on the loop device attached here to our own image; else NotProven."""
        here, above, device = os.fstat(handle), self.mount.parent.stat(), Path(self.loop or "/none")
        if not self.loop.startswith("/dev/loop") or not device.is_block_device():
            raise NotProven(f"{self.loop or 'no device'} is no loop device")
        if here.st_dev == above.st_dev:
            raise NotProven(f"{self.mount} is on the same file system as the folder above it: nothing is mounted there")
        if here.st_dev != device.stat().st_rdev:
            raise NotProven(f"{self.mount} is not the file system of {self.loop}")
        if here.st_ino != 2:
            raise NotProven(f"{self.mount} is not the root of an ext4")
        backing = Path(f"/sys/block/{device.name}/loop/backing_file").read_text().strip()
        if Path(backing) != self.image.resolve():
            raise NotProven(f"{self.loop} holds {backing}, not {self.image}")
        wanted = (str(self.mount.resolve()), "ext4", self.loop)
        mounted = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        found = [(m[4], m[m.index("-") + 1], m[m.index("-") + 2]) for m in mounted]
        if found.count(wanted) != 1:
            raise NotProven(f"mountinfo does not name {self.mount} as the ext4 of {self.loop}")


@dataclass
class Result:
    """Totals of a run. lossy: cuts after which an acknowledged sale was missing or anything else was wrong."""

    cuts: int = 0
    acked: int = 0
    harmed: int = 0
    lossy: int = 0
    bad: list[str] = field(default_factory=list)


def run(cuts: int, seed: int, say: Callable[[str], None], *, flush: bool = True, folder: Path | None = None) -> Result:
    """That many cuts. With `flush` it stops at the first difference; without, it counts."""
    rng, result = random.Random(seed), Result()
    while result.cuts < cuts:
        with tempfile.TemporaryDirectory(prefix="tillkeep-power-", dir=folder) as name:
            disk = Disk(Path(name))
            disk.up()
            try:
                _cuts(disk, min(CUTS_PER_DISK if flush else 1, cuts - result.cuts), rng, result, flush=flush)
            finally:
                disk.down()
        say(f"{result.cuts} cuts, {result.acked} acknowledged sales, {len(result.bad)} differences")
        if result.bad and flush:
            break
    return result


def _cuts(disk: Disk, cuts: int, rng: random.Random, result: Result, *, flush: bool) -> None:
    heard = Heard()
    for _ in range(cuts):
        _sell_until_cut(disk, heard, rng, flush=flush)
        disk.down()
        disk.up()  # the file system replays its journal, as after any cut
        _check(disk, heard)
        result.cuts += 1
        result.lossy += bool(heard.bad)
        if heard.bad:
            break
    result.acked += len(heard.acked)
    result.harmed += heard.harmed
    result.bad += heard.bad


def _start(disk: Disk, heard: Heard, *words: str) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "tests.crash.seller", str(disk.mount / "till"), *words]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin
    told = [f"{key} {words}\n" for key, words in heard.acked.items()] + [f"{key}\n" for key in heard.again]
    process.stdin.write("".join(told).encode())
    process.stdin.close()
    process.stdin = None
    return process


def _sell_until_cut(disk: Disk, heard: Heard, rng: random.Random, *, flush: bool) -> None:
    (disk.mount / "till").mkdir(exist_ok=True)
    process = _start(disk, heard, "--threads", str(rng.choice((1, 4, 8))), *(() if flush else ("--no-flush",)))
    assert process.stdout
    said = b""
    os.set_blocking(process.stdout.fileno(), False)
    end = time.monotonic() + CHECK_SECONDS_MAX
    until = None
    while until is None or time.monotonic() < until:
        said += process.stdout.read() or b""
        if until is None and b"\ntry " in said:
            until = time.monotonic() + rng.uniform(0.02, 1.2)
        if process.poll() is not None or time.monotonic() > end:
            break
        time.sleep(0.002)
    said += process.stdout.read() or b""
    disk.cut()
    process.send_signal(signal.SIGKILL)
    os.set_blocking(process.stdout.fileno(), True)
    said += _without_answers(process.stdout.read(), half=not said.endswith(b"\n"))
    process.wait()
    if until is None:
        heard.bad.append(f"the seller did not begin to sell: {process.stderr.read()[-500:]!r}")  # type: ignore[union-attr]
    heard.take(said.decode())


def _without_answers(said: bytes, *, half: bool) -> bytes:
    """What was said once the cut had begun, without acknowledgements: a machine without power answers nobody.

    The ioctl leaves the process running for a moment, and an fdatasync that was under way may then return without an
    error though its journal is dead (jbd2_complete_transaction finds nothing left to wait for). Sales answered in that
    moment are like those that were only tried: saved or not, never half. half: the first line began before the cut.
    """
    first, newline, rest = said.partition(b"\n") if half else (b"", b"", said)
    kept = [line for line in rest.splitlines(keepends=True) if not line.startswith(b"ack ")]
    return first + newline + b"".join(kept)


def _check(disk: Disk, heard: Heard) -> None:
    """Start on what the cut left: recovery, then everything is compared."""
    process = _start(disk, heard, "--check-only")
    said, error = process.communicate(timeout=CHECK_SECONDS_MAX)
    before = heard.checked
    heard.take(said.decode())
    if heard.checked == before:
        heard.bad.append(f"the start after the cut did not come to its check: {error[-500:]!r}")


def main(argv: list[str] | None = None) -> int:
    """The command. Exit code 0: no sale lost, and the control lost some as it must; or the reason why it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.power", description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    reason = why_not()
    if reason:
        print(f"SKIPPED: {reason}")
        return 0
    began = time.monotonic()
    last = [0.0]

    def say(words: str) -> None:
        if time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(f"  {words}", flush=True)

    control = run(CONTROL_CUTS, options.seed, say, flush=False)
    result = run(options.cuts, options.seed, say)
    for words in result.bad[:10]:
        print(f"DIFFERENCE: {words}")
    print(f"power cuts: {result.cuts} (seed {options.seed}), {time.monotonic() - began:.0f} s")
    print(f"  acknowledged sales {result.acked}, lost or doubled {len(result.bad)}")
    print(f"  receipt files missing or torn before recovery: {result.harmed}")
    print(f"  control without the flush: {control.lossy} of {control.cuts} cuts lost sales")
    if control.lossy < CONTROL_LOSSES_MIN:
        print(f"VOID: the control must lose sales in at least {CONTROL_LOSSES_MIN} cuts")
    return 0 if not result.bad and control.lossy >= CONTROL_LOSSES_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
