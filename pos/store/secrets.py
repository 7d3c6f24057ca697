"""Sealing: what is secret and yet must lie in the database is encrypted there (Fernet: AES-128-CBC with HMAC-SHA256).

The keys are text, the newest first: in [security] secret_key, else in data/tokens.key, which is for the till's user
only and goes into no snapshot. The newest seals; every one of them opens, so that a key can be changed at any time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pos.config import Config
from pos.errors import BadSettings, Conflict, Corrupt
from pos.said import said
from pos.store import disk

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def seal(config: Config, what_for: Mapping[str, str], secret: Mapping[str, str]) -> str:
    """Encrypt `secret` together with what it is for, so that it opens for nothing else. The first use makes a key."""
    plain = json.dumps({"for": dict(what_for), "secret": dict(secret)}, sort_keys=True)
    return str(_box(config, make=True).encrypt(plain.encode()).decode())


def opened(config: Config, what_for: Mapping[str, str], sealed: str) -> dict[str, str]:
    """What was sealed for just this. Corrupt when no key here opens it, or it was sealed for something else."""
    from cryptography.fernet import InvalidToken

    try:
        found: dict[str, Any] = json.loads(_box(config).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise Corrupt(said("No key here opens what is kept sealed in the database."), code="no_key") from error
    if found["for"] != dict(what_for):
        raise Corrupt(said("What is kept sealed in the database was meant for something else."), code="not_meant")
    return {str(name): str(value) for name, value in found["secret"].items()}


def resealed(config: Config, sealed: str) -> str:
    """The same under the newest key; Corrupt when no key opens it."""
    from cryptography.fernet import InvalidToken

    try:
        return str(_box(config).rotate(sealed.encode()).decode())
    except InvalidToken as error:
        raise Corrupt(said("No key here opens what is kept sealed in the database."), code="no_key") from error


def new_key() -> str:
    """A key, as text."""
    from cryptography.fernet import Fernet

    return str(Fernet.generate_key().decode())


def change_key(config: Config, reseal: Callable[[], int]) -> int:
    """Put a new key in front of those in the file, seal everything anew by `reseal`, and drop the old ones. How much
    was sealed anew. Conflict where the keys are not in the file. A break in the middle leaves every key there."""
    if config.security.secret_key:
        raise Conflict(
            "The keys stand in TILLKEEP_SECRET_KEY. Put a new one in front of them there on every machine, start the "
            "program anew, run this again with --reseal, then take the old ones out.",
            code="key_in_settings",
        )
    path = config.tokens_key_file
    key = new_key()
    with disk.alone(path.with_name(f".{path.name}.lock")):
        _write(path, [key, *_in_file(path)])
        count = reseal()
        _write(path, [key])
    return count


def check(config: Config) -> int:
    """How many keys there are. BadSettings when one of them is none."""
    keys = _keys(config)
    _fernets(keys)
    return len(keys)


def _box(config: Config, *, make: bool = False) -> MultiFernet:
    from cryptography.fernet import MultiFernet

    keys = _keys(config)
    if not keys and make:
        path = config.tokens_key_file
        path.parent.mkdir(parents=True, exist_ok=True)
        with disk.alone(path.with_name(f".{path.name}.lock")):
            keys = _in_file(path)
            if not keys:
                keys = [new_key()]
                _write(path, keys)
    if not keys:
        raise Corrupt(said("No key here opens what is kept sealed in the database."), code="no_key")
    return MultiFernet(_fernets(keys))


def _fernets(keys: list[str]) -> list[Any]:
    from cryptography.fernet import Fernet

    try:
        return [Fernet(key.encode()) for key in keys]
    except ValueError as error:
        raise BadSettings(
            "A key in [security] secret_key or data/tokens.key is none; `pos_server.py quickbooks new-key` makes one."
        ) from error


def _keys(config: Config) -> list[str]:
    return config.security.secret_key.replace(",", " ").split() or _in_file(config.tokens_key_file)


def _in_file(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []


def _write(path: Path, keys: list[str]) -> None:
    """Whole or not at all; nobody else may read it at any moment."""
    disk.write_whole(path, "".join(f"{key}\n" for key in keys).encode(), flush=True, mode=0o600)
