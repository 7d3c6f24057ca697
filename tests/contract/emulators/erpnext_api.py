"""The API of version 1: which request does what to a site."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.contract.emulators.erpnext_documents import insert
from tests.contract.emulators.erpnext_entries import submit
from tests.contract.emulators.erpnext_invoices import cancel
from tests.contract.emulators.erpnext_keep import stored
from tests.contract.emulators.erpnext_lists import children, parsed, query
from tests.contract.emulators.erpnext_site import SINGLES, STANDARD, Account, Doc, Refusal, Site

INSERTS_MAX = 200


def route(site: Site, account: Account | None, method: str, path: str, asked: Doc, body: Any) -> tuple[int, Any]:
    """One request to the API of version 1."""
    parts = [unquote(p) for p in path.strip("/").split("/")]
    if parts[:2] == ["api", "method"] and len(parts) == 3:
        return 200, _method(site, account, parts[2], asked | (body if isinstance(body, dict) else {}))
    if parts[:2] != ["api", "resource"] or not 3 <= len(parts) <= 4 or method == "PATCH":
        raise Refusal(404, "DoesNotExistError")
    user, doctype = (account.user if account else "Guest"), parts[2]
    if len(parts) == 3:
        site.allow(account, doctype, "read" if method == "GET" else "create")
        if method == "POST":
            return 200, {"data": insert(site, doctype, body, user)}
        return 200, {"data": query(site, doctype, asked)}
    site.allow(account, doctype, {"GET": "read", "DELETE": "delete"}.get(method, "write"))
    doc = site.get(doctype, parts[3])
    if method == "GET":
        return 200, {"data": stored(doc)}
    if method == "DELETE":
        return 202, _deleted(site, doc)
    if method == "POST":
        if asked.get("run_method") != "submit":
            raise Refusal(417, "ValidationError")
        return 200, {"data": stored(submit(site, doc, user))}
    return 200, {"data": stored(_updated(site, doc, body, user))}


def _updated(site: Site, doc: Doc, body: Doc, user: str) -> Doc:
    if body.get("modified") and body["modified"] != doc["modified"]:
        raise Refusal(417, "TimestampMismatchError", "Document has been modified after you have opened it")
    wanted = {k: v for k, v in body.items() if k in site.known_fields(doc["doctype"]) and k not in STANDARD}
    if doc["docstatus"] == 1 and any(doc.get(k) != v for k, v in wanted.items()):
        raise Refusal(417, "UpdateAfterSubmitError", "Not allowed to change after submission")
    for table, child in site.doctypes[doc["doctype"]].children.items():
        if table in wanted:
            known = site.known_fields(child) - set(STANDARD)
            rows = [{k: v for k, v in row.items() if k in known} for row in wanted[table]]
            wanted[table] = [site.child(doc, table, child, i, row) for i, row in enumerate(rows, 1)]
    if body.get("docstatus") == 1:
        return submit(site, doc | wanted, user)
    return site.change(doc["doctype"], doc["name"], **wanted)


def _deleted(site: Site, doc: Doc) -> Doc:
    if doc["docstatus"] == 1:
        raise Refusal(417, "ValidationError", "Submitted Record cannot be deleted. You must Cancel it first.")
    if doc["doctype"] == "Item":
        for invoice in site.docs["Sales Invoice"].values():
            if any(row["item_code"] == doc["name"] for row in invoice["items"]):
                raise Refusal(417, "LinkExistsError", f"Cannot delete because it is linked with {invoice['name']}")
    del site.docs[doc["doctype"]][doc["name"]]
    site.put("Deleted Document", site.row_name(), deleted_doctype=doc["doctype"], deleted_name=doc["name"])
    return {"data": "ok"}


def _method(site: Site, account: Account | None, name: str, asked: Doc) -> Any:
    if name == "ping":
        return {"message": "pong"}
    if account is None:
        raise Refusal(403, "PermissionError", f"Function {name} is not whitelisted.")
    if name == "frappe.auth.get_logged_user":
        return {"message": account.user}
    if name == "frappe.utils.change_log.get_versions":
        frappe, erpnext = site.versions
        return {"message": {"frappe": {"version": frappe}, "erpnext": {"version": erpnext}}}
    if name in ("frappe.client.get_list", "frappe.client.get_count", "frappe.client.get_value"):
        return {"message": _asked(site, account, name, asked)}
    if name in ("frappe.client.insert", "frappe.client.insert_many", "frappe.client.submit", "frappe.client.cancel"):
        return {"message": _client(site, account, name, asked)}
    if name == "erpnext.stock.utils.scan_barcode":
        code = asked.get("search_value")
        found = [i["name"] for i in site.docs["Item"].values() if any(b["barcode"] == code for b in i["barcodes"])]
        return {"message": {"barcode": code, "item_code": found[0]} if found else {}}
    raise Refusal(417, "ValidationError", f"Failed to get method for command {name}")


def _asked(site: Site, account: Account, name: str, asked: Doc) -> Any:
    doctype = asked.get("doctype", "")
    if asked.get("parent"):
        site.allow(account, asked["parent"], "read")
        return query(site, doctype, asked, children(site, doctype, asked["parent"]))
    site.allow(account, doctype, "read")
    if name == "frappe.client.get_count":
        return len(query(site, doctype, {"filters": asked.get("filters"), "limit_page_length": 0}))
    if name == "frappe.client.get_value":
        wanted = (
            parsed(asked.get("fieldname"), "name")
            if str(asked.get("fieldname", "")).startswith("[")
            else asked.get("fieldname")
        )
        fields = wanted if isinstance(wanted, list) else [wanted]
        if doctype in SINGLES:
            return {f: site.docs[doctype][doctype].get(f) for f in fields}
        found = query(site, doctype, {"fields": fields, "filters": asked.get("filters"), "limit_page_length": 1})
        return found[0] if found else {}
    return query(site, doctype, asked)


def _client(site: Site, account: Account, name: str, asked: Doc) -> Any:
    if name == "frappe.client.insert_many":
        docs = parsed(asked.get("docs"), [])
        if len(docs) > INSERTS_MAX:
            raise Refusal(417, "ValidationError", "Only 200 inserts allowed in one request")
        kept = {doctype: dict(rows) for doctype, rows in site.docs.items()}
        series = dict(site._series)
        try:
            names = []
            for doc in docs:
                site.allow(account, doc["doctype"], "create")
                names.append(insert(site, doc["doctype"], doc, account.user)["name"])
            return names
        except Refusal:
            site.docs, site._series = kept, series
            raise
    if name == "frappe.client.cancel":
        site.allow(account, asked["doctype"], "cancel")
        return stored(cancel(site, site.get(asked["doctype"], asked["name"]), account.user))
    given = parsed(asked.get("doc"), {})
    if name == "frappe.client.insert":
        site.allow(account, given["doctype"], "create")
        return insert(site, given["doctype"], given, account.user)
    site.allow(account, given["doctype"], "write")
    doc = site.get(given["doctype"], given["name"])
    if given.get("modified") != doc["modified"]:
        raise Refusal(417, "TimestampMismatchError", "Document has been modified after you have opened it")
    return stored(submit(site, doc, account.user))
