"""What makes the till installable: its manifest, and the worker in the browser that keeps the shell.

GET /manifest.webmanifest   open   name, icons and colours of the installed till
GET /service-worker.js      open   the worker; new whenever a file below static/ or the stand-in page changes
GET /offline                open   offline.html: the page that stands in while the server does not answer

The shell is files of static/ and /offline. No page with somebody's name, no answer of /api and no sale is ever kept.
"""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, render_template, url_for

from pos.web import auth, reader, statics
from pos.web.describe import describe
from pos.web.parts import parts

bp = Blueprint("shell", __name__)

WORKER_NAME = "js/service-worker.js"
BRAND, GROUND = "#0e4f5c", "#f1f0ec"  # --brand and --bg of tokens.css
ICONS = (
    ("img/icon-192.png", "192x192", "image/png", "any"),
    ("img/icon-512.png", "512x512", "image/png", "any"),
    ("img/icon-maskable-512.png", "512x512", "image/png", "maskable"),
    ("img/mark.svg", "any", "image/svg+xml", "any"),
)


@bp.get("/manifest.webmanifest")
@describe(kinds=("application/manifest+json",))
@auth.open_to_all
def manifest() -> Response:
    till, spoken = parts().config.till.name, reader.here()
    view = {
        "id": "/",
        "name": f"{till} · Tillkeep",
        "short_name": till,
        "lang": spoken.tag,
        "dir": spoken.direction,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": BRAND,
        "background_color": GROUND,
        "icons": [
            {"src": url_for("static", filename=name), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in ICONS
        ],
    }
    text = json.dumps(view, ensure_ascii=False)
    return Response(text, mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


@bp.get("/service-worker.js")
@describe(kinds=("text/javascript",))
@auth.open_to_all
def worker() -> Response:
    """The worker with its list before it. Its version is that of the files and of the stand-in page together."""
    version = statics.version_of_files()
    page = hashlib.sha256(_offline().encode()).hexdigest()[:12]
    shell = {
        "cache": f"tillkeep-{version}-{page}",
        "statics": f"/static/{version}/",
        "page": url_for("shell.offline"),
        "files": [name for name in statics.names() if name != WORKER_NAME],
    }
    text = f"self.SHELL = {json.dumps(shell)};\n{(statics.FOLDER / WORKER_NAME).read_text(encoding='utf-8')}"
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.get("/offline")
@auth.open_to_all
def offline() -> str:
    return _offline()


def _offline() -> str:
    config = parts().config
    return render_template("offline.html", shop_name=config.shop.name, till_name=config.till.name)
