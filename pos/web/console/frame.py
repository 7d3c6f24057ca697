"""The frame around every page of the console: who is signed in, the screens there are, what needs a person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_wtf.csrf import generate_csrf

from pos import clock
from pos.rules import wording
from pos.said import said
from pos.store import bell, intake, outbound
from pos.web import auth, frame, reader
from pos.web.parts import parts

#: Rights that open some screen: whoever has none of them has nothing to look at here.
RIGHTS = ("operate", "replay", "z_read", "people", "rights", "settings")

#: Name, address, words, icon of each screen, in the order of the list at the side.
SCREENS = (
    ("overview", "/console", said("Overview"), "home"),
    ("outbox", "/console/outbox", said("Outbox"), "outbox"),
    ("trace", "/console/trace", said("Trace"), "trace"),
    ("replay", "/console/replay", said("Replay"), "replay"),
    ("reconciliation", "/console/reconciliation", said("Reconciliation"), "equal"),
    ("agents", "/console/agents", said("Agents"), "pulse"),
    ("logs", "/console/logs", said("Logs"), "list"),
    ("audit", "/console/audit", said("Audit"), "eye"),
    ("people", "/console/people", said("People"), "people"),
    ("tills", "/console/tills", said("Tills"), "till"),
    ("backups", "/console/backups", said("Copies"), "copy"),
    ("settings", "/console/settings", said("Settings"), "gear"),
)


def show(template: str, here: str, **values: Any) -> str:
    """A page of the console: its template, with what the frame shows. here: the screen's name in SCREENS."""
    return render_template(f"console/{template}.html", here=here, **_frame(), **values)


def install(bp: Blueprint) -> None:
    """Give the error pages of the console the same frame."""
    bp.app_context_processor(lambda: {"console_frame": _frame})


def _frame() -> dict[str, Any]:
    here, who = parts(), auth.actor_or_none()
    locale = reader.seen(here.config).shop.locale
    now = intake.local(here.store, clock.now())
    view: dict[str, Any] = {
        "screens": [one for one in SCREENS if frame.may_open(one[1])],
        "csrf": generate_csrf(),
        "now_text": wording.clock_time(now, locale),
        "today_text": wording.short_day(now.date(), locale),
        "needs": 0,
        "bell": None,
    }
    if who is not None:
        view["needs"] = outbound.counted(here.store, ("needs",))["needs"]
        view["bell"] = bell.ring(here.store, who.code)
    return view
