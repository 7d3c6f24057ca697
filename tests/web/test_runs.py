"""The screens of runs: started once, listed, followed byte by byte, cancelled; and nobody sees another company's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pos import clock
from pos.app import App
from pos.store import passwords, people, run_logs, run_screens, run_work, runs
from pos.store.models import Connection
from pos.store.run_rows import Part
from pos.store.run_screens import Wanted
from pos.store.run_work import End
from tests.web.conftest import PASSWORD, Console, shared_till
from tests.web.two_companies import Hub, a_hub

BASE = "/epos-qbo"
DAY = "2026-11-20"
NOW = clock.parse("2026-11-21T09:00:00.000000Z")


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    yield from shared_till.__wrapped__(tmp_path_factory.mktemp("till"))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def shop(till: App) -> App:
    Connection.create(id="quickbooks", kind="quickbooks", title="Books", company="main")
    for code in ("9", "5"):
        passwords.set_password(till.store, code, PASSWORD)
    return till


@pytest.fixture
def owner(shop: App) -> Console:
    return Console(shop).sign_in("9")  # type: ignore[return-value]


def asked(app: App, day: str = DAY, by: str = "9", **more: Any) -> str:
    return runs.ask(
        app.store, "single", "main", day, day, parallel=1, stagger_seconds=0, continue_on_failure=False, by=by, now=NOW,
        books={"main": "quickbooks"}, **more,
    )  # fmt: skip


def taken(app: App) -> Part | None:
    """The next part, held by a worker."""
    found = run_work.claim(app.store, "w", NOW)
    return found[0] if found else None


def ended(app: App, job: str, end: End) -> None:
    part = taken(app)
    assert part is not None and part.job == job
    run_work.finish(app.store, part, end, NOW + timedelta(seconds=42))


def all_over(app: App) -> None:
    """What an earlier test left open is cancelled."""
    for job in runs.open_ids(app.store):
        runs.cancel(app.store, job, "9", NOW)
        for part in runs.parts(app.store, job):
            if part.status == "running":
                run_work.finish(app.store, part, End("cancelled", "1", "cancelled", "Cancelled."), NOW)


def test_a_run_asked_for_twice_is_one_run(owner: Console, shop: App) -> None:
    """A double click, or an answer that was lost: the same id, the same run."""
    all_over(shop)
    body = {"id": clock.uuid7(), "company": "main", "day_from": DAY, "day_to": "", "parallel": 3, "stagger_seconds": 0}
    first = owner.post(f"{BASE}/runs/trigger", body)
    again = owner.post(f"{BASE}/runs/trigger", body)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json["run"]["id"] == again.json["run"]["id"]
    assert [one.id for one in runs.listed(shop.store)[0]].count(first.json["run"]["id"]) == 1
    job = runs.job(shop.store, first.json["run"]["id"])
    assert (job.parallel, job.day_from, job.day_to, job.requested_by) == (3, DAY, DAY, "9")
    people.add_user(shop.store, "91", "Ola Berg", "operator", "7391")
    passwords.set_password(shop.store, "91", PASSWORD)
    other = Console(shop).sign_in("91").post(f"{BASE}/runs/trigger", body)
    assert other.status_code == 409, "the id of somebody else's run is no way to it"


def test_the_day_of_a_run_is_that_of_the_company_s_clock(owner: Console) -> None:
    for path in ("", "?company=main"):
        answer = owner.get(f"{BASE}/api/runs/target{path}").json
        assert answer["day"] < clock.stamp(clock.now())[:10] and answer["text"]


def test_what_cannot_be_run_is_refused_in_words(owner: Console) -> None:
    for more, field in (
        ({"id": "7"}, "id"),
        ({"day_from": "20.11.2026"}, "day_from"),
        ({"day_from": "2999-01-01"}, "day_to"),
        ({"day_from": DAY, "day_to": "2026-11-01"}, "day_to"),
        ({"parallel": 99}, "parallel"),
        ({"parallel": "2"}, "parallel"),
        ({"stagger_seconds": -4}, "stagger_seconds"),
    ):
        answer = owner.post(f"{BASE}/runs/trigger", {"id": clock.uuid7(), "company": "main", **more})
        assert (answer.status_code, answer.json["field"]) == (422, field), (more, answer.text)
    answer = owner.post(f"{BASE}/runs/trigger", {"id": clock.uuid7(), "company": "nowhere"})
    assert answer.status_code == 404


def test_whoever_may_look_may_not_start_or_cancel(shop: App) -> None:
    all_over(shop)
    job = asked(shop)
    reader = Console(shop).sign_in("5")
    assert reader.get(f"{BASE}/runs/").status_code == 200
    assert "trigger-go" not in reader.get(f"{BASE}/runs/").text
    assert reader.get(f"{BASE}/runs/{job}/").status_code == 200
    assert reader.post(f"{BASE}/runs/trigger", {"id": clock.uuid7()}).status_code == 403
    assert reader.post(f"{BASE}/runs/{job}/cancel").status_code == 403
    stranger = Console(shop)
    assert stranger.get(f"{BASE}/runs/").status_code == 302, "all of it needs somebody signed in"
    assert stranger.get(f"{BASE}/api/runs/active").status_code == 401
    all_over(shop)


def test_the_log_comes_by_bytes_and_never_half_a_letter(owner: Console, shop: App) -> None:
    all_over(shop)
    job = asked(shop)
    for n in range(900):
        runs.say(shop.store, job, "main", "upload", "info", f"Café ☕ {n} — £4.99 نعم {'é' * 60}", NOW)
    whole, offset, pieces = "", 0, []
    while True:
        answer = owner.get(f"{BASE}/runs/{job}/logs?offset={offset}").json
        if not answer["text"]:
            break
        pieces.append(answer["text"])
        assert len(answer["text"].encode()) <= 65536 and "\ufffd" not in answer["text"]
        whole, offset = whole + answer["text"], answer["offset"]
        assert offset == len(whole.encode()), "the offset is the bytes that were read"
    assert len(pieces) > 1 and whole.count("\n") == 901 and not answer["done"]
    assert offset == runs.job(shop.store, job).log_bytes
    # Anywhere else: in the middle of a letter, before the beginning, behind the end.
    begins = whole.encode().index("☕".encode()) + 1
    middle = owner.get(f"{BASE}/runs/{job}/logs?offset={begins}").json["text"]
    assert middle.startswith(" 0 — £4.99"), middle[:40]
    assert owner.get(f"{BASE}/runs/{job}/logs?offset=-5").json["text"] == pieces[0]
    behind = owner.get(f"{BASE}/runs/{job}/logs?offset=99999999").json
    assert (behind["text"], behind["offset"], behind["done"]) == ("", offset, False)
    for odd in ("x", "1.5", "9" * 30, "--1"):
        assert owner.get(f"{BASE}/runs/{job}/logs?offset={odd}").status_code == 422, odd
    ended(shop, job, End("succeeded", "0", "", "Nothing to post."))
    last = owner.get(f"{BASE}/runs/{job}/logs?offset={offset}").json
    assert last["done"] and "Nothing to post" in last["text"] and last["status"] == "succeeded"
    over = owner.get(f"{BASE}/runs/{job}/logs?offset={last['offset']}").json
    assert (over["text"], over["done"]) == ("", True)


def test_how_runs_stand_is_told_for_25_at_once_and_for_known_ones(owner: Console, shop: App) -> None:
    all_over(shop)
    job = asked(shop)
    ids = ",".join([job, clock.uuid7(), "no id"])
    (one,) = owner.get(f"{BASE}/api/runs/status?job_ids={ids}").json["runs"]
    assert (one["id"], one["status"], one["ended"]) == (job, "queued", False)
    assert "2026" in one["label"] and job not in one["label"], "a run has a name for people"
    assert owner.get(f"{BASE}/api/runs/status").json["runs"] == []
    many = ",".join(clock.uuid7() for _ in range(26))
    assert owner.get(f"{BASE}/api/runs/status?job_ids={many}").status_code == 422
    ended(shop, job, End("failed", "2", "lock_held", "Another run went on."))
    (one,) = owner.get(f"{BASE}/api/runs/status?job_ids={job}").json["runs"]
    assert (one["status"], one["exit_code"], one["reason"], one["ended"]) == ("failed", "2", "lock_held", True)


def test_a_run_that_was_over_before_it_was_seen_is_told_once(owner: Console, shop: App) -> None:
    all_over(shop)
    seen = owner.get(f"{BASE}/api/runs/active").json
    assert seen["runs"] == [], "nothing goes on"
    job = asked(shop)
    ended(shop, job, End("succeeded", "0", "", "Nothing to post."))
    told = owner.get(f"{BASE}/api/runs/active?since={seen['last']}").json
    assert [(one["id"], one["ended"]) for one in told["runs"]] == [(job, True)]
    assert owner.get(f"{BASE}/api/runs/active?since={told['last']}").json["runs"] == []
    assert owner.get(f"{BASE}/api/runs/active?since=x").status_code == 422


def test_what_goes_on_changes_the_mark_that_screens_are_nudged_by(shop: App) -> None:
    all_over(shop)
    marks = [run_screens.news_mark(shop.store)]
    job = asked(shop)
    marks.append(run_screens.news_mark(shop.store))
    part = taken(shop)
    marks.append(run_screens.news_mark(shop.store))
    assert part is not None and run_work.next_phase(shop.store, part, NOW)
    marks.append(run_screens.news_mark(shop.store))
    runs.say(shop.store, job, "main", "transform", "info", "One more line.", NOW)
    assert run_screens.news_mark(shop.store) == marks[-1], "a line of a log is no news for every screen"
    runs.cancel(shop.store, job, "9", NOW)
    marks.append(run_screens.news_mark(shop.store))
    assert len(set(marks)) == len(marks)
    all_over(shop)


def test_the_page_of_a_run_explains_how_it_ended(owner: Console, shop: App) -> None:
    all_over(shop)
    job = asked(shop, by="9")
    text = owner.get(f"{BASE}/runs/{job}/").text
    assert f'data-run-id="{job}" data-run-status="queued"' in text and 'id="cancel"' in text
    ended(shop, job, End("failed", "2", "lock_held", "Another run of it went on for 30 minutes."))
    runs.put_artifact(
        shop.store, job, "main", DAY, processed_at=clock.stamp(NOW), status="MISMATCH", currency="GBP", raw_total=1000,
        sent_total=1000, booked_total=900, difference=-100, reason="One document differs.", raw_count=3, uploaded=2,
        source="journal",
    )  # fmt: skip
    text = owner.get(f"{BASE}/runs/{job}/").text
    assert "Cleo Marsh" in text and "0:42" in text and 'id="cancel"' not in text
    assert "lock_held" in text and "Another run of the same company" in text
    assert re.search(rf'href="{BASE}/artifacts/\d+/"', text), "its figures are a page away"
    assert "MISMATCH" in text and "One document differs." in text and "£9.00" in text
    codes = re.findall(r'<th scope="row"><bdi>(-?\d+)</bdi></th><td class="mono ltr">', text)
    assert codes == ["0", "0", "1", "1", "1", "2", "2", "3", "-1", "126", "127"], "the whole table"
    assert owner.get(f"{BASE}/runs/{clock.uuid7()}/").status_code == 404
    assert owner.get(f"{BASE}/runs/none/").status_code == 404


def test_a_run_is_cancelled_once_and_what_is_over_stays_as_it_is(owner: Console, shop: App) -> None:
    all_over(shop)
    job = asked(shop)
    part = taken(shop)
    first = owner.post(f"{BASE}/runs/{job}/cancel").json["run"]
    assert (first["status"], first["status_text"]) == ("running", "Stopping")
    assert "stops after the document it is at" in owner.get(f"{BASE}/runs/{job}/").text
    assert owner.post(f"{BASE}/runs/{job}/cancel").json["run"]["status"] == "running"
    assert part is not None and run_work.finish(
        shop.store, part, End("cancelled", "1", "cancelled", "Stopped after 2 of 5 documents."), NOW
    )
    over = owner.post(f"{BASE}/runs/{job}/cancel").json["run"]
    assert (over["status"], over["words"]) == ("cancelled", "Stopped after 2 of 5 documents.")


def test_the_list_is_filtered_and_says_who_asked(owner: Console, shop: App) -> None:
    all_over(shop)
    far, near = asked(shop, "2020-02-01", by="5"), asked(shop, "2020-02-02")
    listed = lambda query: re.findall(r'<tr data-run-id="([\w-]+)"', owner.get(f"{BASE}/runs/?{query}").text)  # noqa: E731
    assert listed("first=2020-01-01&last=2020-03-01") == [near, far]
    assert listed("first=2020-02-02&last=2020-03-01") == [near]
    assert listed("first=2020-01-01&last=2020-03-01&by=5") == [far]
    assert listed("last=2020-03-01&status=succeeded") == []
    assert far in listed("status=queued&company=main&sort=day&down=0")
    assert listed("company=nowhere") == []
    assert "Dora Lund" in owner.get(f"{BASE}/runs/?by=5").text
    for odd in ("status=odd", "first=1.1.2026", "last=0001-01-01", "sort=odd", f"by={'x' * 300}"):
        assert owner.get(f"{BASE}/runs/?{odd}").status_code == 422, odd
    all_over(shop)


def test_the_logs_of_all_runs_are_paged_by_their_lines(owner: Console, shop: App) -> None:
    from pos.store.models import RunScheduleEvent

    all_over(shop)
    job = asked(shop)
    at = clock.parse("2026-11-19T12:00:00.000000Z")
    for n in range(60):
        runs.say(shop.store, job, "main", "upload", "warning" if n % 20 == 0 else "info", f"Line {n} 100%", at)
    for n in range(5):  # of the very same moment: behind the lines of the run
        RunScheduleEvent.create(
            schedule="x", company="main", at=clock.stamp(at), fire_at="", kind=("missed", "queued")[n % 2], job="",
            words=f"Event {n}",
        )  # fmt: skip
    day = Wanted(first="2026-11-19T00:00:00", last="2026-11-20T00:00:00")
    first = run_screens.lines(shop.store, day, "", 50)
    runs.say(shop.store, job, "main", "upload", "info", "Meanwhile", at + timedelta(seconds=1))
    second = run_screens.lines(shop.store, day, first.after, 50)
    words = [one.words for one in first.lines + second.lines]
    wanted = [f"Line {n} 100%" for n in reversed(range(60))] + [f"Event {n}" for n in reversed(range(5))]
    assert words == wanted, "each line once, whatever came in meanwhile"
    assert second.after == ""
    page = owner.get(f"{BASE}/logs/?first=2026-11-19&last=2026-11-19")
    assert page.text.count("<tr") == 51 and "Older lines" in page.text
    older = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert older and "Event 4" in owner.get(older[1].replace("&amp;", "&")).text
    only = owner.get(f"{BASE}/logs/?first=2026-11-19&last=2026-11-19&level=warning").text
    assert only.count("Line ") == 3 and only.count("Event ") == 3, "and what is worse"
    assert owner.get(f"{BASE}/logs/?level=error&first=2026-11-19&last=2026-11-19").text.count("Line ") == 0
    assert owner.get(f"{BASE}/logs/?q=line+7+100%25&company=main&run={job}").text.count("<tr") == 2
    assert owner.get(f"{BASE}/logs/?q=line+7_100").text.count("<tr") == 0, "a sign is a sign"
    for odd in ("level=odd", "first=x", "after=x", "after=2026|5|7", "after=a|1|1.5", f"q={'x' * 300}"):
        assert owner.get(f"{BASE}/logs/?{odd}").status_code == 422, odd
    all_over(shop)


# -- two companies -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with a_hub(tmp_path_factory.mktemp("two")) as hub:
        yield hub


def test_a_run_of_two_companies_shows_each_of_them_its_own(two: Hub) -> None:
    store = two.app.store
    books = {side.company: side.ids["books"] for side in two.sides}
    job = runs.ask(
        store, "all", "", DAY, DAY, parallel=2, stagger_seconds=0, continue_on_failure=True, by="99", now=NOW,
        books=books,
    )  # fmt: skip
    for side, end in zip(
        two.sides, (End("failed", "1", "failed", "Aquila broke"), End("succeeded", "0", "", "Boreal is fine")),
        strict=True,
    ):  # fmt: skip
        part = taken(two.app)
        assert part is not None and part.company == side.company
        runs.say(store, job, side.company, "upload", "info", f"{side.marks[0]} was sent", NOW)
        runs.put_artifact(
            store, job, side.company, DAY, processed_at=clock.stamp(NOW), status="MATCH", currency="GBP",
            reason=f"{side.marks[0]} matches", source="journal",
        )  # fmt: skip
        run_work.finish(store, part, end, NOW)
    for n, page in enumerate(two.pages):
        own, other = two.sides[n], two.sides[1 - n]
        for path in (
            "/runs/", f"/runs/{job}/", f"/runs/{job}/logs", "/logs/", f"/api/runs/status?job_ids={job}",
            "/api/runs/active?since=0",
        ):  # fmt: skip
            text = page.get(BASE + path).text
            assert own.marks[0] in text, path
            assert other.marks[0] not in text, f"{own.company} sees {other.marks[0]} in {path}"
            assert "1 of 2" not in text and "Zora" not in text, f"how the others fared is not told: {path}"
        news = page.get(f"{BASE}/api/runs/status?job_ids={job}").json["runs"][0]
        assert news["status"] == ("failed", "succeeded")[n], "of what is theirs"
        assert page.post(f"{BASE}/runs/{job}/cancel").status_code == 403, "it is not theirs alone"
        assert page.post(
            f"{BASE}/runs/trigger", {"id": clock.uuid7(), "company": other.company}
        ).status_code == 404  # fmt: skip
    assert "1 of 2 companies failed" in two.whole.get(f"{BASE}/runs/{job}/").text
    assert all(side.marks[0] in two.whole.get(f"{BASE}/logs/").text for side in two.sides)


def test_a_run_of_the_other_company_is_not_there(two: Hub) -> None:
    store, (_, north) = two.app.store, two.sides
    job = runs.ask(
        store, "single", "north", DAY, DAY, parallel=1, stagger_seconds=0, continue_on_failure=False, by="99", now=NOW,
        books={"north": north.ids["books"]},
    )  # fmt: skip
    aquila, boreal = two.pages
    for path in (f"/runs/{job}/", f"/runs/{job}/logs"):
        assert aquila.get(BASE + path).status_code == 404, path
        assert boreal.get(BASE + path).status_code == 200, path
    assert aquila.post(f"{BASE}/runs/{job}/cancel").status_code == 404
    assert aquila.get(f"{BASE}/api/runs/status?job_ids={job}").json["runs"] == []
    assert aquila.get(f"{BASE}/api/runs/target?company=north").status_code == 404
    assert boreal.get(f"{BASE}/api/runs/target?company=north").status_code == 200
    assert job not in aquila.get(f"{BASE}/runs/").text
    assert job not in aquila.get(f"{BASE}/api/runs/active?since=0").text
    assert run_logs.tail(store, job, 0)[0].startswith("2026-11-21")
    assert boreal.post(f"{BASE}/runs/{job}/cancel").json["run"]["status"] == "cancelled"
