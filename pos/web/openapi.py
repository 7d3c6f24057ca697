"""The description of every address for programs (OpenAPI 3.1), made of what the routes declare themselves.

GET /api/openapi.json   at_machine (operate)   routes, who may use each, what it takes, every status it answers

Nothing is written down twice: addresses come from the routes, rights from their rules, shapes from `describe` beside
them, and what can be refused follows from all three.
"""

from __future__ import annotations

import mimetypes
import re
import sys
from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.routing import Rule as Route

from pos import __version__
from pos.rules import rights
from pos.web import auth
from pos.web.describe import JSON, PAGE, XML, Description, Shape, answers_json, describe, description_of
from pos.web.shapes import ANY, NAMED, thing

bp = Blueprint("openapi", __name__)

KEY = "tillkeep.openapi"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_STATUS = {
    101: "the connection is a WebSocket from here on",
    200: "as asked",
    201: "made and saved",
    202: "taken; it is done in a moment",
    204: "done, nothing to tell",
    206: "the part asked for",
    302: "to the sign-in page, or to where it is now",
    304: "as you have it",
    400: "not understood: no JSON, a page out of date (CSRF), a name the till does not go by",
    401: "nobody is signed in, the screen is locked, or the key is not known",
    403: "without the right, from a machine that is not enrolled, or a second person must agree (needs_approval)",
    404: "there is no such thing",
    409: "something else holds this place: the same id with other content, taken, closed, gone meanwhile",
    410: "it was there and is over",
    413: "more than the till takes at once",
    415: "not sent as application/json",
    416: "no such part",
    422: "not acceptable as it stands; `field` names what to change",
    429: "tried too often; wait",
    502: "another system did not answer",
    503: "this till cannot save it now; nothing was saved",
}
_CONVERTERS: dict[str, Shape] = {"_Whole": {"type": "integer", "minimum": 0}}
_TEXT: Shape = {"type": "string", "minLength": 1}
_LINE = re.compile(r"^(GET|POST|PUT|DELETE)\s+(\S+)\s\s+(.+)$")


@bp.get("/api/openapi.json")
@describe(answer=thing({"openapi": ANY, "info": ANY, "paths": ANY, "components": ANY}, more=True))
@auth.at_machine("operate")
def openapi() -> ResponseReturnValue:
    """Read by programs that watch or test; for people there is docs/api.md."""
    return jsonify(document(cast(Any, current_app)._get_current_object()))


def document(app: Flask) -> dict[str, Any]:
    """The description of this application. Made once: its routes never change."""
    found = app.extensions.get(KEY)
    if found is None:
        found = app.extensions[KEY] = _document(app)
    return cast("dict[str, Any]", found)


def routes(app: Flask) -> Iterator[tuple[Route, str]]:
    """Every route with each of its methods, those that Flask adds by itself left out."""
    for route in app.url_map.iter_rules():
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            yield route, method


def _document(app: Flask) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for route, method in sorted(routes(app), key=lambda pair: (pair[0].rule, pair[1])):
        paths.setdefault(path_of(route), {})[method.lower()] = _operation(app, route, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tillkeep",
            "version": __version__,
            "description": "A till. Money is text in major units; nobody but the server adds up.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Error": _error(), **{name: NAMED[name] for name in sorted(NAMED)}},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "`pos_server.py token add`"},
                "signature": {"type": "apiKey", "in": "header", "name": "X-Signature-256"},
            },
        },
    }


def _error() -> Shape:
    """The one shape of every refusal; details of it stand beside these keys."""
    return thing({"ok": {"const": False}, "code": {"type": "string"}, "message": {"type": "string"}, "field": {
        "type": ["string", "null"]}}, more=True)  # fmt: skip


def path_of(route: Route) -> str:
    """ "/api/print/<document>" as OpenAPI writes it: "/api/print/{document}"."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)


def _operation(app: Flask, route: Route, method: str) -> dict[str, Any]:
    view = app.view_functions[route.endpoint]
    said = description_of(view) or _guessed(route)
    rule = auth.rule_of(app, route.endpoint)
    operation: dict[str, Any] = {
        "operationId": route.endpoint.replace(".", "_") + ("" if method == "GET" else f"_{method.lower()}"),
        "tags": [route.endpoint.partition(".")[0]],
        "summary": _summary(view, route, method),
        "parameters": _parameters(route, said),
        "responses": _responses(app, route, method, said, rule),
    }
    if said.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": said.body}}}
    if rule is not None:
        operation["description"] = _who(rule)
        operation["security"] = {"all": [{}], "ticket": [{}], "signature": [{"signature": []}]}.get(
            rule.kind, [{"key": []}] if rule.kind in ("right", "anybody", "person", "hub") else [{}, {"key": []}]
        )
    return operation


def _guessed(route: Route) -> Description:
    """A route that declares nothing: a page, a file, or an answer whose shape nobody promises."""
    if not _is_json(route):
        kind = mimetypes.guess_type(route.rule)[0] or PAGE
        return Description(kinds=(kind,), refuses=(302, 404, 422))
    takes = bool((route.methods or set()) - SAFE)
    return Description(thing(more=True) if takes else None, ANY, refuses=(202, 404, 409, 422, 429))


def _is_json(route: Route) -> bool:
    return route.rule.startswith(("/api/", "/hooks/")) and not route.websocket


def _summary(view: Any, route: Route, method: str) -> str:
    """Its line in the head of its module, else the first line of its own docstring."""
    head = sys.modules[view.__module__].__doc__ or ""
    for line in head.splitlines():
        found = _LINE.match(line.strip())
        if found and found[1] == method and found[2].partition("?")[0] == route.rule:
            return re.sub(r"\s\s+", ": ", found[3])
    words: str = view.__doc__ or route.endpoint.replace("_", " ").replace(".", ": ")
    return words.strip().splitlines()[0]


def _who(rule: auth.Rule) -> str:
    if rule.kind == "right":
        return (
            f"Needs the right {' or '.join(rule.rights)}: to {', or to '.join(rights.RIGHTS[r] for r in rule.rights)}."
        )
    return {
        "all": "For everybody who reaches the port.",
        "till": "From the till's own machine or an enrolled device; from elsewhere with a key.",
        "person": "For a signed-in person, also behind the lock.",
        "anybody": "For anybody signed in, or a key of any role.",
        "machine": f"From the till's own machine; from elsewhere with a key that has {' or '.join(rule.rights)}.",
        "signature": "For a program that signs what it sends; docs/notices.md.",
        "ticket": "For a Web Connector, which says in each message who it is; docs/quickbooks-desktop.md.",
        "hub": "For a till of this hub, with its key where it has one; docs/hub.md.",
    }.get(rule.kind, "For a program with a key made for it.")


def _parameters(route: Route, said: Description) -> list[dict[str, Any]]:
    found = []
    for name, converter in route._converters.items():
        shape = _CONVERTERS.get(type(converter).__name__, _TEXT)
        found.append({"name": name, "in": "path", "required": True, "schema": shape})
    return found + [{"name": name, "in": "query", "schema": shape} for name, shape in said.query.items()]


def _responses(app: Flask, route: Route, method: str, said: Description, rule: auth.Rule | None) -> dict[str, Any]:
    content = {kind: {"schema": said.answer or ANY} if kind == JSON else {} for kind in said.kinds}
    well = {"description": _STATUS[said.status], "content": content} if said.kinds else {
        "description": _STATUS[said.status]}  # fmt: skip
    found: dict[str, Any] = {str(said.status): well}
    if said.made:
        found = {"201": {**well, "description": _STATUS[201]}, "200": {**well, "description": "made before"}}
    if route.websocket:
        found = {"101": {"description": _STATUS[101]}}
    for status, shape in said.also.items():
        found[str(status)] = {"description": _STATUS[status], "content": {JSON: {"schema": shape}}}
    for status in sorted({*_refused(app, route, method, said, rule), *said.refuses}):
        if str(status) in found:
            continue
        found[str(status)] = {"description": _STATUS[status]}
        if status >= 400:
            error: Shape = {"$ref": "#/components/schemas/Error"}
            other: dict[str, Any] = {kind: {} for kind in said.kinds if kind == XML} or {PAGE: {}}
            found[str(status)]["content"] = {JSON: {"schema": error}} if _speaks_json(app, route) else other
    return found


def _speaks_json(app: Flask, route: Route) -> bool:
    from pos.web.errors import JSON_PAGES

    return _is_json(route) or route.rule in JSON_PAGES or answers_json(app.view_functions[route.endpoint])


def _refused(app: Flask, route: Route, method: str, said: Description, rule: auth.Rule | None) -> Iterator[int]:
    """What every route of this kind may refuse."""
    yield 400
    yield 401
    if not _speaks_json(app, route) and method == "GET":
        yield 302  # a page leads to the sign-in instead
    if rule is None or rule.kind != "all":
        yield 403
    if route.arguments:
        yield 404
    if method not in SAFE:
        yield from (403, 413, 422, 503)  # 403: a page of another site
        if said.body is not None:
            yield 415
