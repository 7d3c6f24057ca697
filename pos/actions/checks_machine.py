"""The doctor's look at the machine: program, folders, disk, port, printer."""

from __future__ import annotations

import errno
import os
import platform
import re
import socket
import stat
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pos import __version__
from pos.actions.finding import Finding, Look, fail, not_set_up, ok, warn
from pos.devices import presence
from pos.store import disk, medium
from pos.store.db import database_path

MEGABYTE = 1 << 20
#: Each receipt is a file; with fewer left than this a month's receipts do not fit.
INODES_MIN = 20_000
_REPO = Path(__file__).resolve().parents[2]


def program(_look: Look) -> Finding:
    """Versions: of the program, of Python, and whether the libraries are those it was tested with."""
    facts = {"version": __version__, "python": platform.python_version(), "system": platform.platform()}
    wrong = []
    listed = _REPO / "requirements.txt"
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    for name, wanted in (line.split("==") for line in lines if re.fullmatch(r"[\w.-]+==[\w.]+", line)):
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            wrong.append(f"{name} {found} (wanted {wanted})")
    words = f"Tillkeep {__version__} on Python {facts['python']}, {len(lines)} libraries."
    if wrong:
        words = f"{words} Not as listed: {', '.join(wrong)}."
        return warn("program", words, "Install what is listed: python3 tasks.py run does so by itself.", **facts)
    return ok("program", words, **facts)


# -- folders and disk --------------------------------------------------------------------------------------------------


def _places(look: Look) -> dict[str, Path]:
    return {"data": database_path(look.config).parent, "invoices": look.config.invoices}


def folders(look: Look) -> Iterator[Finding]:
    """May this user write where the till writes? And may nobody else read what is secret?"""
    for name, place in _places(look).items():
        if not place.exists():
            yield not_set_up("folders", f"There is no {place} yet; the first start makes it.")
        elif not place.is_dir():
            yield fail("folders", f"{place} is no folder.", "Move what has that name away.")
        elif medium.is_read_only(place):
            remedy = "Look why the system did that: often the disk failed. `dmesg` says."
            yield fail("folders", f"The file system of {place} is read-only.", remedy)
        elif not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            remedy = "Give it to the user the till runs as (chown), or run this as that user."
            yield fail("folders", f"This user may not write in {place}.", remedy)
        else:
            closed = [p.name for p in _files(place, name) if not os.access(p, os.R_OK | os.W_OK)]
            if closed:
                words = f"This user may not write {', '.join(closed[:5])} in {place}."
                yield fail("folders", words, "They belong to another user: chown them to the one the till runs as.")
            else:
                yield ok("folders", f"{place} can be read and written.")
    yield from _secrets(look)


def _files(place: Path, name: str) -> list[Path]:
    return sorted(place.glob("till.db*")) if name == "data" else sorted(p for p in place.iterdir() if p.is_dir())[-3:]


def _secrets(look: Look) -> Iterator[Finding]:
    if os.name == "nt":
        return
    kept = [look.config.data / "secret.key", look.config.data / "server.json"]
    if look.config.backup.key_file:
        kept.append(look.config.root / look.config.backup.key_file)
    for path in kept:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield warn("folders", f"{path} can be read by others on this machine.", f"chmod 600 {path}")
    for path in (*_places(look).values(), database_path(look.config)):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o002:
            yield warn("folders", f"{path} can be written by anybody on this machine.", f"chmod o-w {path}")


def room(look: Look) -> Iterator[Finding]:
    """Room, files left, and whether the file system is one a database can stand on."""
    seen = set()
    least = look.config.storage.disk_free_mb_min
    for place in _places(look).values():
        if not place.is_dir() or place.stat().st_dev in seen:
            continue
        seen.add(place.stat().st_dev)
        free, files, mount = disk.free_bytes(place) // MEGABYTE, medium.inodes_free(place), medium.mount_of(place)
        facts = {"free_mb": free, "files_left": files, "file_system": mount.kind, "mounted_at": mount.point}
        careless = sorted(mount.options & medium.CARELESS)
        if mount.kind in medium.NETWORK:
            remedy = "Put data/ and the receipts on a disk of this machine; copies may go over a network."
            yield fail("disk", f"{place} lies on a network ({mount.kind}): no database is safe there.", remedy, **facts)
        elif mount.kind in medium.MEMORY:
            remedy = "Start the till with --root on a disk."
            yield fail("disk", f"{place} lies in memory ({mount.kind}): a power cut takes everything.", remedy, **facts)
        elif careless:
            remedy = "Take that option out of /etc/fstab and mount it again."
            yield fail("disk", f"{place} is mounted with {', '.join(careless)}.", remedy, **facts)
        elif free < least:
            remedy = f"Make room: {least} MB are asked for ([storage] disk_free_mb_min)."
            yield fail("disk", f"The disk of {place} has {free} MB left.", remedy, **facts)
        elif files is not None and files < INODES_MIN:
            remedy = "Remove files that are not needed, or `pos_server.py archive` closed months."
            yield warn("disk", f"The disk of {place} takes only {files:,} more files.", remedy, **facts)
        else:
            yield ok("disk", f"{free:,} MB free at {place} ({mount.kind or 'file system not named'}).", **facts)


def flushes(look: Look) -> Finding:
    """How long the disk takes to keep something for good, and whether that can be true."""
    place = _places(look)["data"]
    if not place.is_dir():
        return not_set_up("flushes", "There is no data folder yet.")
    found = medium.flushes(place)
    middle, longest = f"{found.middle * 1000:.2f} ms", f"{found.longest * 1000:.1f} ms"
    facts = {"middle_ms": f"{found.middle * 1000:.3f}", "longest_ms": f"{found.longest * 1000:.3f}",
             "platters": found.platters}  # fmt: skip
    words = f"The disk keeps something in {middle} (longest {longest})."
    if found.middle < medium.SOLID_SECONDS or (found.platters and found.middle < medium.PLATTER_SECONDS):
        words = f"The disk says after {middle} that it has kept something for good, which it cannot have."
        remedy = (
            "Its cache answers, and a power cut takes what stands there: switch the write cache off (hdparm -W 0), in "
            "a virtual machine set the disk's cache to writethrough or none, and look for libeatmydata."
        )
        return warn("flushes", words, remedy, **facts)
    if found.middle > medium.SLOW_SECONDS:
        return warn("flushes", words, "Each sale waits that long. A solid-state disk takes 1 to 5 ms.", **facts)
    return ok("flushes", words, **facts)


# -- port and printer --------------------------------------------------------------------------------------------------


def port(look: Look) -> Finding:
    """Does the till answer, or could it: is its address one of this machine's, its port free?"""
    if look.serving is not None:
        where = f"{look.serving.host} port {look.serving.port}"
        return ok("port", f"The till answers on {where} (process {look.serving.pid}).", pid=look.serving.pid)
    server = look.config.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            if os.name != "nt":  # as the server itself: a port just let go is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((server.host, server.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = f"Stop the program there, or set [server] port to another one, like {server.port + 1}."
            return fail("port", f"Port {server.port} is taken, and not by the till of this folder.", remedy)
        if error.errno in (errno.EACCES, errno.EPERM):
            return fail("port", f"This user may not open port {server.port}.", "Set [server] port above 1024.")
        words = f"[server] host {server.host} is no address of this machine: {error.strerror or error}."
        return fail("port", words, "Set it to 127.0.0.1, or to an address of this machine.")
    return ok("port", f"The till does not run; {server.host} port {server.port} is free for it.")


def printer(look: Look) -> Finding:
    """Is it there? Nothing is printed."""
    if not look.config.printer.url:
        return not_set_up("printer", "No receipt printer is set up; people print from the browser.")
    why_not = presence.why_not_there(look.config)
    if why_not:
        remedy = "Look at its switch, cable and [printer] url; docs/printing.md. Sales do not wait for it."
        return fail("printer", why_not, remedy)
    return ok("printer", f"The printer is there ({look.config.printer.url}). `printer test` shows its letters.")
