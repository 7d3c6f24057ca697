"""Places: where copies of the till go. One file per kind; a new one is one line in `kind_of`."""

from __future__ import annotations

from pos.config import Config
from pos.errors import BadSettings
from pos.http import redact
from pos.places.base import Listed, Place, PlaceError

__all__ = ["Listed", "Place", "PlaceError", "open_place", "open_places", "words_of"]


def words_of(config: Config) -> list[str]:
    """The places the settings name, in their order, each once."""
    return list(dict.fromkeys(word for part in config.backup.places.split("|") if (word := part.strip())))


def open_places(config: Config) -> list[Place]:
    """A way to each place of the settings; nothing is touched yet. BadSettings names one that cannot be."""
    return [open_place(config, word) for word in words_of(config)]


def open_place(config: Config, word: str) -> Place:
    """A way to one place: a folder, https://… (another till) or s3://bucket/folder."""
    scheme, mark, _rest = word.partition("://")
    if not mark:
        from pos.places.folder import Folder

        return Folder(config, word)
    if scheme in ("http", "https"):
        from pos.places.till import OtherTill

        return OtherTill(config, word)
    if scheme == "s3":
        from pos.places.s3 import Bucket

        return Bucket(config, word)
    raise BadSettings(
        f"[backup] places names {redact(word)}; use a folder, https://… of a till, or s3://bucket/folder."
    )
