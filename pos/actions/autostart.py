"""Starting with the machine, or with the person who signs in there: written for this user alone, without more rights.

| System | The till | The full-screen browser |
|---|---|---|
| Linux | a systemd unit of the user, `~/.config/systemd/user` | an entry of the desktop, `~/.config/autostart` |
| macOS | an agent, `~/Library/LaunchAgents` | the same |
| Windows | a script in the Startup folder | the same |
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pos import launch
from pos.config import Config
from pos.errors import CannotSave, Invalid
from pos.rules import service
from pos.rules.service import Program
from pos.store import disk

SECONDS_MAX = 30

#: Runs a command of the system; answers whether it went well.
Runner = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Item:
    """A file that starts something, and what the system is told about it. links: names that must lead to it."""

    file: Path
    body: bytes
    links: tuple[Path, ...] = ()
    told: tuple[tuple[str, ...], ...] = ()
    untold: tuple[tuple[str, ...], ...] = ()


def quietly(command: Sequence[str]) -> bool:
    """Run a command of the system without its words."""
    try:
        done = subprocess.run(list(command), capture_output=True, timeout=SECONDS_MAX)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def programs(config: Config, here: Path, *, kiosk: bool) -> list[Program]:
    """The till, and the full-screen browser when it is wanted: both by the installation, whichever version works."""
    base = launch.installation(here)
    own = base / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python = str(own if own.exists() else Path(sys.executable))
    words = (python, str(base / "pos_server.py"), "--root", str(config.root))
    till = config.till
    found = [Program(f"tillkeep-{till.id}", f"Tillkeep, {till.name} ({till.id})", words, str(config.root))]
    if kiosk:
        screen = (*words, "kiosk")
        found.append(
            Program(f"tillkeep-{till.id}-kiosk", f"Screen of {till.name} ({till.id})", screen, str(config.root))
        )
    return found


def items(wanted: Sequence[Program], system: str, environ: Mapping[str, str]) -> list[Item]:
    """The files for this system: linux, darwin or win32. Invalid for another one."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "")
    if system == "linux":
        settings = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        return [_linux(one, settings) for one in wanted]
    if system == "darwin":
        return [_mac(one, home / "Library" / "LaunchAgents") for one in wanted]
    if system == "win32":
        startup = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
        startup = startup / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Startup"
        return [Item(startup / f"{one.name}.cmd", service.startup_script(one).encode("utf-8")) for one in wanted]
    raise Invalid(f"How a program starts by itself on {system} is not known here; start pos_server.py your own way.")


def _linux(program: Program, settings: Path) -> Item:
    if program.name.endswith("-kiosk"):
        return Item(settings / "autostart" / f"{program.name}.desktop", service.desktop_entry(program).encode())
    folder, unit = settings / "systemd" / "user", f"{program.name}.service"
    return Item(
        folder / unit,
        service.user_unit(program).encode(),
        (folder / "default.target.wants" / unit,),
        (("systemctl", "--user", "daemon-reload"),),
        (("systemctl", "--user", "daemon-reload"),),
    )


def _mac(program: Program, folder: Path) -> Item:
    file = folder / f"{program.name}.plist"
    body = service.launch_agent(program, str(Path(program.folder) / "data" / f"{program.name}.log"))
    domain = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/501"
    return Item(file, body, untold=(("launchctl", "bootout", f"{domain}/{program.name}"),))


def install(found: Sequence[Item], run: Runner = quietly) -> list[str]:
    """Write the files; sentences about what the system did not take, none when all is well. CannotSave when it refuses.

    Nothing is started now: it is with the next sign-in, or by the person.
    """
    left = []
    for item in found:
        try:
            item.file.parent.mkdir(parents=True, exist_ok=True)
            disk.write_whole(item.file, item.body, flush=True)
            for link in item.links:
                link.parent.mkdir(exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(item.file)
        except OSError as error:
            raise CannotSave(f"{item.file} cannot be written: {error.strerror}.") from error
        left += [" ".join(command) for command in item.told if not run(command)]
    return left


def remove(found: Sequence[Item], run: Runner = quietly) -> list[Path]:
    """Take the files away again; those that were there. What runs now runs on until it is stopped."""
    gone = []
    for item in found:
        there = item.file.exists()
        if there:
            for command in item.untold:
                if command[0] == "launchctl":
                    run(command)
        for link in item.links:
            link.unlink(missing_ok=True)
        item.file.unlink(missing_ok=True)
        for command in item.untold:
            if command[0] != "launchctl":
                run(command)
        gone += [item.file] if there else []
    return gone
