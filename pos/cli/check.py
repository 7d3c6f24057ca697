"""check: the effective settings, where each came from, secrets hidden. Reads only."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from pos import channels, cli, config, places
from pos.actions import hooks, sell
from pos.devices import printer_of
from pos.setting import shown


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def run(args: argparse.Namespace, root: Path) -> int:
    """Print every setting. Wrong settings end with code 2 and the sentence that names them."""
    rows = effective(root)
    cli.warn(config.open_to_others(root))
    if args.json:
        print(json.dumps([{"section": s, "setting": k, "value": v, "from": o} for s, k, v, o in rows], indent=1))
        return cli.OK
    section = ""
    for group, name, value, origin in rows:
        if group != section:
            print(f"{'' if not section else chr(10)}[{group}]")
            section = group
        print(f"{name:<22} = {value:<44} ({origin})")
    return cli.OK


def effective(root: Path) -> list[tuple[str, str, str, str]]:
    """(section, setting, value as text, where it came from) of every setting. BadSettings when one is wrong."""
    loaded = config.load(root)
    sell.check_settings(loaded)
    printer_of(loaded)
    channels.check(loaded)
    hooks.titles(loaded.hooks)
    places.check(loaded)
    origins = config.origins(root)
    rows = []
    for section, cls in config.GROUPS.items():
        for f in fields(cls):
            value: Any = getattr(getattr(loaded, section), f.name)
            told = ("(hidden)" if value else "(empty)") if f.metadata["secret"] else shown(value)
            rows.append((section, f.name, told, origins[section, f.name]))
    return rows
