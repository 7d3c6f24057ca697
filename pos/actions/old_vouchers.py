"""Vouchers of the older till, with what is left on them: each becomes a document that issues it by hand, once.

The document's id is made of the code, so a list given twice, at one till or at two, makes each voucher once: its row
has the same id everywhere, and the ledger and the issuer count an id once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pos.actions import cash
from pos.actions.bring_in import Outcome, sorted_rows
from pos.actions.issuer import Asked
from pos.actions.sell import Seller, Till
from pos.actions.voucher_lines import Ask, check_free, reach_of
from pos.errors import Conflict, Invalid, UserError
from pos.rules import sheet, shift, voucher, voucher_doc
from pos.rules.money import major
from pos.rules.sheet import OldVoucher
from pos.rules.tender import has_card_number
from pos.rules.voucher import Wanted
from pos.store import audit, feeds, vouchers
from pos.store.db import Store

#: Ids of these documents are made below it (RFC 9562, version 5). It never changes.
NAMESPACE = uuid.UUID("2f0c9c1e-7a55-5d0b-8f6e-3f1f8f0f6a41")


def document_of(code: str) -> str:
    """The id of the document that brings a voucher in."""
    return str(uuid.uuid5(NAMESPACE, code))


def take_in(till: Till, rows: Sequence[Mapping[str, str]], by: Seller, ask: Ask | None = None) -> Outcome:
    """Take in a piece of the list; added and unchanged vouchers, and the rows that were refused with the reason.

    ask: the issuer of vouchers, where there is one; it must be heard about each code, for it may know the voucher.
    """
    currency = till.config.shop.currency
    good, refused = sorted_rows(rows, lambda cells: sheet.voucher(cells, currency))
    added = 0
    for at, one in good.items():
        try:
            added += _bring(till, one, by, ask)
        except UserError as error:
            refused[at] = error.message
    counts = feeds.Counts(added, 0, len(rows) - added - len(refused))
    detail = {"added": counts.added, "unchanged": counts.unchanged, "refused": len(refused)}
    audit.record(till.store, by.code, "import.vouchers", "", detail)
    return Outcome(counts, tuple(sorted(refused.items())))


def _bring(till: Till, one: OldVoucher, by: Seller, ask: Ask | None) -> bool:
    """Whether it is new here. Conflict when the code stands for something else; Invalid when it cannot be one."""
    store, key = till.store, document_of(one.code)
    if has_card_number(one.code):  # it could never be used: no payment takes such a reference
        raise Invalid("the code is a whole card number, which no voucher may have.", field="code")
    if vouchers.issuer(store):
        heard = ask(one.code, "", 0) if ask else None
        if not isinstance(heard, Asked) or not heard.reached:
            why = f" {heard.why_not}" if isinstance(heard, Asked) and heard.why_not else ""
            raise Conflict(f"the books that keep the vouchers may know it, and were not heard.{why}", code="not_heard")
    if vouchers.exists(store, one.code):
        _same(till, one, key)
        return False
    check_free(store, one.code, "code")
    doc = shift.blank(voucher.KIND, key, cash.maker_of(store, till.config, by))
    doc |= {voucher.KIND: voucher_doc.block(f"Brought in from {one.origin}", one.note)}
    committed = till.journal.commit(doc, None, lambda tx: {"vouchers": _rows(tx, one, key)})
    return not committed.duplicate


def _rows(tx: Store, one: OldVoucher, key: str) -> list[dict[str, Any]]:
    shop = tx.config.shop
    return voucher.entered(
        [Wanted("issue", one.code, one.balance, new=True, field="code")],
        key,
        lambda code: vouchers.balance(tx, code),
        lambda known: reach_of(tx, known, key),
        expires=one.expires,
        currency=shop.currency,
        locale=shop.locale,
    )


def _same(till: Till, one: OldVoucher, key: str) -> None:
    """Pass when the voucher that is known here is this very one, brought in before, here or at another till."""
    made = next((row for row in vouchers.rows_of(till.store, one.code) if row.id == f"{key}:1"), None)
    if made is None:
        raise Conflict(f"the code {one.code} is of a voucher that is known here already.", code="voucher_taken")
    if made.amount != one.balance:
        was = major(made.amount, till.config.shop.currency)
        raise Conflict(f"it was brought in with {was} already; correct it on the page Vouchers.", code="other_content")
