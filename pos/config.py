"""config.ini and the environment become frozen dataclasses. An unknown key or a bad value stops the start.

Each setting is declared once, in `pos/sections.py`; `pos/setting.py` reads one.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

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
from pos.setting import environment_name, group

__all__ = [
    "GROUPS",
    "Backup",
    "Config",
    "Console",
    "Erpnext",
    "Hooks",
    "Hub",
    "Keys",
    "Notices",
    "Pricing",
    "Printer",
    "Queue",
    "Quickbooks",
    "Reconcile",
    "Returns",
    "Scanner",
    "Security",
    "Server",
    "Shift",
    "Shop",
    "Storage",
    "Till",
    "Vouchers",
    "load",
    "networks",
    "open_to_others",
    "origins",
    "renewed",
    "secrets_of",
    "with_secrets",
]

#: How [queue] url begins where the queue is no file.
REDIS = ("redis://", "rediss://")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
POSTGRESQL = ("postgresql://", "postgres://")

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


_ONE_OR_MORE = {
    ("server", "threads"), ("queue", "workers"), ("security", "pin_tries"), ("security", "pin_lock_minutes"),
    ("security", "sign_in_hours"), ("console", "sign_in_hours"), ("console", "idle_minutes"),
    ("security", "body_kb_max"), ("erpnext", "timeout_seconds"),
    ("erpnext", "probe_seconds"), ("erpnext", "pull_minutes"), ("scanner", "key_gap_ms"),
    ("server", "log_files"), ("backup", "timeout_seconds"), ("hub", "timeout_seconds"), ("hub", "probe_seconds"),
    ("quickbooks", "timeout_seconds"), ("quickbooks", "probe_seconds"), ("quickbooks", "pull_minutes"),
}  # fmt: skip


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
    _check(config)
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


def _check(config: Config) -> None:
    try:
        ZoneInfo(config.shop.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSettings(
            f"[shop] timezone is {config.shop.timezone!r}, which is no IANA name; use one like Europe/London."
        ) from None
    if len(config.shop.currency) != 3 or not config.shop.currency.isupper():
        raise BadSettings(f"[shop] currency is {config.shop.currency!r}; use the three capital letters, like GBP.")
    if not (config.till.id.isascii() and config.till.id.isalnum()) or len(config.till.id) > 8:
        raise BadSettings(f"[till] id is {config.till.id!r}; use up to 8 letters and digits, like T1.")
    if config.till.id in config.till.succeeds.replace(",", " ").split():
        raise BadSettings(
            f"[till] id is {config.till.id}, which [till] succeeds names as an id of before: its numbers would be "
            "given out twice."
        )
    networks(config.server.trusted_proxy)
    if not 1 <= config.server.port <= 65535:
        raise BadSettings(f"[server] port is {config.server.port}; it must be between 1 and 65535.")
    _check_storage(config)
    for name, url in (
        ("storage", config.storage.url), ("storage", config.storage.read_url), ("queue", config.queue.url)
    ):  # fmt: skip
        if "(hidden)@" in url:
            raise BadSettings(f"[{name}] url has (hidden) in the place of its password; write the whole address.")
    if not config.queue.url.startswith(("sqlite:///", *REDIS)):
        raise BadSettings(f"[queue] url is {config.queue.url.split(':')[0]}://…; use sqlite:/// or redis://.")
    if config.erpnext.url and not config.erpnext.url.startswith(("https://", "http://")):
        raise BadSettings(f"[erpnext] url is {config.erpnext.url!r}; write it like https://erp.example.com.")
    _check_hub(config)
    _check_quickbooks(config)
    for section in GROUPS:
        _check_figures(section, getattr(config, section))


def _check_storage(config: Config) -> None:
    """A till has a file of its own; a hub may stand on a server."""
    url, role = config.storage.url, config.server.role
    if not url.startswith(("sqlite:///", *POSTGRESQL)):
        raise BadSettings(f"[storage] url is {url.split(':')[0]}://…; use sqlite:///, or postgresql:// for a hub.")
    if url.startswith(POSTGRESQL) and role != "hub":
        raise BadSettings(
            f"[storage] url names PostgreSQL, and [server] role is {role}. A till keeps its receipts in a file of its "
            "own, so that it sells when nothing else runs: use sqlite:///, or set role = hub."
        )
    read = config.storage.read_url
    if read and not (url.startswith(POSTGRESQL) and read.startswith(POSTGRESQL)):
        raise BadSettings(
            "[storage] read_url names a replica, which only PostgreSQL has: [storage] url and read_url must both be "
            "postgresql://…. Empty read_url."
        )


def _check_hub(config: Config) -> None:
    """One server posts for a company: a till with a hub has no books of its own, and a hub has no hub above it."""
    if not config.hub.url:
        return
    if not config.hub.url.startswith(("https://", "http://")):
        raise BadSettings(f"[hub] url is {config.hub.url!r}; write it like https://hub.example.com.")
    if config.server.role != "till":
        raise BadSettings(
            f"[server] role is {config.server.role} and [hub] url is set: a hub sends to no other. Empty one of them."
        )
    if config.erpnext.url:
        raise BadSettings(
            "[hub] url and [erpnext] url are both set. The hub books what its tills sold, so that nothing is booked "
            "twice: set the connection on the hub and empty [erpnext] url here."
        )


#: Intuit books what arrives in time for up to 120 seconds; before that, "not there" proves nothing.
QUICKBOOKS_BOOKS_SECONDS = 120


def _check_quickbooks(config: Config) -> None:
    ours = config.quickbooks
    if bool(ours.client_id) != bool(ours.client_secret):
        raise BadSettings(
            "[quickbooks] needs both client_id and client_secret: set QUICKBOOKS_CLIENT_ID and "
            "QUICKBOOKS_CLIENT_SECRET, or empty both."
        )
    for name in ("redirect_url", "api_url", "authorize_url", "token_url", "revoke_url", "discovery_url"):
        url = getattr(ours, name)
        if url and not encrypted_or_here(url):
            raise BadSettings(f"[quickbooks] {name} is {url!r}; it must begin with https://, or be this machine's own.")
    if ours.redirect_url and ours.environment == "production" and not ours.redirect_url.startswith("https://"):
        raise BadSettings("[quickbooks] redirect_url must begin with https:// in production; Intuit takes no other.")
    if ours.settle_seconds <= QUICKBOOKS_BOOKS_SECONDS:
        raise BadSettings(
            f"[quickbooks] settle_seconds is {ours.settle_seconds}; QuickBooks may book what it was sent for "
            f"{QUICKBOOKS_BOOKS_SECONDS} seconds, so it must be more."
        )
    if config.hub.url and ours.client_id:
        raise BadSettings(
            "[hub] url and [quickbooks] client_id are both set. The hub books what its tills sold, so that nothing is "
            "booked twice: set the connection on the hub and empty it here."
        )
    if not all(part.strip().isdigit() for part in ours.warn_days.split(",")):
        raise BadSettings(f"[quickbooks] warn_days is {ours.warn_days!r}; write days like 30,7,1.")


def encrypted_or_here(url: str) -> bool:
    """Whether an address is https, or of this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def networks(text: str) -> list[IPv4Network | IPv6Network]:
    """The addresses and networks of [server] trusted_proxy. BadSettings names one that is none, or means everybody."""
    found = []
    for part in text.replace(",", " ").split():
        try:
            network = ip_network(part)
        except ValueError:
            raise BadSettings(
                f"[server] trusted_proxy names {part!r}, which is no address; use one like 127.0.0.1."
            ) from None
        if not network.prefixlen:
            raise BadSettings(f"[server] trusted_proxy names {part}, which is everybody; name the proxy alone.")
        found.append(network)
    return found


def _check_figures(section: str, group: Any) -> None:
    """No whole number is below nought, and none is nought where nothing would work any more."""
    for f in fields(group):
        value, least = getattr(group, f.name), 1 if (section, f.name) in _ONE_OR_MORE else 0
        if type(value) is int and value < least:
            raise BadSettings(f"[{section}] {f.name} is {value}; it must be {least} or more.")


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
