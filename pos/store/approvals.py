"""Approvals: a second person's word for one act on one subject, given by PIN on the asker's screen.

Each is used once, inside the transaction of the act, within MINUTES; who, what and for which document is audited.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

from pos import clock
from pos.errors import NeedsApproval
from pos.rules import rights
from pos.store import audit
from pos.store import rights as tables
from pos.store.db import Store

MINUTES = 5
#: Approvals one request may carry.
IDS_MAX = 20


class Asker(Protocol):
    """Who asks for an act."""

    @property
    def code(self) -> str: ...
    def may(self, right: str) -> bool: ...


class Approver(Protocol):
    """Who agrees to it; their PIN was checked."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Approval:
    """One given approval. bound: how far it reaches (per cent or money), None = as far as the approver may."""

    id: str
    act: str
    subject: str
    bound: Decimal | None
    approver: str
    approver_name: str
    approver_role: str
    asked_by: str

    def block(self, field: str = "") -> dict[str, Any]:
        """As the receipt keeps it, under `approved`."""
        return {"act": self.act, "by": {"code": self.approver, "name": self.approver_name}, "field": field}


def grant(store: Store, act: str, subject: str, approver: Approver, asked_by: str, bound: Decimal | None = None) -> str:
    """Write down that `approver` agrees; the approval's id. The caller checked PIN and right."""
    if act not in rights.ACTS:
        raise ValueError(f"no such act: {act}")
    now, key = clock.now(), clock.uuid7()
    with store.transaction():
        store.execute(
            "INSERT INTO approval (id, act, subject, bound, approver, approver_name, approver_role, asked_by, made_at,"
            " until, used_at, used_for) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')",
            (
                key, act, subject, "" if bound is None else f"{bound:f}", approver.code, approver.name, approver.role,
                asked_by, clock.stamp(now), clock.stamp(now + timedelta(minutes=MINUTES)),
            ),
        )  # fmt: skip
        detail = {"act": act, "asked_by": asked_by, "approval": key} | (
            {} if bound is None else {"bound": f"{bound:f}"}
        )
        audit.record(store, approver.code, "approval.given", subject, detail)
    return key


def find(
    store: Store, ids: Iterable[str], act: str, subject: str, by: Asker, reach: Decimal | None = None
) -> Approval | None:
    """The approval among `ids` that fits act, subject and reach and can still be used; None when there is none.

    Nobody approves for themselves; who left or lost the right meanwhile approves nothing.
    """
    now, table = clock.stamp(clock.now()), tables.of(store)
    for key in list(ids)[:IDS_MAX]:
        row = store.execute(
            "SELECT a.id, a.act, a.subject, a.bound, a.approver, a.approver_name, u.role, a.asked_by FROM approval a"
            " JOIN user u ON u.code = a.approver AND u.active = 1"
            " WHERE a.id = ? AND a.act = ? AND a.subject = ? AND a.asked_by = ? AND a.used_at = '' AND a.until > ?",
            (key, act, subject, by.code, now),
        ).fetchone()
        if row is None or row[4] == by.code or not table.allowed(row[6], act):
            continue
        key, act, subject, bound, approver, name, role, asked_by = row
        found = Approval(key, act, subject, Decimal(bound) if bound else None, approver, name, role, asked_by)
        if reach is None or found.bound is None or reach <= found.bound:
            return found
    return None


def consume(
    tx: Store,
    ids: Iterable[str],
    act: str,
    subject: str,
    by: Asker,
    *,
    document: str = "",
    reach: Decimal | None = None,
    field: str | None = None,
) -> Approval:
    """Use up the fitting approval, inside the transaction of the act. NeedsApproval when there is none any more.

    document: what it was used for, `subject` when left out.
    """
    found = find(tx, ids, act, subject, by, reach)
    now = clock.stamp(clock.now())
    used = (
        found is not None
        and tx.execute(
            "UPDATE approval SET used_at = ?, used_for = ? WHERE id = ? AND used_at = ''",
            (now, document or subject, found.id),
        ).rowcount
    )
    if found is None or not used:
        raise NeedsApproval("The approval is used up or too old; ask for it again.", act=act, field=field, reach=reach)
    detail = {"act": act, "asked_by": by.code, "approval": found.id, "document": document or subject}
    audit.record(tx, found.approver, "approval.used", document or subject, detail)
    return found


def somebody_may(store: Store, act: str, but: str, reach: Decimal | None = None) -> bool:
    """Whether anybody else with a PIN could approve the act, and so far."""
    table = tables.of(store)
    roles = [role for role in rights.ROLES if table.allowed(role, act)]
    if act == "discount" and reach is not None:
        roles = [role for role in roles if table.discount_percent_max(role) >= reach]
    marks = ", ".join("?" * len(roles))
    row = store.execute(
        f"SELECT 1 FROM user WHERE active = 1 AND pin_hash <> '' AND code <> ? AND role IN ({marks}) LIMIT 1",
        (but, *roles),
    ).fetchone()
    return row is not None


@dataclass(frozen=True, slots=True)
class Given:
    """An approval on the list of those given. number: of the document it was used on, "" while it is used on none."""

    act: str
    bound: str
    approver: str
    asked_by: str
    made_at: str
    until: str
    used_at: str
    number: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A try that was refused: who was asked, by whom, for what, and why not."""

    at: str
    person: str
    asked_by: str
    act: str
    why: str


def given(store: Store, since: str, limit: int, offset: int = 0) -> list[Given]:
    """Approvals given from `since` (a stamp) on, the newest first."""
    rows = store.execute(
        "SELECT a.act, a.bound, a.approver_name, coalesce(u.name, a.asked_by), a.made_at, a.until, a.used_at,"
        " coalesce((SELECT d.number FROM document d WHERE d.id = a.used_for), a.used_for) FROM approval a"
        " LEFT JOIN user u ON u.code = a.asked_by WHERE a.made_at >= ? ORDER BY a.made_at DESC LIMIT ? OFFSET ?",
        (since, limit, offset),
    )
    return [Given(*row) for row in rows.fetchall()]


def refused(store: Store, since: str, limit: int) -> list[Refused]:
    """Tries that were refused from `since` on, the newest first."""
    rows = store.execute(
        "SELECT a.at, coalesce(u.name, a.actor), a.detail FROM audit a LEFT JOIN user u ON u.code = a.actor"
        " WHERE a.act = 'approval.refused' AND a.at >= ? ORDER BY a.n DESC LIMIT ?",
        (since, limit),
    ).fetchall()
    names = dict(store.execute("SELECT code, name FROM user").fetchall())
    found = []
    for at, person, text in rows:
        detail = json.loads(text)
        asked_by = names.get(detail["asked_by"], detail["asked_by"])
        found.append(Refused(at, person, asked_by, detail["act"], detail["why"]))
    return found
