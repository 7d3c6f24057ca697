"""People on both sides of a company file, who make, change and delete things at random, from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from pos.actions import conductor_conflicts, conductor_office
from pos.errors import Conflict, Invalid
from pos.store import companies, record_links, records
from tests.contract.conductor_bench import CONNECTION, Bench
from tests.contract.conductor_judge import (
    DOCUMENTS,
    HERE,
    RESOURCES,
    THERE,
    Deleted,
    Diary,
    Reader,
    mark,
    mark_there,
)
from tests.contract.emulators.conductor_file import Refused

#: What people change of a thing, and what it is like.
TEXTS = {
    "qbd_customer": ("phone", "email", "companyName", "firstName", "note", "billingAddress", "name"),
    "qbd_vendor": ("phone", "email", "companyName", "note", "accountNumber", "name"),
    "qbd_item": ("salesDescription", "salesPrice", "purchaseCost", "reorderPoint", "name"),
    "qbd_sales_order": ("purchaseOrderNumber", "memo", "lines"),
    "qbd_purchase_order": ("vendorMessage", "memo", "lines"),
}
#: What an office here may make and change.
EDITED = tuple(TEXTS)
FIGURES = ("salesPrice", "purchaseCost", "reorderPoint", "creditLimit", "price")
SERVICE = {"salesDescription": "description", "salesPrice": "price", "purchaseCost": "description",
           "reorderPoint": "price"}  # fmt: skip


class People:
    """kinds: of what they may make more."""

    def __init__(self, bench: Bench, seed: int, kinds: tuple[str, ...] = tuple(RESOURCES)) -> None:
        self.bench, self.kinds = bench, kinds
        self.random = random.Random(seed)
        self.diary, self.read = Diary(), Reader(bench)
        self.count = self.decided = 0
        self.refused: dict[str, int] = {}

    def act(self, side: str = "") -> None:
        """Somebody does one thing; what is refused is not done."""
        what = self.random.choices(("make", "change", "both", "delete", "decide"), (6, 10, 8, 2, 1))[0]
        if what == "decide":
            self._try("decide", self._decide)
            return
        if what == "both":
            self._both(self.random.choice([kind for kind in self.kinds if kind in EDITED]))
            return
        side = side or self.random.choice((HERE, THERE))
        kinds = [kind for kind in self.kinds if side == THERE or kind in EDITED]
        self._try(f"{what} {side}", getattr(self, f"_{what}_{side}"), self.random.choice(kinds))

    def _try(self, what: str, do: Callable[..., None], *given: str) -> None:
        try:
            do(*given)
        except (Conflict, Invalid, Refused, LookupError) as error:
            name = f"{what} {getattr(error, 'code', '')}"
            self.refused[name] = self.refused.get(name, 0) + 1

    def _decide(self) -> None:
        """Somebody decides about what both sides changed, or thinks again."""
        rows = records.conflicts(
            self.bench.store, companies.MAIN, state=self.random.choice(("open", "open", "decided"))
        )
        one = self.random.choice(rows)
        if one.state == "open":
            choice = self.random.choice(("ours", "theirs"))
            conductor_conflicts.decide(self.bench.store, companies.MAIN, one.id, choice, "7")
        else:
            conductor_conflicts.undo(self.bench.store, companies.MAIN, one.id, "7")
        self.decided += 1

    def _both(self, kind: str) -> None:
        """Both sides lay hands on one thing: mostly on the same field, sometimes one of them takes it away."""
        here = {mark(one) for one in self._records(kind)}
        known = sorted(here & {mark_there(kind, row) for _, row in self._rows(kind)})
        if not known:
            return
        name, field = self.random.choice(known), self.random.choice(TEXTS[kind])
        acts = [("change", HERE), ("change", THERE)]
        if self.random.random() < 0.2:
            acts[self.random.randrange(2)] = ("delete", self.random.choice((HERE, THERE)))
        self.random.shuffle(acts)
        for what, side in acts:
            self._try(f"{what} {side}", getattr(self, f"_{what}_{side}"), kind, name, *[field] * (what == "change"))
            self.bench.passes(self.random.randint(0, 90))

    def _word(self, side: str) -> str:
        self.count += 1
        return f"{side[0]}{self.count}"

    def _value(self, name: str, word: str, before: str) -> Any:
        """Something nobody wrote before."""
        if name in FIGURES:
            return f"{self.count}.25"
        if name == "billingAddress":
            return {"line1": f"{word} High St", "city": f"City {word}"}
        if name in ("name", "memo"):
            return f"{before} {word}"
        return f"{word}@x.test" if name == "email" else word

    # here

    def _records(self, kind: str) -> list[records.Record]:
        links = {
            one.id: record_links.of_record(self.bench.store, companies.MAIN, CONNECTION, kind, one.id)
            for one in self.read.here(kind)
        }
        return [
            one for one in self.read.here(kind)
            if not one.deleted and not one.read_only and one.fields.get("isActive") is not False
            and ((link := links[one.id]) is None or link.state != "gone")
        ]  # fmt: skip

    def _make_here(self, kind: str) -> None:
        word = self._word(HERE)
        fields = {name: self._value(name, word, word) for name in TEXTS[kind] if name != "lines"}
        body: dict[str, Any] = {"fields": fields}
        if kind == "qbd_item":
            fields |= {"type": "inventory_items"} | {
                name: {"id": self.bench.accounts[title]} for name, title in ACCOUNTS.items()
            }
            if self.random.random() < 0.3:
                account = {"id": self.bench.accounts["Job Expenses"]}
                fields = {"type": "service_items", "name": f"{word} {word}", "description": word,
                          "price": f"{self.count}.25", "postingAccount": account}  # fmt: skip
                body = {"fields": fields}
        elif kind in DOCUMENTS:
            party, of = ("customer", "qbd_customer") if kind == "qbd_sales_order" else ("vendor", "qbd_vendor")
            fields |= {
                party: self.random.choice(self._records(of)).id,
                "transactionDate": self.bench.there.file.today(),
            }
            body["lines"] = [self._line_here(f"{word}.{n}") for n in range(self.random.randint(1, 3))]
        made, _ = conductor_office.create(self.bench.store, companies.MAIN, kind, body, "7")
        self.diary.wrote(HERE, kind, word, {}, self._written(self.read.of_here(made), fields))

    def _line_here(self, word: str) -> dict[str, Any]:
        item = self.random.choice(self._records("qbd_item"))
        self.count += 1
        return {"item": item.id, "description": word, "quantity": str(self.random.randint(1, 9)),
                "rate": f"{self.count}.50"}  # fmt: skip

    def _written(self, view: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: view[name] for name in view if name in fields or name == "lines"}

    def _one_here(self, kind: str, known: str) -> records.Record:
        return self.random.choice([one for one in self._records(kind) if known in ("", mark(one))])

    def _change_here(self, kind: str, known: str = "", name: str = "") -> None:
        before = self._one_here(kind, known)
        name, word = name or self.random.choice(TEXTS[kind]), self._word(HERE)
        if before.fields.get("type") == "service_items":
            name = SERVICE.get(name, name)
        body: dict[str, Any] = {"version": before.version}
        if name == "lines":
            body["lines"] = self._lines_changed(list(before.lines), self._line_here(word), amount="")
        else:
            body["fields"] = {name: self._value(name, word, mark(before))}
        after = conductor_office.edit(self.bench.store, companies.MAIN, kind, before.id, body, "7")
        old, new = self.read.of_here(before), self.read.of_here(after)
        self.diary.wrote(HERE, kind, mark(before), {name: old.get(name, "")}, {name: new.get(name, "")})

    def _lines_changed(self, lines: list[dict[str, Any]], new: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """One more, one less, or one that says otherwise."""
        what = self.random.choice(("more", "less", "other"))
        at = self.random.randrange(len(lines)) if lines else -1
        if what == "more" or at < 0:
            return [*lines, new]
        if what == "less" and len(lines) > 1:
            return lines[:at] + lines[at + 1 :]
        changed = lines[at] | {"quantity": new["quantity"], "rate": new["rate"]} | more
        return [*lines[:at], changed, *lines[at + 1 :]]

    def _delete_here(self, kind: str, known: str = "") -> None:
        before = self._one_here(kind, known)
        seen = self.read.of_here(before)
        conductor_office.delete(
            self.bench.store, companies.MAIN, kind, before.id, {"version": before.version}, "7"
        )  # fmt: skip
        self.diary.acts.append(Deleted(HERE, kind, mark(before), seen))

    # there

    def _rows(self, kind: str, resource: str = "") -> list[tuple[str, dict[str, Any]]]:
        return [
            (name, row) for name, row in self.read.there(kind)
            if row.get("isActive", True) and resource in ("", name)
        ]  # fmt: skip

    def _make_there(self, kind: str) -> None:
        word, file = self._word(THERE), self.bench.there.file
        names = [name for name in TEXTS.get(kind, ("memo", "lines")) if name != "lines"]
        fields = {name: self._value(name, word, word) for name in names}
        resource = RESOURCES[kind][0]
        if kind == "qbd_item":
            fields |= {f"{name}Id": self.bench.accounts[title] for name, title in ACCOUNTS.items()}
            fields["reorderPoint"] = self.count
        elif kind == "qbd_customer" and self.random.random() < 0.5:
            fields["creditLimit"] = f"{self.count}.25"
        elif kind in DOCUMENTS:
            fields["transactionDate"] = file.today()
            fields["lines"] = [self._line_there(kind, f"{word}.{n}") for n in range(self.random.randint(1, 3))]
            if kind in ("qbd_sales_order", "qbd_invoice"):
                fields["customerId"] = self.random.choice(self._rows("qbd_customer"))[1]["id"]
            elif kind == "qbd_purchase_order":
                fields["vendorId"] = self.random.choice(self._rows("qbd_vendor"))[1]["id"]
            else:
                fields["accountId"] = self.bench.accounts["Inventory Adjustments"]
        made = file.put(resource, **fields)
        self.diary.wrote(THERE, kind, word, {}, self._written(self.read.of_there(kind, made), fields))

    def _line_there(self, kind: str, word: str) -> dict[str, Any]:
        _, item = self.random.choice(self._rows("qbd_item", "inventory_items" if kind == "qbd_adjustment" else ""))
        self.count += 1
        if kind == "qbd_adjustment":
            return {"itemId": item["id"], "adjustQuantity": {"quantityDifference": self.random.randint(1, 9)}}
        return {"itemId": item["id"], "description": word, "quantity": self.random.randint(1, 9),
                "rate": f"{self.count}.50"}  # fmt: skip

    def _one_there(self, kind: str, known: str) -> tuple[str, dict[str, Any]]:
        return self.random.choice([one for one in self._rows(kind) if known in ("", mark_there(kind, one[1]))])

    def _change_there(self, kind: str, known: str = "", name: str = "") -> None:
        resource, before = self._one_there(kind, known)
        word = self._word(THERE)
        if not name:
            name = self.random.choice((*TEXTS.get(kind, ("memo",)), *["creditLimit"] * (kind == "qbd_customer")))
        name = SERVICE.get(name, name) if resource == "service_items" else name
        known = mark_there(kind, before)
        given: dict[str, Any] = {}
        if name == "lines":
            lines = [{"id": line["id"], "quantity": line["quantity"], "rate": line["rate"]} for line in before["lines"]]
            new = {"id": "-1", **self._line_there(kind, word)}
            given["lines"] = self._lines_changed(lines, new)
        else:
            value = self._value(name, word, known)
            given[name] = self.count if name == "reorderPoint" else value
        if name in ("description", "price") and resource == "service_items":
            given = {"salesOrPurchaseDetails": given}
        after = self.bench.there.file.edit(resource, before["id"], **given)
        old, new_view = self.read.of_there(kind, before), self.read.of_there(kind, after)
        self.diary.wrote(THERE, kind, known, {name: old.get(name, "")}, {name: new_view.get(name, "")})

    def _delete_there(self, kind: str, known: str = "") -> None:
        resource, before = self._one_there(kind, known)
        seen, known = self.read.of_there(kind, before), mark_there(kind, before)
        if kind not in DOCUMENTS and self.random.random() < 0.6:
            self.bench.there.file.inactivate(resource, before["id"])
            self.diary.wrote(THERE, kind, known, {"isActive": True}, {"isActive": False})
            return
        self.bench.there.file.delete(resource, before["id"])
        self.diary.acts.append(Deleted(THERE, kind, known, seen))


ACCOUNTS = {
    "incomeAccount": "Merchandise Sales",
    "cogsAccount": "Cost of Goods Sold",
    "assetAccount": "Inventory Asset",
}
