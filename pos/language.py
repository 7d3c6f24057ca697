"""The languages the till speaks: pos/locale/<language>/LC_MESSAGES/till.po, read as they are, with nothing to compile.

English is the source: each English text is its own key, so a text without a translation is shown in English.
"""

from __future__ import annotations

import functools
import gettext
import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from pos.said import Said

FOLDER = Path(__file__).resolve().parent / "locale"
SOURCE = "en"
#: Between a context and its text, as gettext keeps them.
CONTEXT_MARK = "\x04"
#: Texts that stand here are shown by scripts; the reasons a till offers are among its settings.
SHOWN = ("static/", "pos/sections.py")
#: A fact's place in a text that has more than it.
_FACT = re.compile(r"(?!\A\{\w+\}\Z)(?:\{\w+\}|%\(\w+\)s)")
#: Counts that between them meet every plural form a language has.
_COUNTS = (*range(200), 1000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Language:
    """One language. name: as its own people call it. words: what the pages need of it, as JSON; "" = nothing."""

    tag: str
    name: str
    direction: str
    texts: gettext.NullTranslations
    words: str

    @property
    def mark(self) -> str:
        """Changes with every word, so that the catalogue may be kept by browsers for ever."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:12] if self.words else ""

    def say(self, text: str) -> str:
        """A text in this language: a `Said` by its pattern and facts, any other looked up as it stands."""
        if not isinstance(text, Said):
            return self.texts.gettext(text) if text else text
        if text.many:
            found = self.texts.ngettext(text.pattern, text.many, text.n)
        elif text.context:
            found = self.texts.pgettext(text.context, text.pattern)
        else:
            found = self.texts.gettext(text.pattern)
        if text.by_hand and self.tag == SOURCE:
            return str(text)
        turn = "\u200f" if self.direction == "rtl" else ""  # a fact of words has the direction of its language
        facts = {name: turn + self.say(fact) if isinstance(fact, Said) else fact for name, fact in text.facts.items()}
        return found.format_map(facts) if facts else found

    def said_in(self, value: Any) -> Any:
        """The same JSON-like value with every `Said` in it in this language. Other texts are data: left alone."""
        if isinstance(value, Said):
            return self.say(value)
        if isinstance(value, Mapping):
            return {key: self.said_in(inside) for key, inside in value.items()}
        if isinstance(value, list | tuple):
            return [self.said_in(inside) for inside in value]
        return value


@functools.cache
def known() -> tuple[str, ...]:
    """The languages there are files for, the source first."""
    found = sorted(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/till.po"))
    return (SOURCE, *(tag for tag in found if tag != SOURCE))


@functools.cache
def choices() -> tuple[tuple[str, str], ...]:
    """The languages with what their own people call them."""
    return tuple((tag, _name(Locale.parse(tag, sep="_"))) for tag in known())


@functools.cache
def of(tag: str) -> Language:
    """A language by its name ("ar"), read once. KeyError when there is no file for it."""
    if tag not in known():
        raise KeyError(tag)
    locale = Locale.parse(tag, sep="_")
    catalog = read_catalog(tag)
    if locale.text_direction == "rtl":
        _isolate(catalog)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    texts = gettext.GNUTranslations(compiled)
    return Language(tag, _name(locale), locale.text_direction, texts, _words(catalog, locale))


def _isolate(catalog: Catalog) -> None:
    """From right to left, a fact such as "£12.50" or "T1-000012" keeps its own order among the words around it."""
    for message in catalog:
        found = message.string
        if not message.id or not found:
            continue
        forms = [_FACT.sub("\u2068\\g<0>\u2069", text) for text in ([found] if isinstance(found, str) else found)]
        message.string = forms[0] if isinstance(found, str) else tuple(forms)


def _name(locale: Locale) -> str:
    name = locale.get_display_name(locale) or str(locale)
    return name[:1].upper() + name[1:]


def read_catalog(tag: str) -> Catalog:
    """The messages of a language as they are written down."""
    path = FOLDER / tag / "LC_MESSAGES" / "till.po"
    with path.open("rb") as file:
        return read_po(file, locale=tag)


def _words(catalog: Catalog, locale: Locale) -> str:
    """{plural: {category: index}, words: {text: translation, or its plural forms}} of the texts that scripts show."""
    words: dict[str, Any] = {}
    for message in catalog:
        if not message.id or message.fuzzy or not any(path.startswith(SHOWN) for path, _ in message.locations):
            continue
        ids, found = message.id, message.string
        if not (all(found) if isinstance(found, list | tuple) else found):
            continue
        first = ids if isinstance(ids, str) else ids[0]
        key = f"{message.context}{CONTEXT_MARK}{first}" if message.context else first
        words[key] = list(found) if isinstance(found, list | tuple) else found
    if not words:
        return ""
    form = gettext.c2py(catalog.plural_expr)
    plural = {locale.plural_form(count): form(count) for count in _COUNTS}
    return json.dumps({"plural": plural, "words": words}, ensure_ascii=False, sort_keys=True)
