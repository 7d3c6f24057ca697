"""Cash put into the drawer or taken out of it, and the drawer opened without a sale: each a document with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.actions import figures
from pos.actions.approve import Permission, ids_of
from pos.actions.repeated import once
from pos.actions.sell import Seller, Till
from pos.config import Config
from pos.errors import Conflict, Invalid
from pos.rules import receipt, shift
from pos.rules.money import major, minor
from pos.said import said
from pos.store import audit, catalog
from pos.store.db import Store
from pos.store.journal import Committed


def record(till: Till, raw: Mapping[str, Any], by: Seller) -> Committed:
    """Make one movement of the drawer a saved document; durable on return, and only then may the drawer open.

    The same id and content again: the first document, `duplicate` True. Conflict other_content for an id that holds
    something else; Invalid without amount or reason; NeedsApproval without the right, or above the role's ceiling.
    """
    config, key = till.config, shift.key_of(raw)
    kind = raw.get("kind")
    if kind not in shift.MOVEMENTS:
        raise Invalid(said("kind is one of: {list}.", list=", ".join(shift.MOVEMENTS)), field="kind")
    amount = _amount(raw, kind, config)
    reason, note = shift.reason_of(raw), shift.note_of(raw)
    doc = shift.document(kind, key, amount, maker_of(till.store, config, by), reason=reason, note=note)

    def make() -> Committed:
        permission = Permission(till.store, by, key, ids_of(raw))
        _permit(permission, kind, amount, config)
        return save(till, doc, permission)

    return once(till.store, key, lambda saved: same_or_conflict(till.store, saved, doc, by), make)


def _amount(raw: Mapping[str, Any], kind: str, config: Config) -> int:
    sign = shift.SIGNS[kind]
    if sign is None:
        if raw.get("amount") not in (None, "", "0", "0.00"):
            raise Invalid("Opening the drawer moves no money; use paid in or paid out.", field="amount")
        return 0
    return sign * shift.amount_of(raw, config.shop.currency, config.pricing.tender_max)


def _permit(permission: Permission, kind: str, amount: int, config: Config) -> None:
    """The right of the kind; and for cash that leaves for good no more than the role may pay out alone."""
    right, by, cur = shift.MOVEMENTS[kind], permission.by, config.shop.currency
    if kind != "paid_out":
        permission.need(right)
        return
    within = shift.within_ceiling(config.shift.paid_out_max, by.role, abs(amount), cur)
    words = ""
    if not within:
        most = figures.money(abs(amount), config)
        words = said("{amount} is more than {name} may pay out alone.", amount=most, name=by.name)
    alone = by.may(right) and within
    permission.need(right, "amount", reach=major(abs(amount), cur), alone=alone, message=words)


def save(till: Till, doc: dict[str, Any], permission: Permission, **more: Any) -> Committed:
    """Check and commit a document of the drawer with the approvals it used. more: what `journal.commit` takes."""
    approved = permission.approved()
    if approved:
        doc["approved"] = approved
    if "complete" not in more:
        receipt.check(doc)
    guard = more.pop("guard", None)

    def admitted(tx: Store) -> None:
        if guard is not None:
            guard(tx)
        permission.consume(tx, doc["id"])

    return till.journal.commit(doc, admitted, **more)


def same_or_conflict(store: Store, saved: Mapping[str, Any], asked: Mapping[str, Any], by: Seller) -> None:
    """Pass when the saved document is what is asked for now; else audit it and Conflict other_content."""
    field: str | None = "kind"
    if saved["kind"] == asked["kind"]:
        field = receipt.first_difference(shift.content(saved), shift.content(asked))
    if field is None:
        return
    number = saved["invoice_name"]
    audit.record(store, by.code, "cash.other_content", number, {"id": saved["id"], "field": field})
    raise Conflict(
        said(
            "This is already saved as {number}, with another {field}. Begin anew for anything else.",
            number=number,
            field=field,
        ),
        code="other_content",
        field=field,
        facts={"number": number},
    )


def maker_of(store: Store, config: Config, by: Seller) -> shift.Maker:
    """Who makes a document of the drawer here; its cash goes by the shop's first cash tender."""
    cash = [mode.name for mode in catalog.payment_modes(store) if mode.kind == "cash"]
    pricing = config.pricing
    return shift.Maker(
        by.code, by.name, config.shop.currency, cash[0] if cash else "Cash", config.till.price_list,
        pricing.prices_include_tax, pricing.tax_rule, pricing.rounding,
    )  # fmt: skip


def shown(committed: Committed, config: Config) -> dict[str, Any]:
    """A saved document of the drawer as the page shows it."""
    doc = committed.doc
    amount = minor(doc["cash"]["amount"], doc["currency"])
    return {
        "number": doc["invoice_name"],
        "id": doc["id"],
        "kind": doc["kind"],
        "amount": figures.plain(amount, config),
        "amount_text": figures.money(amount, config),
        "reason": doc["cash"]["reason"],
        "saved_at": doc["created_at"],
        "by": doc["cashier"]["name"],
        "session": doc["session"],
    }
