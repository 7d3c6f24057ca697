"""Approval in place: who needs a second person's word, and how it is given on the asker's own screen.

An act collects what it needs in a `Permission`: `need()` before anything is made, `consume()` inside the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from pos.errors import Invalid, NeedsApproval, NotAllowed
from pos.rules import rights
from pos.said import said
from pos.store import approvals, audit, people, requests
from pos.store import rights as tables
from pos.store.approvals import Approval
from pos.store.db import Store


class Asker(Protocol):
    """Who asks, and what they may do alone."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    def may(self, right: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Needed:
    act: str
    field: str
    reach: Decimal | None
    approval: Approval


class Permission:
    """What one person may do to one subject, alone or with the approvals the request carries.

    subject: id of the basket or of the document that is made. ids: what `ids_of(request)` read.
    """

    def __init__(self, store: Store, by: Asker, subject: str, ids: Sequence[str] = ()) -> None:
        self.store, self.by, self.subject, self.ids = store, by, subject, ids
        self._needed: dict[str, _Needed] = {}

    def need(
        self,
        act: str,
        field: str = "",
        *,
        reach: Decimal | None = None,
        alone: bool | None = None,
        message: str = "",
    ) -> None:
        """Pass when the person may do it alone (they have the right; or `alone` says so) or somebody agreed to it.

        reach: how far it goes, in per cent or money; an approval given for less does not fit. NeedsApproval when
        somebody here could agree, NotAllowed when nobody could.
        """
        if self.by.may(act) if alone is None else alone:
            return
        found = approvals.find(self.store, self.ids, act, self.subject, self.by, reach)
        if found is None:
            raise self._refusal(act, field, reach, message)
        self._needed.setdefault(act, _Needed(act, field, reach, found))

    def _refusal(self, act: str, field: str, reach: Decimal | None, message: str) -> Exception:
        words = message or said("{name} may not {what}.", name=self.by.name, what=rights.RIGHTS[act])
        if approvals.somebody_may(self.store, act, self.by.code, reach):
            return NeedsApproval(
                said("{words} Somebody who may can agree to it here, with their code and PIN.", words=words),
                act=act,
                field=field or None,
                subject=self.subject,
                reach=reach,
            )
        return NotAllowed(said("{words} Ask somebody who may.", words=words), field=field or None)

    def approved(self) -> list[dict[str, Any]]:
        """What the document keeps under `approved`: [{act, by {code, name}, field}]."""
        return [n.approval.block(n.field) for n in self._needed.values()]

    def consume(self, tx: Store, document: str = "") -> None:
        """Use the approvals up, inside the act's transaction. NeedsApproval when one is gone meanwhile."""
        for n in self._needed.values():
            approvals.consume(
                tx, [n.approval.id], n.act, self.subject, self.by, document=document, reach=n.reach, field=n.field
            )


def ids_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The approvals a request carries: `"approvals": ["…"]`."""
    given = raw.get("approvals")
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > approvals.IDS_MAX or not all(isinstance(x, str) for x in given):
        raise Invalid(said("approvals is a list of at most {most} ids.", most=approvals.IDS_MAX), field="approvals")
    return tuple(given)


def approve(
    store: Store,
    by: Asker,
    *,
    act: str,
    subject: str,
    pin: str,
    code: str = "",
    badge: str = "",
    bound: Decimal | None = None,
) -> tuple[str, people.Person]:
    """A second person agrees to one act on one subject: the approval's id, and who agreed.

    code or badge names the person, the PIN proves it; wrong ones count as at sign-in. WrongPin, LockedOut; NotAllowed
    when it is the asker, or somebody without the right. bound: no further than this; above the approver's own ceiling
    it is refused.
    """
    _check_asked(act, subject)
    if not code and not badge:
        raise Invalid("Type the code, or scan the badge, of who approves.", field="code")
    person = people.check_badge(store, badge, pin) if badge else people.check_pin(store, code, pin)
    refused = _why_not(store, person, by.code, act, bound)
    if refused:
        detail = {"act": act, "asked_by": by.code, "why": refused}
        audit.record(store, person.code, "approval.refused", subject, detail)
        raise NotAllowed(refused, field="badge" if badge else "code")
    if act == "discount" and bound is None:
        bound = tables.of(store).discount_percent_max(person.role)
    return approvals.grant(store, act, subject, person, by.code, bound), person


def _check_asked(act: str, subject: str) -> None:
    if act not in rights.ACTS:
        raise Invalid(said("{act} is nothing that can be approved.", act=repr(act[:40])), field="act")
    if not subject or len(subject) > 100:
        raise Invalid("Say what the approval is for: the id of the basket or document.", field="subject")


def _why_not(store: Store, person: approvals.Approver, asked_by: str, act: str, bound: Decimal | None) -> str:
    table = tables.of(store)
    if person.code == asked_by:
        return said("Nobody approves their own act; somebody else must.")
    if not table.allowed(person.role, act):
        return said("{name} may not {what}. Ask somebody who may.", name=person.name, what=rights.RIGHTS[act])
    ceiling = table.discount_percent_max(person.role)
    if act == "discount" and bound is not None and bound > ceiling:
        most, wanted = f"{ceiling.normalize():f}", f"{bound.normalize():f}"
        return said("{name} may give up to {most} %, not {wanted} %.", name=person.name, most=most, wanted=wanted)
    return ""


# -- asked for from afar ---------------------------------------------------------------------------------------------


def ask(store: Store, by: Asker, *, act: str, subject: str, bound: Decimal | None, what: str) -> requests.Request:
    """Ask whoever may agree on their own screen. Invalid; NotAllowed when nobody here could."""
    _check_asked(act, subject)
    if not approvals.somebody_may(store, act, by.code, bound):
        raise NotAllowed(said("Nobody else here may {act}.", act=said(rights.RIGHTS[act])))
    return requests.ask(store, act, subject, bound, what, by.code, by.name)


def answer(store: Store, by: Asker, key: str, agreed: bool) -> requests.Request:
    """Agree to a request, or say no: somebody else than who asked, with the right, up to their own ceiling.

    NotFound; Conflict `answered` when it is answered, given up or too old; NotAllowed.
    """
    request = requests.find(store, key)
    bound = Decimal(request.bound) if request.bound else None
    refused = _why_not(store, by, request.asked_by, request.act, bound)
    if refused:
        raise NotAllowed(refused)
    if agreed:
        if request.act == "discount" and bound is None:
            bound = tables.of(store).discount_percent_max(by.role)
        requests.agree(store, request, by, bound)
    else:
        requests.refuse(store, request, by)
    return requests.find(store, key)
