"""Figures for a monitor, as Prometheus reads them. docs/monitoring.md says what each means and when to be alarmed.

GET /metrics   at_machine (operate)   text; counts, ages and states: no amounts, no goods, no names of people

What happens on a sale's way was counted there (`pos/web/counted.py`); the rest is asked of the database now.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from pos import __version__, clock
from pos.actions import backup, qbo_standing
from pos.rules import record, shift, voucher
from pos.store import connections, copies, disk, gauges, qbo_tokens
from pos.web import auth
from pos.web.counted import Counted, Histogram, Seen
from pos.web.describe import describe
from pos.web.parts import Parts, parts

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

bp = Blueprint("metrics", __name__)

#: Told from the first scrape on, so that the first sale of a kind shows as a change.
KINDS = ("sale", "return", "void", "z", voucher.KIND, record.KIND, *shift.KINDS)
OUTCOMES = ("ok", "failed")
STATES_OF_COPIES = ("ok", "near", "new", "late", "failing")


@bp.get("/metrics")
@describe(kinds=("text/plain",))
@auth.at_machine("operate")
def metrics() -> Response:
    """The text format every Prometheus reads. The library is imported by the first scrape; a till needs none."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collector(parts()))
    ProcessCollector(namespace="tillkeep", registry=registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collector:
    """Everything of one scrape."""

    def __init__(self, here: Parts) -> None:
        self.here = here

    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        yield from _process(self.here.counted, now)
        yield from _counters(self.here.counted.snapshot())
        yield from _saving(self.here)
        yield from _outbox(self.here, now)
        yield from _lines(self.here, now)
        yield from _sign_ins(self.here, now)
        yield from _agents(self.here, now)
        yield from _copies(self.here, now)
        yield _gauge(
            "notices_open", "Open notices by level.", ["level"],
            [([level], count) for level, count in gauges.notices(self.here.store).items()],
        )  # fmt: skip


def _gauge(name: str, words: str, labels: list[str], rows: Iterable[tuple[list[str], float]]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"tillkeep_{name}", words, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _counter(name: str, words: str, labels: list[str], rows: Iterable[tuple[list[str], float]]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(f"tillkeep_{name}", words, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _histogram(name: str, words: str, seen: Histogram) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(f"tillkeep_{name}", words)
    buckets, running = [], 0
    for bound, count in zip((*map(str, seen.bounds), "+Inf"), seen.counts, strict=True):
        running += count
        buckets.append((bound, running))
    family.add_metric([], buckets, sum_value=seen.total)
    return family


def _process(counted: Counted, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "build_info", "The program; always 1.", ["version", "python"], [([__version__, platform.python_version()], 1)]
    )
    yield _gauge("up_seconds", "Since the server started.", [], [([], (now - counted.started).total_seconds())])


def _counters(seen: Seen) -> Iterator[Metric]:
    kinds = [*KINDS, *(kind for kind in seen.documents if kind not in KINDS)]
    yield _counter(
        "documents", "Documents saved by this process, by kind.", ["kind"],
        [([kind], seen.documents.get(kind, 0)) for kind in kinds],
    )  # fmt: skip
    refused = {"cannot_save": 0, "busy": 0, **seen.refused}
    yield _counter(
        "commit_failures", "Documents the disk or the database did not take.", ["code"],
        [([code], count) for code, count in refused.items()],
    )  # fmt: skip
    yield _histogram("commit_seconds", "From asking to durable, file written, by document.", seen.commit)
    yield _counter(
        "http_requests", "Requests answered, by method and class of status.", ["method", "status"],
        [(list(key), count) for key, count in sorted(seen.requests.items())],
    )  # fmt: skip
    yield _histogram("http_request_seconds", "From request to answer, live screens left out.", seen.request)
    keys = sorted({(agent, connection) for agent, connection, _ in seen.rounds})
    yield _counter(
        "agent_rounds", "Rounds that ended in this process.", ["agent", "connection", "outcome"],
        [([*key, outcome], seen.rounds.get((*key, outcome), 0)) for key in keys for outcome in OUTCOMES],
    )  # fmt: skip
    yield _counter(
        "agent_round_seconds", "Time spent in them.", ["agent", "connection"],
        [(list(key), seen.round_seconds[key]) for key in keys],
    )  # fmt: skip


def _saving(here: Parts) -> Iterator[Metric]:
    state = here.journal.health()
    yield _gauge("can_save", "1 while a sale can be saved.", [], [([], int(state.can_save))])
    yield _gauge("files_behind", "Receipts whose own file is not durable yet.", [], [([], state.unsynced)])
    yield _gauge("database_log_bytes", "Size of the database's log (-wal).", [], [([], state.wal_bytes)])
    yield _gauge("database_bytes", "Size of the database.", [], [([], disk.file_bytes(here.store.path))])
    places = {"data": here.store.path.parent, "invoices": here.config.invoices}
    rows = [([name], _free(place)) for name, place in places.items()]
    yield _gauge("disk_free_bytes", "Room on the disk of data/ and of the receipts.", ["place"], rows)
    asked: list[tuple[list[str], float]] = []
    lag: list[tuple[list[str], float]] = []
    if here.store.replica is not None:
        behind, why = here.store.replica.standing()
        asked, lag = [([], int(not why))], [] if behind is None else [([], behind)]
    yield _gauge("read_replica_asked", "1 while the console asks the read replica.", [], asked)
    yield _gauge("read_replica_lag_seconds", "How far the read replica is behind, where known.", [], lag)


def _free(place: Path) -> int:
    try:
        return disk.free_bytes(place)
    except OSError:  # a disk that does not answer has no room
        return 0


def _outbox(here: Parts, now: datetime) -> Iterator[Metric]:
    found = gauges.outbox(here.store)
    yield _gauge(
        "outbox_documents", "Documents for each connection by state.", ["connection", "state"],
        [([one.connection, one.state], one.rows) for one in found],
    )  # fmt: skip
    yield _gauge(
        "outbox_oldest_seconds", "Age of the oldest document in that state.", ["connection", "state"],
        [([one.connection, one.state], _age(one.oldest_at, now)) for one in found if one.state != "booked"],
    )  # fmt: skip


def _lines(here: Parts, now: datetime) -> Iterator[Metric]:
    lines = connections.lines(here.store)
    yield _gauge(
        "connection_info", "Always 1: what sort of books a connection is, and of which company.",
        ["connection", "kind", "company"], [([line.id, line.kind, line.company], 1) for line in lines],
    )  # fmt: skip
    yield _gauge(
        "connection_up", "1 while the last try reached it.", ["connection"],
        [([line.id], int(not line.offline_since)) for line in lines],
    )  # fmt: skip
    yield _gauge(
        "connection_silent_seconds", "Since the line went away; 0 while it is there.", ["connection"],
        [([line.id], _age(line.offline_since, now)) for line in lines],
    )  # fmt: skip
    yield _gauge(
        "connection_paused", "1 while nothing is sent until a person acted.", ["connection"],
        [([line.id], int(bool(line.paused_reason))) for line in lines],
    )  # fmt: skip


def _sign_ins(here: Parts, now: datetime) -> Iterator[Metric]:
    """None where nobody ever signed in."""
    rows = qbo_tokens.rows(here.store)
    found = [qbo_standing.standing(here.store, here.config, row.company, now) for row in rows]
    yield _gauge(
        "sign_in_usable", "1 while documents may go out by the sign-in of a connection.", ["connection"],
        [([one.connection], int(one.sends)) for one in found],
    )  # fmt: skip
    yield _gauge(
        "sign_in_ends_timestamp_seconds", "When somebody must have signed in again.", ["connection"],
        [([one.connection], int(one.ends.timestamp())) for one in found if one.ends],
    )  # fmt: skip


def _agents(here: Parts, now: datetime) -> Iterator[Metric]:
    found = gauges.agents(here.store)
    labels = ["agent", "connection"]
    for name, words, value in (
        ("agent_failures", "Failed rounds in a row.", lambda one: one.failures),
        ("agent_paused", "1 while a person paused it.", lambda one: int(one.paused)),
        ("agent_overdue_seconds", "How long its next round is past its time.", lambda one: _age(one.due_at, now)),
    ):
        yield _gauge(name, words, labels, [([one.agent, one.connection], value(one)) for one in found])
    ended = [([one.agent, one.connection], _moment(one.ended_at)) for one in found if one.ended_at]
    yield _gauge("agent_ended_timestamp_seconds", "When its last round ended.", labels, ended)


def _copies(here: Parts, now: datetime) -> Iterator[Metric]:
    """By the place's number in [backup] places: its name may be an address nobody else should know."""
    views = list(enumerate(backup.standing(here.store, here.config).places, start=1))
    whole = [(n, copies.last_snapshot(here.store, view.place, whole=True)) for n, view in views]
    proven = [(n, kept.made_at if kept is not None else "") for n, kept in whole]
    yield _gauge(
        "copies_state", "1 for the state each place of copies is in.", ["place", "state"],
        [([str(n), state], int(view.state == state)) for n, view in views for state in STATES_OF_COPIES],
    )  # fmt: skip
    yield _gauge(
        "copies_behind", "Receipts without a copy there.", ["place"], [([str(n)], view.behind) for n, view in views]
    )
    for name, words, stamps in (
        ("copies_age_seconds", "Since the newest copy there.", [(n, view.copied_at) for n, view in views]),
        ("snapshot_age_seconds", "Since the newest snapshot that was proven.", proven),
    ):
        yield _gauge(name, words, ["place"], [([str(n)], _age(stamp, now)) for n, stamp in stamps if stamp])


def _age(stamp: str, now: datetime) -> Any:
    return max(0.0, (now - clock.parse(stamp)).total_seconds()) if stamp else 0


def _moment(stamp: str) -> Any:
    return clock.parse(stamp).timestamp()
