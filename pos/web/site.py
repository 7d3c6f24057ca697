"""The Flask application of one till: its gate, its errors, its blueprints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import BaseConverter, IntegerConverter, Map

from pos.rules.conductor import TYPES
from pos.web import (
    approvals,
    bell,
    cash,
    catalog,
    conductor,
    console,
    copies,
    display,
    errors,
    frame,
    guard,
    health,
    held,
    hooks,
    hub,
    integrations,
    inventory,
    language,
    lists,
    live,
    metrics,
    office,
    office_csv,
    openapi,
    people,
    printing,
    proxy,
    qbwc,
    reader,
    receipts,
    reconciliations,
    refunds,
    report,
    rights_page,
    runs,
    sales,
    setup,
    shell,
    shifts,
    statics,
    status,
    till,
    vouchers,
)
from pos.web.parts import KEY, Parts

BLUEPRINTS = (
    till.bp,
    shell.bp,
    people.bp,
    setup.bp,
    approvals.bp,
    catalog.bp,
    sales.bp,
    held.bp,
    refunds.bp,
    receipts.bp,
    printing.bp,
    display.bp,
    shifts.bp,
    reconciliations.bp,
    report.bp,
    rights_page.bp,
    cash.bp,
    vouchers.bp,
    lists.bp,
    copies.bp,
    status.bp,
    health.bp,
    metrics.bp,
    openapi.bp,
    bell.bp,
    hooks.bp,
    qbwc.bp,
    live.bp,
    language.bp,
    *hub.BLUEPRINTS,
    *console.BLUEPRINTS,
    *integrations.BLUEPRINTS,
    *conductor.BLUEPRINTS,
    *inventory.BLUEPRINTS,
    office.bp,
    office_csv.bp,
)

_REPO = Path(__file__).resolve().parents[2]


class _Exact(DefaultJSONProvider):
    """JSON in the order given; a Decimal or anything else without an exact form is a bug, not a float."""

    sort_keys = False
    ensure_ascii = False
    default = None  # type: ignore[assignment]

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return super().dumps(reader.said(obj), **kwargs)


class _Whole(IntegerConverter):
    """<int:n> in an address: no more than a row of the database can have, so that anything else is simply not there."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": (1 << 63) - 1, **kwargs})


class _AnyText(BaseConverter):
    """<any_text:sku> in an address: whatever a code is made of, slashes too, also in front."""

    part_isolating = False
    regex = ".+"


class _BookType(BaseConverter):
    """<book_type:name> in an address: a type of records of QuickBooks Desktop; anything else is another page."""

    regex = "|".join(TYPES)


def build(parts: Parts) -> Flask:
    """The Flask application of one till."""
    app = Flask("tillkeep", static_folder=None, template_folder=str(_REPO / "templates"))
    app.json = _Exact(app)
    app.url_map.converters["int"] = _Whole
    app.url_map.converters["any_text"] = _AnyText
    app.url_map.converters["book_type"] = _BookType
    app.extensions[KEY] = parts
    app.config["SOCK_SERVER_OPTIONS"] = live.OPTIONS
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    guard.install(app, parts.config)
    errors.install(app)
    statics.install(app)
    proxy.install(app, parts.config)
    frame.install(app)
    language.install(app, parts.config)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in runs.BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=parts.config.runs.prefix)
    console.replica.ask(app)
    return app
