"""The log: one line an event, with secrets and card numbers struck out before anything is written.

To standard error as text or JSON ([server] log_format), and as JSON lines into data/logs/, in files of [server] log_mb,
of which the last [server] log_files are kept. docs/operations.md says what each key means. A line carries the trail of
the thread that wrote it (`pos/trail.py`): correlation, document, agent, connection, run.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from pos import config as settings
from pos import trail
from pos.rules.tender import luhn
from pos.store import disk

STRUCK = "***"
#: A word that announces a secret, and what follows it, as it stands in JSON, in a header or in a query.
_ANNOUNCED = re.compile(
    r"(?i)(\b(?:authorization|cookie|x-csrftoken|pin|password|passwd|secret|api[_-]?key|api[_-]?secret|token|csrf)"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|token\s+|basic\s+)?)([^\s\"',;&}]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=:-]{8,}")
_OWN_TOKEN = re.compile(r"\btk_[A-Za-z0-9_-]{20,}")
_DIGITS = re.compile(r"(?<![0-9.])[0-9](?:[ -]?[0-9]){12,18}(?![0-9.])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_IN_A_TRACE = {"\n": "\n\t", "\t": "\t"}
_EXTRA = ("method", "path", "status", "ms", "actor", "address", "code", "till")
FOLDER = "logs"
MEGABYTE = 1 << 20
#: Processes of one kind on one folder whose logs have numbers; further ones are called by their process.
PROCESSES_MAX = 33


class Redacting(logging.Formatter):
    """Formats the whole line, trace included, then strikes out what must not be read by others."""

    def __init__(self, secrets: Iterable[str] = (), as_json: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.secrets = tuple(sorted((s for s in _parts(secrets) if len(s) >= 4), key=len, reverse=True))
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        line = self._json(record) if self.as_json else super().format(record)
        return redact(line, (*self.secrets, *settings.came_later))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """One line whatever is told: what came from outside begins no line of its own and moves no terminal."""
        return _CONTROL.sub(lambda found: ascii(found.group())[1:-1], super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """Each further line of a trace is set in, so that none can be taken for an event."""
        return _CONTROL.sub(lambda found: _IN_A_TRACE.get(found.group(), "?"), super().formatException(ei))

    def _json(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in _EXTRA if hasattr(record, name)},
            **{name: word for name in trail.WORDS if (word := trail.words().get(name))},
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def _parts(secrets: Iterable[str]) -> Iterator[str]:
    """Of an address that is secret, libraries log host and path by themselves: what follows the host counts, too."""
    for secret in secrets:
        yield secret
        if "://" in secret:
            yield secret.partition("://")[2].partition("/")[2]


def redact(line: str, secrets: Iterable[str] = ()) -> str:
    """The line without secrets: known values, what follows a telling word, and anything that is a card number."""
    for secret in secrets:
        line = line.replace(secret, STRUCK)
    line = _OWN_TOKEN.sub(STRUCK, line)
    line = _BEARER.sub(rf"\1 {STRUCK}", line)
    line = _ANNOUNCED.sub(rf"\1{STRUCK}", line)
    return _DIGITS.sub(_strike_card, line)


def _strike_card(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found.group())
    return STRUCK if luhn(digits) else found.group()


class _File(RotatingFileHandler):
    """One file of JSON lines, for this user's eyes. What cannot be rotated (somebody reads it on Windows) grows on."""

    held: disk.Claim | None = None

    def close(self) -> None:
        super().close()
        if self.held is not None:
            self.held.release()

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")

    def rotate(self, source: str, dest: str) -> None:
        with contextlib.suppress(OSError):
            super().rotate(source, dest)

    def handleError(self, record: logging.LogRecord) -> None:
        """A disk that takes no log is told of elsewhere; whoever wrote the line goes on."""


def install(config: settings.Config, name: str = "till") -> None:
    """Put the formatter on every handler of the root logger; with none there, write to standard error. And the files.

    name: of the file below data/logs/. Each process has one of its own, for two must not rotate the same: the second
    one of a name writes NAME-2.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stderr))
    if root.level > logging.INFO or root.level == logging.NOTSET:
        root.setLevel(logging.INFO)
    secrets = settings.secrets_of(config)
    for handler in root.handlers:
        handler.setFormatter(Redacting(secrets, config.server.log_format == "json"))
    uninstall()
    if config.server.log_mb:
        _to_files(config, name, secrets)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def uninstall() -> None:
    """Close the files of this process; what is written from now on goes to standard error alone."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _File)]:
        root.removeHandler(handler)
        handler.close()


def _own_name(folder: Path, name: str) -> tuple[str, disk.Claim | None]:
    """The name of this process's file, and what keeps others from it."""
    for n in range(1, PROCESSES_MAX):
        own = name if n == 1 else f"{name}-{n}"
        held = disk.claim(folder / f".{own}.lock")
        if held is not None:
            return own, held
    return f"{name}-{os.getpid()}", None


def _to_files(config: settings.Config, name: str, secrets: Iterable[str]) -> None:
    folder = config.data / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        further = max(config.server.log_files - 1, 1)
        own, held = _own_name(folder, name)
        file = _File(folder / f"{own}.jsonl", maxBytes=config.server.log_mb * MEGABYTE, backupCount=further)
    except OSError as error:  # a read-only disk must not keep the till from saying so
        logging.getLogger(__name__).warning("no log is kept in %s: %s", folder, error.strerror or error)
        return
    file.held = held
    file.setFormatter(Redacting(secrets, as_json=True))
    logging.getLogger().addHandler(file)
