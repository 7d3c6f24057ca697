"""The frame around every page of the console: who is signed in, the screens there are, what needs a person."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, session
from flask_wtf.csrf import generate_csrf

from pos import clock
from pos.actions import qbo_screen
from pos.errors import NotFound
from pos.rules import wording
from pos.said import said
from pos.store import bell, intake, outbound
from pos.store import reach as within
from pos.store.reach import Reach
from pos.web import auth, frame, reader
from pos.web.parts import parts

#: Rights that open some screen: whoever has none of them has nothing to look at here.
RIGHTS = (
    "operate", "replay", "z_read", "people", "rights", "settings",
    "can_trigger_runs", "can_edit_companies", "can_manage_schedules", "can_manage_portal_settings",
)  # fmt: skip

#: Name, address, words, icon of each screen, in the order of the list at the side.
SCREENS = (
    ("overview", "/console", said("Overview"), "home"),
    ("outbox", "/console/outbox", said("Outbox"), "outbox"),
    ("trace", "/console/trace", said("Trace"), "trace"),
    ("replay", "/console/replay", said("Replay"), "replay"),
    ("reconciliation", "/console/reconciliation", said("Reconciliation"), "equal"),
    ("inventory", "/inventory", said("Inventory"), "box"),
    ("agents", "/console/agents", said("Agents"), "pulse"),
    ("logs", "/console/logs", said("Logs"), "list"),
    ("audit", "/console/audit", said("Audit"), "eye"),
    ("companies", "/console/companies", said("Companies"), "shop"),
    ("people", "/console/people", said("People"), "people"),
    ("tills", "/console/tills", said("Tills"), "till"),
    ("backups", "/console/backups", said("Copies"), "copy"),
    ("integrations", "/settings/integrations", said("Integrations"), "plug"),
    ("conductor", "/conductor", said("QuickBooks Desktop"), "book"),
    ("settings", "/console/settings", said("Settings"), "gear"),
)


def show(template: str, here: str, *, folder: str = "console", **values: Any) -> str:
    """A page of the console: its template, with what the frame shows. here: the screen's name in SCREENS."""
    return render_template(f"{folder}/{template}.html", here=here, **_frame(), **values)


def screens() -> list[tuple[str, str, str, str]]:
    """SCREENS with the one whose address is a setting, where it belongs."""
    found: list[tuple[str, str, str, str]] = list(SCREENS)
    at = [one[0] for one in SCREENS].index("reconciliation") + 1
    found.insert(at, ("runs", f"{parts().config.runs.prefix}/", said("Runs"), "book"))
    return found


def reach() -> Reach:
    """What this page is about: how far who asks reaches, or the part of that they chose (?at=company or company/shop,
    kept while they are signed in; at= is everything)."""
    whole = auth.reach_of()
    if parts().config.server.role == "till" or auth.actor_or_none() is None:
        return whole
    chosen = request.args.get("at", session.get("at", ""))[:80]
    try:
        found = _narrowed(whole, chosen)
    except NotFound:  # not theirs, or not any more
        chosen, found = "", whole
    if session.get("at", "") != chosen:
        session["at"] = chosen
    return found


def _narrowed(whole: Reach, chosen: str) -> Reach:
    company, _, shop = chosen.partition("/")
    return within.narrowed(parts().store, whole, company, shop)


def _choices() -> list[dict[str, Any]]:
    """Companies and shops somebody may choose from; none where there is but one."""
    if parts().config.server.role == "till" or auth.actor_or_none() is None:
        return []
    return places(request.args.get("at", session.get("at", "")))


def places(chosen: str = "") -> list[dict[str, Any]]:
    """Companies and shops within the reach of who asks, as COMPANY and COMPANY/SHOP; none where there is but one."""
    here, whole = parts(), auth.reach_of()
    shops = within.shops_in(here.store, whole)
    if len(shops) < 2:
        return []
    found = []
    for company in within.companies_in(here.store, whole):
        found.append({"at": company.id, "name": company.name, "indent": False, "here": chosen == company.id})
        own = [shop for shop in shops if shop.company == company.id]
        for shop in own if len(own) > 1 else ():
            at = f"{company.id}/{shop.id}"
            found.append({"at": at, "name": shop.name, "indent": True, "here": chosen == at})
    return found


def _has(screen: str) -> bool:
    """A till alone has one company, which nobody need look up."""
    return screen != "companies" or parts().config.server.role != "till"


def install(bp: Blueprint) -> None:
    """Give the error pages of the console the same frame."""
    bp.app_context_processor(lambda: {"console_frame": _frame})


def _frame() -> dict[str, Any]:
    here, who = parts(), auth.actor_or_none()
    locale = reader.seen(here.config).shop.locale
    now = intake.local(here.store, clock.now())
    view: dict[str, Any] = {
        "screens": [one for one in screens() if frame.may_open(one[1]) and _has(one[0])],
        "csrf": generate_csrf(),
        "now_text": wording.clock_time(now, locale),
        "today_text": wording.short_day(now.date(), locale),
        "needs": 0,
        "bell": None,
        "choices": _choices(),
        "away": [],
    }
    if who is not None:
        view["needs"] = outbound.counted(here.store, ("needs",), reach())["needs"]
        if frame.may_open("/settings/integrations"):
            view["away"] = qbo_screen.away(here.store, here.config, auth.reach_of())
        view["bell"] = bell.ring(here.store, who.code, auth.reach_of())
    return view
