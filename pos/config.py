"""config.ini and the environment become frozen dataclasses. An unknown key or a bad value stops the start.

Each setting is declared once, in `pos/sections.py`; `pos/setting.py` reads one.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from pos import config_checks
from pos.errors import BadSettings
from pos.sections import (
    Backup,
    Console,
    Erpnext,
    Hooks,
    Hub,
    Keys,
    Notices,
    Pricing,
    Printer,
    Queue,
    Quickbooks,
    Reconcile,
    Returns,
    Scanner,
    Security,
    Server,
    Shift,
    Shop,
    Storage,
    Till,
    Vouchers,
)
from pos.sections_conductor import Conductor
from pos.sections_inventory import Inventory, Qbwc
from pos.sections_runs import Runs
from pos.setting import environment_name, group

__all__ = [
    "GROUPS",
    "Backup",
    "Conductor",
    "Config",
    "Console",
    "Erpnext",
    "Hooks",
    "Hub",
    "Inventory",
    "Keys",
    "Notices",
    "Pricing",
    "Printer",
    "Qbwc",
    "Queue",
    "Quickbooks",
    "Reconcile",
    "Returns",
    "Runs",
    "Scanner",
    "Security",
    "Server",
    "Shift",
    "Shop",
    "Storage",
    "Till",
    "Vouchers",
    "load",
    "open_to_others",
    "origins",
    "renewed",
    "secrets_of",
    "with_secrets",
]

#: How [queue] url begins where the queue is no file.

GROUPS: dict[str, type] = {
    "shop": Shop,
    "till": Till,
    "server": Server,
    "hub": Hub,
    "storage": Storage,
    "queue": Queue,
    "pricing": Pricing,
    "erpnext": Erpnext,
    "quickbooks": Quickbooks,
    "runs": Runs,
    "inventory": Inventory,
    "qbwc": Qbwc,
    "conductor": Conductor,
    "security": Security,
    "shift": Shift,
    "returns": Returns,
    "vouchers": Vouchers,
    "reconcile": Reconcile,
    "backup": Backup,
    "console": Console,
    "keys": Keys,
    "scanner": Scanner,
    "printer": Printer,
    "notices": Notices,
    "hooks": Hooks,
}


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the program is told from outside. `root` is the folder that holds config.ini, data/ and invoices/."""

    root: Path
    shop: Shop = field(default_factory=Shop)
    till: Till = field(default_factory=Till)
    server: Server = field(default_factory=Server)
    hub: Hub = field(default_factory=Hub)
    storage: Storage = field(default_factory=Storage)
    queue: Queue = field(default_factory=Queue)
    pricing: Pricing = field(default_factory=Pricing)
    erpnext: Erpnext = field(default_factory=Erpnext)
    quickbooks: Quickbooks = field(default_factory=Quickbooks)
    runs: Runs = field(default_factory=Runs)
    inventory: Inventory = field(default_factory=Inventory)
    qbwc: Qbwc = field(default_factory=Qbwc)
    conductor: Conductor = field(default_factory=Conductor)
    security: Security = field(default_factory=Security)
    shift: Shift = field(default_factory=Shift)
    returns: Returns = field(default_factory=Returns)
    vouchers: Vouchers = field(default_factory=Vouchers)
    reconcile: Reconcile = field(default_factory=Reconcile)
    backup: Backup = field(default_factory=Backup)
    console: Console = field(default_factory=Console)
    keys: Keys = field(default_factory=Keys)
    scanner: Scanner = field(default_factory=Scanner)
    printer: Printer = field(default_factory=Printer)
    notices: Notices = field(default_factory=Notices)
    hooks: Hooks = field(default_factory=Hooks)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def instance_file(self) -> Path:
        """Holds the random id of this data folder."""
        return self.data / "instance"

    @property
    def hub_key_file(self) -> Path:
        """Holds this till's key at its hub, where [hub] key does not."""
        return self.data / "hub.key"

    @property
    def tokens_key_file(self) -> Path:
        """Holds the keys that seal tokens in the database, where [security] secret_key does not."""
        return self.data / "tokens.key"

    @property
    def invoices(self) -> Path:
        return self.root / self.storage.invoices

    @property
    def archive(self) -> Path:
        return self.root / self.storage.archive


def load(root: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read root/config.ini, root/.env and the environment (which wins). BadSettings names the key and the remedy."""
    parser = configparser.ConfigParser(interpolation=None)
    path = root / "config.ini"
    if path.exists():
        try:
            parser.read_string(path.read_text(encoding="utf-8-sig"), source=str(path))
        except (configparser.Error, UnicodeDecodeError) as error:
            raise BadSettings(f"{path} cannot be read: {error}. Mend that line or restore the file.") from error
    surroundings = {k: v for k, v in dotenv_values(root / ".env").items() if v is not None}
    surroundings.update(os.environ if environ is None else environ)
    unknown = [s for s in parser.sections() if s not in GROUPS]
    if unknown:
        raise BadSettings(f"config.ini has no section [{unknown[0]}]. Sections are: {', '.join(GROUPS)}.")
    groups = {
        name: group(name, cls, dict(parser[name]) if parser.has_section(name) else {}, surroundings)
        for name, cls in GROUPS.items()
    }
    config = Config(root=root, **groups)
    config_checks.check(config, GROUPS)
    return config


def origins(root: Path, environ: Mapping[str, str] | None = None) -> dict[tuple[str, str], str]:
    """Where the value of each (section, setting) comes from, in words, for settings that `load` accepts."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(root / "config.ini", encoding="utf-8-sig")
    around = os.environ if environ is None else environ
    beside = dotenv_values(root / ".env")
    found = {}
    for section, cls in GROUPS.items():
        for f in fields(cls):
            name = environment_name(section, f)
            given = [n for n in (name, f"{name}_FILE") if n in around or beside.get(n) is not None]
            if given:
                place = "environment" if given[0] in around else ".env"
                found[section, f.name] = f"{place}, {given[0]}"
            else:
                found[section, f.name] = "config.ini" if parser.has_option(section, f.name) else "default"
    return found


#: Secrets that came into force after the start, by `renewed`; the log strikes them out like those of the start.
came_later: set[str] = set()
_in_force: dict[tuple[Path, Any], Any] = {}


def renewed(config: Config, section: str) -> Config:
    """The settings with the secrets of one section as the files have them now: a rotated key needs no new start.

    All else stays as it was at the start. Nothing changes while the files cannot be read or name another address: a
    key is never shown to a site it was not made for.
    """
    ours = getattr(config, section)
    try:
        later = getattr(load(config.root), section)
    except (BadSettings, OSError):  # somebody is in the middle of writing it
        return with_secrets(config, section)
    if getattr(later, "url", "") not in ("", getattr(ours, "url", "")):
        return with_secrets(config, section)
    fresh = {f.name: value for f in fields(ours) if f.metadata["secret"] and (value := getattr(later, f.name))}
    came_later.update(value for name, value in fresh.items() if value != getattr(ours, name))
    _in_force[config.root, ours] = replace(ours, **fresh)
    return with_secrets(config, section)


def with_secrets(config: Config, section: str) -> Config:
    """The settings with what `renewed` last found of a section, anywhere in this process; no file is read."""
    ours = getattr(config, section)
    return replace(config, **{section: _in_force.get((config.root, ours), ours)})


def secrets_of(config: Config) -> tuple[str, ...]:
    """The values of all secret settings that are set; for striking them out of logs."""
    groups = [getattr(config, name) for name in GROUPS]
    return tuple(
        value for group in groups for f in fields(group) if f.metadata["secret"] and (value := getattr(group, f.name))
    )


def open_to_others(root: Path) -> str:
    """A warning when others on this machine may read root/.env, "" when not; Windows keeps such rights elsewhere."""
    path = root / ".env"
    if os.name == "nt" or not path.exists() or not path.stat().st_mode & 0o077:
        return ""
    return f"{path} can be read by others on this machine; keep its secrets to yourself: chmod 600 {path}"
