"""serve: start the till on this folder and stay until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from pos import cli, config
from pos.cli import control, reference
from pos.cli.signals import stopped_by_signals
from pos.connectors import KINDS, configured
from pos.demo import DemoSummary, load_demo
from pos.errors import BadSettings
from pos.store import beginning, catalog, people, receipts
from pos.store.connections import Wanted, on_this_machine
from pos.store.db import Store


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help="port to listen on (default: config.ini)")
    parser.add_argument("--host", help="address to listen on (default: config.ini)")
    parser.add_argument("--demo", action="store_true", help="fill a new, unconnected till with a demo shop")


def run(args: argparse.Namespace, root: Path) -> int:
    """Start everything, print the address, serve. 0 after a clean stop; raises what keeps it from starting."""
    while _served(args, root):
        print("The first questions are answered; starting anew with what was said.")
    return cli.OK


def _served(args: argparse.Namespace, root: Path) -> bool:
    """One life of the server; whether it is to begin another, with settings that were changed."""
    again: list[bool] = []
    loaded = settings(root, args.host, args.port)
    from pos.app import create_app  # the whole program; not needed to print --help
    from pos.web import qbwc
    from pos.web.own_port import OwnPort
    from pos.web.server import listen

    app = create_app(loaded)
    beside: OwnPort | None = None
    try:
        own = loaded.server
        most, large = loaded.security.body_kb_max * 1024, qbwc.large(app.store, loaded)
        server = listen(app.flask, own.host, own.port, own.threads, most, own.trusted_proxy, large)
        if loaded.qbwc.bind_port:
            try:
                beside = OwnPort(qbwc.only(app.flask), loaded, large)
            except BadSettings as error:  # no reason not to sell
                cli.warn(error.message)
        demo = _demo(app.store, loaded) if args.demo and _is_unused(app.store) else None
        code = app.door.offer() if beginning.is_fresh(app.store) else ""

        def begin_anew() -> None:
            again.append(True)
            args.port = server.port  # also where any free one was asked for: the browser waits there
            server.stop()

        app.door.again = begin_anew
        with stopped_by_signals(server.stop):
            app.start()
            control.announce(loaded, server.port, app.control_key)
            cli.warn(config.open_to_others(root))
            _greet(loaded, server.port, demo, code)
            if beside is not None:
                beside.start()
            server.run()
        server.close_screens()
    finally:
        if beside is not None:
            beside.stop()
        control.withdraw(loaded)
        app.stop()
    return bool(again)


def _is_unused(store: Store) -> bool:
    """Nobody works here and nothing is sold here yet, also when an earlier start broke off."""
    return not catalog.groups(store) and not people.people(store) and not receipts.day(store).rows


def _demo(store: Store, loaded: config.Config) -> DemoSummary | None:
    """Load the demo shop, unless a connection leads to another machine."""
    real = [one.address for one in map(Wanted._make, configured(loaded, KINDS)) if not on_this_machine(one.address)]
    if real:
        print(f"No demo shop: this till is connected to {real[0]}.")
        return None
    return load_demo(store)


def settings(root: Path, host: str | None, port: int | None) -> config.Config:
    """The folder's settings, with what the command line says. A new folder gets a config.ini to look at."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / "config.ini").exists():
        (root / "config.ini").write_text(reference.config_ini(), encoding="utf-8", newline="\n")
    loaded = config.load(root)
    server = loaded.server
    if port is not None and not 0 <= port <= 65535:
        raise BadSettings(f"--port is {port}; it must be between 1 and 65535.")
    server = dataclasses.replace(
        server, host=server.host if host is None else host, port=server.port if port is None else port
    )
    return dataclasses.replace(loaded, server=server)


#: What a role is called to somebody who has just installed the till.
_WORDS = {"admin": "owner"}


def _greet(loaded: config.Config, port: int, demo: DemoSummary | None, code: str) -> None:
    """What a person at the terminal needs to know: the address, and the demo's PINs, which are shown this once."""
    host = loaded.server.host if loaded.server.host != "0.0.0.0" else "127.0.0.1"  # noqa: S104
    print(f"\n{loaded.shop.name}, {loaded.till.name}: http://{host}:{port}")
    if code:
        print("\nThis till is new. Answer the first questions in a browser on this machine:")
        print(f"  http://{host}:{port}/setup   with the code   {code}")
        print("or here, in another window: pos_server.py setup")
    if demo is not None:
        print(f"\nA demo shop of {demo.items} items was loaded. Its PINs are shown this once:")
        for person in demo.pins:
            print(f"  code {person.code:<6} PIN {person.pin:<10} {person.name}, {_WORDS.get(person.role, person.role)}")
        print("(`pos_server.py user pin CODE` sets a new one.) Codes to scan or type:")
        for words, code in demo.labels:
            print(f"  {code:<15} {words}")
    print("\nStop with Ctrl-C.\n", flush=True)
