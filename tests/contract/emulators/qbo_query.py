"""The query language: SELECT … FROM … WHERE … ORDERBY … STARTPOSITION … MAXRESULTS …, and what it refuses."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.contract.emulators.qbo_company import BY_PATH, LISTS, PEOPLE, Company, Doc, Record, Refusal, invalid
from tests.contract.emulators.qbo_figures import number
from tests.contract.emulators.qbo_properties import known

PAGE, PAGE_MAX = 100, 1000
_STAMPS = {"MetaData.LastUpdatedTime", "MetaData.CreateTime"}
_SALES = {"DocNumber", "TxnDate", "TotalAmt", "CustomerRef", "Balance"}
_PEOPLE = {"DisplayName", "GivenName", "MiddleName", "FamilyName", "CompanyName", "FullyQualifiedName", "Active"}
#: What may stand in WHERE and ORDERBY, beside Id and the stamps.
FILTERS: dict[str, set[str]] = {
    **dict.fromkeys(("SalesReceipt", "RefundReceipt", "CreditMemo", "Estimate"), _SALES),
    "Invoice": _SALES | {"DueDate"},
    "Payment": {"TxnDate", "TotalAmt", "CustomerRef", "PaymentRefNum", "DocNumber"},
    "JournalEntry": {"DocNumber", "TxnDate"}, "Deposit": {"DocNumber", "TxnDate"},
    **dict.fromkeys(PEOPLE, _PEOPLE | {"Balance"}),
    "Item": {"Name", "Sku", "Active", "Type", "FullyQualifiedName", "Description"},
    "Account": {"Name", "Active", "AccountType", "FullyQualifiedName", "Classification"},
}  # fmt: skip
#: Named anywhere, the refusal says that there is no such property.
NOT_FOUND = {"PaymentMethodRef", "BillAddr"}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<sign><=|>=|=|<|>|\(|\)|,|\*)|(?P<word>[A-Za-z][\w.]*)|(?P<digits>-?\d[\d.]*))"
)
_SIGNS = ("=", "<", ">", "<=", ">=")


@dataclass
class Query:
    entity: str
    count: bool = False
    columns: list[str] = field(default_factory=list)
    where: list[tuple[str, str, Any]] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    most: int = PAGE


def unparsed(said: str) -> Refusal:
    return invalid("4000", "Error parsing query", f"QueryParserError: {said}")


def not_allowed(said: str) -> Refusal:
    return invalid("4001", "Invalid query", f"QueryValidationError: {said}")


def tokens(text: str) -> list[str]:
    """Texts keep their leading quote and lose the escapes."""
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise unparsed(f'Encountered "{text[at : at + 20]}" at column {at + 1}')
        token = match.group().strip()
        found.append("'" + re.sub(r"\\(.)", r"\1", token[1:-1]) if match.group("text") else token)
        at = match.end()
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.left = tokens(text)[::-1]

    def peek(self) -> str:
        return self.left[-1].upper() if self.left else ""

    def take(self, *wanted: str) -> str:
        token = self.left.pop() if self.left else "<EOF>"
        if wanted and token.upper() not in wanted:
            raise unparsed(f'Encountered "{token}"; was expecting one of: {" ".join(wanted)}')
        return token

    def skip(self, word: str) -> bool:
        if self.peek() == word:
            self.left.pop()
            return True
        return False


def parse(text: str) -> Query:
    reader = _Reader(text)
    reader.take("SELECT")
    columns, count = _columns(reader)
    reader.take("FROM")
    name = reader.take()
    entity = BY_PATH.get(name.lower())
    if entity is None:
        raise not_allowed(f"invalid context declaration: {name}")
    query = Query(entity, count, columns)
    if reader.skip("WHERE"):
        query.where.append(_condition(reader))
        while reader.skip("AND"):
            query.where.append(_condition(reader))
    if reader.skip("ORDERBY") or (reader.skip("ORDER") and reader.take("BY")):
        query.order.append(_ordered(reader))
        while reader.skip(","):
            query.order.append(_ordered(reader))
    while reader.left:
        word = reader.take("STARTPOSITION", "MAXRESULTS").upper()
        digits = reader.take()
        if not digits.isdigit() or (word == "STARTPOSITION" and digits == "0"):
            raise unparsed(f'Encountered "{digits}"; was expecting a number')
        if word == "STARTPOSITION":
            query.start = int(digits)
        else:
            query.most = min(int(digits), PAGE_MAX)
    _allowed(query)
    return query


def _columns(reader: _Reader) -> tuple[list[str], bool]:
    if reader.skip("*"):
        while reader.skip(","):
            reader.take()
        return [], False
    names = [reader.take()]
    if names[0].upper() == "COUNT":
        for sign in "(*)":
            reader.take(sign)
        return [], True
    while reader.skip(","):
        names.append(reader.take())
    return names, False


def _ordered(reader: _Reader) -> tuple[str, bool]:
    name = reader.take()
    if reader.peek() in ("ASC", "DESC"):
        return name, reader.take().upper() == "DESC"
    return name, False


def _condition(reader: _Reader) -> tuple[str, str, Any]:
    name, sign = reader.take(), reader.take().upper()
    if sign == "IN":
        reader.take("(")
        values = [_value(reader)]
        while reader.skip(","):
            values.append(_value(reader))
        reader.take(")")
        return name, sign, values
    if sign not in (*_SIGNS, "LIKE"):
        raise unparsed(f'Encountered "{sign}"; was expecting one of: {" ".join(_SIGNS)} IN LIKE')
    return name, sign, _value(reader)


def _value(reader: _Reader) -> str:
    token = reader.take()
    if token.startswith("'"):
        return token[1:]
    if token.lower() in ("true", "false") or token.lstrip("-")[:1].isdigit():
        return token.lower()
    raise unparsed(f'Encountered "{token}"; was expecting a value in quotes')


def _allowed(query: Query) -> None:
    names = known()[query.entity]
    filters = FILTERS.get(query.entity, {"Name", "Active"}) | _STAMPS | {"Id"}
    used = [name for name, *_ in query.where] + [name for name, _ in query.order]
    for name in [*query.columns, *used]:
        if name in NOT_FOUND or (name.split(".")[0] not in names and name not in filters):
            raise not_allowed(f"Property {name} not found for Entity {query.entity}")
    for name in used:
        if name not in filters:
            raise not_allowed(f"property '{name}' is not queryable")


def run(company: Company, text: str) -> Doc:
    """The content of QueryResponse."""
    query = parse(text)
    number_ = next((v for name, sign, v in query.where if (name, sign) == ("DocNumber", "=")), None)
    records = company.live(query.entity) if number_ is None else company.with_number(query.entity, number_)
    if query.entity in LISTS and not any(name == "Active" for name, *_ in query.where):
        records = [r for r in records if r.body.get("Active", True)]
    for condition in query.where:
        records = [r for r in records if _holds(r.body, *condition)]
    if query.count:
        return {"totalCount": len(records)}
    records = _sorted(company, query, records)[query.start - 1 :][: query.most]
    if not records:
        return {}
    rows = [_shown(r.body, query.columns) for r in records]
    return {query.entity: rows, "startPosition": query.start, "maxResults": len(rows)}


def _shown(body: Doc, columns: list[str]) -> Doc:
    if not columns:
        return body
    wanted = {name.split(".")[0] for name in columns}
    return {"domain": "QBO", "sparse": True, **{k: v for k, v in body.items() if k in wanted}}


def _sorted(company: Company, query: Query, records: list[Record]) -> list[Record]:
    """As asked; else documents by the newest change and lists by name, so that a change moves rows between pages."""
    if not query.order:
        if company.switches.shuffled:
            return company.random.sample(records, len(records))
        if query.entity in LISTS:
            return sorted(records, key=lambda r: r.name.casefold())
        return sorted(records, key=lambda r: -r.change)
    for name, down in reversed(query.order):
        records = sorted(records, key=lambda r: _sortable(name, at(r.body, name)), reverse=down)
    return records


def at(body: Doc, name: str) -> Any:
    value: Any = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value.get("value") if isinstance(value, dict) else value


def _sortable(name: str, value: Any) -> Any:
    if name == "Id":
        return int(value) if str(value).isdigit() else 0
    if name in _STAMPS:
        return instant(str(value))
    if isinstance(value, int | float | Decimal):
        return (0, Decimal(str(value)), "")
    return (1, Decimal(0), str(value or "").casefold())


def instant(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise not_allowed(f"value {text} is not a valid dateTime") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _holds(body: Doc, name: str, sign: str, wanted: Any) -> bool:
    have = at(body, name)
    if sign == "IN":
        return any(_compared(name, have, "=", one) for one in wanted)
    if have is None:
        return False
    if sign == "LIKE":
        pattern = ".*".join(re.escape(part) for part in wanted.split("%"))
        return re.fullmatch(pattern, str(have), re.IGNORECASE | re.DOTALL) is not None
    return _compared(name, have, sign, wanted)


def _compared(name: str, have: Any, sign: str, wanted: str) -> bool:
    a: Any
    b: Any
    if name in _STAMPS:
        a, b = instant(str(have)), instant(wanted)
    elif name == "Id" and wanted.isdigit():
        a, b = int(have), int(wanted)
    elif isinstance(have, bool):
        a, b = have, wanted.lower() == "true"
    elif isinstance(have, int | float | Decimal):
        try:
            a, b = Decimal(str(have)), number(wanted)
        except Refusal:
            raise not_allowed(f"value {wanted} is not a number") from None
    else:
        a, b = str(have or "").casefold(), wanted.casefold()
    return bool({"=": a == b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[sign])
