"""Doctypes made over REST, and their documents: named by a field or by a series, unique fields, required ones.

Recorded for custom fields and standard doctypes, and the same code there: a second value of a unique field is a 417
UniqueValidationError, a second name a 409 DuplicateEntryError; numbers of a series are handed out one at a time, in the
order of the commits; unknown fields are dropped.
"""

from __future__ import annotations

from tests.contract.emulators.erpnext_figures import flt
from tests.contract.emulators.erpnext_keep import keep
from tests.contract.emulators.erpnext_site import Doc, DocType, Refusal, Site

CHARS_MAX = 140


def create_doctype(site: Site, doc: Doc, user: str) -> Doc:
    name = str(doc.get("name") or "")
    if name in site.docs["DocType"] or name in site.doctypes:
        raise Refusal(409, "DuplicateEntryError", f"DocType {name} already exists")
    doc["name"] = name
    kept = keep(site, doc, user)
    fields = frozenset(f["fieldname"] for f in doc["fields"])
    autoname = str(doc.get("autoname") or "")
    named_by = autoname.removeprefix("field:") if autoname.startswith("field:") else ""
    site.doctypes[name] = DocType(fields, {}, named_by, autoname if "#" in autoname else "")
    site.docs[name] = {}
    return kept


def insert(site: Site, doc: Doc, user: str) -> Doc:
    """One document of a doctype that was made so."""
    doctype = doc["doctype"]
    for field in site.docs["DocType"][doctype]["fields"]:
        _check(doctype, doc, field)
    declared = site.doctypes[doctype]
    if declared.name_from:
        name = str(doc[declared.name_from])
        if _holds(site, doctype, "name", name):
            raise Refusal(409, "DuplicateEntryError", f"{doctype} {name} already exists")
        doc["name"] = name
    for field in site.docs["DocType"][doctype]["fields"]:
        value = doc.get(field["fieldname"])
        if field.get("unique") and value and _holds(site, doctype, field["fieldname"], value):
            raise Refusal(417, "UniqueValidationError", f"{field['label']} must be unique")
    if not declared.name_from:
        doc["name"] = site.next_name(declared.series or f"{doctype}-.#####")
    return keep(site, doc, user)


def _holds(site: Site, doctype: str, field: str, value: object) -> bool:
    """Text is the same whatever its case, as in MariaDB."""
    return any(str(d.get(field) or "").casefold() == str(value).casefold() for d in site.docs[doctype].values())


def _check(doctype: str, doc: Doc, field: Doc) -> None:
    name, kind, value = field["fieldname"], field["fieldtype"], doc.get(field["fieldname"])
    if kind == "Currency":
        doc[name] = flt(value, 9)
    elif kind in ("Int", "Check"):
        doc[name] = int(flt(value, 0))
    elif field.get("reqd") and value in (None, ""):
        raise Refusal(417, "MandatoryError", f"[{doctype}, ]: {name}")
    elif kind == "Select" and value and str(value) not in str(field.get("options") or "").split("\n"):
        raise Refusal(417, "ValidationError", f'{field["label"]} cannot be "{value}".')
    elif kind == "Data" and len(str(value or "")) > CHARS_MAX:
        words = f"{name} will get truncated, as max characters allowed is {CHARS_MAX}"
        raise Refusal(417, "CharacterLengthExceededError", words)
    else:
        doc[name] = value if value not in (None, "") else None
