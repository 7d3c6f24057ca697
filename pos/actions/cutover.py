"""Is everything ready to go over to this till? One look at all of it: the way to QuickBooks Desktop, keys, approvals,
the gates of the API as they answer strangers and their own, the audit, the address from outside. Nothing is changed:
what is sent with a key is empty and is refused for that (which the audit tells).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from pos.actions import findings_report, inventory_guard, qbwc_preflight
from pos.actions.finding import Finding, fail, ok, warn
from pos.config import Config
from pos.errors import ConnectorError, PosError
from pos.http import Http
from pos.rules.inventory_approval import ENV_ADMIN, ENV_WRITE
from pos.store import audit, companies, env_users
from pos.store.db import Store

WRITE, ADMIN = "X-Inventory-Token", "X-Inventory-Admin-Token"
REPORT = "cutover_readiness_report.md"
STRANGER = "nobody-has-this-key-0000000000"
_SECONDS = 20.0
_WHY = {"unset": "is not set", "too_short": "is too short", "same": "is the same as the other one"}
_START = "Start the server of this folder: `pos_server.py serve`."


@dataclass(frozen=True, slots=True)
class Gate:
    """One request to the API, and what it must be answered. headers: the key it shows."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    answers: tuple[int, ...]
    else_words: str


def look(
    store: Store, config: Config, base: str = "", company: str = companies.MAIN, address: str = ""
) -> Iterator[Finding]:
    """Every check, in order. base: where the server of this folder listens, "" = it does not run. address: of the Web
    Connector, where it is not [qbwc] app_url."""
    yield from _tokens(config)
    yield from _approvals(store, config, company)
    yield from _audit(store)
    if base:
        yield from _gates(config, base)
    else:
        yield fail("gates", "The server of this folder does not run, so its gates could not be tried.", _START)
    for one in qbwc_preflight.look(store, config, company, address):
        yield dataclasses.replace(one, name=f"qbwc {one.name}")
    yield from _public(address or config.qbwc.app_url)


def last_line(found: list[Finding]) -> str:
    """What everything comes to."""
    return f"Cutover Ready: {'YES' if findings_report.passes(found) else 'NO'}"


def keep(path: Path, found: list[Finding], company: str) -> tuple[Path, Path]:
    """The report for people and the one for programs, beside each other."""
    pages = path.with_suffix(".md"), path.with_suffix(".json")
    ready = findings_report.passes(found)
    for page in pages:
        findings_report.write(page, "Cutover readiness", found, last_line(found), ready=ready, company=company)
    return pages


# -- here --------------------------------------------------------------------------------------------------------------


def _tokens(config: Config) -> Iterator[Finding]:
    for user, name in ((ENV_WRITE, "INVENTORY_WRITE_TOKEN"), (ENV_ADMIN, "INVENTORY_ADMIN_TOKEN")):
        why = env_users.why_not(config.inventory, user)
        if why:
            yield fail(f"token {user}", f"{name} {_WHY[why]}.", "`pos_server.py inventory tokens`, then start anew.")
        else:
            yield ok(f"token {user}", f"{name} is set.")


def _approvals(store: Store, config: Config, company: str) -> Iterator[Finding]:
    stands = inventory_guard.switch(store, company)
    if not stands.on:
        words = f"Approvals are off, by {stands.by}: {stands.reason}"
        yield fail("approvals", words, "`pos_server.py inventory approvals on --reason …`")
    elif not config.inventory.require_approval:
        yield warn("approvals", inventory_guard.warning(stands, config), "[inventory] require_approval = yes")
    else:
        yield ok("approvals", "Approvals are on.")
    try:
        most = inventory_guard.thresholds(config)
    except (PosError, ArithmeticError) as error:
        words = error.message if isinstance(error, PosError) else "A threshold is no number."
        yield fail("threshold", words, "[inventory] approval_qty_threshold")
        return
    quantity = Decimal(most.quantity) / 1000
    if quantity < 1:
        words = f"From {quantity:f} on a second person is asked: of nearly everything."
        yield fail("threshold", words, "[inventory] approval_qty_threshold = 1 or more")
    else:
        yield ok("threshold", f"From {quantity:f} on a second person is asked.", quantity=f"{quantity:f}")


def _audit(store: Store) -> Iterator[Finding]:
    rows, broken = audit.verify_chain(store)
    if broken:
        yield fail("audit", f"The chain of the audit is broken: {broken}.", "See docs/operations.md.", rows=rows)
    else:
        yield ok("audit", f"The chain of the audit is whole, {rows} rows.", rows=rows)


# -- the gates, as they answer -----------------------------------------------------------------------------------------


def _gates(config: Config, base: str) -> Iterator[Finding]:
    http = Http(base, secrets=[config.inventory.write_token, config.inventory.admin_token], read_seconds=_SECONDS)
    try:
        for gate in _expected(config):
            yield _tried(http, gate)
    finally:
        http.close()


def _expected(config: Config) -> Iterator[Gate]:
    write, admin = "/api/inventory/transfer", "/api/inventory/location"
    looks = ("/api/inventory/overview", "/api/inventory/audit")
    shut, wrong = "A stranger is let in.", {WRITE: STRANGER, ADMIN: STRANGER}
    for path in (write, admin):
        yield Gate(f"gate {path} without a key", "POST", path, {}, (401,), shut)
        yield Gate(f"gate {path} with a wrong key", "POST", path, wrong, (401,), shut)
    for path in looks:
        yield Gate(f"gate {path} without a key", "GET", path, {}, (401,), shut)
    own = config.inventory
    if not env_users.why_not(own, ENV_WRITE):
        key = {WRITE: own.write_token}
        yield Gate("gate write with its key", "POST", write, key, (400, 422), "The key does not open what it should.")
        yield Gate("gate admin with the write key", "POST", admin, key, (401, 403), "The write key sets up, too.")
    if not env_users.why_not(own, ENV_ADMIN):
        key = {ADMIN: own.admin_token}
        yield Gate("gate admin with its key", "POST", admin, key, (400, 422), "The key does not open what it should.")
        yield Gate("gate audit with its key", "GET", looks[1], key, (200,), "The audit cannot be read.")


def _tried(http: Http, gate: Gate) -> Finding:
    try:
        if gate.method == "GET":
            answer = http.read(gate.path, headers=gate.headers)
        else:
            answer = http.send("POST", gate.path, {}, headers=gate.headers, only_reads=True)
    except ConnectorError as error:
        return fail(gate.name, error.message, _START)
    if answer.status not in gate.answers:
        return fail(gate.name, f"{gate.else_words} It answered {answer.status}.", "Stop the server, and tell support.")
    return ok(gate.name, f"It answered {answer.status}, as it should.", status=answer.status)


# -- from outside ------------------------------------------------------------------------------------------------------


def _public(address: str) -> Iterator[Finding]:
    """What the address of the Web Connector gives to strangers besides; whether it is there the preflight said."""
    parts = urlsplit(address)
    if not parts.hostname:
        return
    if parts.hostname == "localhost":
        yield ok("public", "The Web Connector runs on this machine: no address from outside is needed.")
        return
    http = Http(f"{parts.scheme}://{parts.netloc}", read_seconds=_SECONDS)
    try:
        answer = http.read("/api/inventory/overview")
        if answer.status == 200:
            yield fail("public", f"{parts.hostname} shows stock to strangers.", "Point it at the port of its own.")
        else:
            yield ok("public", f"{parts.hostname} is there, and shows strangers nothing.", status=answer.status)
    except ConnectorError as error:
        yield fail("public", error.message, "Check name, certificate and tunnel.")
    finally:
        http.close()
