"""autostart install | remove | show: the till starts when the person signs in, without more rights than theirs."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from pos import cli
from pos.actions import autostart
from pos.cli import opened

#: The program this command runs in.
HERE = Path(__file__).resolve().parents[2]


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="install|remove|show", required=True)
    install = acts.add_parser("install", help="start the till when this user signs in")
    install.add_argument("--kiosk", action="store_true", help="open its screen over everything as well")
    acts.add_parser("remove", help="start nothing by itself any more; what runs now runs on")
    acts.add_parser("show", help="print the files that install would write")


def run(args: argparse.Namespace, root: Path) -> int:
    """Say which files were written, and what a person may want to do."""
    config = opened.settings(root)
    kiosk = args.act != "install" or args.kiosk
    found = autostart.items(autostart.programs(config, HERE, kiosk=kiosk), sys.platform, os.environ)
    if args.act == "show":
        for item in found:
            print(f"# {item.file}\n{item.body.decode('utf-8')}")
        return cli.OK
    if args.act == "remove":
        gone = autostart.remove(found)
        for file in gone:
            print(f"Removed {file}")
        if not gone:
            print("Nothing started by itself.")
        return cli.OK
    left = autostart.install(found)
    for item in found:
        print(f"Written {item.file}")
    for command in left:
        print(f"This did not go well, and is done by the next sign-in anyway: {command}")
    _advise(config.till.id)
    return cli.OK


def _advise(till: str) -> None:
    if sys.platform == "linux":
        print(f"Start it now: systemctl --user start tillkeep-{till}")
        print(f"To start it with the machine, before anybody signs in: loginctl enable-linger {getpass.getuser()}")
    elif sys.platform == "darwin":
        print(f"Start it now: launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/tillkeep-{till}.plist")
    else:
        print("It starts when this user signs in. A till that starts alone: let Windows sign this user in by itself.")
