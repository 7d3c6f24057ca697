"""inventory approvals|tokens|smoke|parity|cleanup|…: what guards changes of stock, and a trial of the whole way.

Each word is a module of its own in ACTS, with `arguments(parser)` and `run(args, root)`.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

#: Word -> (module, help).
ACTS = {
    "approvals": ("pos.cli.inventory_approvals", "whether changes of stock need a second person: show, on, off"),
    "tokens": ("pos.cli.inventory_tokens", "the two tokens of the environment: generate, rotate"),
    "cutover": ("pos.cli.inventory_cutover", "one look at whether everything is ready, with a report that is kept"),
    "smoke": ("pos.cli.inventory_smoke", "try the whole way in a throwaway folder, with a real server"),
    "parity": ("pos.cli.inventory_parity", "our stock held against the books, and proposals of what puts it right"),
    "cleanup": ("pos.cli.inventory_cleanup", "put away what trials left in this folder (SMOKE-SKU-…, SMOKE_…)"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="|".join(ACTS), required=True)
    for word, (module, help_text) in ACTS.items():
        below = acts.add_parser(word, help=help_text, allow_abbrev=False)
        importlib.import_module(module).arguments(below)


def run(args: argparse.Namespace, root: Path) -> int:
    code: int = importlib.import_module(ACTS[args.act][0]).run(args, root)
    return code
