"""Deliver: sends what changed to people elsewhere, channel by channel; one that is away holds no other up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pos import clock, language
from pos.channels.base import Change, Channel, What
from pos.config import Config
from pos.errors import ConnectorError, Rejected, Unavailable, Unknown
from pos.rules.quiet import is_quiet
from pos.said import said
from pos.store import deliveries, notices
from pos.store.db import Store

#: Messages of one channel in one round, and how many of them may fail one after the other.
MESSAGES_MAX = 20
FAILURES_MAX = 3
#: What is due and was not taken (somebody else holds what is before it) is looked at again after this.
AGAIN_SECONDS = 15.0
#: One server has a folder: another one's name on a row is that of a dead one.
SERVER = "server:"
#: After so many tries people at the till are told that a channel does not get through.
TRIES_TOLD = 3
#: A row is taken for this much longer than a message may take.
LEASE_SECONDS_MORE = 60
#: A mail server is asked several times in one message: greeting, encryption, sign-in, sender, recipients, text.
ANSWERS_OF_A_MESSAGE = 12


@dataclass(slots=True)
class Done:
    """What a round came to. again_in: seconds until something waits; None = nothing does. sent: changes by channel."""

    sent: dict[str, int] = field(default_factory=dict)
    late: int = 0
    troubles: list[str] = field(default_factory=list)
    again_in: float | None = None

    def sentence(self) -> str:
        parts = [f"{count} sent by {name}." for name, count in self.sent.items()]
        if self.late:
            parts.append(f"{self.late} waited too long and stay at the bell alone.")
        return " ".join([*parts, *self.troubles])


def deliver(
    store: Store,
    channels: Sequence[Channel],
    owner: str,
    *,
    stopping: Callable[[], bool] = lambda: False,
    now: Callable[[], datetime] = clock.now,
) -> Done:
    """One round over all channels that are set up."""
    done = Done()
    if owner.startswith(SERVER) and store.keeps_files:  # alone on its folder: another server's are a dead one's
        deliveries.owner_is_dead(store, SERVER, owner)
    for channel in channels:
        done.late += deliveries.give_up(store, channel.name, store.config.notices.give_up_hours, now())
        failures = messages = 0
        while messages < MESSAGES_MAX and failures < FAILURES_MAX and not stopping():
            outcome = _one_message(store, channel, owner, now, done)
            if outcome is None:
                break
            messages, failures = messages + 1, 0 if outcome else failures + 1
        if failures == FAILURES_MAX:
            deliveries.hold(store, channel.name, now() + timedelta(seconds=deliveries.LADDER_SECONDS[0]))
        if messages == MESSAGES_MAX:
            done.again_in = 0.0
    notices.settle_all_but(store, "channel:", {deliveries.trouble_key(channel.name) for channel in channels})
    due = deliveries.next_due(store, [channel.name for channel in channels], quiet=quiet_now(store.config, now()))
    if due and done.again_in is None:
        wait = (clock.parse(due) - now()).total_seconds()
        done.again_in = wait if wait > 0 else AGAIN_SECONDS
    return done


def _one_message(store: Store, channel: Channel, owner: str, now: Callable[[], datetime], done: Done) -> bool | None:
    """Send what is due, as much as one message holds. None when there is nothing more to do on this channel now."""
    config = store.config
    lease = ANSWERS_OF_A_MESSAGE * config.notices.timeout_seconds + LEASE_SECONDS_MORE
    turn = deliveries.Turn(channel.name, owner, lease, channel.together, quiet_now(config, now()))
    rows = deliveries.claim(store, turn, now())
    if not rows:
        return None
    try:
        remark = channel.send([_change(row, language.of(config.shop.language).say) for row in rows])
    except ConnectorError as error:
        return _failed(store, channel, rows, owner, now(), error, done)
    deliveries.sent(store, rows, owner, now(), remark)
    # A message of several changes fails for the channel's sake, one of a single change perhaps for its own.
    deliveries.release(store, channel.name, tried=channel.together > 1, now=now())
    notices.settle(store, deliveries.trouble_key(channel.name))
    done.sent[channel.name] = done.sent.get(channel.name, 0) + len(rows)
    return True


def quiet_now(config: Config, now: datetime) -> bool:
    """Whether only `needs` goes out now."""
    local = now.astimezone(ZoneInfo(config.shop.timezone)).time()
    return is_quiet(local, config.notices.quiet_from, config.notices.quiet_to)


def _failed(
    store: Store,
    channel: Channel,
    rows: list[deliveries.Row],
    owner: str,
    now: datetime,
    error: ConnectorError,
    done: Done,
) -> bool | None:
    """False when one message failed, None when the channel as a whole is away."""
    retry_at = error.retry_at if isinstance(error, Unavailable) else None
    next_at = deliveries.failed(store, rows, owner, now, error.message, retry_at)
    done.troubles.append(f"{channel.title}: {error.message}")
    if max(row.tries for row in rows) >= TRIES_TOLD:
        remedy = getattr(error, "remedy", "") or said("It keeps trying. Check [notices] in the settings.")
        text = said("Notices do not get through by {channel}: {why}", channel=channel.title.lower(), why=error.message)
        notices.raise_once(store, deliveries.trouble_key(channel.name), "check", text, remedy, channel.name)
    if isinstance(error, Rejected | Unknown) and channel.together == 1:
        return False  # it may be this message alone
    deliveries.hold(store, channel.name, next_at)
    return None


def _change(row: deliveries.Row, say: Callable[[str], str]) -> Change:
    what: What = "resolved" if row.what == "resolved" else "raised"
    text, remedy = say(row.text), say(row.remedy)
    return Change(row.id, row.key, what, row.level, text, remedy, row.subject, clock.parse(row.at))
