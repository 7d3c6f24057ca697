"""The language and the figures of whoever reads: their browser's own choice, else that of the shop.

GET /words/<language>.<mark>.json   open   the texts of the pages' scripts; kept for ever under their mark

The choice is a cookie the page sets (`static/js/language.js`). Texts are translated here, at the edge: templates by
`_()`, errors and JSON answers where they hold a `Said`. Stored documents and paper never follow the reader: paper is in
the language of the shop.
"""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Blueprint, Flask, Response, request, url_for
from jinja2 import pass_context
from jinja2.runtime import Context

from pos import language
from pos.config import Config
from pos.errors import NotFound
from pos.said import Said
from pos.said import said as reword
from pos.web import auth, reader
from pos.web.describe import describe
from pos.web.parts import parts
from pos.web.shapes import thing

#: Between the columns of a line of paper.
_GAP = re.compile(r"(\s{2,}|\A\s+)")

bp = Blueprint("language", __name__)


def install(app: Flask, config: Config) -> None:
    """`_()`, `ngettext()` and `pgettext()` in every template, and `language` for its frame."""
    app.extensions[reader.COOKIE] = config.shop.language
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    cast(Any, env).install_gettext_callables(
        lambda text: reader.here().texts.gettext(text),
        lambda one, many, count: reader.here().texts.ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: reader.here().texts.pgettext(context, text),
        npgettext=lambda context, one, many, count: reader.here().texts.npgettext(context, one, many, count),
    )
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        env.globals[name] = _with_facts_said(env.globals[name])
    env.finalize = lambda value: reader.here().say(value) if isinstance(value, Said) else value
    env.filters["said"] = env.finalize  # for a text that is put together with others before it is shown
    env.filters["columns"] = lambda line: [piece for piece in _GAP.split(line) if piece]
    app.context_processor(_frame)


def _with_facts_said(text_of: Any) -> Any:
    """The same function of a template; a fact that is a text itself is in the reader's language, too."""

    @pass_context
    def of(context: Context, *texts: Any, **facts: Any) -> Any:
        spoken = reader.here()
        known = {name: spoken.say(fact) if isinstance(fact, Said) else fact for name, fact in facts.items()}
        return text_of(context, *texts, **known)

    return of


def _frame() -> dict[str, Any]:
    spoken = reader.here()
    words = url_for("language.words", tag=spoken.tag, mark=spoken.mark) if spoken.words else ""
    lang = reader.seen(parts().store.config).shop.locale.replace("_", "-")
    paper = language.of(parts().store.config.shop.language)
    frame = {"language": spoken, "languages": language.choices(), "words_url": words, "page_lang": lang}
    return {**frame, "paper_language": paper, "say": lambda text, **facts: paper.say(reword(text, **facts))}


@bp.get("/words/<tag>.<mark>.json")
@describe(answer=thing(more=True), refuses=(304,))
@auth.open_to_all
def words(tag: str, mark: str) -> Response:
    if tag not in language.known():
        raise NotFound("There is no such language.")
    spoken = language.of(tag)
    answer = Response(spoken.words or '{"plural": {}, "words": {}}', mimetype="application/json")
    answer.set_etag(spoken.mark)
    kept = mark == spoken.mark
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
    answer.make_conditional(request)
    return answer
