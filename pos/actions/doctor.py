"""The doctor: looks at everything a till needs, changes nothing, and says in plain words what to do.

CHECKS is the list; each is a small function from a Look to one Finding or several. A check that cannot be made says so
and stops no other. What is not set up is not failed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from pos import __version__, channels, clock
from pos.actions import (
    checks_books,
    checks_conductor,
    checks_data,
    checks_desktop,
    checks_hub,
    checks_machine,
    checks_quickbooks,
    hooks,
    sell,
)
from pos.actions.finding import RANK, Finding, Look, Serving, fail, not_set_up, ok, warn
from pos.config import Config, load, open_to_others
from pos.devices import printer_of
from pos.errors import BadSettings, PosError
from pos.store import examine
from pos.store.db import database_path, is_postgresql

Check = Callable[[Look], "Finding | Iterable[Finding]"]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("program", checks_machine.program),
    ("folders", checks_machine.folders),
    ("disk", checks_machine.room),
    ("flushes", checks_machine.flushes),
    ("port", checks_machine.port),
    ("database", checks_data.database),
    ("chain", checks_data.chain),
    ("clock", checks_data.clock_here),
    ("people", checks_data.people),
    ("session", checks_data.session),
    ("notices", checks_data.open_notices),
    ("agents", checks_data.agents),
    ("queue", checks_data.bells),
    ("printer", checks_machine.printer),
    ("copies", checks_data.copies),
    ("outbox", checks_books.outbox),
    ("erpnext", checks_books.erpnext),
    ("quickbooks", checks_quickbooks.quickbooks),
    ("quickbooks_desktop", checks_desktop.desktop),
    ("conductor", checks_conductor.conductor),
    ("hub", checks_hub.hub_of),
)


#: What there is to look at of a hub on PostgreSQL: its receipts are no files, and its disk is another machine's.
ON_SERVER = frozenset(
    {
        "program", "port", "database", "clock", "people", "notices", "agents", "queue", "outbox", "erpnext", "hub",
        "quickbooks", "quickbooks_desktop", "conductor",
    }
)  # fmt: skip


def examine_folder(root: Path, serving: Callable[[Config], Serving | None] = lambda _config: None) -> list[Finding]:
    """Look at the till in a folder, also while its server runs. serving: how a running server is found.

    With settings that are wrong there is one finding, since nothing else could be trusted.
    """
    try:
        config = load(root)
        sell.check_settings(config)
        printer_of(config)
        channels.check(config)
        hooks.titles(config.hooks)
    except BadSettings as error:
        return [fail("settings", error.message, "`pos_server.py check` shows every setting and where it came from.")]
    found = [_settings(config)]
    with ExitStack() as opened:
        look = Look(config, clock.now(), None, serving(config))
        on_server = is_postgresql(config)
        if on_server or database_path(config).is_file():
            try:
                look = dataclasses.replace(look, store=opened.enter_context(examine.store_of(config)))
            except PosError as error:
                remedy = "Stop the till; `pos_server.py verify`, then `rebuild`."
                found.append(
                    fail("database", error.message, "See [storage] url, and its log." if on_server else remedy)
                )
        return found + run(look, [one for one in CHECKS if not on_server or one[0] in ON_SERVER])


def run(look: Look, checks: Sequence[tuple[str, Check]] = CHECKS) -> list[Finding]:
    """Every check, in order; at the server also on its own open database."""
    found: list[Finding] = []
    for name, check in checks:
        try:
            if look.store is None:
                result = check(look)
            else:
                with examine.readable(look.store):
                    result = check(look)
                    result = [result] if isinstance(result, Finding) else list(result)
            found += [result] if isinstance(result, Finding) else result
        except (PosError, OSError, ValueError, LookupError) as error:
            said = error.message if isinstance(error, PosError) else f"{type(error).__name__}: {error}"
            if name == "database":  # whatever else would be asked of it says the same again
                look = dataclasses.replace(look, store=None)
                found.append(
                    fail(name, said, "Stop the till, copy the folder, then `rebuild`, or `restore` a snapshot.")
                )
                continue
            found.append(fail(name, f"This could not be looked at: {said}", "See what the sentence names."))
    return found


def worst(found: Iterable[Finding]) -> str:
    """ok, warn or fail: the worst there is."""
    return max((one.state for one in found if RANK[one.state]), key=RANK.__getitem__, default="ok")


def _settings(config: Config) -> Finding:
    others = open_to_others(config.root)
    if others:
        return warn("settings", others.partition(";")[0] + ".", f"chmod 600 {config.root / '.env'}")
    if not (config.root / "config.ini").exists():
        return not_set_up("settings", "There is no config.ini; every setting has its default.")
    return ok("settings", "config.ini, .env and the environment are as they must be.", version=__version__)
