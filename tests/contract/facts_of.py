"""Facts of the recorded exchanges: request, status, exc_type and figures, without a word of their prose.

    python -m tests.contract.facts_of --write     make tests/contract/facts/*.json anew from ../shared

The tables are part of this repository, so that a fresh clone holds the emulator to what was observed.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

FACTS = Path(__file__).parent / "facts"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "contracts" / "erpnext"

Fact = dict[str, Any]

_TILL = {"Authorization": "token <KEY>:<SECRET>", "Accept": "application/json"}
#: Recordings of things this till does not use, or that are no single request. First words of the case.
LEFT_OUT = {
    "pos-": "POS Invoice and opening entries are not used",
    "wh-": "webhooks are not used",
    "v2-": "version 2 of the API is not used",
    "list-19": "version 2 of the API is not used",
    "stock-05": "Stock Reconciliation is not used",
    "inv-06j": "the return mapper is not used",
    "inv-28b": "a list of jobs",
    "perf-": "measurements",
    "idem-10": "no answer; see test_lost_answers",
    "idem-11": "no answer; see test_lost_answers",
    "idem-15": "no answer; see test_lost_answers",
    "idem-16-concurrent-submit-1": "the loser of a race of two submits; see test_error_table",
    "err-17a": "no answer; see test_lost_answers",
    "bulk-06": "bulk submission is not used",
}
GROUPS = {
    "auth": "auth", "inv": "invoices", "idem": "idempotency", "list": "lists", "err": "errors", "cash": "vouchers",
    "stock": "vouchers", "cust": "masters", "item": "masters", "bulk": "bulk",
}  # fmt: skip

HEAD = (
    "docstatus", "status", "customer", "posting_date", "is_return", "return_against", "pos_receipt_id", "total",
    "net_total", "total_taxes_and_charges", "grand_total", "rounded_total", "rounding_adjustment", "discount_amount",
    "paid_amount", "change_amount", "outstanding_amount",
)  # fmt: skip
TABLES = {
    "items": ("item_code", "qty", "price_list_rate", "rate", "amount", "net_rate", "net_amount", "item_tax_template"),
    "taxes": ("charge_type", "account_head", "rate", "tax_amount", "tax_amount_after_discount_amount", "total"),
    "payments": ("mode_of_payment", "amount", "base_amount", "account", "type"),
}
OTHERS = (
    "total_debit", "total_credit", "payment_type", "paid_amount", "total_allocated_amount", "customer_name",
    "fieldname", "dt", "unique", "pos_event_id", "pos_movement_id", "docstatus",
)  # fmt: skip


def left_out(case: str) -> str:
    """Why a recording has no fact; empty when it has one."""
    return next((why for start, why in LEFT_OUT.items() if case.startswith(start)), "")


def fact_of(recorded: dict[str, Any]) -> Fact:
    """One recording, reduced to what can be true or false of another server."""
    asked, said = recorded["request"], recorded["response"]
    path = asked["path"]
    fact: Fact = {"case": recorded["case"], "as": _who(recorded), "method": asked["method"], "path": path}
    if asked.get("body") is not None:
        fact["body"] = _bare(asked["body"])
    accept = (asked.get("headers") or _TILL).get("Accept", "")
    if accept != "application/json":
        fact["accept"] = accept
    fact |= outcome(said["status"], said["body"], fact)
    if "retry-after" in {name.lower() for name in said.get("headers") or ()}:
        fact["retry_after"] = True
    return fact


def outcome(status: int, body: Any, fact: Fact) -> Fact:
    """What an answer says, in the shape of a fact."""
    if isinstance(body, str):
        return {"status": status, "html": True}
    found: Fact = {"status": status, "exc_type": body.get("exc_type")}
    data = body.get("data", body.get("message"))
    if status >= 400 or data is None:
        return found
    if isinstance(data, list):
        rows = [_row(row) for row in data]
        ordered = "order_by" in parse_qs(urlsplit(fact["path"]).query)
        found["count"] = len(rows)
        if ordered and all(isinstance(row, dict) for row in rows):
            found["rows"] = rows
        elif rows and isinstance(rows[0], dict):
            found["keys"] = sorted(rows[0])
    elif isinstance(data, dict):
        found |= _document(data, fact)
    elif not isinstance(data, str) or "@" not in data:
        found["answer"] = data
    return found


def _document(data: dict[str, Any], fact: Fact) -> Fact:
    if "grand_total" not in data:
        return {"fields": {f: data[f] for f in OTHERS if f in data}}
    sent = fact.get("body") if isinstance(fact.get("body"), dict) else {}
    head = {f: _figure(data.get(f)) for f in HEAD if data.get(f) not in (None, "")}
    if sent.get("name") or sent.get("naming_series"):
        head["name"] = data["name"]
    tables = {t: [{f: _figure(row.get(f)) for f in fields} for row in data[t]] for t, fields in TABLES.items()}
    return {"fields": head, "tables": tables}


def _row(row: Any) -> Any:
    """A row of a list without what another server cannot share: stamps and made-up names."""
    if not isinstance(row, dict):
        return "name"
    return {k: _figure(v) for k, v in row.items() if k not in ("modified", "creation")}


def _figure(value: Any) -> Any:
    return value + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value


def _bare(body: Any) -> Any:
    """The request's body; a 30 MB one by its length."""
    text = body if isinstance(body, str) else ""
    return {"letters": 30 << 20} if text.endswith(" bytes]") else body


def _who(recorded: dict[str, Any]) -> str:
    case, headers = recorded["case"], recorded["request"].get("headers") or _TILL
    header = headers.get("Authorization", "")
    if headers.get("Host"):
        return "other host"
    if not header:
        return "nobody"
    if header.startswith(("Basic", "Bearer")):
        return header.split()[0].lower()
    if "<SECRET>" not in header:
        return {"auth-02b": "unknown key", "auth-02c": "malformed"}.get(case[:8], "wrong secret")
    if "limited" in case:
        return "limited"
    managers = ("manager", "idem-01", "item-0", "list-23", "err-07b", "err-06-delete", "err-06c", "custom-field-create")
    return "manager" if any(word in case for word in managers) else "till"


@functools.cache
def recordings() -> list[dict[str, Any]]:
    """Those that are one request and one answer, in order of their names."""
    found = []
    for path in sorted(RECORDED.glob("*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        recorded["case"] = path.stem  # some files hold a second case of the same name
        if "response" in recorded and not left_out(path.stem):
            found.append(recorded)
    return found


def tables() -> dict[str, list[Fact]]:
    """Every fact kept in this repository, by group."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FACTS.glob("*.json"))}


def extracted() -> dict[str, list[Fact]]:
    """Every fact, made from the recordings."""
    made: dict[str, list[Fact]] = {}
    for recorded in recordings():
        made.setdefault(GROUPS[recorded["case"].split("-")[0]], []).append(fact_of(recorded))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description="Tables of facts from the recorded exchanges.")
    parser.add_argument("--write", action="store_true", help="write tests/contract/facts/*.json")
    given = parser.parse_args()
    if not RECORDED.is_dir():
        print("There are no recordings beside this repository.", file=sys.stderr)
        return 2
    for group, facts in extracted().items():
        text = "[\n" + ",\n".join(json.dumps(f, ensure_ascii=False, sort_keys=True) for f in facts) + "\n]\n"
        print(f"{group:<12} {len(facts):>4} facts {len(text) >> 10:>5} KB")
        if given.write:
            FACTS.mkdir(exist_ok=True)
            (FACTS / f"{group}.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
