"""The first questions of a new till: each may be left out, answered again, and answered on the page or the terminal.

What is answered goes into config.ini, where people find it again, and holds from the next start. People go into the
database at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from pos import clock, config, language
from pos.actions import change_setting, paper
from pos.config import Config
from pos.devices import printer_of
from pos.devices.base import MayHavePrinted, NotPrinted
from pos.errors import BadSettings, Invalid
from pos.rules import slips
from pos.said import Said, said
from pos.sections import Printer
from pos.setting import group
from pos.store import audit, beginning, people
from pos.store.db import Store

VALUE_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class Field:
    """One question: a setting, what people call it, and where it helps one more sentence."""

    section: str
    name: str
    label: Said
    hint: Said | str = ""
    choices: tuple[tuple[str, Said | str], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.section}.{self.name}"


@dataclass(frozen=True, slots=True)
class Step:
    """Questions that belong together."""

    name: str
    title: Said
    words: Said
    fields: tuple[Field, ...] = ()


_YES_NO = (("yes", said("Yes")), ("no", said("No")))

STEPS = (
    Step(
        "company",
        said("Your shop"),
        said("These words stand on every receipt."),
        (
            Field("shop", "name", said("Name of the shop")),
            Field("shop", "tagline", said("Second line")),
            Field("shop", "address", said("Address")),
            Field("shop", "phone", said("Telephone")),
            Field("shop", "tax_number", said("VAT or sales-tax number")),
            Field("shop", "footer", said("Last words of the receipt")),
            Field("shop", "language", said("Language of screens and paper")),
            Field("shop", "timezone", said("Time zone"), said("Like Europe/London; the trading day is counted in it.")),
        ),
    ),
    Step(
        "money",
        said("Money and tax"),
        said("It must match the books, or every day ends with a difference of pennies. Ask who keeps them."),
        (
            Field("shop", "currency", said("Currency"), said("Three letters, like GBP or EUR.")),
            Field("pricing", "prices_include_tax", said("Shelf prices hold the tax"), choices=_YES_NO),
            Field(
                "pricing",
                "tax_rule",
                said("How tax is rounded"),
                choices=(
                    ("erpnext", said("As ERPNext does it")),
                    ("per_rate", said("Once for each rate of a receipt")),
                    ("per_line", said("On each line of a receipt")),
                ),
            ),
            Field(
                "pricing",
                "rounding",
                said("Half a penny"),
                choices=(
                    ("bankers", said("To the even penny (ERPNext's way)")),
                    ("commercial", said("Away from zero")),
                    ("bankers_legacy", said("To the even penny, as older ERPNext sites do")),
                ),
            ),
            Field(
                "pricing",
                "cash_step",
                said("Smallest step of cash"),
                said("0.01, or 0.05 where small coins are gone."),
            ),
        ),
    ),
    Step(
        "till",
        said("This till"),
        said("The number begins every receipt's. No other till of the company may have it, now or later."),
        (
            Field("till", "id", said("Number of this till"), said("Up to 8 letters and digits, like T1.")),
            Field("till", "name", said("What people call it")),
            Field("till", "store", said("The shop it stands in"), said("The same word on each till of one shop.")),
            Field("till", "bag_item", said("Item code of the carrier bag"), said("Empty: no button.")),
        ),
    ),
    Step(
        "printer",
        said("Printer and drawer"),
        said("Print the page before you go on: a pound and a euro sign stand large at its top."),
        (
            Field(
                "printer",
                "url",
                said("Address of the receipt printer"),
                said("tcp://10.0.0.50:9100, usb://0x04b8:0x0202, serial://COM3; empty: print from the browser."),
            ),
            Field("printer", "code_page", said("Code page"), said("CP858 holds £ and €.")),
            Field("printer", "columns", said("Characters of a line"), said("42 or 48 on an 80 mm roll, 32 on 58 mm.")),
            Field("printer", "drawer", said("A cash drawer hangs on it"), choices=_YES_NO),
            Field("printer", "drawer_pin", said("Pin of the drawer"), choices=(("2", "2"), ("5", "5"))),
        ),
    ),
    Step(
        "scanner",
        said("Scanner"),
        said("Scan anything. It must appear below, whole, whatever the cursor is in."),
        (
            Field(
                "scanner",
                "key_gap_ms",
                said("Milliseconds between keys"),
                said("More when codes arrive in pieces."),
            ),
            Field("scanner", "end_key", said("Key behind each code"), choices=(("Enter", "Enter"), ("Tab", "Tab"))),
            Field("scanner", "prefix", said("Signs ahead of each code"), said("Taken off; mostly none.")),
        ),
    ),
    Step(
        "people",
        said("People"),
        said("Who signs in here, each with a code and a PIN of their own. The first one is the owner."),
    ),
)

#: Roles that are offered; the others are given by `pos_server.py user add`.
ROLES = (
    ("admin", said("Owner")),
    ("manager", said("Manager")),
    ("supervisor", said("Supervisor")),
    ("cashier", said("Cashier")),
)


def step_of(name: str) -> Step:
    """Invalid when there is no such step."""
    for step in STEPS:
        if step.name == name:
            return step
    raise Invalid(said("There is no step {name}.", name=name), field="step")


def view(store: Store, running: Config) -> dict[str, Any]:
    """Every step with its questions, as config.ini has them now. again: a start is needed before they hold."""
    now = config.load(running.root)
    origins = config.origins(running.root)
    answered = beginning.answered(store)
    everybody = people.people(store)
    steps = []
    for step in STEPS:
        done = bool(everybody) if step.name == "people" else step.name in answered
        questions = [_question(one, now, origins) for one in step.fields]
        steps.append({"name": step.name, "title": step.title, "words": step.words, "done": done, "fields": questions})
    return {
        "steps": steps,
        "people": [{"code": one.code, "name": one.name, "role": one.role} for one in everybody if one.active],
        "roles": [{"name": name, "title": title} for name, title in ROLES],
        "again": replace(now, server=running.server, shop=replace(now.shop, locale=running.shop.locale)) != running,
    }


def _question(one: Field, now: Config, origins: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    choices = one.choices
    if one.key == "shop.language":
        choices = language.choices()
    origin = origins[one.section, one.name]
    return {
        "key": one.key,
        "label": one.label,
        "hint": one.hint,
        "value": written(getattr(getattr(now, one.section), one.name)),
        "choices": [{"value": value, "text": text} for value, text in choices],
        "fixed": said("Set by {origin}; change it there.", origin=origin) if change_setting.is_outside(origin) else "",
    }


def written(value: Any) -> str:
    """A setting as config.ini has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def save(store: Store, running: Config, name: str, values: Mapping[str, Any], by: str) -> list[str]:
    """Write the answers of a step into config.ini; the keys that changed. Invalid names the question that does not fit.

    Answering the same again changes nothing.
    """
    step = step_of(name)
    known = {one.key: one for one in step.fields}
    now, origins = config.load(running.root), config.origins(running.root)
    changes: dict[tuple[str, str], str] = {}
    for key, value in values.items():
        one = known.get(key)
        if one is None or not isinstance(value, str) or len(value) > VALUE_CHARS_MAX:
            raise Invalid(said("{field} is no question of this step.", field=key), field=key)
        text = value.strip()
        if text == written(getattr(getattr(now, one.section), one.name)):
            continue
        if change_setting.is_outside(origins[one.section, one.name]):
            origin = origins[one.section, one.name]
            raise Invalid(said("Set by {origin}; change it there.", origin=origin), field=key)
        change_setting.may_change(store, now, key, text)
        changes[one.section, one.name] = text
    if changes:
        change_setting.write(running, changes)
        detail = {f"{section}.{name}": value for (section, name), value in changes.items()}
        audit.record(store, by, "settings", name, detail)
    beginning.mark(store, name)
    return [f"{section}.{name}" for section, name in changes]


def add_person(store: Store, code: str, name: str, role: str, pin: str, by: str) -> None:
    """One more who may sign in. Invalid when the first one is not the owner: nobody could give rights later."""
    if role not in {one for one, _ in ROLES}:
        raise Invalid(said("There is no role {role} here.", role=role), field="role")
    if role != "admin" and not any(one.role == "admin" and one.active for one in people.people(store)):
        raise Invalid(said("The first one is the owner, who may do everything."), field="role")
    people.add_user(store, code, name, role, pin, by)


def with_printer(running: Config, values: Mapping[str, Any]) -> Config:
    """The settings with the printer as it stands on the page, saved or not. Invalid names the question."""
    asked = {one.key: one.name for one in step_of("printer").fields}
    given = {asked[key]: value.strip() for key, value in values.items() if key in asked and isinstance(value, str)}
    now = config.load(running.root)
    kept = {f.name: written(getattr(now.printer, f.name)) for f in fields(Printer)}
    try:
        settings = replace(now, printer=group("printer", Printer, {**kept, **given}, {}))
        if printer_of(settings) is None:
            raise Invalid(said("Type the address of the printer first."), field="printer.url")
    except BadSettings as error:
        raise Invalid(error.message, field="printer.url") from error
    return settings


def try_printer(settings: Config, act: str) -> bool:
    """Print the test page, or open the drawer. Whether the printer itself says that it did. Invalid in words if not."""
    printer = printer_of(settings)
    assert printer is not None
    try:
        if act == "drawer":
            printer.kick()
            return False
        look = paper.look_of(settings, printer.letters)
        return printer.send(slips.test_page(look, settings.printer.code_page, clock.now()), must_answer=False).confirmed
    except (NotPrinted, MayHavePrinted) as error:
        raise Invalid(error.message, field="printer.url") from error
