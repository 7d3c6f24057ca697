"""Voiding: a finished sale taken back as a whole, and lines taken off a basket before it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pos.actions import voucher_lines
from pos.actions.approve import Permission, ids_of
from pos.actions.held import REASON_CHARS_MAX, spoken
from pos.actions.sell import Seller, Till
from pos.config import Config
from pos.errors import Conflict, Invalid, NotFound
from pos.rules import basket as baskets
from pos.rules import price, receipt, void
from pos.said import said
from pos.store import catalog, intake, shifts, voids
from pos.store import sold as sales
from pos.store.db import Store
from pos.store.journal import Committed

LINES_MAX = 100


def commit(till: Till, raw: Mapping[str, Any], by: Seller, ask: voucher_lines.Ask | None = None) -> Committed:
    """Void a finished sale: `{id, document, reason, note?, approvals?}`. The same id again answers the same void.
    ask: the issuer of vouchers, before anything is saved.

    NotFound, Invalid(reason); Conflict `not_voidable`, `other_session`, `returned_already`, `voided_already`,
    `other_content`; NeedsApproval(void). Checked once more inside the transaction.
    """
    store, config = till.store, till.config
    key, reason, note = _asked(raw)
    doc = sales.document(store, _text(raw, "document"))
    if doc is None:
        raise NotFound("There is no such receipt on this till.", field="document")
    before = intake.find(store, key)
    if before is not None:
        _same_or_conflict(before.doc, doc, reason)
        return Committed(before.doc, before.body, True, before.n, before.path)
    _check(store, config.till.id, doc)
    may = Permission(store, by, key, ids_of(raw))
    may.need("void", reach=doc["total"])
    voucher_lines.ask_before_void(store, doc, key, ask)
    made = void.document(doc, key, reason, note, {"code": by.code, "name": by.name})
    if approved := may.approved():
        made["approved"] = approved
    turned = voucher_lines.turned(doc)

    def guard(tx: Store) -> None:
        _check(tx, config.till.id, doc)
        may.consume(tx, key)

    def rows(tx: Store) -> dict[str, Any]:
        return {"vouchers": voucher_lines.rows_of(tx, turned, key)}

    if turned:  # the journal checks the document once they are in it
        committed = till.journal.commit(made, guard, rows)
    else:
        receipt.check(made)
        committed = till.journal.commit(made, guard)
    if committed.duplicate:
        _same_or_conflict(committed.doc, doc, reason)
    return committed


def _asked(raw: Mapping[str, Any]) -> tuple[str, str, str]:
    key = _text(raw, "id")
    if not baskets.UUID.match(key):
        raise Invalid("A void needs an id of its own: a UUID in small letters.", field="id")
    reason = spoken(raw.get("reason") or "", REASON_CHARS_MAX, "reason")
    if not reason:
        raise Invalid("Say why it is voided.", code="reason", field="reason")
    return key, reason, spoken(raw.get("note") or "", 500, "note")


def _text(raw: Mapping[str, Any], field: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or not value or len(value) > 100:
        raise Invalid("Send text of at most 100 characters.", field=field)
    return value


def _check(store: Store, till: str, doc: Mapping[str, Any]) -> None:
    """Raise why the sale cannot be voided now. Asked before and again inside the transaction."""
    with store.reading():
        number, back = sales.voided_by(store, doc["id"]), sales.pieces_back(store, doc["id"])
        session = shifts.current(store, till)
    if number is not None:
        raise Conflict(
            said("{number} was voided already, by {number2}.", number=doc["invoice_name"], number2=number),
            code="voided_already",
            facts={"number": number},
        )
    refused = void.refusal(doc, session.id if session else "", back) or voucher_lines.void_refusal(store, doc)
    if refused is not None:
        raise refused


def _same_or_conflict(saved: Mapping[str, Any], doc: Mapping[str, Any], reason: str) -> None:
    if saved["kind"] != void.KIND or saved["void"] != void.block(doc, reason):
        raise Conflict(
            said("This id is already {number}. Start the void anew.", number=saved["invoice_name"]),
            code="other_content",
            field="document",
            facts={"number": saved["invoice_name"]},
        )


# -- before it is paid -----------------------------------------------------------------------------------------------


def take_off(store: Store, config: Config, raw: Mapping[str, Any], by: Seller) -> int:
    """Write down lines, or pieces of lines, taken off a basket before it was paid; how many were new.

    `{lines: [{id, basket, line, item_code, item_name, qty, amount | unit}]}`: `amount` of the whole line as it was
    shown, or the `unit` price of the pieces; with neither, the shelf's price. The page sends them when it suits it.
    """
    given = raw.get("lines")
    if not isinstance(given, list) or not given or len(given) > LINES_MAX:
        raise Invalid(said("Send a list of 1 to {most} lines.", most=LINES_MAX), field="lines")
    return voids.take_off(store, [_off(store, x, f"lines.{i}", config) for i, x in enumerate(given)], by.code)


def _off(store: Store, raw: Any, where: str, config: Config) -> voids.TakenOff:
    if not isinstance(raw, Mapping) or not all(
        isinstance(raw.get(k), str) for k in ("id", "basket", "line", "item_code")
    ):
        raise Invalid("Each says id, basket, line and item_code.", field=where)
    if not baskets.UUID.match(raw["id"]) or not baskets.LINE_ID.match(raw["line"]) or len(raw["basket"]) > 36:
        raise Invalid("Each has a UUID of its own, and the ids of its basket and line.", field=f"{where}.id")
    qty = _pieces(raw.get("qty"), f"{where}.qty")
    return voids.TakenOff(
        id=raw["id"],
        basket=raw["basket"],
        line=raw["line"],
        item_code=spoken(raw["item_code"], baskets.TEXT_MAX["item_code"], f"{where}.item_code"),
        item_name=spoken(raw.get("item_name") or "", baskets.TEXT_MAX["item_code"], f"{where}.item_name"),
        qty=qty,
        amount=_worth(store, raw, qty, where, config),
    )


def _worth(store: Store, raw: Mapping[str, Any], qty: Decimal, where: str, config: Config) -> int:
    currency = config.shop.currency
    if raw.get("amount") not in (None, ""):
        return baskets.money(raw["amount"], f"{where}.amount", currency)
    if raw.get("unit") not in (None, ""):
        unit = baskets.number(raw["unit"], f"{where}.unit")
    else:
        goods = catalog.goods(store, [raw["item_code"]]).get(raw["item_code"])
        unit = (goods.price if goods else None) or Decimal(0)
    return price.worth(unit, qty, currency, config.pricing.rounding)


def _pieces(value: Any, where: str) -> Decimal:
    qty = baskets.number(value, where)
    if not qty or abs(qty) > 100_000 or qty.scaleb(3) != qty.scaleb(3).to_integral_value():
        raise Invalid("A quantity has at most three decimals and is not zero.", field=where)
    return qty
