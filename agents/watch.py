"""Watch: takes in receipts dropped into invoices/, and raises the alarm over files of its days that are not as written.

Reads: invoices/, documents     Writes: documents (through the journal), invoices/, notices, audit     Talks to: nobody
If it fails: dropped files wait where they are; the till keeps selling.
What the file system tells only wakes the scan (it loses events in a burst and says so to nobody); the truth is the scan
at the start, each minute and after a burst.
"""

from __future__ import annotations

from collections.abc import Callable

from pos.actions import watch
from pos.config import Config
from pos.runner import Agent, Run, every


def run(job: Run) -> str:
    """One look."""
    if job.journal is None:
        return "No journal here."
    done = watch.Done(days=job.store.keeps_files)
    watch.take_in_drops(job, job.journal, done)
    if job.cause != "ring" and job.store.keeps_files:  # where it does not, none is missing, and none is written
        watch.guard_days(job, done)
    if done.more:
        job.again_in(watch.STILL_SECONDS)
    if done.taken_in or done.refused or done.alarms:
        job.ring("status")
    return done.sentence()


def listen(config: Config, ring: Callable[[str], None]) -> Callable[[], None]:
    """Ring when something is dropped into invoices/ itself; its days are left to the scan."""
    from watchdog.events import (
        FileClosedEvent,
        FileCreatedEvent,
        FileMovedEvent,
        FileSystemEvent,
        FileSystemEventHandler,
    )
    from watchdog.observers import Observer

    class Bell(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002
            ring("drop")

    observer = Observer()
    wanted = [FileCreatedEvent, FileClosedEvent, FileMovedEvent]
    observer.schedule(Bell(), str(config.invoices), recursive=False, event_filter=wanted)
    observer.start()

    def stop() -> None:
        observer.stop()
        observer.join(5)

    return stop


AGENT = Agent(
    name="watch",
    title="Watch over the receipts' folder",
    run=run,
    when=every(minutes=1),
    rings=("drop",),
    saves=True,
    listen=listen,
)
