"""Gift vouchers without a basket: asked for, issued or adjusted by hand, expired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos import clock
from pos.actions import cash
from pos.actions.approve import Permission, ids_of
from pos.actions.repeated import once
from pos.actions.sell import Seller, Till
from pos.actions.voucher_lines import Ask, ask_each, check_free, new_code, rows_of, terms_of
from pos.errors import Conflict, Invalid
from pos.rules import basket as baskets
from pos.rules import shift, voucher, voucher_doc
from pos.rules.money import major
from pos.rules.tender import has_card_number
from pos.rules.voucher import Standing, Wanted
from pos.said import said
from pos.store import vouchers
from pos.store.db import Store
from pos.store.journal import Committed

#: Vouchers one document expires.
EXPIRE_MAX = 100


# -- by hand ---------------------------------------------------------------------------------------------------------


def issue(till: Till, raw: Mapping[str, Any], by: Seller, ask: Ask | None = None) -> Committed:
    """Make a voucher without a sale: `{id, code?, amount, reason, note?, approvals?}`. Right `voucher_issue`.

    The same id again answers the same document. ask: the issuer, before anything is saved; it knows codes of other
    tills. Invalid voucher_amount, voucher_code, card_number; Conflict voucher_taken.
    """
    config, key, typed = till.config, shift.key_of(raw), _typed_code(raw)
    amount = baskets.money(raw.get("amount"), "amount", config.shop.currency)
    voucher.check_amount(amount, terms_of(config), config.shop.currency, config.shop.locale, "amount")
    if has_card_number(typed):  # it could never be used: no payment takes such a reference
        raise Invalid("That is a whole card number; keep only its last four digits.", code="card_number", field="code")
    code = typed or new_code(till.store)
    wanted = Wanted("issue", code, amount, made=not typed, new=True, field="code")
    return _by_hand(till, raw, by, key, wanted, typed, ask)


def adjust(till: Till, raw: Mapping[str, Any], by: Seller, ask: Ask | None = None) -> Committed:
    """Correct what is on a voucher: `{id, code, amount, reason, note?, approvals?}`, amount signed. Right
    `voucher_issue`. Never below nothing, never above what a voucher may be made over."""
    config, key, code = till.config, shift.key_of(raw), _typed_code(raw)
    cur = config.shop.currency
    if not code:
        raise Invalid("Type or scan the voucher's code.", field="code")
    amount = baskets.money(raw.get("amount"), "amount", cur)
    if not amount:
        raise Invalid("Type an amount.", field="amount")
    if abs(amount) > terms_of(config).amount_max:
        shift.no_mistake(abs(amount), cur, config.vouchers.amount_max, "amount")
    return _by_hand(till, raw, by, key, Wanted("adjust", code, amount, field="amount"), code, ask)


def _by_hand(
    till: Till, raw: Mapping[str, Any], by: Seller, key: str, wanted: Wanted, typed: str, ask: Ask | None
) -> Committed:
    reason, note = shift.reason_of(raw), shift.note_of(raw)
    asked = major(wanted.amount, till.config.shop.currency)

    def same(saved: Mapping[str, Any]) -> None:
        if not voucher_doc.same_asked(saved, wanted.act, typed, asked, reason):
            number = saved["invoice_name"]
            raise Conflict(
                said(
                    "This is already saved as {number}, with something else in it. Begin anew for anything else.",
                    number=number,
                ),
                code="other_content",
                facts={"number": number},
            )

    def make() -> Committed:
        permission = Permission(till.store, by, key, ids_of(raw))
        permission.need("voucher_issue", "amount", reach=abs(asked))
        if wanted.new:
            check_free(till.store, typed, "code")
        if typed:  # another till may have made, or used, it a moment ago
            ask_each(till.store, key, {typed: max(0, -wanted.amount)}, ask)
        doc = _document(till, key, by, reason, note)
        if approved := permission.approved():
            doc["approved"] = approved
        return till.journal.commit(
            doc,
            lambda tx: permission.consume(tx, key),
            lambda tx: {"vouchers": rows_of(tx, [wanted], key)},
        )

    return once(till.store, key, same, make)


def _document(till: Till, key: str, by: Seller, reason: str, note: str) -> dict[str, Any]:
    doc = shift.blank(voucher.KIND, key, cash.maker_of(till.store, till.config, by))
    return {**doc, voucher.KIND: voucher_doc.block(reason, note)}


def _typed_code(raw: Mapping[str, Any]) -> str:
    value = raw.get("code")
    if value in (None, ""):
        return ""
    if not isinstance(value, str):
        raise Invalid("Send text here.", field="code")
    return voucher.code_of(value)


# -- expired ---------------------------------------------------------------------------------------------------------


def expire(till: Till, by: Seller, limit: int = EXPIRE_MAX) -> Committed | None:
    """Take off what is left on vouchers made at this till that are past their last day; None when there are none.

    One document for up to `limit` of them. Only the till that made a voucher expires it, and only while the issuer is
    heard, so that two tills never do it twice. Looked at again inside the transaction.
    """
    due = [x for x in vouchers.expired(till.store) if _may_expire(till.store, x)][:limit]
    if not due:
        return None
    key = clock.uuid7()
    doc = _document(till, key, by, "Expired", "")

    def complete(tx: Store) -> dict[str, Any]:
        now = [vouchers.balance(tx, x.code) for x in due]
        left = [x for x in now if x.state == "expired" and x.balance > 0]
        if not left:
            raise Conflict("These vouchers were used or expired meanwhile.", code="nothing_expired")
        return {"vouchers": rows_of(tx, [Wanted("expire", x.code, -x.balance) for x in left], key)}

    return till.journal.commit(doc, None, complete)


def _may_expire(store: Store, known: Standing) -> bool:
    made = next((x for x in vouchers.rows_of(store, known.code) if x.act in vouchers.MADE), None)
    return made is not None and made.till == store.config.till.id and vouchers.is_fresh(store, known)


# -- asked for -------------------------------------------------------------------------------------------------------


def check(store: Store, raw: Mapping[str, Any], ask: Ask | None = None) -> Standing:
    """What stands of a voucher: `{code, basket?, amount?}`. The issuer is asked first when there is one; what it says
    is in the ledger then, and value is set aside there for the basket. Invalid voucher_code."""
    code = voucher.code_of(_text(raw, "code"))
    basket = _text(raw, "basket")
    if basket and not baskets.UUID.match(basket):
        raise Invalid("A basket has a UUID in small letters.", field="basket")
    given = raw.get("amount")
    amount = 0 if given in (None, "") else baskets.money(given, "amount", store.config.shop.currency)
    if ask is not None and vouchers.issuer(store):
        ask(code, basket, max(0, amount))
    return vouchers.balance(store, code)


def release(store: Store, raw: Mapping[str, Any]) -> int:
    """A basket was emptied, set aside or left unpaid: `{basket, code?}`; code: of that voucher alone. Again is no harm.

    How many holds ended by it; the agent tells the issuer, and nobody waits for that. Invalid basket."""
    basket, code = _text(raw, "basket"), _text(raw, "code")
    if not baskets.UUID.match(basket):
        raise Invalid("A basket has a UUID in small letters.", field="basket")
    return vouchers.give_up(store, basket, code=voucher.code_of(code) if code else "")


def _text(raw: Mapping[str, Any], field: str) -> str:
    value = raw.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 100:
        raise Invalid("Send text of at most 100 characters.", field=field)
    return value.strip()
