"""Company files of QuickBooks Desktop behind Conductor: whose they are, whether they are on, and how they answered.

The secret key is the settings' alone; a row keeps whose computer it is (their end user). The first company's row
follows the settings. A company has this way or a Web Connector that is on, never both (`pos.store.desktop_way`).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pos import clock
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound, UserError
from pos.said import said
from pos.store import audit, companies, connections, desktop_way
from pos.store.db import Store
from pos.store.models import ConductorCompany as Rows
from pos.store.models import ConductorSession as Sessions
from pos.store.models import RecordLink

log = logging.getLogger(__name__)

CONNECTION = "conductor"
STOCK_OWNERS = ("ours", "quickbooks")
WORDS_CHARS_MAX = 500
#: A lease that runs out further ahead was taken before the clock was set back.
AHEAD_SECONDS_MAX = 3600
_END_USER = re.compile(r"end_usr_[A-Za-z0-9_-]{1,80}\Z")


@dataclass(frozen=True, slots=True)
class Company:
    """One company file. end_user: "" = the settings'. stock_owner: ours | quickbooks. history_from: ISO day, "" = as
    many days as the settings say. facts: what the last test told. Moments are clock.stamp() text, "" = never."""

    connection: str
    company: str
    end_user: str
    enabled: bool
    stock_owner: str
    history_from: str
    facts: dict[str, Any]
    tested_at: str
    last_good_at: str
    last_error: str
    last_error_at: str
    made_at: str


def connection_of(company: str) -> str:
    """The id of a company's connection."""
    return CONNECTION if company == companies.MAIN else f"{CONNECTION}-{company}"


def is_on(config: Config) -> bool:
    """Whether Conductor is set up by the settings."""
    return bool(config.conductor.secret_key)


def end_user_of(config: Config, row: Company) -> str:
    """Their id of whose computer the company file is on; "" = nobody said."""
    return row.end_user or (config.conductor.end_user_id if row.company == companies.MAIN else "")


def begin(store: Store, config: Config) -> None:
    """The first company's row as the settings say: made when there is none. Where its Web Connector is the way, it is
    made switched off. For each start. BadSettings when this is the demo shop and Conductor is another machine;
    Invalid when the settings cannot be right."""
    own = config.conductor
    if not own.secret_key:
        return
    connections.refuse_demo(store, own.url)
    if not own.end_user_id:
        return
    clean_end_user(own.end_user_id)
    with store.transaction():
        if by_company(store, companies.MAIN) is not None:
            return
        try:
            desktop_way.refuse_conductor(store, companies.MAIN)
        except Conflict as error:
            log.warning("Conductor is set up but not switched on: %s", error.message)
            _make(store, companies.MAIN, "", "system", enabled=False)
        else:
            _make(store, companies.MAIN, "", "system", enabled=True)


def follow(store: Store, config: Config) -> None:
    """`begin`, for the start of a server: settings that cannot be right are logged and keep no till from selling."""
    try:
        begin(store, config)
    except UserError as error:
        log.error("QuickBooks Desktop through Conductor is not set up: %s", error.message)


def add(store: Store, company: str, end_user: str, by: str) -> Company:
    """A company file for a company, switched on. end_user: "" for the first company = the settings'. Invalid; Conflict
    when the company has one, its Web Connector is on or has work left, or another company has the end user."""
    known = companies.one(store, company)
    end_user = _wanted(store, known.id, end_user)
    with store.transaction():
        if by_company(store, known.id) is not None:
            raise Conflict(said("{company} has a company file at Conductor already.", company=known.name))
        desktop_way.refuse_conductor(store, known.id)
        _refuse_taken(store, known.id, end_user)
        _make(store, known.id, end_user, by, enabled=True)
        return of_company(store, known.id)


def set_enabled(store: Store, company: str, enabled: bool, by: str) -> Company:
    """Switch it on or off. Conflict: on, where the Web Connector is the way or has work left; off, while a session is
    running."""
    row = of_company(store, company)
    with store.transaction():
        if enabled:
            desktop_way.refuse_conductor(store, row.company)
        else:
            desktop_way.refuse_while_running(row.connection)
        Rows.update(enabled=enabled).where(Rows.connection == row.connection).execute()
        audit.record(store, by, "conductor.enabled", row.connection, {"company": row.company, "enabled": enabled})
        return of_company(store, company)


def set_end_user(store: Store, company: str, end_user: str, by: str, *, same_file: bool = False) -> Company:
    """Another end user of theirs. Conflict while a session is running, where another company has it, and, unless
    somebody says that it is the same company file, where records are linked: their ids would be another file's."""
    row = of_company(store, company)
    end_user = _wanted(store, row.company, end_user)
    with store.transaction():
        if end_user == row.end_user:
            return row
        desktop_way.refuse_while_running(row.connection)
        _refuse_taken(store, row.company, end_user)
        if not same_file and _linked(row.connection):
            raise Conflict(
                said("Records are linked with this company file. Say that the new one is the same file."),
                code="linked", field="end_user",
            )  # fmt: skip
        Rows.update(end_user=end_user, facts="{}", tested_at="").where(Rows.connection == row.connection).execute()
        audit.record(store, by, "conductor.end_user", row.connection, {"company": row.company, "end_user": end_user})
        return of_company(store, company)


def set_choices(store: Store, company: str, stock_owner: str, history_from: str, by: str) -> Company:
    """Whose word counts on what is on hand, and from which day on documents are brought in. Invalid."""
    row = of_company(store, company)
    if stock_owner not in STOCK_OWNERS:
        raise Invalid(
            said("{field} is one of these: {choices}.", field="stock_owner", choices=", ".join(STOCK_OWNERS)),
            field="stock_owner",
        )
    if history_from:
        try:
            history_from = date.fromisoformat(history_from).isoformat()
        except ValueError:
            raise Invalid(said("A day is written like 2026-11-22."), field="history_from") from None
    if (stock_owner, history_from) == (row.stock_owner, row.history_from):
        return row
    with store.transaction():
        Rows.update(stock_owner=stock_owner, history_from=history_from).where(
            Rows.connection == row.connection
        ).execute()
        detail = {"company": row.company, "stock_owner": stock_owner, "history_from": history_from}
        audit.record(store, by, "conductor.choices", row.connection, detail)
        return of_company(store, company)


# -- looking -----------------------------------------------------------------------------------------------------------


def every(store: Store) -> list[Company]:
    """All of them, the first company's first."""
    with store.reading():
        rows = [_company(row) for row in Rows.select()]
    return sorted(rows, key=lambda row: (row.company != companies.MAIN, row.company))


def get(store: Store, connection: str) -> Company:
    """One by its connection's id. NotFound."""
    with store.reading():
        row = Rows.get_or_none(Rows.connection == connection)
    if row is None:
        raise NotFound("There is no company file at Conductor here.")
    return _company(row)


def of_company(store: Store, company: str) -> Company:
    """A company's. NotFound."""
    row = by_company(store, company)
    if row is None:
        raise NotFound("This company has no company file at Conductor; add one with `conductor companies add`.")
    return row


def by_company(store: Store, company: str) -> Company | None:
    """A company's; None when it has none."""
    with store.reading():
        row = Rows.get_or_none(Rows.company == company)
    return _company(row) if row is not None else None


def at_work(store: Store, connection: str, now: datetime) -> bool:
    """Whether a session holds the company file at this moment, in whichever process."""
    held = (Sessions.connection == connection) & (Sessions.status == "running") & (Sessions.owner != "")
    ahead = clock.stamp(now + timedelta(seconds=AHEAD_SECONDS_MAX))
    with store.reading():
        alive = (Sessions.lease_until > clock.stamp(now)) & (Sessions.lease_until <= ahead)
        return bool(Sessions.select().where(held & alive).exists())


# -- how it answered ---------------------------------------------------------------------------------------------------


def tested(connection: str, facts: Mapping[str, Any], now: datetime) -> None:
    """A test went through: what it told. In the caller's transaction."""
    kept = json.dumps(dict(facts), ensure_ascii=False, sort_keys=True)
    Rows.update(facts=kept, tested_at=clock.stamp(now), last_error="", last_error_at="").where(
        Rows.connection == connection
    ).execute()


def failed(connection: str, words: str, now: datetime) -> None:
    """Why they could not be reached, for people. In the caller's transaction."""
    Rows.update(last_error=words[:WORDS_CHARS_MAX], last_error_at=clock.stamp(now)).where(
        Rows.connection == connection
    ).execute()


def clean_end_user(text: str) -> str:
    """As it is kept. Invalid when it cannot be an id of theirs."""
    found = text.strip()
    if not _END_USER.match(found):
        raise Invalid(
            said("An end user of Conductor is written like {example}.", example="end_usr_1234567abcdefg"),
            field="end_user",
        )
    return found


def _wanted(store: Store, company: str, end_user: str) -> str:
    """ "" stands for the settings' of the first company, so that it follows them."""
    own = store.config.conductor.end_user_id
    found = end_user.strip()
    if company == companies.MAIN and found in ("", own) and own:
        return ""
    return clean_end_user(found)


def _refuse_taken(store: Store, company: str, end_user: str) -> None:
    wanted = end_user or store.config.conductor.end_user_id
    for other in every(store):
        if other.company != company and end_user_of(store.config, other) == wanted:
            raise Conflict(
                said("Another company has this end user; two companies never share a company file."), field="end_user"
            )


def _linked(connection: str) -> bool:
    return bool(
        RecordLink.select().where((RecordLink.connection == connection) & (RecordLink.remote_id != "")).exists()
    )


def _make(store: Store, company: str, end_user: str, by: str, *, enabled: bool) -> None:
    connection = connection_of(company)
    Rows.create(
        connection=connection, company=company, end_user=end_user, enabled=enabled, made_by=by,
        made_at=clock.stamp(clock.now()),
    )  # fmt: skip
    detail = {"company": company, "end_user": end_user, "enabled": enabled}
    audit.record(store, by, "conductor.add", connection, detail)


def _company(row: Any) -> Company:
    return Company(
        connection=row.connection, company=row.company, end_user=row.end_user, enabled=bool(row.enabled),
        stock_owner=row.stock_owner, history_from=row.history_from, facts=json.loads(row.facts or "{}"),
        tested_at=row.tested_at, last_good_at=row.last_good_at, last_error=row.last_error,
        last_error_at=row.last_error_at, made_at=row.made_at,
    )  # fmt: skip
