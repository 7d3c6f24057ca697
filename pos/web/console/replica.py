"""Lists of the console come from the read replica, where [storage] read_url names one that is near enough.

Only what a person looks at (GET) goes there; who they are and what they may is asked of the primary before. Who has
just changed something is shown the primary for as long as a replica may be behind, so that they see it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from pos.web import auth
from pos.web.parts import parts

#: Endpoints of blueprints whose name begins so.
_OURS = "console_"
_LOOKING = ("GET", "HEAD")


def ask(app: Flask) -> None:
    """Wrap the console's views; nothing changes where there is no replica."""
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(_OURS):
            app.view_functions[endpoint] = _asking(view)
    app.after_request(_remember)


def _asking(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def asked(**given: Any) -> Any:
        if request.method not in _LOOKING or _cookie() in request.cookies:
            return view(**given)
        return parts().store.read_elsewhere(lambda: view(**given))

    return asked


def _remember(response: Response) -> Response:
    here, ours = parts(), (request.endpoint or "").startswith(_OURS)
    if ours and here.store.replica is not None and request.method not in _LOOKING:
        seconds = here.config.storage.read_lag_seconds + 1
        response.set_cookie(_cookie(), "1", max_age=seconds, httponly=True, samesite="Strict", path="/")
    return response


def _cookie() -> str:
    return auth.cookie_name("wrote")
