"""Places: where copies of the till go. One file per kind; a new one is a line in `open_place`."""

from __future__ import annotations

from pos.config import Config
from pos.errors import BadSettings
from pos.http import redact
from pos.places.base import Listed, Place, PlaceError

__all__ = ["Listed", "Place", "PlaceError", "check", "open_place", "words_of"]


def words_of(config: Config) -> list[str]:
    """The places the settings name, in their order, each once."""
    return list(dict.fromkeys(word for part in config.backup.places.split("|") if (word := part.strip())))


def check(config: Config) -> None:
    """Whether each place of the settings is written as one can be; none is touched. BadSettings names the first."""
    for word in words_of(config):
        if _scheme(word) not in ("", "http", "https", "s3"):
            raise _no_place(word)


def _scheme(word: str) -> str:
    scheme, mark, _rest = word.partition("://")
    return scheme if mark else ""


def _no_place(word: str) -> BadSettings:
    return BadSettings(
        f"[backup] places names {redact(word)}; use a folder, https://… of a till, or s3://bucket/folder."
    )


def open_place(config: Config, word: str) -> Place:
    """A way to one place: a folder, https://… (another till) or s3://bucket/folder."""
    scheme = _scheme(word)
    if not scheme:
        from pos.places.folder import Folder

        return Folder(config, word)
    if scheme in ("http", "https"):
        from pos.places.till import OtherTill

        return OtherTill(config, word)
    if scheme == "s3":
        from pos.places.s3 import Bucket

        return Bucket(config, word)
    raise _no_place(word)
