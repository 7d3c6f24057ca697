"""From elements to the bytes QuickBooks Desktop is handed: ASCII alone, everything else as numeric references. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pos.connectors.qbd import checks
from pos.errors import Invalid
from pos.said import said

#: Versions that are spoken, newest last. Before 11.0 there is no telling what became of a message.
VERSIONS = ("11.0", "12.0", "13.0", "14.0", "15.0", "16.0")
ON_ERROR = ("stopOnError", "continueOnError")


@dataclass(frozen=True, slots=True)
class Element:
    """One element: a text, or others in it."""

    name: str
    text: str = ""
    children: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request: "TransferInventoryAdd" with what is in its <TransferInventoryAddRq>. writes: it posts something.
    notes: what was changed in texts for people, in words."""

    name: str
    children: tuple[Element, ...]
    writes: bool
    attributes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def leaf(name: str, text: str) -> Element:
    if not text:
        raise Invalid(said("{name} is empty.", name=name), field=name)
    return Element(name, text)


def inside(name: str, *children: Element | Sequence[Element] | None) -> Element:
    """An element with others in it, in this order; None and () are left out."""
    return Element(name, "", flat(*children))


def flat(*children: Element | Sequence[Element] | None) -> tuple[Element, ...]:
    found: list[Element] = []
    for child in children:
        if isinstance(child, Element):
            found.append(child)
        elif child is not None:
            found.extend(child)
    return tuple(found)


def best_version(theirs: Iterable[str], most: str = VERSIONS[-1]) -> str:
    """The newest version both speak, no newer than `most`; "" = none, as for an edition with versions of its own."""
    known = {_two(text) for text in theirs}
    shared = [one for one in VERSIONS if one in known and Decimal(one) <= Decimal(most)]
    return shared[-1] if shared else ""


def upto(major: str, minor: str = "0", most: str = VERSIONS[-1]) -> str:
    """The newest version of ours that a QuickBooks takes which takes up to major.minor; "" = none."""
    highest = _two(f"{major}.{minor}")
    if not highest:
        return ""
    return best_version([one for one in VERSIONS if Decimal(one) <= Decimal(highest)], most)


def _two(text: str) -> str:
    major, _, minor = text.strip().partition(".")
    minor = minor or "0"
    plain = all(part.isascii() and part.isdigit() and len(part) < 4 for part in (major, minor))
    return f"{int(major)}.{int(minor)}" if plain else ""


def message_set(
    requests: Sequence[tuple[str, Request]],
    version: str,
    *,
    set_id: str = "",
    old_set: str = "",
    on_error: str = "stopOnError",
) -> bytes:
    """The whole document, requests by their ids. One that posts stands alone and has a set id; questions have none.
    old_set: a set that is booked, which they may forget; never without a new one, which would be forgetting alone."""
    if version not in VERSIONS:
        raise Invalid(said("qbXML {version} is not spoken here.", version=version), field="version")
    if on_error not in ON_ERROR:
        raise Invalid(said("QuickBooks does not do {what}.", what=on_error), field="on_error")
    writes = [request for _, request in requests if request.writes]
    if not requests or (writes and len(requests) > 1):
        raise Invalid(said("A message holds one thing to post, or questions."), field="requests")
    if bool(set_id) != bool(writes):
        raise Invalid(said("What is posted goes under a number of its own, and a question under none."), field="set_id")
    if old_set and (not set_id or old_set == set_id):
        raise Invalid(said("A number is never cleared but with a newer one."), field="old_set")
    if len({key for key, _ in requests}) != len(requests):
        raise Invalid(said("Two questions have the same number."), field="request_id")
    head = {"onError": on_error}
    if set_id:
        head["newMessageSetID"] = checks.set_id(set_id)
    if old_set:
        head["oldMessageSetID"] = checks.set_id(old_set, "old_set")
    out = ['<?xml version="1.0" encoding="utf-8"?>', f'<?qbxml version="{version}"?>', "<QBXML>"]
    out.append(f"<QBXMLMsgsRq{_attributes(head)}>")
    for key, request in requests:
        own = {"requestID": checks.request_id(key), **request.attributes}
        out.append(f"<{request.name}Rq{_attributes(own)}>")
        for child in request.children:
            _write(child, out)
        out.append(f"</{request.name}Rq>")
    out.append("</QBXMLMsgsRq></QBXML>")
    return "".join(out).encode("ascii")


def _write(one: Element, out: list[str]) -> None:
    out.append(f"<{one.name}>{_escaped(one.text)}")
    for child in one.children:
        _write(child, out)
    out.append(f"</{one.name}>")


def _escaped(text: str) -> str:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return plain.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f' {name}="{_escaped(text)}"' for name, text in values.items())
