"""Every answer a test gets is held to /api/openapi.json: a status nobody declared, or another shape, fails the test."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from pos.web import openapi

#: Answers of errors that tests cause inside the till on purpose.
BROKEN = 500


def held_to(app: Flask, method: str, answer: TestResponse) -> TestResponse:
    """The answer itself, once its status and shape are what its route declares."""
    try:
        route, _ = app.url_map.bind("").match(answer.request.path, method=method, return_rule=True)
    except HTTPException:
        return answer  # there is no such address
    if app.view_functions[route.endpoint].__module__.startswith("tests."):
        return answer
    paths = _description(app)["paths"]
    if openapi.path_of(route) not in paths or answer.status_code >= BROKEN + 4 or answer.status_code == BROKEN:
        return answer  # broken by the test itself
    operation = paths[openapi.path_of(route)][method.lower()]
    where = f"{method} {route.rule}"
    said = operation["responses"].get(str(answer.status_code))
    assert said is not None, f"{where} answers {answer.status_code}, which it does not declare: {answer.text[:300]}"
    kinds = said.get("content", {})
    if kinds and answer.data:
        assert answer.mimetype in kinds, f"{where} answers {answer.mimetype}, not {', '.join(kinds)}"
    shape = kinds.get("application/json", {}).get("schema")
    if shape and answer.mimetype == "application/json":
        errors = list(_validator(app, where, answer.status_code, shape).iter_errors(answer.json))
        assert not errors, f"{where} {answer.status_code}: {errors[0].message} at {list(errors[0].instance_path)}"
    return answer


#: The description of each set of routes, and what checks an answer by it. Every till of a run has the same routes.
_descriptions: dict[tuple[Any, ...], dict[str, Any]] = {}
_validators: dict[tuple[int, str, int], jsonschema_rs.Draft202012Validator] = {}


def _description(app: Flask) -> dict[str, Any]:
    """As `openapi.document`, made once for tills with the same routes and the same views behind them. Some views are
    made anew for each till, so they are known by name: by what they are, every till had a description of its own."""
    found: dict[str, Any] | None = app.extensions.get(__name__)
    if found is None:
        views = app.view_functions
        key = tuple(
            (
                route.rule,
                *sorted(route.methods or ()),
                views[route.endpoint].__module__,
                views[route.endpoint].__qualname__,
            )
            for route in app.url_map.iter_rules()
        )
        if key not in _descriptions:
            _descriptions[key] = openapi.document(app)
        found = app.extensions[__name__] = _descriptions[key]
    return found


def _validator(app: Flask, where: str, status: int, shape: Any) -> jsonschema_rs.Draft202012Validator:
    described = _description(app)
    key = (id(described), where, status)
    if key not in _validators:
        _validators[key] = jsonschema_rs.Draft202012Validator({**shape, "components": described["components"]})
    return _validators[key]
