"""Sign-ins to QuickBooks Online as rows: sealed tokens, what they are bound to, and consents under way.

Tokens are sealed together with connection, environment and company at Intuit, so that none is ever used for another
one. A change of them is one transaction, flushed before anybody uses what is new.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from pos import clock
from pos.errors import Conflict, Corrupt
from pos.said import said
from pos.store import audit, other_company, secrets
from pos.store.db import Store
from pos.store.keys import digest
from pos.store.models import Cursor, Meta, QboState, QboToken

#: A consent takes no longer.
STATE_MINUTES = 15
ERROR_CHARS_MAX = 220


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens with the moments they end at; hard_until None = not known."""

    access: str
    refresh: str
    access_until: datetime
    refresh_until: datetime
    hard_until: datetime | None

    def __repr__(self) -> str:
        return "Pair(…)"


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of a connection's sign-in, tokens aside. Moments are clock.stamp() text, "" = never or not known.

    has_tokens: something is sealed. reauth: code of why only a person can help. held: another company somebody signed
    in to, which waits for a decision: {realm, environment, name, at, by}, {} = none.
    """

    connection: str
    company: str
    environment: str
    realm: str
    has_tokens: bool
    access_until: str
    refresh_until: str
    hard_until: str
    version: int
    reauth: str
    error: str
    error_at: str
    name: str
    country: str
    connected_at: str
    connected_by: str
    refreshed_at: str
    held: dict[str, str]


def row(store: Store, connection: str) -> Row | None:
    """What is kept of a connection; None when nobody ever signed in."""
    with store.reading():
        found = QboToken.get_or_none(QboToken.connection == connection)
    return _row(found) if found else None


def rows(store: Store, company: str = "") -> list[Row]:
    """Every connection somebody ever signed in to, or a company's, in order."""
    with store.reading():
        return [_row(one) for one in QboToken.select().order_by(QboToken.connection) if company in ("", one.company)]


def tokens(store: Store, kept: Row) -> Pair | None:
    """The tokens of a connection; None where there are none. Corrupt ("no_key", "not_meant") when they do not open."""
    with store.reading():
        found = QboToken.get_or_none(QboToken.connection == kept.connection)
    return _opened(store, found) if found else None


def all_tokens(store: Store) -> dict[str, tuple[Pair | None, str]]:
    """Those of every connection, read in one look: tokens, and the code of why they do not open, "" = they do."""
    kept = dict[str, tuple[Pair | None, str]]()
    with store.reading():
        rows = list(QboToken.select())
    for row in rows:
        try:
            kept[row.connection] = _opened(store, row), ""
        except Corrupt as error:
            kept[row.connection] = None, error.code
    return kept


def _opened(store: Store, found: Any) -> Pair | None:
    if not found.sealed:
        return None
    inside = secrets.opened(store.config, _meant(found.connection, found.environment, found.realm), found.sealed)
    return Pair(
        inside.get("access", ""),
        inside.get("refresh", ""),
        clock.parse(found.access_until),
        clock.parse(found.refresh_until),
        clock.parse(found.hard_until) if found.hard_until else None,
    )


# -- consents under way ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begun:
    """A consent that came back, as it was begun."""

    connection: str
    company: str
    environment: str
    person: str
    redirect_url: str


def begin(
    store: Store, connection: str, company: str, environment: str, who: tuple[str, str], browser: str, redirect: str
) -> str:
    """A new consent: the word Intuit hands back. who: code and session key of the person; browser: its cookie."""
    state, now = token_urlsafe(32), clock.now()
    with store.transaction():
        QboState.delete().where(QboState.until < clock.stamp(now - timedelta(days=1))).execute()
        QboState.create(
            state=digest(state),
            connection=connection,
            company=company,
            environment=environment,
            person=who[0],
            session=who[1],
            browser=digest(browser),
            redirect_url=redirect,
            until=clock.stamp(now + timedelta(minutes=STATE_MINUTES)),
        )
    return state


def take(store: Store, state: str, *, browser: str = "", who: tuple[str, str] = ("", "")) -> Begun | None:
    """Use up a consent, once. It must come from the browser that began it, or from the same sign-in of the person who
    did; else None, and it stays good for those."""
    key, now = digest(state), clock.stamp(clock.now())
    with store.transaction():
        found = QboState.get_or_none((QboState.state == key) & (QboState.used_at == "") & (QboState.until > now))
        if found is None:
            return None
        same_browser = bool(browser) and found.browser == digest(browser)
        same_session = bool(who[1]) and (found.person, found.session) == who
        if not (same_browser or same_session):
            return None
        QboState.update(used_at=now).where(QboState.state == key).execute()
    return Begun(found.connection, found.company, found.environment, found.person, found.redirect_url)


# -- changes -----------------------------------------------------------------------------------------------------------


def connected(store: Store, begun: Begun, realm: str, pair: Pair, by: str) -> bool:
    """Keep the tokens of a consent. False when the connection is bound to another company at Intuit: then they are held
    until a person decides. Conflict when another connection has that company."""
    now = clock.stamp(clock.now())
    with store.transaction():
        _refuse_shared(begun, realm)
        old = QboToken.get_or_none(QboToken.connection == begun.connection)
        if old is not None and old.realm and (old.realm, old.environment) != (realm, begun.environment):
            held = {"realm": realm, "environment": begun.environment, "name": "", "at": now, "by": by, **_ends(pair)}
            sealed = _sealed(store, begun.connection, begun.environment, realm, pair)
            QboToken.update(held=json.dumps(held), held_sealed=sealed).where(
                QboToken.connection == begun.connection
            ).execute()
            audit.record(store, by, "quickbooks.held", begun.connection, {"company": begun.company, "realm": realm})
            return False
        if old is None:
            QboToken.create(connection=begun.connection, company=begun.company, environment=begun.environment)
        _put(store, begun.connection, begun.environment, realm, pair)
        fresh = {"connected_at": now, "connected_by": by, "refreshed_at": now, "held": "", "held_sealed": ""}
        QboToken.update(company=begun.company, **fresh).where(QboToken.connection == begun.connection).execute()
        detail = {"company": begun.company, "realm": realm, "environment": begun.environment}
        audit.record(store, by, "quickbooks.connect", begun.connection, detail)
    return True


def refreshed(store: Store, kept: Row, pair: Pair) -> bool:
    """Keep what a refresh brought. False when somebody signed in or out meanwhile: then nothing is changed."""
    with store.transaction():
        same = (QboToken.connection == kept.connection) & (QboToken.version == kept.version)
        if not QboToken.select().where(same).exists():
            return False
        _put(store, kept.connection, kept.environment, kept.realm, pair)
        now = clock.stamp(clock.now())
        QboToken.update(refreshed_at=now).where(QboToken.connection == kept.connection).execute()
    return True


def latch(store: Store, kept: Row, code: str) -> bool:
    """Only a person can help from now on; nothing is tried before. False when it was so already, or somebody signed in
    meanwhile."""
    with store.transaction():
        same = (QboToken.connection == kept.connection) & (QboToken.version == kept.version) & (QboToken.reauth == "")
        return bool(QboToken.update(reauth=code).where(same).execute())


def trouble(store: Store, connection: str, words: str) -> None:
    """Something that passes by itself, or "" = it passed. The same is written down at most once a minute."""
    now, words = clock.stamp(clock.now()), words[:ERROR_CHARS_MAX]
    kept = row(store, connection)
    if kept is None or (kept.error == words and (not words or kept.error_at[:16] == now[:16])):
        return
    with store.transaction():
        QboToken.update(error=words, error_at=now if words else "").where(QboToken.connection == connection).execute()


def named(store: Store, connection: str, name: str, country: str) -> None:
    """What the company is called there."""
    with store.transaction():
        QboToken.update(name=name[:200], country=country[:10]).where(QboToken.connection == connection).execute()


def disconnected(store: Store, kept: Row, by: str, revoked: bool) -> None:
    """Forget the tokens, held ones too. What company it was stays known, so that another one is noticed."""
    nothing = {"sealed": "", "access_until": "", "refresh_until": "", "hard_until": "", "reauth": "", "error": ""}
    with store.transaction():
        QboToken.update(**nothing, error_at="", held="", held_sealed="", version=QboToken.version + 1).where(
            QboToken.connection == kept.connection
        ).execute()
        QboState.delete().where(QboState.connection == kept.connection).execute()
        detail = {"company": kept.company, "realm": kept.realm, "revoked": revoked}
        audit.record(store, by, "quickbooks.disconnect", kept.connection, detail)


def held_tokens(store: Store, kept: Row) -> Pair | None:
    """The tokens of the company that waits for a decision."""
    with store.reading():
        found = QboToken.get_or_none(QboToken.connection == kept.connection)
    if found is None or not found.held_sealed:
        return None
    held = kept.held
    inside = secrets.opened(
        store.config, _meant(kept.connection, held["environment"], held["realm"]), found.held_sealed
    )
    hard = held.get("hard_until", "")
    return Pair(
        inside["access"],
        inside["refresh"],
        clock.parse(held["access_until"]),
        clock.parse(held["refresh_until"]),
        clock.parse(hard) if hard else None,
    )


def take_held(store: Store, kept: Row, pair: Pair, by: str) -> None:
    """A person decided for the other company: everything known of the old one by its ids is forgotten first."""
    held, now = kept.held, clock.stamp(clock.now())
    with store.transaction():
        forget_ids(kept.connection)
        other_company.forget(store, kept.company, kept.connection, kept.name or kept.realm, by)
        _put(store, kept.connection, held["environment"], held["realm"], pair)
        QboToken.update(
            held="", held_sealed="", name="", country="", connected_at=now, connected_by=by, refreshed_at=now
        ).where(QboToken.connection == kept.connection).execute()
        detail = {"company": kept.company, "before": kept.realm, "after": held["realm"]}
        audit.record(store, by, "quickbooks.other_company", kept.connection, detail)


def drop_held(store: Store, kept: Row, by: str) -> None:
    """A person decided against the other company."""
    with store.transaction():
        QboToken.update(held="", held_sealed="").where(QboToken.connection == kept.connection).execute()
        detail = {"company": kept.company, "refused": kept.held.get("realm", "")}
        audit.record(store, by, "quickbooks.same_company", kept.connection, detail)


def forget_ids(connection: str) -> None:
    """What was learned of the company there: its ids mean other things in another one. In a transaction."""
    Cursor.delete().where(Cursor.connection == connection).execute()
    Meta.delete().where(Meta.key == f"facts.{connection}").execute()


def reseal(store: Store) -> int:
    """Seal everything anew with the newest key; how much. Corrupt when something does not open: nothing is changed."""
    count = 0
    with store.transaction():
        for one in QboToken.select():
            fresh = {
                name: secrets.resealed(store.config, value)
                for name in ("sealed", "held_sealed")
                if (value := getattr(one, name))
            }
            if fresh:
                count += len(fresh)
                QboToken.update(**fresh).where(QboToken.connection == one.connection).execute()
    return count


# -- inside ------------------------------------------------------------------------------------------------------------


def _put(store: Store, connection: str, environment: str, realm: str, pair: Pair) -> None:
    QboToken.update(
        environment=environment,
        realm=realm,
        sealed=_sealed(store, connection, environment, realm, pair),
        version=QboToken.version + 1,
        reauth="",
        error="",
        error_at="",
        **_ends(pair),
    ).where(QboToken.connection == connection).execute()


def _sealed(store: Store, connection: str, environment: str, realm: str, pair: Pair) -> str:
    inside = {"access": pair.access, "refresh": pair.refresh}
    return secrets.seal(store.config, _meant(connection, environment, realm), inside)


def _meant(connection: str, environment: str, realm: str) -> dict[str, str]:
    return {"connection": connection, "environment": environment, "realm": realm}


def _ends(pair: Pair) -> dict[str, str]:
    return {
        "access_until": clock.stamp(pair.access_until),
        "refresh_until": clock.stamp(pair.refresh_until),
        "hard_until": clock.stamp(pair.hard_until) if pair.hard_until else "",
    }


def _refuse_shared(begun: Begun, realm: str) -> None:
    other = QboToken.get_or_none(
        (QboToken.realm == realm)
        & (QboToken.environment == begun.environment)
        & (QboToken.connection != begun.connection)
        & (QboToken.sealed != "")
    )
    if other is not None:
        raise Conflict(
            said("This company of QuickBooks is connected already, for {company}.", company=other.company),
            code="realm_taken",
        )


def _row(found: Any) -> Row:
    return Row(
        found.connection,
        found.company,
        found.environment,
        found.realm,
        bool(found.sealed),
        found.access_until,
        found.refresh_until,
        found.hard_until,
        found.version,
        found.reauth,
        found.error,
        found.error_at,
        found.name,
        found.country,
        found.connected_at,
        found.connected_by,
        found.refreshed_at,
        json.loads(found.held) if found.held else {},
    )
