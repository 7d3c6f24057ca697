"""What makes a till start with its machine, as each system wants it written: systemd, macOS, Windows, a desktop."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from dataclasses import dataclass

from pos.errors import Invalid

#: Exit codes that another start would not mend: wrong settings, another server on the folder.
HOPELESS = (2, 3)
#: What the till needs to end what it is at.
STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Program:
    """One thing that starts. name: a file's name, such as tillkeep-T1. command: absolute paths, whole words.

    folder: it works in.
    """

    name: str
    words: str
    command: tuple[str, ...]
    folder: str


def _check(program: Program) -> None:
    for word in (*program.command, program.folder, program.words):
        if not word.isprintable():
            raise Invalid(f"The path {word!r} holds a sign that no service file can hold.", field="root")


def _systemd(word: str) -> str:
    """One word of a unit file, whatever is in it."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if set(word) & set(" \t'\";") else word


def user_unit(program: Program) -> str:
    """A unit of the person who is signed in: no more rights than theirs, and none needed to install it."""
    return _unit(program, [], "default.target", "")


def system_unit(program: Program, user: str) -> str:
    """A unit of the machine, started before anybody signs in, as a user of its own who cannot change the system."""
    fence = [
        "NoNewPrivileges=yes",
        "# Copies go to sticks and shares, so only what belongs to the system is read-only.",
        "ProtectSystem=full",
        "PrivateTmp=yes",
        "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes",
        "ProtectControlGroups=yes",
        "RestrictSUIDSGID=yes",
        "LockPersonality=yes",
        "UMask=0027",
    ]
    return _unit(program, [f"User={user}", *fence], "multi-user.target", "After=network.target\n")


def _unit(program: Program, further: Sequence[str], wanted_by: str, after: str) -> str:
    _check(program)
    command = " ".join(_systemd(word) for word in program.command)
    codes = " ".join(map(str, HOPELESS))
    lines = [
        f"WorkingDirectory={program.folder.replace('%', '%%')}",
        f"ExecStart={command}",
        "Environment=PYTHONUNBUFFERED=1",
        "Restart=on-failure",
        "RestartSec=2",
        "# Wrong settings, or another server on the folder: another start would mend neither.",
        f"RestartPreventExitStatus={codes}",
        "KillMode=mixed",
        f"TimeoutStopSec={STOP_SECONDS}",
        *further,
    ]
    return (
        f"# {program.words}\n[Unit]\nDescription={program.words.replace('%', '%%')}\n{after}StartLimitIntervalSec=0\n\n"
        + "[Service]\n"
        + "\n".join(lines)
        + f"\n\n[Install]\nWantedBy={wanted_by}\n"
    )


def desktop_entry(program: Program) -> str:
    """A program with a window, started when a desktop of Linux is."""
    _check(program)
    words = []
    for word in program.command:
        quoted = "".join(f"\\{ch}" if ch in '"`$\\' else ch for ch in word).replace("%", "%%")
        words.append(f'"{quoted}"'.replace("\\", "\\\\"))
    return (
        f"[Desktop Entry]\nType=Application\nName={program.words}\nExec={' '.join(words)}\n"
        f"Path={program.folder}\nX-GNOME-Autostart-enabled=true\n"
    )


def launch_agent(program: Program, log: str) -> bytes:
    """A property list for macOS: started when the person signs in, and again when it failed."""
    _check(program)
    told = {
        "Label": program.name,
        "ProgramArguments": list(program.command),
        "WorkingDirectory": program.folder,
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 5,
        "ExitTimeOut": STOP_SECONDS,
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    return plistlib.dumps(told, sort_keys=False)


def startup_script(program: Program) -> str:
    """A file for the Startup folder of Windows: a window of its own, small, that ends when the till does."""
    _check(program)
    if any('"' in word for word in program.command):
        raise Invalid("A path with a quotation mark cannot be started from a script.", field="root")
    command = " ".join(f'"{word}"' for word in program.command).replace("%", "%%")
    return (
        "\r\n".join(
            (
                "@echo off",
                f"rem {program.words.replace('%', '%%')}",
                "chcp 65001 >nul",
                f'cd /d "{program.folder.replace("%", "%%")}"',
                f'start "{program.name}" /min {command}',
            )
        )
        + "\r\n"
    )
