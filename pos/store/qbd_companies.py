"""Company files of QuickBooks Desktop: whose they are, who signs in for them, and by which ids QuickBooks knows us.

OwnerID (one for this installation), FileID and the name of the application are made once and never change: QuickBooks
keys its permissions and what it remembers of message sets by them. A company has its own user, password, FileID, queue.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pos import clock
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound, UserError
from pos.said import said
from pos.store import audit, companies, desktop_way
from pos.store.db import Store
from pos.store.models import QbdCompany as Rows
from pos.store.passwords import PASSWORDS
from pos.store.qbd_tickets import PROBE

log = logging.getLogger(__name__)

CONNECTION = "quickbooks_desktop"
PASSWORD_CHARS_MIN = 8
PASSWORD_CHARS_MAX = 128
NAME_CHARS_MAX = 60
WORDS_CHARS_MAX = 500
COUNTS_AS = ("difference", "level")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?\Z")


@dataclass(frozen=True, slots=True)
class Desktop:
    """One company file. facts: what QuickBooks said of itself at the last sign-in. bound_at: "" until a company file
    was seen; company_file, company_name: the one that is right from then on."""

    connection: str
    company: str
    username: str
    owner_id: str
    file_id: str
    app_name: str
    company_file: str
    company_name: str
    bound_at: str
    version: str
    country: str
    edition: str
    facts: dict[str, Any]
    moves_stock: str
    counts_as: str
    enabled: bool
    made_at: str
    last_set: str
    last_contact_at: str
    last_error: str
    last_error_at: str
    password_hash: str = field(repr=False)

    @property
    def unique_name(self) -> str:
        """AppUniqueName: by it the Web Connector replaces an entry instead of asking."""
        return f"{self.app_name} {self.file_id[1:9]}"


#: Asked with each request of a session, so it is written out.
_GET = f"SELECT {', '.join(Desktop.__slots__)} FROM qbd_company WHERE connection = ?"


def connection_of(company: str) -> str:
    """The id of a company's connection."""
    return CONNECTION if company == companies.MAIN else f"{CONNECTION}:{company}"


def is_on(config: Config) -> bool:
    """Whether QuickBooks Desktop is set up by the settings."""
    return bool(config.qbwc.username)


def begin(store: Store, config: Config) -> None:
    """The first company's row as the settings say: made when there is none; user and password follow the settings. For
    each start. Invalid, in words, when the settings cannot be right."""
    own = config.qbwc
    if not own.username:
        return
    username, row = clean_username(own.username), by_company(store, companies.MAIN)
    if row is None and desktop_way.way(store, companies.MAIN) == "conductor":
        log.warning("[qbwc] username is not in force: the first company is reached through Conductor")
        return
    if row is None:
        try:
            add(store, companies.MAIN, username, own.password or None, "system")
        except Conflict:  # another process that starts just now made it
            if by_company(store, companies.MAIN) is None:
                raise
        return
    same = bool(own.password) and matches(row, own.password)
    if row.username == username and (same or not own.password):
        return
    hashed = row.password_hash if same or not own.password else _hashed(own.password)
    with store.transaction():
        _refuse_taken(username, row.connection)
        Rows.update(username=username, password_hash=hashed).where(Rows.connection == row.connection).execute()
        audit.record(store, "system", "qbd.settings", row.connection, {"username": username, "password": not same})


def follow(store: Store, config: Config) -> None:
    """`begin`, for the start of a server: settings that cannot be right are logged and keep no till from selling; their
    Web Connector is not let in, and the doctor says why."""
    try:
        begin(store, config)
    except UserError as error:
        log.error("QuickBooks Desktop is not set up: %s", error.message)


def add(store: Store, company: str, username: str, password: str | None, by: str) -> tuple[Desktop, str]:
    """A company file for a company: the row, and the password, which is shown this once (made here when None). Invalid;
    Conflict when the company has one, is reached through Conductor, or the user name is taken."""
    known = companies.one(store, company)
    username = clean_username(username)
    given = password if password is not None else new_password()
    hashed = _hashed(given)
    own = store.config.qbwc
    with store.transaction():
        if by_company(store, known.id) is not None:
            raise Conflict(said("{company} has a QuickBooks Desktop company file already.", company=known.name))
        desktop_way.refuse_web_connector(store, known.id)
        connection = connection_of(known.id)
        _refuse_taken(username, connection)
        first = Rows.select().order_by(Rows.made_at).first()
        app_name = own.app_name if known.id == companies.MAIN else f"{own.app_name} {known.id}"
        Rows.create(
            connection=connection, company=known.id, username=username, password_hash=hashed,
            owner_id=first.owner_id if first is not None else _guid(), file_id=_guid(), app_name=app_name,
            made_at=clock.stamp(clock.now()),
        )  # fmt: skip
        audit.record(store, by, "qbd.add", connection, {"company": known.id, "username": username})
        return get(store, connection), given


def set_password(store: Store, company: str, password: str | None, by: str) -> str:
    """Another password for a company's Web Connector, made here when None. Its sessions go on. It is answered once."""
    row = of_company(store, company)
    if row.company == companies.MAIN and store.config.qbwc.password:
        raise Invalid(
            "The first company's password stands in the settings ([qbwc] password); change it there.", field="password"
        )
    given = password if password is not None else new_password()
    hashed = _hashed(given)
    with store.transaction():
        Rows.update(password_hash=hashed).where(Rows.connection == row.connection).execute()
        audit.record(store, by, "qbd.password", row.connection, {"company": row.company})
    return given


def set_enabled(store: Store, company: str, enabled: bool, by: str) -> None:
    """Switch a company's Web Connector on, or off: what waits for it then stays where it is. Conflict: on, where
    Conductor is the way to its company file."""
    row = of_company(store, company)
    with store.transaction():
        if enabled:
            desktop_way.refuse_web_connector(store, row.company)
        Rows.update(enabled=enabled).where(Rows.connection == row.connection).execute()
        audit.record(store, by, "qbd.enabled", row.connection, {"company": row.company, "enabled": enabled})


# -- looking -----------------------------------------------------------------------------------------------------------


def every(store: Store) -> list[Desktop]:
    """All company files, the first company's first."""
    with store.reading():
        rows = [_desktop(row) for row in Rows.select()]
    return sorted(rows, key=lambda row: (row.company != companies.MAIN, row.company))


def get(store: Store, connection: str) -> Desktop:
    """One by its connection's id. NotFound."""
    with store.reading():
        row = store.execute(_GET, (connection,)).fetchone()
    if row is None:
        raise NotFound("There is no QuickBooks Desktop company file here.")
    found = dict(zip(Desktop.__slots__, row, strict=True))
    return Desktop(**found | {"facts": json.loads(found["facts"] or "{}"), "enabled": bool(found["enabled"])})


def of_company(store: Store, company: str) -> Desktop:
    """A company's. NotFound."""
    row = by_company(store, company)
    if row is None:
        raise NotFound("This company has no QuickBooks Desktop company file; add one with `qbwc companies add`.")
    return row


def by_company(store: Store, company: str) -> Desktop | None:
    with store.reading():
        row = Rows.get_or_none(Rows.company == company)
    return _desktop(row) if row is not None else None


def by_username(store: Store, username: str) -> Desktop | None:
    with store.reading():
        row = Rows.get_or_none(Rows.username == username)
    return _desktop(row) if row is not None else None


# -- passwords ---------------------------------------------------------------------------------------------------------


def matches(row: Desktop | None, password: str) -> bool:
    """Whether it is the password. For nobody's row the same work is done, in vain."""
    if row is None or not row.password_hash or len(password) > PASSWORD_CHARS_MAX:
        PASSWORDS.waste(password[:PASSWORD_CHARS_MAX])
        return False
    return PASSWORDS.matches(row.password_hash, password)


def new_password() -> str:
    """A password nobody guesses, of letters and digits, which survive every way of being typed in."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(letters) for _ in range(24))


def clean_username(username: str) -> str:
    """As it is kept. Invalid when it cannot be a user name."""
    name = username.strip()
    if not _NAME.match(name) or len(name) > NAME_CHARS_MAX:
        raise Invalid(said("A user name has 1 to {most} characters.", most=NAME_CHARS_MAX), field="username")
    return name


def _hashed(password: str) -> str:
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        words = said(
            "A password of the Web Connector has {least} to {most} characters.",
            least=PASSWORD_CHARS_MIN, most=PASSWORD_CHARS_MAX,
        )  # fmt: skip
        raise Invalid(words, field="password")
    if password.startswith(PROBE):
        raise Invalid(said("A password does not begin with {word}.", word=PROBE), field="password")
    return PASSWORDS.hash(password)


def _refuse_taken(username: str, connection: str) -> None:
    if Rows.select().where((Rows.username == username) & (Rows.connection != connection)).exists():
        raise Conflict("Another company signs in with this user name; each has its own.", field="username")


# -- what its sessions find --------------------------------------------------------------------------------------------


def bind(store: Store, connection: str, company_file: str, company_name: str, now: datetime) -> None:
    """From now on this company file, and no other, is the right one. In the caller's transaction."""
    Rows.update(
        company_file=company_file, company_name=company_name, bound_at=clock.stamp(now), last_error="", last_error_at=""
    ).where(Rows.connection == connection).execute()
    audit.record(store, "qbwc", "qbd.bind", connection, {"file": company_file, "name": company_name})


def set_counts_as(store: Store, company: str, way: str, by: str) -> None:
    """Whether what was set or counted is told as a level from now on, or as a difference. A level overwrites what was
    booked there since."""
    if way not in COUNTS_AS:
        raise ValueError(f"no such way: {way}")
    row = of_company(store, company)
    with store.transaction():
        Rows.update(counts_as=way).where(Rows.connection == row.connection).execute()
        audit.record(store, by, "qbd.counts_as", row.connection, {"as": way})


def rebind(store: Store, company: str, by: str, reason: str) -> None:
    """Forget which company file is the right one: the next one that answers is. What was handed out is not forgotten.
    Two companies' files are never the same one."""
    if not reason.strip():
        raise Invalid("Say why another company file is the right one from now on.", field="reason")
    row = of_company(store, company)
    with store.transaction():
        Rows.update(company_file="", company_name="", bound_at="", last_error="", last_error_at="").where(
            Rows.connection == row.connection
        ).execute()
        detail = {"file": row.company_file, "name": row.company_name, "reason": reason.strip()[:WORDS_CHARS_MAX]}
        audit.record(store, by, "qbd.rebind", row.connection, detail)


def heard(connection: str, now: datetime, values: Mapping[str, Any]) -> None:
    """Its Web Connector called. values: of version, country, edition, facts, company_file: what it said of QuickBooks.
    In the caller's transaction."""
    kept = {**values, "last_contact_at": clock.stamp(now)}
    if "facts" in kept:
        kept["facts"] = json.dumps(kept["facts"], ensure_ascii=False, sort_keys=True)
    Rows.update(**kept).where(Rows.connection == connection).execute()


def failed(connection: str, words: str, now: datetime) -> None:
    """Why its last session came to nothing, for people. In the caller's transaction."""
    Rows.update(last_error=words[:WORDS_CHARS_MAX], last_error_at=clock.stamp(now)).where(
        Rows.connection == connection
    ).execute()


def _guid() -> str:
    return f"{{{str(uuid.uuid4()).upper()}}}"


def _desktop(row: Any) -> Desktop:
    return Desktop(
        connection=row.connection, company=row.company, username=row.username, owner_id=row.owner_id,
        file_id=row.file_id, app_name=row.app_name, company_file=row.company_file, company_name=row.company_name,
        bound_at=row.bound_at, version=row.version, country=row.country, edition=row.edition,
        facts=json.loads(row.facts or "{}"), moves_stock=row.moves_stock, counts_as=row.counts_as,
        enabled=bool(row.enabled),
        made_at=row.made_at, last_set=row.last_set, last_contact_at=row.last_contact_at, last_error=row.last_error,
        last_error_at=row.last_error_at, password_hash=row.password_hash,
    )  # fmt: skip
