"""A till joins its hub: a one-time code is exchanged for a key the till made itself; later it makes itself another.

What was begun is kept beside the till's data until it is finished, so that a lost answer is asked for again with the
same code, key and folder id. Until then the key, folder id and hub of before stay in force.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pos import clock
from pos.config import Config
from pos.connectors.hub import client
from pos.errors import BadSettings, Unavailable
from pos.rules import hub
from pos.said import said
from pos.store import audit, connections, disk, hub_link, settings_file
from pos.store.db import Store

#: What was begun and not finished: key and folder id to be.
UNFINISHED = "hub.joining"


@dataclass(frozen=True, slots=True)
class Joined:
    """hub: its id; title, name: how it calls itself and this till. restart: whether config.ini was changed."""

    hub: str
    title: str
    name: str
    restart: bool


def join(store: Store, config: Config, url: str, code: str, by: str) -> Joined:
    """Type a code the hub made. BadSettings where this server has no hub; ConnectorError with the hub's words."""
    _may_join(store, config, url)
    begun = _begun(config)
    asking = replace(config, hub=replace(config.hub, url=url))
    told = client.join(asking, code, hub.digest(begun["key"]), begun["instance"])
    pinned = str(told.get("hub") or "")
    if not pinned:
        raise Unavailable(said("What answers at {url} is no hub.", url=url), code="no_hub")
    connections.keep_facts(store, hub.KIND, {"hub": pinned, "title": str(told.get("title") or "")})
    disk.write_whole(config.instance_file, begun["instance"].encode(), flush=True, mode=0o600)
    hub_link.keep_key(config, begun["key"])
    restart = config.hub.url != url
    if restart:
        settings_file.change(config.root, {("hub", "url"): url}, lambda _later: None)
    audit.record(store, by, "hub.join", config.till.id, {"hub": pinned, "url": url})
    hub_link.clear_doubled(store)
    _finished(config)
    return Joined(pinned, str(told.get("title") or ""), str(told.get("name") or ""), restart)


def new_key(store: Store, config: Config, by: str) -> None:
    """Another key in place of the one in force. A lost answer is asked for by giving the command again."""
    if config.hub.key:
        raise _key_elsewhere()
    begun = _begun(config)
    client.Hub(config, connections.facts(store, hub.KIND)).change_key(begun["key"])
    hub_link.keep_key(config, begun["key"])
    audit.record(store, by, "hub.key", config.till.id, {})
    _finished(config)


def standing(store: Store, config: Config) -> dict[str, Any]:
    """What the hub says of this till now. ConnectorError in words."""
    return client.Hub(config, connections.facts(store, hub.KIND)).known()


def prepare(store: Store, config: Config, tell: Callable[[str], None] = lambda _words: None) -> None:
    """At each start, before the first sale: the id of this folder, and every document that has not gone up yet."""
    if not config.hub.url:
        return
    hub_link.instance(config)
    pinned = str(connections.facts(store, hub.KIND).get("hub") or "")
    if pinned:
        count = hub_link.queue_all(store, pinned, clock.now())
        if count:
            tell(f"{count} documents of before wait to go up to the hub")


def _may_join(store: Store, config: Config, url: str) -> None:
    if config.server.role != "till":
        raise BadSettings(f"[server] role is {config.server.role}: a hub joins no other hub.")
    if config.erpnext.url:
        raise BadSettings(
            "This till has books of its own ([erpnext] url). The hub books what its tills sold: set the connection on "
            "the hub, empty [erpnext] url here, then join."
        )
    if config.hub.key:
        raise _key_elsewhere()
    if not url.startswith(("https://", "http://")):
        raise BadSettings(f"{url!r} is no address of a hub; write it like https://hub.example.com.")
    connections.refuse_demo(store, url)


def _key_elsewhere() -> BadSettings:
    return BadSettings(
        "The key comes from the environment or config.ini ([hub] key, TILLKEEP_HUB_KEY). Take it out there first; the "
        "new one is kept in data/hub.key."
    )


def _begun(config: Config) -> dict[str, str]:
    file = _file(config)
    try:
        found = json.loads(file.read_text(encoding="ascii"))
        return {"key": str(found["key"]), "instance": str(found["instance"])}
    except (OSError, ValueError, KeyError, TypeError):
        begun = {"key": f"tk_{secrets.token_urlsafe(32)}", "instance": clock.uuid7()}
        disk.write_whole(file, json.dumps(begun).encode(), flush=True, mode=0o600)
        return begun


def _finished(config: Config) -> None:
    _file(config).unlink(missing_ok=True)


def _file(config: Config) -> Path:
    return config.data / UNFINISHED
