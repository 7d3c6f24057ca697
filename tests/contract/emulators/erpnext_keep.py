"""What every document goes through on its way in: unknown fields dropped, unique fields, names, stamps; and how it is
shown afterwards."""

from __future__ import annotations

from copy import deepcopy

from tests.contract.emulators.erpnext_site import Doc, Refusal, Site


def cleaned(site: Site, doctype: str, body: Doc) -> Doc:
    """Only the fields the doctype has; the others are dropped without a word (inv-15)."""
    children = site.doctypes[doctype].children
    doc = {k: deepcopy(v) for k, v in body.items() if k in site.known_fields(doctype) and k not in children}
    for table, child in children.items():
        rows = body.get(table) or []
        known = site.known_fields(child)
        doc[table] = [{k: deepcopy(v) for k, v in row.items() if k in known} for row in rows]
    doc["doctype"] = doctype
    doc["docstatus"] = int(body.get("docstatus") or 0)
    return doc


def keep(site: Site, doc: Doc, user: str) -> Doc:
    now = site.stamp()
    doc |= {"owner": user, "creation": now, "modified": now, "modified_by": user, "idx": 0}
    for table, child in site.doctypes[doc["doctype"]].children.items():
        doc[table] = [site.child(doc, table, child, i, {**row, "name": None}) for i, row in enumerate(doc[table], 1)]
    site.docs[doc["doctype"]][doc["name"]] = doc
    return doc


def unique(site: Site, doc: Doc) -> None:
    for (doctype, fieldname), custom in site.custom_fields.items():
        if doctype != doc["doctype"]:
            continue
        value = doc.get(fieldname)
        if isinstance(value, str) and len(value) > 140:
            raise Refusal(
                417, "CharacterLengthExceededError", f"{fieldname} will get truncated, as max characters allowed is 140"
            )
        doc[fieldname] = value or None
        if custom["unique"] and value and any(d.get(fieldname) == value for d in site.docs[doctype].values()):
            raise Refusal(417, "UniqueValidationError", f"{custom['label']} must be unique")


def give_name(site: Site, doc: Doc, body: Doc) -> None:
    """Raised after all checks, as the database does: the unique field first, then the name."""
    own = body.get("name")
    if own and own in site.docs[doc["doctype"]]:
        raise Refusal(409, "DuplicateEntryError", f"{doc['doctype']} {own} already exists")
    series = body.get("naming_series") or site.doctypes[doc["doctype"]].series
    doc["name"] = own or site.next_name(series if "#" in series else f"{series}.#####")


def stored(doc: Doc) -> Doc:
    """A document as a later GET shows it: times unpadded, nothing else changed."""
    shown = deepcopy(doc)
    time = shown.get("posting_time")
    if isinstance(time, str) and ":" in time:
        hours, minutes, seconds = time.split(":")
        whole, _, rest = seconds.partition(".")
        shown["posting_time"] = (
            f"{int(hours)}:{minutes}:{whole}" if not rest else f"{int(hours)}:{int(minutes)}:{int(whole)}.{rest}"
        )
    return shown
