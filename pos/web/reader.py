"""Who reads: the language and the figures of this request, by the browser's own choice or else the shop's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from flask import current_app, g, has_request_context, request

from pos import language
from pos.config import Config
from pos.language import Language
from pos.rules import wording

#: Set by the page (static/js/language.js); also the key of the shop's own language among the app's extensions.
COOKIE = "tillkeep_language"


def here() -> Language:
    """The language of this request's reader; the source where nobody reads (a log, a thread)."""
    if not has_request_context():
        return language.of(language.SOURCE)
    if "language" not in g:
        chosen = request.cookies.get(COOKIE, "")
        g.language = language.of(chosen if chosen in language.known() else current_app.extensions[COOKIE])
    return cast(Language, g.language)


def seen(config: Config) -> Config:
    """The settings with money and dates as this request's reader is used to them."""
    tag = here().tag
    locale = config.shop.locale if tag == config.shop.language else wording.locale_for(tag, config.shop.locale)
    return config if locale == config.shop.locale else replace(config, shop=replace(config.shop, locale=locale))


def said(value: Any) -> Any:
    """A JSON answer in the reader's language."""
    spoken = here()
    return value if spoken.tag == language.SOURCE and not spoken.words else spoken.said_in(value)
