"""Every answer a test gets is held to /api/openapi.json: a status nobody declared, or another shape, fails the test."""

from __future__ import annotations

import functools
import json
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
    paths = openapi.document(app)["paths"]
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
        errors = list(_validator(_text(app, shape)).iter_errors(answer.json))
        assert not errors, f"{where} {answer.status_code}: {errors[0].message} at {list(errors[0].instance_path)}"
    return answer


def _text(app: Flask, shape: Any) -> str:
    return json.dumps({**shape, "components": openapi.document(app)["components"]}, sort_keys=True)


@functools.lru_cache(maxsize=512)
def _validator(text: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(text))
