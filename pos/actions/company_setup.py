"""The set-up of companies: begun on a screen, changed, written to a file, taken from files, compared with them.

One store rules: the database. A file is a copy of it at some moment, never read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos.actions import qbo_change, qbo_mapping, qbo_standing, run_settings
from pos.config import Config
from pos.errors import CannotSave, Conflict, Invalid, PosError
from pos.rules import company_file
from pos.rules.company_file import Fault
from pos.said import said
from pos.store import audit, companies, disk, qbo_tokens, run_choices
from pos.store.db import Store

#: Fields the first form asks for; all others have a default.
BASIC = ("company_key", "display_name", "time_zone", "currency", "books", "source", "tax_mode", "receipt_prefix",
         "realm_id")  # fmt: skip
#: Fields of their own page.
ELSEWHERE = ("company_key", "mapping")
ADVANCED = tuple(one.name for one in company_file.FIELDS if one.name not in ELSEWHERE)
FOLDER = "companies"
#: Kept under "runs" as they are, field -> name there.
_PLAIN = {"books": "books", "source": "source", "posting": "posting", "realm_id": "realm", "tolerance": "tolerance"}
_GROUPS = company_file.GROUPS


class Faulty(Invalid):
    """A set-up that cannot be: every field that is wrong with a sentence."""

    code = "faulty"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        first = self.faults[0]
        super().__init__(" ".join(one.words for one in self.faults), field=first.field or None)

    def details(self) -> dict[str, Any]:
        return {"faults": [{"field": one.field, "words": one.words} for one in self.faults]}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs between the database and a file; "" = the whole company is missing on one side."""

    company: str
    field: str
    here: Any
    there: Any


# -- read --------------------------------------------------------------------------------------------------------------


def read(store: Store, config: Config, company: str) -> dict[str, Any]:
    """A company's set-up with every field filled in. NotFound."""
    runs, owner = run_settings.of(store, company), companies.one(store, company)
    plain = companies.kept(store, owner.id, run_settings.PART).values
    mapping = dict(qbo_mapping.read(store, owner.id).values)
    signed = qbo_tokens.row(store, companies.connection_id(qbo_standing.KIND, owner.id))
    hour, minute = (int(part) for part in runs.cutoff.split(":"))
    values: dict[str, Any] = {
        "company_key": owner.id,
        "display_name": owner.name,
        "is_active": owner.active,
        "time_zone": owner.time_zone,
        "currency": owner.currency,
        "books": runs.books,
        "source": runs.source,
        "posting": runs.posting,
        "realm_id": plain.get("realm") or (signed.realm if signed else ""),
        "receipt_prefix": mapping.pop("prefix", ""),
        "tax_mode": mapping.pop("tax", ""),
        "group_by": qbo_standing.settings_of(store, config, owner.id).grain,
        "trading_day_enabled": runs.trading_day,
        "trading_day_start_hour": hour,
        "trading_day_start_minute": minute,
        "tolerance": runs.tolerance,
        "mapping": mapping,
    }
    own = {group: plain.get(group) or {} for group in _GROUPS}
    for field in company_file.FIELDS:
        group, _, name = field.name.partition(".")
        if name:
            known = getattr(getattr(runs, group), name)
            values[field.name] = own[group].get(name) if field.empty and group in ("notify", "keep") else known
    return values


def export(store: Store, config: Config, company: str) -> str:
    """A company's set-up as the text of a file. No secret is in it: sign-ins and keys are kept elsewhere."""
    return company_file.encode(read(store, config, company))


def save(store: Store, config: Config, company: str, by: str, folder: Path | None = None) -> Path:
    """Write it to data/companies/<key>.json, or another folder, in place of the file before. CannotSave."""
    key = companies.one(store, company).id
    path = (folder or config.data / FOLDER) / f"{key}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        disk.write_whole(path, export(store, config, key).encode(), flush=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotSave(said("{file} cannot be written: {why}", file=path.name, why=why)) from error
    audit.record(store, by, "company.export", key, {"company": key, "file": path.name})
    return path


def given(store: Store, config: Config) -> dict[str, Any]:
    """What holds for fields a company says nothing of: field -> the default of the portal."""
    runs = run_choices.effective(store, config)
    names = [one.name for one in company_file.FIELDS if one.name.partition(".")[0] in ("notify", "keep")]
    return {name: getattr(runs, name.replace(".", "_")) for name in names}


# -- change ------------------------------------------------------------------------------------------------------------


def onboard(store: Store, config: Config, values: Mapping[str, Any], by: str) -> str:
    """One more company of this hub; its id. Faulty names each field that cannot be; nothing is there then."""
    refuse_alone(config)
    faults = [
        Fault(name, said("{field} is missing.", field=name)) for name in company_file.NEEDED if name not in values
    ]
    faults += company_file.check(values)
    faults += _taken(store, values)
    if faults:
        raise Faulty(faults)
    with store.transaction():
        return _made(store, config, values, by)


def change(store: Store, config: Config, company: str, values: Mapping[str, Any], by: str, mark: str = "") -> list[str]:
    """Change fields of a company; the names of those that changed. mark: `mark_of` what was seen. Faulty; Conflict
    ("changed") when somebody changed it meanwhile."""
    before = read(store, config, company)
    if mark and mark != mark_of(store, company):
        raise Conflict(said("Somebody changed this company meanwhile. Look again, then change it."), code="changed")
    faults = [Fault(name, said("The key of a company stays.")) for name in values if name == "company_key"
              and values[name] != before[name]]  # fmt: skip
    faults += company_file.check(values, str(before["currency"]))
    if faults:
        raise Faulty(faults)
    with store.transaction():
        return _put(store, config, before, {**before, **values}, by)


def mark_of(store: Store, company: str) -> str:
    """What a change gives back, so that none is lost."""
    return qbo_change.mark_of(companies.kept(store, company, run_settings.PART))


def refuse_alone(config: Config) -> None:
    """Invalid, with why, where there is one company and can be no other."""
    if config.server.role == "till":
        raise Invalid(
            said("This till stands alone and has one company. Several companies need a hub: [server] role = hub."),
            field="company_key", code="one_company",
        )  # fmt: skip
    if config.server.role != "hub":
        raise Invalid(
            said("Several companies need a hub that does nothing else: set [server] role = hub."),
            field="company_key", code="one_company",
        )  # fmt: skip


def _taken(store: Store, values: Mapping[str, Any]) -> Iterable[Fault]:
    every = companies.every(store)
    key, name = values.get("company_key"), str(values.get("display_name", "")).casefold()
    if any(one.id == key for one in every) or any(shop.id == key for shop in companies.shops(store)):
        yield Fault("company_key", said("{name} is taken already. Choose another.", name=key))
    if any(one.name.casefold() == name for one in every):
        yield Fault("display_name", said("{name} is taken already. Choose another.", name=values["display_name"]))


def _made(store: Store, config: Config, values: Mapping[str, Any], by: str) -> str:
    zone, currency = _own(config, values)
    made = companies.add(
        store, values["company_key"], values["display_name"], by, time_zone=zone, currency=currency
    ).id  # fmt: skip
    before = read(store, config, made)
    _put(store, config, before, {**before, **values}, by)
    return made


def _own(config: Config, values: Mapping[str, Any]) -> tuple[str, str]:
    """Time zone and currency as a company keeps them: "" where they are this server's."""
    zone, currency = values.get("time_zone", ""), values.get("currency", "")
    return "" if zone == config.shop.timezone else zone, "" if currency == config.shop.currency else currency


def _put(store: Store, config: Config, before: Mapping[str, Any], after: Mapping[str, Any], by: str) -> list[str]:
    """Whatever differs, where it is kept; in a transaction."""
    key, changed = before["company_key"], [name for name in after if after[name] != before[name]]
    if not changed:
        return []
    if "display_name" in changed:
        companies.rename(store, key, after["display_name"], by)
    if {"time_zone", "currency"} & set(changed):
        companies.set_counting(store, key, *_own(config, after), by)
    if "is_active" in changed:
        companies.set_active(store, key, after["is_active"], by)
    _put_runs(store, key, after, changed, by)
    _put_books(store, key, after, changed, by)
    detail = {name: [before[name], after[name]] for name in changed if name != "mapping"}
    if "mapping" in changed:
        parts = {*before["mapping"], *after["mapping"]}
        detail["mapping"] = sorted(one for one in parts if before["mapping"].get(one) != after["mapping"].get(one))
    audit.record(store, by, "company.setup", key, {"company": key, "changed": detail})
    return changed


def _put_runs(store: Store, key: str, after: Mapping[str, Any], changed: list[str], by: str) -> None:
    kept = companies.kept(store, key, run_settings.PART)
    plain = dict(kept.values)
    for field, name in _PLAIN.items():
        if field in changed:
            plain[name] = after[field]
    if any(name.startswith("trading_day") for name in changed):
        plain |= {"trading_day": after["trading_day_enabled"], "cutoff": _cutoff(after)}
    for field in changed:
        group, _, name = field.partition(".")
        if name:
            plain[group] = {**plain.get(group, {}), name: after[field]}
            if after[field] is None:
                del plain[group][name]
    if plain != kept.values:
        companies.keep(store, key, run_settings.PART, plain, kept, by)


def _put_books(store: Store, key: str, after: Mapping[str, Any], changed: list[str], by: str) -> None:
    kept = companies.kept(store, key, run_settings.BOOKS_PART)
    plain = dict(kept.values)
    if "group_by" in changed:
        plain["grain"] = after["group_by"]
    if any(name.startswith("trading_day") for name in changed):
        plain["day_starts"] = _cutoff(after) if after["trading_day_enabled"] else run_settings.MIDNIGHT
    if plain != kept.values:
        companies.keep(store, key, run_settings.BOOKS_PART, plain, kept, by)
    if {"mapping", "receipt_prefix", "tax_mode"} & set(changed):
        _put_mapping(store, key, after, by)


def _put_mapping(store: Store, key: str, after: Mapping[str, Any], by: str) -> None:
    """Faulty when it is wrong by itself, or holds ids of another company there than the one that is connected."""
    signed = qbo_tokens.row(store, companies.connection_id(qbo_standing.KIND, key))
    if signed and signed.realm and after["mapping"] and after["realm_id"] not in ("", signed.realm):
        words = said("This mapping is that of company {there} at QuickBooks; connected is {here}.",
                     there=after["realm_id"], here=signed.realm)  # fmt: skip
        raise Faulty([Fault("mapping", words)])
    singles = {"prefix": after["receipt_prefix"], "tax": after["tax_mode"]}
    plain = {**after["mapping"], **{name: value for name, value in singles.items() if value}}
    if plain and (found := qbo_mapping.check(plain)):
        field = "mapping" if after["mapping"] else "receipt_prefix" if not after["receipt_prefix"] else "tax_mode"
        raise Faulty(Fault(field, words) for words in found)
    before = qbo_mapping.read(store, key)
    if plain:
        qbo_mapping.write(store, key, plain, before, by)
    elif before.values:
        kept = companies.kept(store, key, run_settings.BOOKS_PART)
        rest = {name: value for name, value in kept.values.items() if name != qbo_mapping.KEY}
        companies.keep(store, key, run_settings.BOOKS_PART, rest, kept, by)


def _cutoff(values: Mapping[str, Any]) -> str:
    return f"{values['trading_day_start_hour']:02d}:{values['trading_day_start_minute']:02d}"


# -- files -------------------------------------------------------------------------------------------------------------


def take_in(store: Store, config: Config, files: Mapping[str, str], by: str) -> dict[str, list[str]]:
    """Take set-ups from the texts of files, by name: of all of them, or nothing. Companies with the fields that
    changed, ["company_key", …] of a new one. Faulty names every fault of every file, as FILE: FIELD."""
    found, faults = _decoded(files)
    if faults:
        raise Faulty(faults)
    changed: dict[str, list[str]] = {}
    known = {one.id for one in companies.every(store)}
    with store.transaction():
        for name, values in found.items():
            key = values["company_key"]
            try:
                with store.transaction():
                    if key in known:
                        changed[key] = change(store, config, key, values, by)
                    else:
                        changed[onboard(store, config, values, by)] = list(values)
            except Faulty as error:
                faults += [_of_file(name, one) for one in error.faults]
            except PosError as error:
                faults.append(_of_file(name, Fault(error.field or "", error.message)))
        if faults:
            raise Faulty(faults)
    return changed


def drift(store: Store, config: Config, files: Mapping[str, str]) -> list[Difference]:
    """Every field in which files differ from the database; a field that is not in a file says nothing. Faulty as of
    `take_in`. Changes nothing."""
    found, faults = _decoded(files)
    if faults:
        raise Faulty(faults)
    listed, differences = {values["company_key"]: values for values in found.values()}, list[Difference]()
    here = {one.id for one in companies.every(store)}
    for key in sorted(here | set(listed)):
        if key not in here:
            differences.append(Difference(key, "", None, listed[key]["display_name"]))
        elif key not in listed:
            differences.append(Difference(key, "", companies.one(store, key).name, None))
        else:
            now = read(store, config, key)
            differences += [
                Difference(key, name, now[name], value) for name, value in listed[key].items() if now[name] != value
            ]
    return differences


def _decoded(files: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], list[Fault]]:
    found, faults, seen = dict[str, dict[str, Any]](), list[Fault](), dict[str, str]()
    for name, text in files.items():
        values, wrong = company_file.decode(text)
        faults += [_of_file(name, one) for one in wrong]
        key = str(values.get("company_key", ""))
        if key and key in seen:
            words = said("{key} stands in {file} already.", key=key, file=seen[key])
            faults.append(_of_file(name, Fault("company_key", words)))
        seen.setdefault(key, name)
        if not values.get("realm_id"):  # no number is none that is expected
            values.pop("realm_id", None)
        found[name] = values
    return found, faults


def _of_file(name: str, fault: Fault) -> Fault:
    return Fault(f"{name}: {fault.field}".removesuffix(": "), fault.words)
