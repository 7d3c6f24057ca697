"""Random days with gift vouchers against a book kept beside them: no commit ever takes a balance below nothing."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos import clock
from pos import config as till_settings
from pos.actions import sell, void, voucher
from pos.errors import UserError
from pos.rules.money import major
from pos.store import rebuild, shifts, vouchers
from tests.actions.gifts import asked, figures, gift, paid, used, with_gifts
from tests.actions.shop import Person, Till, line, open_till
from tests.store.looking import differences

MANAGER = Person()
amounts = st.integers(100, 6_000)
acts = st.lists(
    st.tuples(
        st.sampled_from(["sell", "use", "use", "refund", "refund_new", "void", "adjust", "by_hand", "expire", "again"]),
        st.integers(0, 50),
        amounts,
    ),
    min_size=8,
    max_size=22,
)


class Book:
    """What should be on every voucher, kept by somebody who only knows what was handed over."""

    def __init__(self, till: Till) -> None:
        self.till, self.on_it, self.made = till, {}, {}  # type: Till, dict[str, int], dict[str, Any]
        self.sales: list[tuple[dict[str, Any], dict[str, int]]] = []
        self.last: dict[str, Any] | None = None
        self.now = clock.now()

    def code(self, n: int) -> str:
        codes = sorted(self.on_it)
        return codes[n % len(codes)] if codes else "GV-NONE-0000"

    def gone(self, code: str) -> bool:
        return code not in self.made or self.now - self.made[code] > timedelta(days=365)

    def did(self, doc: dict[str, Any], changes: dict[str, int], *, voidable: bool = False) -> None:
        for code, amount in changes.items():
            self.made.setdefault(code, self.now)
            self.on_it[code] = self.on_it.get(code, 0) + amount
        if voidable:
            self.sales.append((doc, changes))

    def step(self, act: str, n: int, amount: int) -> None:
        """Do it; a refusal must be one the book agrees with."""
        try:
            getattr(self, act)(n, amount)
        except UserError as refused:
            assert self.may_refuse(act, n, amount), (act, n, amount, refused.message)

    def may_refuse(self, act: str, n: int, amount: int) -> bool:
        code = self.code(n)
        if act == "use":
            return self.gone(code) or self.on_it.get(code, 0) < amount
        if act == "refund":
            return self.gone(code)
        if act == "adjust":
            below = n % 2 == 1 and self.on_it.get(code, 0) < amount
            return code not in self.on_it or below or (n % 2 == 0 and self.gone(code))
        if act == "void":
            changes = self.sales[n % len(self.sales)][1]
            return any(self.on_it[c] < a for c, a in changes.items())
        return False

    def sell(self, _n: int, amount: int) -> None:
        text = f"{major(amount, 'GBP')}"
        basket = asked(line("MUG"), gift(text), pay=paid(("Card", f"{major(amount + 120, 'GBP')}")))
        doc = sell.commit(self.till, basket, MANAGER).doc
        self.last = basket
        self.did(doc, {doc["vouchers"][0]["code"]: amount}, voidable=True)

    def use(self, n: int, amount: int) -> None:
        code = self.code(n)
        self.did(used(self.till, code, f"{major(amount, 'GBP')}").doc, {code: -amount}, voidable=True)

    def again(self, _n: int, _amount: int) -> None:
        if self.last is not None:
            assert sell.commit(self.till, self.last, MANAGER).duplicate

    def refund(self, n: int, amount: int, code: str | None = None) -> None:
        code = self.code(n) if code is None else code
        thing = line("MISC", "-1", price=f"{major(amount, 'GBP')}", price_source="typed", reason="x")
        pay = paid(("Gift Voucher", f"-{major(amount, 'GBP')}", code))
        doc = sell.commit(self.till, asked(thing, pay=pay), MANAGER).doc
        self.did(doc, {doc["vouchers"][0]["code"]: amount})

    def refund_new(self, n: int, amount: int) -> None:
        self.refund(n, amount, "")

    def void(self, n: int, _amount: int) -> None:
        if not self.sales:
            return
        doc, changes = self.sales[n % len(self.sales)]
        void.commit(self.till, {"id": clock.uuid7(), "document": doc["id"], "reason": "x"}, MANAGER)
        self.sales.remove((doc, changes))
        self.did(doc, {code: -amount for code, amount in changes.items()})

    def adjust(self, n: int, amount: int) -> None:
        signed = -amount if n % 2 else amount
        raw = {"id": clock.uuid7(), "code": self.code(n), "amount": f"{major(signed, 'GBP')}", "reason": "x"}
        self.did(voucher.adjust(self.till, raw, MANAGER).doc, {self.code(n): signed})

    def by_hand(self, _n: int, amount: int) -> None:
        raw = {"id": clock.uuid7(), "amount": f"{major(amount, 'GBP')}", "reason": "x"}
        doc = voucher.issue(self.till, raw, MANAGER).doc
        self.did(doc, {doc["vouchers"][0]["code"]: amount})

    def expire(self, n: int, _amount: int) -> None:
        self.now += timedelta(days=n * 8)
        voucher.expire(self.till, MANAGER)
        for code in self.on_it:
            if self.gone(code):
                self.on_it[code] = 0

    def holds(self) -> None:
        """The ledger is the book; nothing is below nothing; the Z adds up; every document is whole."""
        ledger = {code: vouchers.balance(self.till.store, code).balance for code in self.on_it}
        assert ledger == self.on_it
        rows = self.till.store.execute("SELECT code, sum(amount) FROM voucher_row GROUP BY code").fetchall()
        assert dict(rows) == {code: left for code, left in self.on_it.items()} and not vouchers.overdrawn(
            self.till.store
        )
        assert vouchers.summed(self.till.store).outstanding == sum(self.on_it.values())
        if shifts.current(self.till.store, "T1") is not None:
            z = figures(self.till)
            assert z["gross"] + z["vouchers"]["issued"]["amount"] + z["rounding"] == z["total"]
            assert sum(row["net"] for row in z["tenders"]) == z["total"]


def _real_rows(till: Till) -> list[tuple[Any, ...]]:
    return till.store.execute("SELECT * FROM voucher_row ORDER BY id").fetchall()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts)
def test_the_ledger_is_what_was_handed_over_and_the_files_give_it_back(
    tmp_path: Path, happened: list[tuple[str, int, int]]
) -> None:
    """Each example is a till of its own; where there are no files, nothing is rebuilt from them."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        config = till_settings.load(Path(folder), environ={})
        till = with_gifts(open_till(config))
        book = Book(till)
        try:
            with clock.set_to(lambda: book.now):
                for act, n, amount in happened:
                    book.step(act, n, amount)
                    book.holds()
            rows = _real_rows(till)
            till.journal.flush()
            assert differences(till.store) == []
        finally:
            till.close()
        if not till.store.keeps_files:
            return
        rebuild.rebuild(config)
        again = open_till(config)
        try:
            assert _real_rows(again) == rows
        finally:
            again.close()
