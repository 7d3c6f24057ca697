"""What is asked of one company: /v3/company/<realm>/… — query, read, create, update, delete, void, batch, cdc."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

import msgspec

from tests.contract.emulators import qbo_lists, qbo_query, qbo_sales
from tests.contract.emulators.qbo_company import (
    BY_PATH,
    MONEY,
    PEOPLE,
    SALES,
    Company,
    Doc,
    Record,
    Refusal,
    business,
    invalid,
    space,
)
from tests.contract.emulators.qbo_properties import check, unreadable

REQUESTID_MAX, BATCH_ID_MAX, BATCH_MAX = 50, 36, 30
CDC_MAX = 1000
_OWN = {"Id", "SyncToken", "MetaData", "domain", "sparse", "status", "Balance", "BalanceWithJobs", "TotalAmt"}
#: What a full update leaves as it was when it is not sent.
_KEPT = {"DocNumber", "TxnDate", "CustomField", "CurrencyRef", "LinkedTxn", "QtyOnHand", "InvStartDate", "Type"}
_encoder = msgspec.json.Encoder(decimal_format="number")


def encoded(body: Any) -> bytes:
    return _encoder.encode(body)


def answer(
    company: Company, method: str, path: str, asked: Mapping[str, str], raw: bytes, kind: str
) -> tuple[int, bytes]:
    """Status and JSON. path: what comes after the realm. Refusals of the company come as Faults, not raised."""
    word, _, key = path.strip("/").partition("/")
    if method == "POST" and word == "batch":  # each item is remembered by itself
        return _said(company, lambda: _post(company, word, key, asked, raw))
    if method == "POST" and word != "query":
        return _remembered(company, asked.get("requestid", ""), lambda: _post(company, word, key, asked, raw))
    if word == "query":
        text = asked.get("query", "") if method == "GET" else raw.decode(errors="replace")
        return _said(company, lambda: {"QueryResponse": qbo_query.run(company, text)})
    if word == "cdc":
        return _said(company, lambda: _changes(company, asked))
    return _said(company, lambda: _read(company, word, key, path))


def _said(company: Company, work: Any) -> tuple[int, bytes]:
    with company.lock:
        try:
            status, body = 200, work()
        except Refusal as refusal:
            if refusal.form != "fault":
                raise
            status, body = refusal.status, refusal.fault()
        body["time"] = company.stamp()
        return status, encoded(body)


def _remembered(company: Company, requestid: str, work: Any) -> tuple[int, bytes]:
    """The stored answer of the first call with this id, as long as it is remembered; nothing is done again."""
    if len(requestid) > REQUESTID_MAX:
        refusal = invalid("2130", "Invalid requestid", f"The requestid is longer than {REQUESTID_MAX} characters")
        return refusal.status, encoded(refusal.fault())
    with company.lock:
        now, memory = company.clock.now(), company.switches.requestid_memory
        stored = company.answers.get(requestid)
        if requestid and stored and now - stored[0] < memory:
            return stored[1], stored[2]
        status, body = _said(company, work)
        if requestid and memory and (status == 200 or company.switches.remembers_failures):
            company.answers[requestid] = (now, status, body)
        return status, body


def parsed(raw: bytes) -> Doc:
    try:
        body = json.loads(raw.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError:
        raise unreadable("Invalid UTF-8 middle byte") from None
    except ValueError:
        raise unreadable("Unexpected character: was expecting a JSON value") from None
    if not isinstance(body, dict):
        raise unreadable("Can not deserialize instance out of START_ARRAY token")
    return body


def _entity(word: str, path: str) -> str:
    entity = BY_PATH.get(word.lower())
    if entity is None:
        raise invalid("500", "Unsupported Operation",
                      f"Operation Could not find resource for relative : {path} is not supported.")  # fmt: skip
    return entity


def _read(company: Company, word: str, key: str, path: str) -> Doc:
    if "/" in key:
        word = "?"
    entity = _entity(word, path)
    if entity == "Preferences":
        return {entity: company.live(entity)[0].body}
    if not key.isdigit():
        raise invalid("2030", "Invalid ID", f"Id should be a valid number. Supplied value:{key}", "Id")
    record = company.find(entity, company.live(entity)[0].body["Id"] if entity == "CompanyInfo" else key)
    if record is None:
        raise qbo_lists.gone()
    return {entity: record.body}


def _post(company: Company, word: str, key: str, asked: Mapping[str, str], raw: bytes) -> Doc:
    body = parsed(raw)
    if word == "batch":
        return _batch(company, body, asked.get("requestid", ""))
    entity = _entity(word, word)
    return {entity: write(company, entity, body, asked.get("operation", ""), asked.get("include", ""))}


def write(company: Company, entity: str, body: Doc, operation: str = "", include: str = "") -> Doc:
    check(entity, body)
    if operation == "delete":
        return _delete(company, entity, body)
    if operation == "void" or "void" in include.split(","):
        return _void(company, entity, body)
    if body.get("Id") not in (None, ""):
        return _update(company, entity, body, include)
    doc = _filled(body)
    name = _ruled(company, entity, doc, None, doc, include)
    if name:
        company.names[space(entity), name.casefold()] = ""
    record = company.add(entity, doc, name=name)
    if name:
        company.names[space(entity), name.casefold()] = doc["Id"]
    qbo_sales.follow(company, entity, None, doc)
    return record.body


def _filled(body: Doc) -> Doc:
    """What was really sent: no empty values, nothing that is QuickBooks' own to say."""
    doc = {
        k: _bare(v) for k, v in deepcopy(body).items() if k not in _OWN or (k == "TotalAmt" and "CustomerRef" in body)
    }
    return {k: v for k, v in doc.items() if v not in (None, "", {}, [])}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if v not in (None, "")}
    return [_bare(v) for v in value] if isinstance(value, list) else value


def _ruled(company: Company, entity: str, doc: Doc, record: Record | None, sent: Doc, include: str) -> str:
    if entity in MONEY:
        qbo_sales.money_document(company, entity, doc, record, sent, include)
        return ""
    if entity in ("CompanyInfo", "Preferences"):
        return ""
    return qbo_lists.settle(company, entity, doc, record)


def _found(company: Company, entity: str, body: Doc) -> Record:
    record = company.find(entity, body.get("Id", ""))
    if record is None:
        raise qbo_lists.gone()
    if body.get("SyncToken") in (None, ""):
        raise qbo_lists.missing("SyncToken")
    if str(body["SyncToken"]) != record.body["SyncToken"]:
        who = company.last_person
        raise invalid("5010", "Stale Object Error",
                      f"Stale Object Error : You and {who} were working on this at the same time. "
                      f"{who} finished before you did, so your work was not saved.", "")  # fmt: skip
    return record


def _update(company: Company, entity: str, body: Doc, include: str) -> Doc:
    record = _found(company, entity, body)
    qbo_sales.locked(record)
    old = record.body
    sent = _filled(body)
    if body.get("sparse") in (True, "true"):
        cleared = {k for k, v in body.items() if v in ("", {}) and k not in _OWN}
        doc = {k: v for k, v in old.items() if k not in cleared} | sent
    else:
        doc = {k: v for k, v in old.items() if k in _KEPT or k in _OWN} | sent
        if entity in PEOPLE or entity == "Item":
            doc.setdefault("Active", old.get("Active", True))
    doc = deepcopy(doc)
    if entity in SALES and "Line" in sent:
        doc["_last_line"] = max((int(li["Id"]) for li in old["Line"] if li.get("Id")), default=0)
        for line in doc["Line"]:
            line.pop("Id", None)
        if "TxnTaxDetail" not in sent:
            doc.pop("TxnTaxDetail", None)
    name = _ruled(company, entity, doc, record, sent, include)
    if doc == old:
        return old
    company.replace(entity, record, doc)
    if name and name != record.name:
        company.names.pop((space(entity), record.name.casefold()), None)
        record.name = name
        company.names[space(entity), name.casefold()] = doc["Id"]
    qbo_sales.follow(company, entity, old, doc)
    return record.body


def _delete(company: Company, entity: str, body: Doc) -> Doc:
    if entity not in MONEY:
        raise invalid("500", "Unsupported Operation", f"Operation delete is not supported for {entity}.")
    record = _found(company, entity, body)
    qbo_sales.locked(record)
    company.drop(entity, record)
    qbo_sales.follow(company, entity, record.body, None)
    return {"domain": "QBO", "status": "Deleted", "Id": record.body["Id"]}


def _void(company: Company, entity: str, body: Doc) -> Doc:
    if entity not in ("Invoice", "SalesReceipt", "Payment", "RefundReceipt", "CreditMemo"):
        raise invalid("500", "Unsupported Operation", f"Operation void is not supported for {entity}.")
    record = _found(company, entity, body)
    qbo_sales.locked(record)
    old = record.body
    company.replace(entity, record, qbo_sales.voided(entity, deepcopy(old)), "Void")
    qbo_sales.follow(company, entity, old, record.body)
    return record.body


def _batch(company: Company, body: Doc, requestid: str) -> Doc:
    rows = body.get("BatchItemRequest")
    if not isinstance(rows, list) or len(rows) > BATCH_MAX or len(requestid) > BATCH_ID_MAX:
        said = f"A batch holds {BATCH_MAX} items at most, its requestid {BATCH_ID_MAX} characters"
        raise invalid("1040", "Exceeded maximum items", said)
    return {"BatchItemResponse": [_batched(company, row, requestid) for row in rows]}


def _batched(company: Company, row: Doc, requestid: str) -> Doc:
    key = str(row.get("bId", ""))
    stored = company.answers.get(requestid + key) if requestid else None
    try:
        if stored is not None and not company.switches.batch_replays:
            raise business("Business Validation Error: This requestid was used before.")
        if stored is not None and company.clock.now() - stored[0] < company.switches.requestid_memory:
            replayed: Doc = json.loads(stored[2], parse_float=Decimal)
            return replayed
        said = _one(company, row)
    except Refusal as refusal:
        return {**refusal.fault(), "bId": key}
    said = {**said, "bId": key}
    if requestid and company.switches.requestid_memory:
        company.answers[requestid + key] = (company.clock.now(), 200, encoded(said))
    return said


def _one(company: Company, row: Doc) -> Doc:
    if "Query" in row:
        return {"QueryResponse": qbo_query.run(company, str(row["Query"]))}
    name = next((k for k in row if k.lower() in BY_PATH), "")
    entity = _entity(name, name)
    operation = str(row.get("operation", "create"))
    include = str(row.get("options") or row.get("optionsData") or "")
    return {entity: write(company, entity, row[name], operation if operation in ("delete", "void") else "", include)}


def _changes(company: Company, asked: Mapping[str, str]) -> Doc:
    since = qbo_query.instant(asked.get("changedSince", "").replace(" ", "+"))
    days = company.switches.cdc_days
    if days is not None and since < company.clock.now() - dt.timedelta(days=days):
        raise invalid("2010", "Request has invalid or unsupported property",
                      f"Property Name:changedSince must be within {days} days")  # fmt: skip
    found = []
    for word in asked.get("entities", "").split(","):
        entity = _entity(word.strip(), word)
        changed = [
            r for r in company.records[entity].values()
            if qbo_query.instant(r.body["MetaData"]["LastUpdatedTime"]) >= since.replace(microsecond=0)
        ]  # fmt: skip
        rows = [_changed(r) for r in sorted(changed, key=lambda r: -r.change)[:CDC_MAX]]
        found.append({entity: rows, "startPosition": 1, "maxResults": len(rows)} if rows else {})
    return {"CDCResponse": [{"QueryResponse": found}]}


def _changed(record: Record) -> Doc:
    if not record.deleted:
        return record.body
    stamp = {"LastUpdatedTime": record.body["MetaData"]["LastUpdatedTime"]}
    return {"domain": "QBO", "status": "Deleted", "Id": record.body["Id"], "MetaData": stamp}
