"""What must be true of tills, hub and books after everything failed, worked out from raw rows, files and documents.

Nothing of the program is asked or imported: rows come by the engines' own drivers, receipts by json, sums by Decimal.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.contract.hub_customers import Customers
from tests.contract.hub_processes import Processes

D = Decimal
#: A process names itself so where it holds something: role:pid:its own id.
HOLDER = re.compile(r"^[a-z_]+:(\d+):")

#: An agent that failed so often in a row does not fail by chance.
FAILURES_MAX = 3


@dataclass
class Found:
    """What is wrong, in words; and how much was looked at."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Papers:
    """Every document there is on the tills: id -> its JSON."""

    docs: dict[str, dict[str, Any]] = field(default_factory=dict)


def judged(hub: Processes, tills: list[Customers], site: Any) -> Found:
    """Everything, one after the other."""
    found, papers = Found(), Papers()
    there = {key: (number, body) for key, number, body in hub.rows("SELECT id, number, body FROM document")}
    for till in tills:
        found.wrong += _till(till, there, papers, found.counts)
    if len(there) != len(papers.docs):
        found.wrong.append(f"{len(there)} documents at the hub, {len(papers.docs)} on the tills")
    found.wrong += _twice(hub)
    found.wrong += _books(papers, site, found.counts)
    found.wrong += _stock(hub, tills, papers, site, found.counts)
    found.wrong += _vouchers(hub, papers, site, found.counts)
    found.wrong += _baskets(hub, tills, papers, found.counts)
    found.wrong += _stuck(hub, tills)
    return found


# -- on its till, and at the hub byte for byte -------------------------------------------------------------------------


def _till(till: Customers, there: dict[str, tuple[str, str]], papers: Papers, counts: Counter[str]) -> Iterator[str]:
    """Each acknowledged sale once, the chain whole, each file and the hub's copy what the journal says."""
    asked = "SELECT id, number, sequence, hash, prev_hash, path, body FROM document ORDER BY sequence"
    last, expected = "0" * 64, 0
    for key, number, sequence, digest, before, path, body in till.rows(asked):
        expected += 1
        raw = body.encode()
        papers.docs[key] = doc = json.loads(body, parse_float=D, parse_int=D)
        if sequence != expected or before != last or doc["prev_hash"] != last:
            yield f"{number}: the chain of {till.name} breaks at {sequence}"
        if hashlib.sha256(raw[: raw.rindex(b'"hash": "')]).hexdigest() != digest or doc["hash"] != digest:
            yield f"{number}: its hash does not fit"
        if _file(till.root / "invoices" / path) != raw:
            yield f"{number}: its file is not what the journal says"
        if there.get(key) != (number, body):
            yield f"{number}: the hub {'has it otherwise' if key in there else 'has it not'}"
        last = digest
    counts["documents"] += expected
    counts["acknowledged"] += len(till.acked)
    for key, (number, total) in till.acked.items():
        doc = papers.docs.get(key, {})
        if doc.get("invoice_name") != number or D(doc.get("total", "NaN")) != D(total):
            yield f"{number}: acknowledged, and not on its till"


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _twice(hub: Processes) -> Iterator[str]:
    for column in ("id", "number", "hash"):
        for value, n in hub.rows(f"SELECT {column}, count(*) FROM document GROUP BY {column} HAVING count(*) > 1"):
            yield f"hub: {value} is there {n} times"
    for till, first, last in hub.rows("SELECT till, first, last FROM hub_gap"):
        yield f"hub: numbers {first} to {last} of {till} are missing"
    for name, state in hub.rows("SELECT name, state FROM hub_till WHERE state <> 'on'"):
        yield f"hub: {name} is {state}"


# -- in the books ------------------------------------------------------------------------------------------------------


def _books(papers: Papers, site: Any, counts: Counter[str]) -> Iterator[str]:
    """Each document in exactly one submitted invoice, equal figure by figure."""
    invoices: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    names: dict[str, str] = {}
    for one in site.docs["Sales Invoice"].values():
        invoices[str(one.get("pos_receipt_id"))].append(one)
        names[one["name"]] = str(one.get("pos_receipt_id"))
    for key in invoices.keys() - papers.docs.keys():
        yield f"books: an invoice of {key}, which no till knows"
    for key, doc in papers.docs.items():
        mine = invoices.get(key, [])
        if [one["docstatus"] for one in mine] != [1]:
            booked = sum(one["docstatus"] == 1 for one in mine)
            yield f"{doc['invoice_name']}: {len(mine)} invoices, of them {booked} booked"
            continue
        counts["invoices"] += 1
        ours, theirs = _ours(doc), _theirs(mine[0], names)
        for figure in ours:
            if ours[figure] != theirs[figure]:
                yield f"{doc['invoice_name']}: {figure} is {ours[figure]} here and {theirs[figure]} in the books"


def _ours(doc: dict[str, Any]) -> dict[str, Any]:
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in doc["payments"]:
        paid[row["mode_of_payment"]] += D(row["amount"]) - D(row["change"])
    lines = [(r["item_code"], D(r["qty"]), D(r["rate"]), D(r["amount"]), r["warehouse"])
             for r in doc["items"]]  # fmt: skip
    against = {r["return_against"]["id"] for r in doc["items"] if r["return_against"]}
    return {
        "customer": doc["customer"], "day": doc["business_day"], "currency": doc["currency"], "total": D(doc["total"]),
        "tax": D(doc["tax_total"]), "lines": lines,
        "paid": dict(paid), "against": against,
        "is a return": doc["kind"] == "return",
    }  # fmt: skip


def _theirs(one: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in one["payments"]:
        paid[row["mode_of_payment"]] += _dec(row["amount"])
    lines = [(r["item_code"], _dec(r["qty"]), _dec(r["rate"]), _dec(r["amount"]), r["warehouse"])
             for r in one["items"]]  # fmt: skip
    against = one.get("return_against")
    return {
        "customer": one["customer"], "day": one["posting_date"], "currency": one["currency"],
        "total": _dec(one["grand_total"]), "tax": _dec(one["total_taxes_and_charges"]), "lines": lines,
        "paid": dict(paid), "against": {names[against]} if against else set(), "is a return": one["is_return"] == 1,
    }  # fmt: skip


def _dec(value: float) -> Decimal:
    return D(str(value))


# -- stock -------------------------------------------------------------------------------------------------------------


def _stock(hub: Processes, tills: list[Customers], papers: Papers, site: Any, counts: Counter[str]) -> Iterator[str]:
    """Per item and place: movements at the hub, those of the tills, the receipts' lines, and the books' own stock."""
    asked = "SELECT item_code, warehouse, sum(qty) FROM movement GROUP BY item_code, warehouse"
    sold: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for doc in papers.docs.values():
        for row in doc["items"]:
            if row["stocked"]:
                sold[row["item_code"], row["warehouse"]] -= D(row["qty"])
    here: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for till in tills:
        for item, place, qty in till.rows(asked):
            here[item, place] += D(qty) / 1000
    above = {(item, place): D(qty) / 1000 for item, place, qty in hub.rows(asked)}
    booked = {(x["item_code"], x["warehouse"]): _dec(x["actual_qty"]) for x in site.docs["Bin"].values()}
    for key, qty in sold.items():
        counts["places with stock"] += 1
        told = {"tills": here.get(key, D(0)), "hub": above.get(key, D(0)), "books": booked.get(key, D(0))}
        for who, theirs in told.items():
            if theirs != qty:
                yield f"stock of {key[0]} at {key[1]}: {qty} by the receipts, {theirs} by {who}"
    if set(above) != set(sold):
        yield f"hub: movements of {sorted(set(above) ^ set(sold))}, which no receipt names"


# -- vouchers ----------------------------------------------------------------------------------------------------------


def _written(papers: Papers) -> Counter[tuple[str, str, str, int]]:
    """(document, code, act, minor units) as the receipts' lines and payments say."""
    rows: Counter[tuple[str, str, str, int]] = Counter()
    for key, doc in papers.docs.items():
        for line in doc["items"]:
            if line.get("voucher"):
                rows[key, line["voucher"]["code"], "issue", int(D(line["amount"]) * 100)] += 1
        for paid in doc["payments"]:
            if paid["kind"] == "voucher":
                rows[key, paid["reference"], "redeem", -int(D(paid["amount"]) * 100)] += 1
    return rows


def _vouchers(hub: Processes, papers: Papers, site: Any, counts: Counter[str]) -> Iterator[str]:
    """The ledger of the hub and that of the books are what the receipts say; nothing was spent beyond the rule."""
    written = _written(papers)
    asked = "SELECT document, code, act, amount, exposure, till, sent_at FROM voucher_row"
    rows = hub.rows(asked)
    ledger = Counter((document, code, act, int(amount)) for document, code, act, amount, *_ in rows)
    entries = Counter(
        (x["document"], x["voucher_code"], x["act"], int(_dec(x["amount"]) * 100))
        for x in site.docs["Gift Voucher Entry"].values() if x["act"] not in ("hold", "release")
    )  # fmt: skip
    for who, theirs in (("hub", ledger), ("books", entries)):
        for row, n in ((written - theirs) + (theirs - written)).items():
            yield f"voucher {row}: {written[row]} times in receipts, {theirs[row]} at the {who} ({n})"
    issued = {code for _, code, act, *_ in rows if act == "issue"}
    balance: Counter[str] = Counter()
    exposed: Counter[str] = Counter()
    for _, code, act, amount, exposure, till, sent in rows:
        balance[code] += int(amount)
        exposed[code] += int(exposure)
        counts["voucher rows"] += 1
        counts["spent unasked"] += bool(exposure)
        if exposure and code not in issued:  # the rule in force: unasked only what this shop issued
            yield f"voucher {code}: {till} took {exposure} unasked, of one nobody here issued ({act})"
        if not sent:
            yield f"voucher {code}: the books were not told of {act} {amount}"
    counts["vouchers"] += len(balance)
    for code, left in balance.items():
        counts["overdrawn"] += left < 0
        if left + exposed[code] < 0:
            yield f"voucher {code}: {-left} spent beyond what was on it, {exposed[code]} of it within the rule"


# -- baskets set aside -------------------------------------------------------------------------------------------------


def _baskets(hub: Processes, tills: list[Customers], papers: Papers, counts: Counter[str]) -> Iterator[str]:
    """One that was taken up was taken once, by whom the hub says, and paid at most once."""
    given = Counter(key for till in tills for key in till.taken)
    there = {key: (state, holder) for key, state, holder in hub.rows("SELECT id, state, holder FROM held")}
    owner = {key: till.name for till in tills for key in till.taken}
    counts["baskets"], counts["baskets taken up"] = len(there), len(given)
    for key, n in given.items():
        if n != 1:
            yield f"basket {key} was given to {n} tills"
        if key in there and there[key] != ("resumed", owner[key]):
            yield f"basket {key} was given to {owner[key]}; the hub says {there[key]}"
        if key in papers.docs and papers.docs[key]["till"] != owner[key]:
            yield f"basket {key} was given to {owner[key]} and paid at {papers.docs[key]['till']}"
    for till in tills:
        for key, up in till.rows("SELECT id, up FROM held WHERE state = 'held' AND up <> 'there'"):
            yield f"basket {key} of {till.name} was not handed up ({up or 'not begun'})"


# -- nothing stuck -----------------------------------------------------------------------------------------------------


def waiting(hub: Processes, tills: list[Customers]) -> Counter[str]:
    """What is on its way, by whose and what: rows of an outbox, voucher rows the issuer was not told of, baskets."""
    sent = "SELECT count(*) FROM outbox WHERE state NOT IN ('booked', 'rejected', 'differs')"
    told = "SELECT count(*) FROM voucher_row WHERE sent_at = '' AND origin = 'document'"
    handed = "SELECT count(*) FROM held WHERE state = 'held' AND up <> 'there'"
    found = Counter({"hub, to the books": hub.rows(sent)[0][0], "hub, voucher rows": hub.rows(told)[0][0]})
    for till in tills:
        for what, asked in (("documents", sent), ("voucher rows", told), ("baskets", handed)):
            found[f"{till.name}, {what}"] = till.rows(asked)[0][0]
    return +found


def _stuck(hub: Processes, tills: list[Customers]) -> Iterator[str]:
    asked = "SELECT state, code, message, count(*), min(number) FROM outbox o JOIN document d ON d.id = o.document "
    asked += "WHERE o.state <> 'booked' GROUP BY state, code, message"
    for who, rows in (("hub", hub.rows(asked)), *((till.name, till.rows(asked)) for till in tills)):
        for state, code, message, n, number in rows:
            yield f"{who}: {n} rows are {state} ({code or 'no reason'}: {message or '-'}), such as {number}"
    failing = f"SELECT agent, connection, failures FROM agent_state WHERE failures >= {FAILURES_MAX}"
    for who, rows in (("hub", hub.rows(failing)), *((till.name, till.rows(failing)) for till in tills)):
        for agent, connection, n in rows:
            yield f"{who}: {agent} {connection} failed {n} times in a row"
    now = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S}"
    alive = hub.living()
    held = hub.rows("SELECT name, holder, until FROM lease")
    held += hub.rows("SELECT agent, owner, lease_until FROM agent_state")
    held += hub.rows("SELECT document, owner, lease_until FROM outbox WHERE owner <> ''")
    for name, holder, until in held:
        of = HOLDER.match(holder)
        if of and until > now and int(of[1]) not in alive:
            yield f"hub: {name} is held by the dead {holder} until {until}"
