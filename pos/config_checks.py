"""What must hold of the settings before anything starts: each fault names its key and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pos.errors import BadSettings

if TYPE_CHECKING:
    from pos.config import Config

REDIS = ("redis://", "rediss://")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
POSTGRESQL = ("postgresql://", "postgres://")

_ONE_OR_MORE = {
    ("server", "threads"), ("queue", "workers"), ("security", "pin_tries"), ("security", "pin_lock_minutes"),
    ("security", "sign_in_hours"), ("console", "sign_in_hours"), ("console", "idle_minutes"),
    ("security", "body_kb_max"), ("erpnext", "timeout_seconds"),
    ("erpnext", "probe_seconds"), ("erpnext", "pull_minutes"), ("scanner", "key_gap_ms"),
    ("server", "log_files"), ("backup", "timeout_seconds"), ("hub", "timeout_seconds"), ("hub", "probe_seconds"),
    ("quickbooks", "timeout_seconds"), ("quickbooks", "probe_seconds"), ("quickbooks", "pull_minutes"),
    ("inventory", "approval_hours"), ("inventory", "lines_max"),
    ("runs", "default_parallel"), ("runs", "poll_seconds"), ("runs", "import_mb_max"),
}  # fmt: skip


def check(config: Config, sections: Iterable[str]) -> None:
    """BadSettings names the setting and the remedy."""
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
    _check_runs(config)
    _check_inventory(config)
    for section in sections:
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


#: /epos-qbo: small letters, digits and hyphens, and none of the addresses that mean something else.
_PREFIX = re.compile(r"/[a-z0-9][a-z0-9-]{1,39}\Z")
_TAKEN = ("/api", "/console", "/static", "/settings", "/setup", "/day", "/receipts", "/report", "/zreads", "/rights")


def _check_runs(config: Config) -> None:
    ours = config.runs
    if not _PREFIX.match(ours.prefix) or ours.prefix in _TAKEN:
        raise BadSettings(f"[runs] prefix is {ours.prefix!r}; use a free one of letters and hyphens, like /epos-qbo.")
    for name in ("business_timezone", "fallback_timezone"):
        zone = getattr(ours, name)
        if zone and zone not in available_timezones():
            raise BadSettings(f"[runs] {name} is {zone!r}, which is no IANA name; use one like Africa/Lagos.")
    if ours.cutoff_hour and not (ours.cutoff_hour.isdigit() and int(ours.cutoff_hour) < 24):
        raise BadSettings(f"[runs] cutoff_hour is {ours.cutoff_hour!r}; use 0 to 23, or nothing.")
    if ours.cutoff_minute > 59:
        raise BadSettings(f"[runs] cutoff_minute is {ours.cutoff_minute}; use 0 to 59.")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", ours.recon_diff_warning):
        raise BadSettings(f"[runs] recon_diff_warning is {ours.recon_diff_warning!r}; use an amount like 1.0.")


def _check_inventory(config: Config) -> None:
    ours = config.inventory
    least = ours.approval_qty_threshold
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", least) or not least.strip("0."):
        raise BadSettings(
            f"[inventory] approval_qty_threshold is {ours.approval_qty_threshold!r}; use a quantity above 0, like 25."
        )
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", ours.approval_value_threshold):
        raise BadSettings(
            f"[inventory] approval_value_threshold is {ours.approval_value_threshold!r}; use an amount like 500."
        )
    try:
        if ours.closed_until and date.fromisoformat(ours.closed_until).isoformat() != ours.closed_until:
            raise ValueError  # 20260930 is one, too, and sorts otherwise
    except ValueError:
        raise BadSettings(f"[inventory] closed_until is {ours.closed_until!r}; use a day like 2026-09-30.") from None


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
