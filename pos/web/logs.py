"""The log: one line an event, as text or JSON, with secrets and card numbers struck out before they are written."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from pos import config as settings
from pos.rules.tender import luhn

STRUCK = "***"
#: A word that announces a secret, and what follows it, as it stands in JSON, in a header or in a query.
_ANNOUNCED = re.compile(
    r"(?i)(\b(?:authorization|cookie|x-csrftoken|pin|password|passwd|secret|api[_-]?key|api[_-]?secret|token|csrf)"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+|token\s+|basic\s+)?)([^\s\"',;&}]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=:-]{8,}")
_OWN_TOKEN = re.compile(r"\btk_[A-Za-z0-9_-]{20,}")
_DIGITS = re.compile(r"(?<![0-9.])[0-9](?:[ -]?[0-9]){12,18}(?![0-9.])")
_EXTRA = ("method", "path", "status", "ms", "actor", "code", "till")


class Redacting(logging.Formatter):
    """Formats the whole line, trace included, then strikes out what must not be read by others."""

    def __init__(self, secrets: Iterable[str] = (), as_json: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.secrets = tuple(sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True))
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        line = self._json(record) if self.as_json else super().format(record)
        return redact(line, self.secrets)

    def _json(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in _EXTRA if hasattr(record, name)},
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


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


def install(config: settings.Config) -> None:
    """Put the formatter on every handler of the root logger; with none there, write to standard error."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stderr))
    if root.level > logging.INFO or root.level == logging.NOTSET:
        root.setLevel(logging.INFO)
    for handler in root.handlers:
        handler.setFormatter(Redacting(settings.secrets_of(config), config.server.log_format == "json"))
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
