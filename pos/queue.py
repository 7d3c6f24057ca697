"""The doorbell: huey's own queue on [queue] url, in a file or on Redis. It carries "wake agent X" and nothing else.

Losing all of it costs one tick, for what has to be done stands in the store. Redis may be emptied or go away at any
time: as long as it is away, bells of a process that works go through its own memory, and agents come round by schedule.
Nothing outside this module knows huey or Redis.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from pos import clock
from pos.config import Config
from pos.config_checks import REDIS
from pos.errors import BadSettings
from pos.said import said
from pos.setting import shown

log = logging.getLogger(__name__)

BELLS_MAX = 100
#: Idle workers look into the queue this often for bells of another process; their own wake them at once.
POLL_SECONDS = 1.0
#: Redis answers at once or is as good as away; after that it is left alone for so long.
ANSWER_SECONDS, AWAY_SECONDS = 2.0, 5.0
#: People are told once it was away for so long: a restart is no news.
TOLD_SECONDS = 30.0

Answer = Callable[[str, str, str], None]


class Doorbell:
    """Rings agents of this process and of any other on the same queue. `answer` is called in a worker's thread.

    alone: nobody else uses the queue, so what is left in its file from before is thrown away.
    """

    def __init__(self, config: Config, answer: Answer, *, alone: bool) -> None:
        logging.getLogger("huey").setLevel(logging.WARNING)
        self._answer, self._url = answer, config.queue.url
        self._workers, self._release = 0, cast("Callable[[], None]", None)
        self._guard = threading.Lock()
        self._spare: _Bells | None = None
        self._away_since = self._again_at = 0.0
        self._why = ""
        self._away: tuple[type[Exception], ...] = ()
        if self._url.startswith(REDIS):
            huey, self._away = _on_redis(self._url, self._back, self._lost)
            self._bells = _Bells(huey, answer)
        else:
            self._bells = _Bells(_in_file(config.root / self._url.removeprefix("sqlite:///"), alone), answer)

    def ring(self, agent: str, connection: str, cause: str) -> None:
        """Queue one bell. When nobody takes them (agents run elsewhere and are stopped) they do not pile up."""
        if clock.monotonic() >= self._again_at:
            try:
                self._bells.ring(agent, connection, cause)
            except self._away as error:
                self._lost(error)
            else:
                return
        if self._workers:
            self._at_home().ring(agent, connection, cause)

    def start_workers(self, workers: int, release: Callable[[], None]) -> None:
        """Take bells in so many threads; `release` is called in each as it ends."""
        self._workers, self._release = workers, release
        self._bells.start(workers, release)

    def mend(self) -> None:
        """Replace a worker that died; find out whether a Redis that was away is back. Called now and then."""
        for bells in (self._bells, self._spare):
            if bells is not None:
                bells.mend()
        if self._away:
            try:
                self._bells.huey.storage.conn.ping()
            except self._away as error:
                self._lost(error)
            else:
                self._back()

    @property
    def trouble(self) -> str:
        """What is wrong with the queue, in words for people; "" when nothing is, or not for long."""
        if not self._away_since or clock.monotonic() - self._away_since < TOLD_SECONDS:
            return ""
        return said("The wake-up queue {url} cannot be reached: {why}", url=shown(self._url), why=self._why)

    def stop(self, timeout_seconds: float) -> None:
        """Let the workers come to an end."""
        for bells in (self._bells, self._spare):
            if bells is not None:
                bells.stop(timeout_seconds)

    # -- Redis is away

    def _at_home(self) -> _Bells:
        with self._guard:
            if self._spare is None:
                self._spare = _Bells(_in_memory(), self._answer)
                self._spare.start(self._workers, self._release)
            return self._spare

    def _lost(self, error: Exception) -> None:
        now = clock.monotonic()
        self._again_at = now + AWAY_SECONDS
        if not self._away_since:
            self._away_since = now
            log.warning("the queue %s is away, agents come round by schedule: %s", shown(self._url), error)
        self._why = str(error)

    def _back(self) -> None:
        if self._away_since:
            log.warning("the queue %s is back", shown(self._url))
        self._again_at = self._away_since = 0.0


class _Bells:
    """One queue of huey's, and the threads that take bells out of it."""

    def __init__(self, huey: Any, answer: Answer) -> None:
        self.huey = huey
        self._consumer: Any = None
        # The name is what stands in the queue: renaming it drops what is queued.
        self._wake = huey.task(name="tillkeep.wake")(answer)

    def ring(self, agent: str, connection: str, cause: str) -> None:
        if self._consumer is None and self.huey.pending_count() > BELLS_MAX:
            return
        self._wake(agent, connection, cause)

    def start(self, workers: int, release: Callable[[], None]) -> None:
        self.huey.on_shutdown(name="release")(release)
        self._consumer = _make_consumer(self.huey, workers)
        self._consumer.start()

    def mend(self) -> None:
        if self._consumer is not None:
            self._consumer.check_worker_health()

    def stop(self, timeout_seconds: float) -> None:
        if self._consumer is not None:
            self._consumer.shutdown_timeout = timeout_seconds
            self._consumer.stop(graceful=True)
        with contextlib.suppress(Exception):
            self.huey.storage.close()
            if hasattr(self.huey.storage, "pool"):
                self.huey.storage.pool.disconnect()


# -- the three places a queue may be in --------------------------------------------------------------------------------
# Nowhere are results kept: nobody reads them, and they would stay for ever.


def _woken(base: type) -> Any:
    """huey's idle workers sleep up to 10 s; these are woken by each bell of their own process."""

    class WakeHuey(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.wake = threading.Semaphore(0)
            super().__init__(*args, **kwargs)

        def enqueue(self, task: Any) -> Any:
            result = super().enqueue(task)
            self.wake.release()
            return result

    return WakeHuey


def _in_memory() -> Any:
    from huey import MemoryHuey

    return _woken(MemoryHuey)("tillkeep", results=False)


def _in_file(path: Path, alone: bool) -> Any:
    """Not flushed to the disk: a lost bell costs one tick. One that cannot be used is made anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        huey = _sqlite(path)
        if alone:
            huey.flush()
    except Exception:  # whatever is wrong with it, nothing in it is worth keeping
        log.warning("the wake-up queue %s was unusable and is made anew", path.name, exc_info=True)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _sqlite(path)
    return huey


def _sqlite(path: Path) -> Any:
    from huey import SqliteHuey  # costs 30 ms, which `check --help` need not pay

    return _woken(SqliteHuey)("tillkeep", filename=str(path), results=False, fsync=False)


def _on_redis(url: str, back: Callable[[], None], lost: Callable[[Exception], None]) -> tuple[Any, Any]:
    """huey on Redis, which need not be there yet; and the errors that mean it is not."""
    try:
        from redis import ConnectionPool, RedisError
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise BadSettings(
            "[queue] url names Redis, and its driver is not installed: pip install -r requirements-hub.txt",
            code="no_driver",
        ) from error
    from huey import RedisHuey

    away = (RedisError, OSError)

    class AwayHuey(RedisHuey):  # type: ignore[misc]
        """huey whose workers wait quietly as long as Redis is away. Nothing is ever scheduled, revoked or kept here."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.wake = threading.Semaphore(0)  # lets a stop end the waiting at once
            super().__init__(*args, **kwargs)

        def dequeue(self) -> Any:
            try:
                found = super().dequeue()
            except away as error:
                lost(error)
                self.wake.acquire(timeout=POLL_SECONDS)
                return None
            back()
            return found

        def read_schedule(self, timestamp: Any = None) -> list[Any]:  # noqa: ARG002
            return []

        def is_revoked(self, *_args: Any, **_kwargs: Any) -> bool:
            return False

        def delete(self, _key: str) -> bool:
            return False

    try:
        pool = ConnectionPool.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS + POLL_SECONDS,
            retry=Retry(NoBackoff(), 1),  # at once: an idle connection to a server that was started anew
        )
    except ValueError as error:
        raise BadSettings(f"[queue] url cannot be read: {error}. Write it like redis://127.0.0.1:6379/0.") from error
    return AwayHuey("tillkeep", connection_pool=pool, read_timeout=1, results=False), away


def unreachable(config: Config) -> str:
    """Why a queue on Redis does not answer now; "" = it does, or the queue is a file. BadSettings as at the start."""
    if not config.queue.url.startswith(REDIS):
        return ""
    huey, away = _on_redis(config.queue.url, lambda: None, lambda _error: None)
    try:
        huey.storage.conn.ping()
    except away as error:
        return str(error)
    finally:
        huey.storage.pool.disconnect()
    return ""


def _make_consumer(huey: Any, workers: int) -> Any:
    from huey.consumer import Consumer, Worker

    class WakeWorker(Worker):  # type: ignore[misc]
        delay: float

        def sleep(self) -> None:
            self.delay = min(self.delay, self.max_delay)
            self.huey.wake.acquire(timeout=self.delay)
            self.delay *= self.backoff

    class WakeConsumer(Consumer):  # type: ignore[misc]
        worker_class = WakeWorker

        def _set_signal_handlers(self) -> None:
            """Signals belong to the server's main thread."""

        def stop(self, graceful: bool = False) -> None:
            self.stop_flag.set()
            for _ in range(self.workers):
                self.huey.wake.release()
            super().stop(graceful)

    return WakeConsumer(huey, workers=workers, periodic=False, max_delay=POLL_SECONDS, scheduler_interval=60)
