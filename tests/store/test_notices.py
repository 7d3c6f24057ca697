"""Notices: raised on a change of state alone, read by person, queued for those elsewhere in the same transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pos import clock
from pos import config as settings
from pos.errors import NotFound
from pos.said import Said, said
from pos.store import bell, deliveries, notices
from pos.store.db import Store
from pos.store.deliveries import Turn
from pos.store.models import Notice, NoticeDelivery
from tests.books import Time
from tests.store.looking import changes

HOOK = {"webhook_url": "http://127.0.0.1:9/in", "webhook_secret": "s"}
MAIL = {"email_to": "a@example.com", "smtp_host": "127.0.0.1"}


@pytest.fixture
def shop(shop: settings.Config) -> settings.Config:
    return replace(shop, notices=replace(shop.notices, **HOOK, **MAIL))


def queued(channel: str = "webhook") -> list[tuple[str, str, str]]:
    rows = NoticeDelivery.select().where(NoticeDelivery.channel == channel).order_by(NoticeDelivery.n)
    return [(row.key, row.what, row.state) for row in rows]


def turn(channel: str = "webhook", limit: int = 10, quiet: bool = False, owner: str = "me") -> Turn:
    return Turn(channel, owner, 60, limit, quiet)


# -- raising -----------------------------------------------------------------------------------------------------------


def test_a_notice_comes_back_as_it_was_said_and_an_old_one_as_it_stands(store: Store) -> None:
    words, remedy = said("Disk {place} is full.", place="<b>D</b>"), said("Make {n} MB of room.", n=5)
    notices.raise_notice(store, "disk", "check", words, remedy)
    notices.raise_notice(store, "old", "check", "As it was written.")
    listed, _, _ = bell.listed(store, "ann", 0, 10, clock.now())
    (row,) = [row for row in deliveries.claim(store, turn(), clock.now()) if row.key == "disk"]
    for one in (notices.open_notices(store, prefix="disk")[0], next(n for n in listed if n.key == "disk"), row):
        assert (one.text, one.remedy) == (words, remedy) == ("Disk <b>D</b> is full.", "Make 5 MB of room.")
        assert isinstance(one.text, Said) and (one.text.pattern, one.text.facts) == (words.pattern, words.facts)
    assert not isinstance(notices.open_notices(store, prefix="old")[0].text, Said)
    notices.raise_notice(store, "disk", "check", "In other words.")
    assert not isinstance(notices.open_notices(store, prefix="disk")[0].text, Said), "nothing of before stays"


@pytest.mark.both_engines
def test_only_a_change_of_state_is_news(store: Store) -> None:
    assert notices.raise_notice(store, "disk", "check", "Little room.", "Make room.")
    assert not notices.raise_notice(store, "disk", "check", "Less room.")
    row = Notice.get_by_id("disk")
    assert (row.count, row.text, row.changes) == (2, "Less room.", 1)
    assert queued() == [("disk", "raised", "waiting")]
    assert notices.settle(store, "disk")
    assert not notices.settle(store, "disk")
    assert queued() == [("disk", "raised", "waiting"), ("disk", "resolved", "waiting")]
    assert notices.raise_notice(store, "disk", "check", "Little room again.")
    assert Notice.get_by_id("disk").count == 1, "a new one counts from the beginning"
    assert len(queued()) == 3


def test_getting_worse_is_news_and_getting_better_is_not(store: Store) -> None:
    notices.raise_notice(store, "x", "info", "a")
    notices.raise_notice(store, "x", "needs", "b")
    notices.raise_notice(store, "x", "check", "c")
    row = Notice.get_by_id("x")
    assert (row.level, row.changes, row.count) == ("check", 2, 3)
    assert [what for _, what, _ in queued("webhook")] == ["raised", "raised"]
    assert [what for _, what, _ in queued("email")] == ["raised"], "e-mail takes no info by itself"


def test_a_change_that_is_rolled_back_is_never_sent(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        notices.raise_notice(store, "x", "needs", "a")
        raise RuntimeError
    assert queued() == []
    assert notices.open_notices(store) == []


def test_who_was_not_told_of_it_is_not_told_of_its_end(store: Store, shop: settings.Config) -> None:
    notices.raise_notice(store, "quiet", "info", "Nobody by e-mail hears this.")
    notices.settle(store, "quiet")
    assert queued("email") == []
    assert len(queued("webhook")) == 2
    store.config = replace(shop, notices=replace(shop.notices, tell_resolved=False))
    notices.raise_notice(store, "loud", "needs", "All hear this.")
    notices.settle(store, "loud")
    assert queued("email") == [("loud", "raised", "waiting")]


def test_a_channel_does_not_tell_of_its_own_silence(store: Store) -> None:
    notices.raise_notice(store, deliveries.trouble_key("webhook"), "check", "No answer.")
    assert queued("webhook") == []
    assert len(queued("email")) == 1


def test_whoever_listens_is_called_on_each_change_and_no_more(store: Store) -> None:
    heard: list[int] = []
    notices.on_change(store, lambda: heard.append(1))
    notices.raise_notice(store, "x", "info", "a")
    notices.raise_notice(store, "x", "info", "b")
    assert len(heard) == 1
    notices.settle(store, "x")
    notices.settle(store, "x")
    assert len(heard) == 2


def test_what_happened_leaves_by_age_and_what_is_so_stays(store: Store, time: Time) -> None:
    notices.raise_notice(store, "order", "check", "Web order 7.", event=True)
    notices.raise_notice(store, "state", "check", "Still so.")
    time.passes(timedelta(days=2).total_seconds())
    notices.raise_notice(store, "order", "check", "Web order 7, changed.", event=True)
    time.passes(timedelta(days=2).total_seconds())
    assert notices.settle_events(store, 3) == 0, "heard of two days ago"
    time.passes(timedelta(days=2).total_seconds())
    assert notices.settle_events(store, 3) == 1
    assert [n.key for n in notices.open_notices(store)] == ["state"]
    assert [what for key, what, _ in queued() if key == "order"] == ["raised"], "age is no end worth telling"


# -- the bell ----------------------------------------------------------------------------------------------------------


def test_each_person_reads_for_themselves(store: Store) -> None:
    notices.raise_notice(store, "a", "info", "A")
    notices.raise_notice(store, "b", "needs", "B")
    assert bell.ring(store, "7") == bell.Ring(2, "needs")
    bell.read(store, "b", "7", None, clock.now())
    assert bell.ring(store, "7") == bell.Ring(1, "info")
    assert bell.ring(store, "8") == bell.Ring(2, "needs")
    assert bell.read_all(store, "8", clock.now()) == 2
    assert bell.read_all(store, "8", clock.now()) == 0
    assert bell.ring(store, "8") == bell.Ring(0, "")
    assert bell.state(store).worst == "needs", "read is not resolved"


def test_what_comes_back_or_gets_worse_is_unread_again_and_what_is_only_counted_is_not(store: Store) -> None:
    notices.raise_notice(store, "a", "check", "A")
    bell.read(store, "a", "7", None, clock.now())
    notices.raise_notice(store, "a", "check", "A once more")
    assert bell.ring(store, "7").unread == 0
    notices.raise_notice(store, "a", "needs", "A, worse")
    assert bell.ring(store, "7").unread == 1
    bell.read(store, "a", "7", None, clock.now())
    notices.settle(store, "a")
    assert bell.ring(store, "7").unread == 0
    notices.raise_notice(store, "a", "check", "A, anew")
    assert bell.ring(store, "7").unread == 1


def test_what_changed_while_it_was_read_stays_unread(store: Store) -> None:
    notices.raise_notice(store, "a", "check", "as on the screen")
    (shown,), _, _ = bell.listed(store, "7", 0, 10, clock.now())
    notices.raise_notice(store, "a", "needs", "worse meanwhile")
    bell.read(store, "a", "7", shown.change, clock.now())
    assert bell.ring(store, "7").unread == 1
    bell.read(store, "a", "7", 99, clock.now())
    assert bell.ring(store, "7").unread == 0
    bell.read(store, "a", "7", 1, clock.now())
    assert bell.ring(store, "7").unread == 0, "an older screen does not make it unread"
    with pytest.raises(NotFound):
        bell.read(store, "nothing", "7", None, clock.now())


def test_the_worst_is_on_top_and_the_resolved_below_until_they_are_old(store: Store, time: Time) -> None:
    for key, level in (("i", "info"), ("n1", "needs"), ("c", "check"), ("gone", "needs"), ("n2", "needs")):
        time.passes(1)
        notices.raise_notice(store, key, level, key)
    notices.settle(store, "gone")
    rows, total, still_open = bell.listed(store, "7", 0, 10, time())
    assert [row.key for row in rows] == ["n2", "n1", "c", "i", "gone"]
    assert (total, still_open) == (5, 4)
    assert [row.key for row in bell.listed(store, "7", 1, 2, time())[0]] == ["n1", "c"]
    time.passes(timedelta(days=bell.RESOLVED_DAYS + 1).total_seconds())
    assert bell.listed(store, "7", 0, 10, time())[1] == 4


def test_the_bells_mark_moves_with_each_change_and_each_count(store: Store) -> None:
    marks = [bell.state(store).mark]
    for act in (
        lambda: notices.raise_notice(store, "a", "info", "A"),
        lambda: notices.raise_notice(store, "a", "info", "A"),
        lambda: notices.settle(store, "a"),
        lambda: notices.raise_notice(store, "a", "info", "A"),
    ):
        act()
        marks.append(bell.state(store).mark)
    assert len(set(marks)) == len(marks)


# -- on the way out ----------------------------------------------------------------------------------------------------


@pytest.mark.both_engines
def test_what_is_claimed_is_nobody_elses(store: Store) -> None:
    notices.raise_notice(store, "a", "needs", "A")
    notices.raise_notice(store, "b", "needs", "B")
    now = clock.now()
    mine = deliveries.claim(store, turn(limit=1), now)
    theirs = deliveries.claim(store, turn(owner="you"), now)
    assert [row.key for row in (*mine, *theirs)] == ["a", "b"]
    assert deliveries.claim(store, turn(), now) == []
    deliveries.sent(store, mine, "you", now)
    assert ("a", "raised", "sending") in queued(), "not theirs to say"
    deliveries.sent(store, mine, "me", now, "remark")
    assert queued()[0] == ("a", "raised", "done")


def test_of_many_that_claim_at_once_each_row_has_one_owner(store: Store) -> None:
    for n in range(40):
        notices.raise_notice(store, f"n{n}", "needs", "N")
    now, taken = clock.now(), []

    def work(owner: str) -> None:
        while rows := deliveries.claim(store, turn(limit=1, owner=owner), now):
            taken.extend(row.key for row in rows)
        store.release()

    threads = [threading.Thread(target=work, args=(f"o{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(f"n{n}" for n in range(40))


def test_a_sender_that_died_is_followed_by_another_under_the_same_id(store: Store) -> None:
    notices.raise_notice(store, "a", "needs", "A")
    now = clock.now()
    (first,) = deliveries.claim(store, turn(), now)
    assert deliveries.claim(store, turn(owner="next"), now + timedelta(seconds=59)) == []
    (second,) = deliveries.claim(store, turn(owner="next"), now + timedelta(seconds=61))
    assert (second.id, second.tries) == (first.id, 2)
    deliveries.sent(store, [first], "me", now)
    assert queued() == [("a", "raised", "sending")], "the first owner has lost it"


@pytest.mark.both_engines
def test_the_end_never_overtakes_the_beginning(store: Store) -> None:
    notices.raise_notice(store, "a", "needs", "A")
    notices.settle(store, "a")
    notices.raise_notice(store, "a", "needs", "A again")
    now = clock.now()
    seen = []
    for _ in range(3):
        (row,) = deliveries.claim(store, turn(), now)
        assert deliveries.claim(store, turn(owner="other"), now) == []
        seen.append((row.what, row.text))
        deliveries.sent(store, [row], "me", now)
    assert seen == [("raised", "A"), ("resolved", "A"), ("raised", "A again")]


def test_failures_go_up_the_ladder_and_hold_nothing_else_up(store: Store) -> None:
    notices.raise_notice(store, "poison", "needs", "P")
    now = clock.now()
    waits = []
    for _ in range(6):
        (row,) = deliveries.claim(store, turn(), now)
        at = deliveries.failed(store, [row], "me", now, "no")
        waits.append(int((at - now).total_seconds()))
        assert deliveries.claim(store, turn(), at - timedelta(seconds=1)) == []
        now = at
    assert waits == [60, 300, 900, 3600, 3600, 3600]
    notices.raise_notice(store, "fresh", "needs", "F")
    assert [row.key for row in deliveries.claim(store, turn(limit=1), now)] == ["fresh"]


def test_it_waits_longer_when_it_is_asked_to(store: Store) -> None:
    notices.raise_notice(store, "a", "needs", "A")
    now = clock.now()
    rows = deliveries.claim(store, turn(), now)
    asked = now + timedelta(seconds=1000)
    assert deliveries.failed(store, rows, "me", now, "busy", asked) == asked
    deliveries.hold(store, "webhook", now)  # holds back, never forward
    assert deliveries.next_due(store, ["webhook"], quiet=False) == clock.stamp(asked)


def test_in_quiet_hours_only_what_needs_a_person_goes(store: Store) -> None:
    notices.raise_notice(store, "c", "check", "C")
    notices.raise_notice(store, "n", "needs", "N")
    now = clock.now()
    assert [row.key for row in deliveries.claim(store, turn(quiet=True), now)] == ["n"]
    assert deliveries.next_due(store, ["webhook"], quiet=True) == ""
    assert [row.key for row in deliveries.claim(store, turn(), now)] == ["c"]


def test_old_news_is_given_up_and_stays_at_the_bell(store: Store, time: Time) -> None:
    notices.raise_notice(store, "a", "needs", "A")
    time.passes(3600)
    assert deliveries.give_up(store, "webhook", 2, time()) == 0
    time.passes(3601)
    assert deliveries.give_up(store, "webhook", 2, time()) == 1
    assert queued() == [("a", "raised", "late")]
    assert bell.ring(store, "7").unread == 1
    assert deliveries.claim(store, turn(), time()) == []


def test_a_clock_that_was_set_back_holds_nothing_up(store: Store) -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    with clock.set_to(later):
        notices.raise_notice(store, "a", "needs", "A")
        notices.raise_notice(store, "b", "needs", "B")
        deliveries.claim(store, turn(limit=1), later)
    rows = deliveries.claim(store, turn(owner="next"), datetime(2026, 1, 1, tzinfo=UTC))
    assert [row.key for row in rows] == ["b", "a"]


def test_the_record_of_what_was_sent_is_thinned_and_what_waits_is_not(store: Store, time: Time) -> None:
    for key in ("sent", "waits"):
        notices.raise_notice(store, key, "needs", key)
    rows = deliveries.claim(store, turn(limit=1), time())
    deliveries.sent(store, rows, "me", time())
    time.passes(timedelta(days=deliveries.KEPT_DAYS + 1).total_seconds())
    assert deliveries.thin(store, time()) == 1
    assert queued() == [("waits", "raised", "waiting")]


@pytest.mark.parametrize("act", [lambda s: notices.raise_once(s, "a", "info", "A"), lambda s: notices.settle(s, "a")])
def test_looking_again_writes_nothing(store: Store, act: Callable[[Store], bool]) -> None:
    """Agents look each minute: what has not changed costs no transaction."""
    untouched = changes(store)
    notices.raise_once(store, "a", "info", "A")
    act(store)
    before = changes(store)
    assert before > untouched
    assert not act(store)
    assert changes(store) == before
