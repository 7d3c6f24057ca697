"""`python -m tests.bench [NAME …] [--write]`: run the benches named (all when none is), print their tables."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import sys
from typing import TextIO

from tests.bench import measure
from tests.till_process import REPO

#: In this order. Each module has `run()`, which prints, or returns rows.
BENCHES = {
    "sale": "tests.bench.sale_bench",
    "catalog": "tests.bench.catalog_bench",
    "screen": "tests.bench.screen_bench",
    "page": "tests.bench.page_bench",
    "start": "tests.bench.start_bench",
    "outbox": "tests.bench.outbox_bench",
    "bundle": "tests.bench.bundle_bench",
    "quickbooks": "tests.bench.quickbooks_bench",
    "pull": "tests.bench.pull_bench",
    "report": "tests.bench.report_bench",
    "backup": "tests.bench.backup_bench",
    "archive": "tests.bench.archive_bench",
    "console": "tests.bench.console_bench",
    "metrics": "tests.bench.metrics_bench",
    "flood": "tests.bench.flood_bench",
    "hub-size": "tests.bench.hub_size_bench",
    "runs-overview": "tests.bench.runs_overview_bench",
    "schedules": "tests.bench.schedules_bench",
    "import": "tests.bench.import_bench",
    "inventory": "tests.bench.inventory_bench",
    "desktop": "tests.bench.desktop_bench",
    "conductor": "tests.bench.conductor_bench",
}
PAGE = REPO / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Made by `python3 tasks.py bench --write`. Times in milliseconds. Ratios come from one run on one box; nothing here is a
timed test, and another box gives other figures.
"""


class Both(io.TextIOBase):
    """Writes to the terminal and keeps a copy."""

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal
        self.kept = io.StringIO()

    def write(self, text: str) -> int:
        self.terminal.write(text)
        self.terminal.flush()
        return self.kept.write(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(BENCHES)}")
    parser.add_argument("--write", action="store_true", help="also write docs/benchmarks.md (all benches only)")
    parser.add_argument("--receipts", type=int, metavar="N", help="with hub-size: how many the hub has (100,000)")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in BENCHES]
    if unknown or (args.write and args.names):
        parser.error(f"no bench is called {unknown[0]}" if unknown else "--write goes with all benches, not with some")
    out = Both(sys.stdout)
    with contextlib.redirect_stdout(out):
        measure.box()
        for name in args.names or BENCHES:
            print(f"\n## {name}")
            sized = (args.receipts,) if name == "hub-size" and args.receipts else ()
            rows = importlib.import_module(BENCHES[name]).run(*sized)
            if rows:  # a bench may print its own tables, or hand over named figures
                heads = list(dict.fromkeys(head for row in rows for head in row.figures))
                measure.table(name, ("what", *heads), [[r.name, *(r.figures.get(h, "") for h in heads)] for r in rows])
    if args.write:
        PAGE.write_text(HEAD + out.kept.getvalue(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
