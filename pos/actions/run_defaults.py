"""Defaults of runs as a person sees and changes them: each with where it comes from. Chosen here, it stands before the
environment and config.ini; taken back, those hold again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.actions import change_setting
from pos.actions.company_setup import Faulty
from pos.config import Config
from pos.rules import company_file
from pos.rules.company_file import Fault, Field
from pos.said import Said, said
from pos.store import run_choices
from pos.store.db import Store

WORDS_MAX = 400
#: Heading, and the defaults under it with what they may be.
GROUPS: tuple[tuple[Said, tuple[Field, ...]], ...] = (
    (said("Runs of all companies"), (
        Field("default_parallel", "whole", said("Companies worked on at once"), least=1, most=16),
        Field("default_stagger_seconds", "whole", said("Seconds between their starts"), most=3600),
    )),
    (said("When something is told"), (
        Field("stale_hours_warning", "whole", said("Hours without a good run"), most=24 * 365),
        Field("refresh_expiring_days", "whole", said("Days before a sign-in ends"), most=100),
        Field("recon_diff_warning", "amount", said("Difference above which it is told")),
        Field("reauth_guidance", "words", said("Said beside a sign-in that has to be made again"), empty=True),
    )),
    (said("Notices, where a company does not say"), (
        Field("notify_start", "flag", said("When a run starts")),
        Field("notify_success", "flag", said("When a run ended well")),
        Field("notify_failure", "flag", said("When a run failed or its sums differ")),
    )),
    (said("Days things are kept, 0 = for ever"), (
        Field("keep_log_days", "whole", said("Logs of runs"), most=36500),
        Field("keep_event_days", "whole", said("Events of schedules"), most=36500),
        Field("keep_import_days", "whole", said("Taken-in files"), most=36500),
    )),
)  # fmt: skip
_BY_NAME = {one.name: one for _title, fields in GROUPS for one in fields}
_PLACES = {"config.ini": said("config.ini"), "default": said("the program"), "": said("the program")}


def listed(store: Store, config: Config) -> list[dict[str, Any]]:
    """[{title, rows: [{name, title, kind, value, chosen, below, comes, is_chosen}]}]. below: what holds when it is not
    chosen here; comes: where what holds comes from, in words."""
    chosen, origins = run_choices.chosen(store), change_setting.origins(config)
    now = run_choices.effective(store, config)
    found = []
    for title, fields in GROUPS:
        rows = []
        for one in fields:
            origin = origins.get(("runs", one.name), "")
            place = _PLACES.get(origin, said("the environment ({origin})", origin=origin.rpartition(", ")[2]))
            is_chosen = one.name in chosen
            rows.append({
                "name": one.name, "title": one.title, "kind": one.kind, "value": getattr(now, one.name),
                "chosen": chosen.get(one.name), "below": getattr(config.runs, one.name), "is_chosen": is_chosen,
                "comes": said("this screen") if is_chosen else place, "place": place,
            })  # fmt: skip
        found.append({"title": title, "rows": rows})
    return found


def change(store: Store, values: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Choose defaults; None = as the files say. What changed, [before, after]. Faulty names each that cannot be."""
    faults = [Fault(name, words) for name, value in values.items() if (words := _wrong(name, value))]
    if faults:
        raise Faulty(faults)
    return run_choices.choose(store, values, by)


def _wrong(name: str, value: Any) -> str:
    field = _BY_NAME.get(name)
    if field is None:
        return said("{field} is not changed here.", field=name[:80])
    if value is None:
        return ""
    if field.kind == "words":
        fits = isinstance(value, str) and len(value) <= WORDS_MAX and (not value or value.isprintable())
        return "" if fits else said("{field} is text of at most {max} characters.", field=field.title, max=WORDS_MAX)
    return company_file.wrong(field, value)
