"""The composition root: builds one till from its settings, and takes it down again. The only place that wires."""

from __future__ import annotations

import logging
import secrets
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from flask import Flask

import agents
from pos import channels, clock, language, places
from pos.actions import hooks, hub_join, inventory_guard, issuer, qbo_connect, qbo_worker
from pos.actions.hub_live import Listener
from pos.actions.press import Press
from pos.config import Config, Shop
from pos.connectors import configured
from pos.devices import printer_of
from pos.errors import BadSettings
from pos.rules import wording
from pos.runner import Runner
from pos.store import (
    companies,
    conductor_companies,
    connections,
    deliveries,
    earlier,
    foreign,
    hub_changes,
    hub_copy,
    inventory_begin,
    notices,
    qbd_companies,
    run_screens,
)
from pos.store.db import Store, open_store
from pos.store.journal import Committed, Journal
from pos.web import bell, errors, logs, printing, status
from pos.web.counted import Counted
from pos.web.live import Hub, brought_in
from pos.web.parts import Parts
from pos.web.setup_door import Door
from pos.web.site import build


class App:
    """One till, open. `start()` sets its background threads going; `stop()` ends them in order and closes everything.

    control_key: a bearer key with every right for programs on this machine, made anew at each start.
    """

    def __init__(self, config: Config, store: Store, journal: Journal) -> None:
        self.config = config
        self.store = store
        self.journal = journal
        self.counted = Counted()
        self.door = Door()
        self.control_key = f"tk_{secrets.token_urlsafe(32)}"
        self.hub = Hub(
            lambda: {"type": "status", **status.status_view(store, journal)},
            lambda: bell.message(store),
            *([] if config.queue.in_server else [brought_in(lambda: connections.moved_at(store))]),
            brought_in(lambda: run_screens.news_mark(store), "run"),
            release=store.release,
        )
        self.agents = agents.of(config)
        self.runner = Runner(store, config, self.agents, journal=journal)
        self.listener = Listener(store, config, self.runner.ring)
        self.press = Press(store, config, printer_of(config))
        self.flask: Flask = build(
            Parts(
                config=config,
                store=store,
                journal=journal,
                hub=self.hub,
                ring=self.runner.ring,
                press=self.press,
                control_key=self.control_key,
                ask_issuer=partial(issuer.ask, store, config),
                counted=self.counted,
                agents=self.agents,
                run_now=self.runner.run_now,
                door=self.door,
            )
        )
        self.runner.listeners.append(self._heard)
        notices.on_change(store, self._told)
        self.press.listeners.append(lambda job: self.hub.publish(printing.message(job, config)))
        journal.on_commit += [self._committed, self.counted.saved]
        journal.on_timed = self.counted.timed
        self.runner.on_round = self.counted.round_ended

    def start(self) -> None:
        """Start the live screens and the agents (which only pass bells on when a process of their own runs them)."""
        self.hub.start()
        self.runner.start()
        self.runner.ring("notice")  # what a server before this one did not get out
        self.press.start()
        self.listener.start()

    def stop(self) -> None:
        """After the server stopped answering: end screens, agents, journal, database. Also when start() never ran."""
        errors.shielded("stopping the screens", self.hub.stop)
        errors.shielded("stopping to listen to the hub", self.listener.stop)
        errors.shielded("stopping the agents", self.runner.stop)
        errors.shielded("stopping the printer", self.press.stop)
        self.journal.close()
        self.store.close()
        logs.uninstall()

    def _committed(self, committed: Committed) -> None:
        """A document is saved: wake who sends it, tell the screens. Never fails the sale (the journal sees to it)."""
        self.hub.nudge()
        self.runner.ring(committed.doc["kind"])
        if committed.doc["vouchers"]:
            self.runner.ring("voucher")
        if self.config.server.role == "both":  # other tills may give goods of that receipt back again
            foreign.returned(self.store, committed.doc)
        self.press.committed(committed.doc)

    def _told(self) -> None:
        """A notice changed its state: send it out, ring the bell. Perhaps just before it is committed."""
        self.runner.ring("notice")
        self.hub.nudge()

    def _heard(self, event: str) -> None:
        """An agent changed something: the screens look again."""
        if event == "catalog":
            self.hub.publish({"type": "catalog"})
        self.hub.nudge()


def create_app(config: Config) -> App:
    """Open the till on its folder: migrate, take the folder's lock, recover, wire. Raises what keeps it from starting.

    BadSettings for a wrong setting, FolderInUse when another server has the folder, CannotSave when nothing opens.
    """
    logs.install(config)
    if not wording.known_locale(config.shop.locale):
        raise BadSettings(f"[shop] locale is {config.shop.locale!r}, which is not known; use one like en_GB.")
    if config.shop.language not in language.known():
        words = ", ".join(language.known())
        raise BadSettings(f"[shop] language is {config.shop.language!r}; there are: {words}.")
    if config.shop.locale == Shop().locale:  # left as it was: it follows the language
        locale = wording.locale_for(config.shop.language, config.shop.locale)
        config = replace(config, shop=replace(config.shop, locale=locale))
    channels.check(config)
    hooks.titles(config.hooks)
    places.check(config)
    with ExitStack() as undo:
        undo.callback(logs.uninstall)
        store = open_store(config)
        undo.callback(store.close)
        companies.refuse_selling(store)
        deliveries.refuse_unknown(store)
        connections.sync(store, configured(config))  # first: what recovery takes in is queued for each of them
        qbo_connect.prepare(store, config)
        qbd_companies.follow(store, config)
        conductor_companies.follow(store, config)
        inventory_guard.announce(store, config)
        earlier.queue(store, clock.now())
        inventory_begin.begin(store)
        if config.server.role != "till":
            hub_copy.came_back(store)
            hub_changes.watch(store)
        hub_join.prepare(store, config, logging.getLogger(__name__).info)
        journal = Journal(store)
        undo.callback(journal.close)
        app = App(config, store, journal)
        qbo_worker.announce(config)
        undo.pop_all()  # from here on the app closes them
    return app
