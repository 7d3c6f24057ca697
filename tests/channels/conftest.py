"""Settings of a till that tells people elsewhere, and changes to tell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pos.channels.base import Change, Sender
from pos.config import Notices

SENDER = Sender("T1", "Till 1", "Finch & Marlow", "Europe/London")


@pytest.fixture
def settings() -> Callable[..., Notices]:
    def make(**values: Any) -> Notices:
        return replace(Notices(), timeout_seconds=2, **values)

    return make


@pytest.fixture
def change() -> Callable[..., Change]:
    def make(**values: Any) -> Change:
        base = {
            "id": "0197-a",
            "key": "disk:data",
            "what": "raised",
            "level": "needs",
            "text": "The disk has 90 MB left.",
            "remedy": "Make room.",
            "subject": "",
            "at": datetime(2026, 11, 21, 14, 32, 7, tzinfo=UTC),
        }
        return Change(**{**base, **values})

    return make


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate for localhost that nobody but the test trusts: (certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")
    crt, key = folder / "own.crt", folder / "own.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(crt)],
        check=True, capture_output=True,
    )  # fmt: skip
    return crt, key
