"""inventory tokens generate|rotate: the two tokens of the environment, written into .env, which this user alone reads.

They are for the beginning. People's own keys are made by `token add --for CODE`.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import string
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.config import Config
from pos.errors import Conflict
from pos.store import audit, disk
from pos.store.db import database_path, is_postgresql, open_store
from pos.store.env_users import CHARS_MADE, CHARS_MIN

NAMES = {"write": "INVENTORY_WRITE_TOKEN", "admin": "INVENTORY_ADMIN_TOKEN"}
_LETTERS = string.ascii_letters + string.digits


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="do", metavar="generate|rotate", required=True)
    made = acts.add_parser("generate", help="make the tokens there are none of yet")
    anew = acts.add_parser("rotate", help="new ones in place of the old, which stop when the server starts again")
    anew.add_argument("--only", choices=tuple(NAMES), help="this one alone")
    for parser_of in (made, anew):
        parser_of.add_argument("--print", action="store_true", dest="shown", help="print them, write nothing")
        parser_of.add_argument(
            "--length", type=int, default=CHARS_MADE, help=f"letters ({CHARS_MADE}; {CHARS_MIN} or more)"
        )


def run(args: argparse.Namespace, root: Path) -> int:
    length = max(args.length, CHARS_MIN)
    config, path = opened.settings(root), root / ".env"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    wanted = [which for which in NAMES if getattr(args, "only", None) in (None, which)]
    if args.do == "generate":
        wanted = [which for which in wanted if not _now(config, which)]
        if not wanted:
            raise Conflict("Both tokens are set already. Use `inventory tokens rotate` to make new ones.")
    made = {NAMES[which]: _made(length) for which in wanted}
    if args.shown:
        print("\n".join(f"{name}={token}" for name, token in made.items()))
        return cli.OK
    lines = with_values(lines, made | _threshold(config, lines))
    disk.write_whole(path, ("\n".join(lines) + "\n").encode("utf-8"), flush=True, mode=0o600)
    _record(config, args.do, list(made))
    print(f"{path}: {', '.join(made)}. Start the server again; clients need the new ones from this file.")
    for name in made:
        if name in os.environ:
            cli.warn(f"{name} stands in the environment, too, which wins over {path.name}.")
    return cli.OK


def with_values(lines: list[str], values: dict[str, str]) -> list[str]:
    """The lines of a .env file with these values; every other line is kept."""
    rest, found = dict(values), []
    for line in lines:
        name = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=", line)
        if name and name[1] in values:
            if name[1] in rest:
                found.append(f"{name[1]}={rest.pop(name[1])}")
            continue
        found.append(line)
    return found + [f"{name}={value}" for name, value in rest.items()]


def _threshold(config: Config, lines: list[str]) -> dict[str, str]:
    """The threshold beside the tokens, as it holds now, unless the file says one."""
    name = "INVENTORY_APPROVAL_QTY_THRESHOLD"
    there = any(line.strip().startswith(f"{name}=") for line in lines)
    return {} if there else {name: config.inventory.approval_qty_threshold}


def _now(config: Config, which: str) -> str:
    return config.inventory.write_token if which == "write" else config.inventory.admin_token


def _made(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _record(config: Config, act: str, names: list[str]) -> None:
    if not is_postgresql(config) and not database_path(config).exists():
        return  # no till yet, so nobody's audit
    store = open_store(config)
    try:
        audit.record(store, opened.operator(), f"inventory.tokens.{act}", "", {"names": names})
    finally:
        store.close()
