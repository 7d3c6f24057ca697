"""Notices on their way to people elsewhere: one row per change of state and channel, in the words of that moment.

Queued in the transaction of the change, so none is lost; claimed by compare-and-set, so no two processes send the same
row. A process that ends between sending and writing it down sends again: at least once, under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from pos import clock
from pos.errors import BadSettings, UserError
from pos.rules import quiet
from pos.said import unpacked
from pos.store import reach as within
from pos.store.db import Store
from pos.store.models import Notice, NoticeDelivery

#: Seconds until the next try after so many.
LADDER_SECONDS = (60, 300, 900, 3600)
#: Rows looked at for one message.
LOOK_ROWS = 500
#: What was sent or given up is kept for the record this long.
KEPT_DAYS = 90
_OPEN = ("waiting", "sending")
#: Ways out, as the settings call them.
CHANNELS = ("email", "webhook", "chat")


@dataclass(frozen=True, slots=True)
class Row:
    """One claimed row. tries counts the one under way."""

    n: int
    id: str
    key: str
    what: str
    level: str
    text: str
    remedy: str
    subject: str
    at: str
    tries: int


def queue(store: Store, notice: Notice, what: str) -> None:
    """Queue a change for each channel that wants it; inside the transaction of the change. what: raised or resolved."""
    now = clock.stamp(clock.now())
    settings = store.config.notices
    for channel, levels in quiet.levels(settings).items():
        if notice.key == trouble_key(channel) or notice.level not in levels:
            continue  # a channel cannot tell of its own silence
        if what == "resolved" and not (settings.tell_resolved and not notice.event and _was_told(notice.key, channel)):
            continue
        if what == "raised" and not _tells_of(store, channel, notice):
            continue
        NoticeDelivery.insert(
            id=clock.uuid7(),
            key=notice.key,
            change=notice.changes,
            changed_at=notice.changed_at,
            channel=channel,
            what=what,
            level=notice.level,
            text=notice.text,
            remedy=notice.remedy,
            text_made_of=notice.text_made_of,
            remedy_made_of=notice.remedy_made_of,
            subject=notice.subject,
            state="waiting",
            tries=0,
            next_at=now,
            lease_until="",
            owner="",
            error="",
            done_at="",
        ).execute()


def refuse_unknown(store: Store) -> None:
    """BadSettings where a channel is to tell of a company or a shop that is not here."""
    for channel, places in _places(store).items():
        if channel not in CHANNELS:
            raise BadSettings(
                f"[notices] at holds {channel!r}; write {', '.join(f'{one}:COMPANY' for one in CHANNELS)}."
            )
        for place in places:
            try:
                within.refuse_elsewhere(store, within.read(store, place))
            except UserError as error:
                raise BadSettings(f"[notices] at holds {place!r}: {error.message}") from error


def _places(store: Store) -> dict[str, tuple[str, ...]]:
    """Channel -> companies and shops it tells of; one that is not in it tells of everything."""
    found: dict[str, tuple[str, ...]] = {}
    for word in store.config.notices.at.replace(",", " ").split():
        channel, _, place = word.partition(":")
        found[channel] = (*found.get(channel, ()), place)
    return found


def _tells_of(store: Store, channel: str, notice: Notice) -> bool:
    """Whether a notice is about what a channel's receivers look after."""
    places = _places(store).get(channel)
    if not places:
        return True
    reach = within.of_places(store, [within.read(store, place) for place in places])
    return within.inside(store, within.notices(reach, "x"), "notice", "x.key = ?", notice.key)


def trouble_key(channel: str) -> str:
    """The key of the notice that a channel does not get through."""
    return f"channel:{channel}"


@dataclass(frozen=True, slots=True)
class Turn:
    """Who takes rows of which channel, for how long, and whether only `needs` may go now."""

    channel: str
    owner: str
    lease_seconds: int
    limit: int
    quiet: bool


def claim(store: Store, turn: Turn, now: datetime) -> list[Row]:
    """Take what is due, at most turn.limit; of one notice only its oldest change, so that none overtakes another."""
    with store.transaction():
        found = (
            NoticeDelivery.select()
            .where((NoticeDelivery.channel == turn.channel) & NoticeDelivery.state.in_(_OPEN))
            .order_by(NoticeDelivery.n)
            .limit(LOOK_ROWS)
        )
        due: list[Any] = []
        behind: set[str] = set()
        for row in found:
            if row.key in behind or not _is_due(row, turn.quiet, now):
                behind.add(row.key)
            else:
                due.append(row)
                behind.add(row.key)
        due.sort(key=lambda row: (row.tries, row.n))  # what failed before holds nothing up
        return [_row(row) for row in due[: turn.limit] if _take(row, turn, now)]


def owner_is_dead(store: Store, owners: str, me: str) -> int:
    """What owners whose name starts so hold, but for me, is let go; how many. Only for one who knows they are dead."""
    held = (NoticeDelivery.state == "sending") & NoticeDelivery.owner.startswith(owners) & (NoticeDelivery.owner != me)
    with store.reading():
        if not NoticeDelivery.select().where(held).exists():
            return 0
    with store.transaction():
        return int(NoticeDelivery.update(state="waiting", owner="", lease_until="").where(held).execute())


def sent(store: Store, rows: list[Row], owner: str, now: datetime, remark: str = "") -> None:
    """They were taken."""
    values = {"state": "done", "done_at": clock.stamp(now), "error": remark, "lease_until": "", "owner": ""}
    _change(store, rows, owner, values)


def failed(
    store: Store, rows: list[Row], owner: str, now: datetime, error: str, again_at: datetime | None = None
) -> datetime:
    """They were not, as far as we know: each waits for its rung, or longer when asked to. The next try's moment."""
    least = again_at or now
    rung = LADDER_SECONDS[min(max((row.tries for row in rows), default=1), len(LADDER_SECONDS)) - 1]
    next_at = max(least, now + timedelta(seconds=rung))
    values = {"state": "waiting", "next_at": clock.stamp(next_at), "error": error, "lease_until": "", "owner": ""}
    _change(store, rows, owner, values)
    return next_at


def hold(store: Store, channel: str, until: datetime) -> None:
    """The whole channel is away: nothing of it is tried before."""
    moment = clock.stamp(until)
    waits = (NoticeDelivery.channel == channel) & (NoticeDelivery.state == "waiting")
    with store.transaction():
        NoticeDelivery.update(next_at=moment).where(waits & (NoticeDelivery.next_at < moment)).execute()


def release(store: Store, channel: str, *, tried: bool, now: datetime) -> None:
    """The channel is there again: what was held back is due now; with `tried` also what failed itself."""
    waits = (NoticeDelivery.channel == channel) & (NoticeDelivery.state == "waiting")
    held = waits & (NoticeDelivery.next_at > clock.stamp(now))
    if not tried:
        held &= NoticeDelivery.tries == 0
    with store.reading():
        if not NoticeDelivery.select().where(held).exists():
            return
    with store.transaction():
        NoticeDelivery.update(next_at=clock.stamp(now)).where(held).execute()


def give_up(store: Store, channel: str, hours: int, now: datetime) -> int:
    """What has waited for so long would only be old news: it stays at the bell. How many."""
    before = clock.stamp(now - timedelta(hours=hours))
    waits = (NoticeDelivery.channel == channel) & (NoticeDelivery.state == "waiting")
    with store.transaction():
        return int(NoticeDelivery.update(state="late").where(waits & (NoticeDelivery.changed_at < before)).execute())


def next_due(store: Store, channels: list[str], *, quiet: bool) -> str:
    """When the next row of these channels is due (clock.stamp text); "" when none waits. quiet: of `needs` alone."""
    with store.reading():
        waits = NoticeDelivery.channel.in_(channels) & (NoticeDelivery.state == "waiting")
        if quiet:
            waits &= NoticeDelivery.level == "needs"
        return NoticeDelivery.select(fn.MIN(NoticeDelivery.next_at)).where(waits).scalar() or ""


def thin(store: Store, now: datetime) -> int:
    """Drop the record of what was sent long ago; how many."""
    before = clock.stamp(now - timedelta(days=KEPT_DAYS))
    with store.transaction():
        old = NoticeDelivery.state.not_in(_OPEN) & (NoticeDelivery.changed_at < before)
        return int(NoticeDelivery.delete().where(old).execute())


def _was_told(key: str, channel: str) -> bool:
    """Whether the last thing queued of this notice on this channel was that it is there."""
    last = (
        NoticeDelivery.select(NoticeDelivery.what)
        .where((NoticeDelivery.key == key) & (NoticeDelivery.channel == channel))
        .order_by(NoticeDelivery.n.desc())
        .first()
    )
    return last is not None and last.what == "raised"


def _is_due(row: Any, quiet: bool, now: datetime) -> bool:
    if quiet and row.level != "needs":
        return False
    moment = row.next_at if row.state == "waiting" else row.lease_until
    far = clock.stamp(now + timedelta(seconds=2 * LADDER_SECONDS[-1]))  # the clock was set back since
    return not clock.stamp(now) < moment <= far


def _take(row: Any, turn: Turn, now: datetime) -> bool:
    row.tries += 1
    lease = clock.stamp(now + timedelta(seconds=turn.lease_seconds))
    return bool(
        NoticeDelivery.update(state="sending", owner=turn.owner, lease_until=lease, tries=row.tries)
        .where(
            (NoticeDelivery.n == row.n)
            & (NoticeDelivery.state == row.state)
            & (NoticeDelivery.owner == row.owner)
            & (NoticeDelivery.lease_until == row.lease_until)
        )
        .execute()
    )


def _change(store: Store, rows: list[Row], owner: str, values: dict[str, Any]) -> None:
    with store.transaction():
        held = (NoticeDelivery.state == "sending") & (NoticeDelivery.owner == owner)
        for row in rows:  # one that somebody else holds by now is theirs
            NoticeDelivery.update(**values).where((NoticeDelivery.n == row.n) & held).execute()


def _row(row: Any) -> Row:
    text, remedy = unpacked(row.text, row.text_made_of), unpacked(row.remedy, row.remedy_made_of)
    return Row(row.n, row.id, row.key, row.what, row.level, text, remedy, row.subject, row.changed_at, row.tries)
