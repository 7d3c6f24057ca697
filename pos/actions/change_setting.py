"""One setting changed by a person: tried as the next start would, written in one step, told in the audit.

The first questions of a new till (`pos/actions/setup.py`) and the console write through here. A secret never passes:
it lives in the environment, `.env` or a file of its own.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pos import channels, config, language
from pos.actions import sell
from pos.config import Config
from pos.devices import printer_of
from pos.errors import BadSettings, CannotSave, Conflict, Invalid, NotFound
from pos.places import words_of
from pos.places.folder import Folder
from pos.rules import wording
from pos.rules.backup import is_till
from pos.said import Said, said
from pos.setting import default_of, written
from pos.store import audit, beginning, settings_file
from pos.store.db import Store

Key = tuple[str, str]

#: More than any of them needs.
VALUE_CHARS_MAX = 2000
#: Where the receipts lie: a till that looked elsewhere at its next start would begin again at number one.
_PLACES = ("storage.url", "storage.invoices", "storage.archive", "till.succeeds")


def change(store: Store, running: Config, section: str, name: str, value: str, by: str, was: str | None = None) -> str:
    """Write one setting into config.ini; it holds from the next start. Returns the name of the copy of the file as it
    was before, "" when nothing changed.

    was: the value the person saw; Conflict when the file says another one by now. Invalid with the sentence the start
    would refuse it with, NotFound for no such setting.
    """
    f = next((f for f in fields(config.GROUPS[section]) if f.name == name), None) if section in config.GROUPS else None
    if f is None:
        raise NotFound(said("There is no setting [{section}] {name}.", section=section, name=name), field="name")
    why = fixed(f, origins(running).get((section, name), ""))
    if why:
        raise Invalid(why, field="value")
    text, before = value.strip(), written_now(running, section, f)
    if was is not None and was.strip() != before:
        raise Conflict(said("Somebody changed it meanwhile; it says {value} now.", value=before), code="changed")
    if text == before:
        return ""
    may_change(store, running, f"{section}.{name}", text)
    kept = write(running, {(section, name): text})
    detail = {"before": before, "after": text, "file_before": kept}
    audit.record(store, by, "settings.change", f"{section}.{name}", detail)
    return kept


def written_now(running: Config, section: str, f: Any) -> str:
    """What the next start would read for it, as far as the file can be read; not for secrets."""
    try:
        return written(getattr(getattr(config.load(running.root), section), f.name))
    except BadSettings:
        found = settings_file.text_of(running.root, section, f.name)
        return written(default_of(f)) if found is None else found


def fixed(f: Any, origin: str) -> Said | str:
    """Why a setting is not changed in config.ini, "" = it is."""
    if is_outside(origin):
        return said("Set by {origin}; change it there.", origin=origin)
    if f.metadata["secret"]:
        return said("A secret: it is kept in .env or the environment, and is not written by this page.")
    return ""


def is_outside(origin: str) -> bool:
    """Whether the environment or .env has the word, and not config.ini."""
    return origin not in ("config.ini", "default", "")


def may_change(store: Store, now: Config, key: str, value: str) -> None:
    """Numbers that were given out stay with their till, and so does the currency they are in. Invalid says so."""
    if key in ("till.id", "shop.currency") and beginning.has_documents(store):
        raise Invalid(said("Receipts carry it already, so it stays as it is."), field=key)
    if key in _PLACES and beginning.has_documents(store):
        words = said("Receipts lie there already. Stop the till, move them, then change it in config.ini.")
        raise Invalid(words, field=key)
    if key == "till.id" and is_till(value):
        for word in words_of(now):
            if "://" not in word and (Folder(now, word).path / value).is_dir():
                words = said("Copies of a till {id} lie at {place}. Choose another number.", id=value, place=word)
                raise Invalid(words, field=key)


def write(running: Config, changes: Mapping[Key, str]) -> str:
    """Into config.ini, all of them or none. Returns the name of the copy of the file before. Invalid names the one that
    does not fit, CannotSave why the file cannot be written."""
    try:
        return settings_file.change(running.root, changes, check).kept
    except BadSettings as error:
        named = [f"{section}.{name}" for section, name in changes if f"[{section}] {name}" in error.message]
        raise Invalid(error.message, field=named[0] if named else "") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotSave(said("config.ini cannot be written: {why}", why=why)) from error


def check(settings: Config) -> None:
    """What the start looks at beyond single values. BadSettings."""
    shop = settings.shop
    if not wording.known_locale(shop.locale):
        raise BadSettings(f"[shop] locale is {shop.locale!r}, which is not known; use one like en_GB.")
    if shop.language not in language.known():
        raise BadSettings(f"[shop] language is {shop.language!r}; there are: {', '.join(language.known())}.")
    sell.check_settings(settings)
    printer_of(settings)
    channels.check(settings)


def origins(running: Config) -> dict[Key, str]:
    """Where each value comes from, {} while the files cannot be read."""
    try:
        return config.origins(running.root)
    except (configparser.Error, UnicodeDecodeError, OSError):  # somebody is in the middle of changing it
        return {}
