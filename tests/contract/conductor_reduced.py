"""Makes `emulators/conductor_shapes.json` from Conductor's own description, the way `conductor_shapes` reads it.

`python -m tests.contract.conductor_reduced …/openapi.json`: what a till needs of it, facts without prose.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.contract.emulators.conductor_shapes import REF, TABLE, expanded

PATH = "/quickbooks-desktop/"
WRITTEN = (
    "customers", "vendors", "inventory-items", "non-inventory-items", "service-items", "discount-items",
    "inventory-assembly-items", "sales-orders", "purchase-orders", "invoices", "inventory-adjustments",
)  # fmt: skip
#: Only looked at.
READ = (
    "other-names", "sales-tax-group-items", "other-charge-items", "subtotal-items", "item-groups", "employees",
    "deleted-list-objects", "deleted-transactions", "accounts", "standard-terms", "date-driven-terms",
    "sales-tax-codes", "sales-tax-items", "sales-representatives", "customer-types", "payment-methods",
    "unit-of-measure-sets", "classes", "price-levels", "inventory-sites", "item-sites", "shipping-methods",
    "currencies", "templates", "company", "health-check",
)  # fmt: skip
#: Words for people, and how a client names things.
PROSE = {"description", "example", "title", "summary"}


def bare(schema: Any, *, names: bool = False) -> Any:
    """Without prose, and `required` in one order. names: it is a table of properties, which may be called anything."""
    if isinstance(schema, list):
        return [bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = schema if names else {k: v for k, v in schema.items() if k not in PROSE and not k.startswith("x-")}
    return {
        k: sorted(v) if k == "required" and not names else bare(v, names=k == "properties") for k, v in kept.items()
    }


def reduced(description: dict[str, Any]) -> dict[str, Any]:
    """The whole table. ValueError for a schema it has no short words for."""
    paths: dict[str, Any] = {}
    needed: list[str] = []
    for name in (*WRITTEN, *READ):
        for tail in ("", "/{id}", "/{id}/void"):
            for method, operation in description["paths"].get(f"{PATH}{name}{tail}", {}).items():
                if name in WRITTEN or method == "get":
                    paths[f"{method} {name}{tail}"] = _operation(operation, needed)
    schemas: dict[str, Any] = {}
    while needed:
        name = needed.pop()
        if name not in schemas:
            schemas[name] = _short(bare(description["components"]["schemas"][name]), needed)
    return {"paths": paths, "schemas": dict(sorted(schemas.items()))}


def _operation(given: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    query = {
        one["name"] + "*" * bool(one.get("required")): _short(bare(one["schema"]), needed)
        for one in given.get("parameters", []) if one["in"] == "query"
    }  # fmt: skip
    row: dict[str, Any] = {"query": query} if query else {}
    if "requestBody" in given:
        row["body"] = _short(bare(given["requestBody"]["content"]["application/json"]["schema"]), needed)
    row["answer"] = _short(bare(given["responses"]["200"]["content"]["application/json"]["schema"]), needed)
    return row


def _short(schema: dict[str, Any], needed: list[str]) -> Any:
    said = _said(schema, needed)
    if bare(expanded(said)) != schema:
        raise ValueError(f"no short words for {schema}")
    return said


def _said(schema: dict[str, Any], needed: list[str]) -> Any:
    if schema == bare(expanded(REF)):
        return "ref"
    if "$ref" in schema:
        needed.append(schema["$ref"].rsplit("/", 1)[1])
        return f"@{needed[-1]}"
    if "anyOf" in schema:
        inner = _short(schema["anyOf"][0], needed)
        return (
            f"{inner}?" if isinstance(inner, str) else [*inner, "?"] if isinstance(inner, list) else {**inner, "?": 1}
        )
    if "const" in schema:
        return f"={schema['const']}"
    if schema["type"] == "object":
        needed_names = schema.get("required", [])
        parts = schema.get("properties", {})
        return {name + "*" * (name in needed_names): _short(one, needed) for name, one in parts.items()}
    if schema["type"] == "array":
        least = [schema["minItems"]] if "minItems" in schema else []
        return [_short(schema["items"], needed), *least]
    return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    said = str(schema["type"])
    said += f"/{schema['format']}" if "format" in schema else ""
    said += f"<{schema['maxLength']}" if "maxLength" in schema else ""
    if "minimum" in schema or "maximum" in schema:
        said += f"[{schema.get('minimum', '')},{schema.get('maximum', '')}]"
    said += f":{'|'.join(schema['enum'])}" if "enum" in schema else ""
    if "default" in schema:
        default = schema["default"]
        said += f"!{default if isinstance(default, str) else json.dumps(default)}"
    return said


def written(table: dict[str, Any]) -> str:
    """One line for each path and schema, so that a change shows where it is."""
    parts = []
    for name, rows in table.items():
        lines = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in rows.items())
        parts.append(f'"{name}":{{\n{lines}\n}}')
    return "{" + ",".join(parts) + "}\n"


if __name__ == "__main__":
    TABLE.write_text(written(reduced(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))), encoding="utf-8")
