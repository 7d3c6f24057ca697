"""The .qwc file: what makes a Web Connector know the till. No password is in it; the Web Connector asks for that."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from pos.said import said

DESCRIPTION_CHARS_MAX = 80
MINUTES_MIN, MINUTES_MAX = 1, 24 * 60


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in it. owner_id, file_id: {GUID}. minutes: how often it comes round, as a suggestion."""

    app_name: str
    unique_name: str
    address: str
    username: str
    owner_id: str
    file_id: str
    description: str
    minutes: int = 15


def why_not(address: str) -> str:
    """Why a Web Connector would not take this address, in words; "" when it would."""
    try:
        parts = urlsplit(address.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return said("{address} is no address of the web.", address=address)
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return said("{address} is no address of the web.", address=address)
    if parts.query or parts.fragment:
        return said("The address ends with its path: without ? and #.")
    if _is_ip(host):
        return said("The Web Connector takes no IP address: give {host} a name.", host=host)
    if parts.scheme == "http" and host != "localhost":
        return said("The Web Connector asks for https, unless it runs on the till's own machine as localhost.")
    if parts.path in ("", "/"):
        return said("The address ends with /qbwc, where the till answers.")
    return ""


def support_of(address: str) -> str:
    """The page for help: on the same name, as the Web Connector wants it."""
    return f"{address.strip().rstrip('/')}/support"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()
    return True


def build(facts: Facts) -> bytes:
    """The file: UTF-8 without a byte order mark. ValueError when the address cannot be used; see `why_not`."""
    wrong = why_not(facts.address)
    if wrong:
        raise ValueError(wrong)
    address = facts.address.strip()
    root = etree.Element("QBWCXML")
    for name, text in (
        ("AppName", facts.app_name),
        ("AppID", ""),
        ("AppURL", address),
        ("AppDescription", facts.description[:DESCRIPTION_CHARS_MAX]),
        ("AppSupport", support_of(address)),
        ("UserName", facts.username),
        ("OwnerID", facts.owner_id),
        ("FileID", facts.file_id),
        ("QBType", "QBFS"),
        ("Style", "Document"),
        ("Notify", "false"),
        ("IsReadOnly", "false"),
        ("AuthFlags", "0x0"),
        ("UnattendedModePref", "umpOptional"),
        ("PersonalDataPref", "pdpNotNeeded"),
        ("AppDisplayName", facts.app_name),
        ("AppUniqueName", facts.unique_name),
    ):
        etree.SubElement(root, name).text = text
    minutes = max(MINUTES_MIN, min(MINUTES_MAX, facts.minutes))
    etree.SubElement(etree.SubElement(root, "Scheduler"), "RunEveryNMinutes").text = str(minutes)
    body: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return body
