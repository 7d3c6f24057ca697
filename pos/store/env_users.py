"""The two users of the environment, below /api/inventory alone: `env-write` moves stock, `env-admin` agrees, sets up.

Their tokens are for the beginning, until people have keys of their own. One that is not set, too short, or the same as
the other one lets nobody in. Nobody signs in as them, and they cannot agree to each other's requests.
"""

from __future__ import annotations

import hmac
from typing import Protocol

from pos.rules import rights
from pos.rules.inventory_approval import ENV_ADMIN, ENV_WRITE
from pos.rules.rights import Rights
from pos.store.keys import Actor, digest

#: Letters of the shortest token that counts, and of one that `inventory tokens` makes.
CHARS_MIN, CHARS_MADE = 16, 48
RIGHTS = {ENV_WRITE: ("stock",), ENV_ADMIN: ("stock_approve", "stock_admin")}


class Settings(Protocol):
    """The settings [inventory]."""

    @property
    def write_token(self) -> str: ...
    @property
    def admin_token(self) -> str: ...


def find(settings: Settings, secret: str) -> Actor | None:
    """Whose token this is; None for any other. Both are compared, each in constant time."""
    found = None
    for user, token in ((ENV_WRITE, settings.write_token), (ENV_ADMIN, settings.admin_token)):
        same = hmac.compare_digest(digest(secret), digest(token))
        if same and not why_not(settings, user):
            found = user
    if found is None:
        return None
    table = Rights(overrides={(found, right): right in RIGHTS[found] for right in rights.RIGHTS})
    return Actor(found, found, found, "token", digest(secret), table=table, behind=found)


def why_not(settings: Settings, user: str) -> str:
    """Why a user of the environment cannot come in: unset, too_short, same; "" = they can."""
    token = settings.write_token if user == ENV_WRITE else settings.admin_token
    if not token:
        return "unset"
    if len(token) < CHARS_MIN:
        return "too_short"
    return "same" if settings.write_token == settings.admin_token else ""
