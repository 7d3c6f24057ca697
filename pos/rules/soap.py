"""SOAP as the QuickBooks Web Connector speaks it: a call read from untrusted bytes, an answer or a fault as bytes, and
the service's description.

Reading goes by local names, so that the styles Document, DocWrapped and RPC are all understood. Before the XML library
sees anything, the markup is gone through once: no DTD, no entities but the five of XML, no other encoding than UTF-8,
no large or many tags, no depth; the time that takes grows with the length alone, and the library builds a few nodes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

NAMESPACE = "http://developer.intuit.com/"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: What each operation is given, in order. In the description; when reading, what is missing is empty.
OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "serverVersion": (),
        "clientVersion": ("strVersion",),
        "authenticate": ("strUserName", "strPassword"),
        "sendRequestXML": (
            "ticket", "strHCPResponse", "strCompanyFileName", "qbXMLCountry", "qbXMLMajorVers", "qbXMLMinorVers",
        ),
        "receiveResponseXML": ("ticket", "response", "hresult", "message"),
        "connectionError": ("ticket", "hresult", "message"),
        "getLastError": ("ticket",),
        "closeConnection": ("ticket",),
        "getInteractiveURL": ("wcTicket", "sessionID"),
        "interactiveRejected": ("wcTicket", "reason"),
        "interactiveDone": ("wcTicket",),
    }
)  # fmt: skip
_WHOLE_NUMBERS = frozenset({"qbXMLMajorVers", "qbXMLMinorVers", "receiveResponseXMLResult"})
_LISTS = frozenset({"authenticateResult"})

TAGS_MAX = 300
DEPTH_MAX = 24
TAG_BYTES_MAX = 4096

_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*(?:"1\.[0-9]"|'1\.[0-9]')(?:\s+encoding\s*=\s*(?:"([A-Za-z0-9._-]+)"|'([A-Za-z0-9._-]+)'))?"""
    rb"""(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>"""
)
_TAG = re.compile(rb"""<(/?)[^\s/<>"'=!?]+(?:\s+[^\s/<>"'=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(/?)>""")
_ENCODINGS = frozenset({b"", b"utf-8", b"utf8", b"us-ascii", b"ascii"})
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: The same in bytes, and as references; NUL is never text.
_ILLEGAL = re.compile(
    rb"[\x01-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|&#(?:0{0,6}(?:[1-8]|1[124-9]|2[0-9]|3[01])"
    rb"|x0{0,6}(?:[1-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}|[fF]{3}[eEfF]));"
)


class Malformed(ValueError):
    """The bytes are no call that could be answered; the message says why, in words of this program's own."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. arguments: all that the operation takes, "" where missing, empty or nil. envelope: SOAP's namespace."""

    operation: str
    arguments: Mapping[str, str]
    envelope: str = SOAP_11

    def __getitem__(self, name: str) -> str:
        return self.arguments[name]


# -- reading -----------------------------------------------------------------------------------------------------------


def read(body: bytes) -> Call:
    """The call in a SOAP envelope. Malformed for anything else, whatever it is."""
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    _refuse_hostile(body)
    try:
        root = _parsed(body)
    except (etree.XMLSyntaxError, ValueError):
        try:  # the Web Connector passes on letters XML does not have, as QuickBooks wrote them
            root = _parsed(_ILLEGAL.sub(b"", body))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise Malformed("This is no well-formed XML.") from error
    name, envelope = _named(root)
    if name != "Envelope" or envelope not in (SOAP_11, SOAP_12):
        raise Malformed("This is no SOAP envelope.")
    found = next((child for child in root if _named(child) == ("Body", envelope)), None)
    if found is None or len(found) != 1:
        raise Malformed("A SOAP body holds one call.")
    return _call(found[0], envelope)


def _parsed(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=True,
        remove_comments=True, remove_pis=True, strip_cdata=True, recover=False,
    )  # fmt: skip
    return etree.fromstring(body, parser)


def _call(element: etree._Element, envelope: str) -> Call:
    operation = _named(element)[0]
    if operation not in OPERATIONS:
        raise Malformed("There is no such operation.")
    given: dict[str, str] = {}
    for child in element:
        name = _named(child)[0]
        if name in given:
            raise Malformed("A value is given twice.")
        if len(child):
            raise Malformed("A value is text, not XML.")
        given[name] = "" if child.get(f"{{{_XSI}}}nil") in ("true", "1") else child.text or ""
    return Call(operation, {name: given.get(name, "") for name in OPERATIONS[operation]}, envelope)


def _named(element: etree._Element) -> tuple[str, str]:
    """Local name and namespace."""
    found = etree.QName(element)
    return found.localname, found.namespace or ""


def _refuse_hostile(body: bytes) -> None:
    """Go through the markup once. Text is passed over, so a long answer costs nothing here."""
    if b"\0" in body:
        raise Malformed("This is not UTF-8.")
    declared = _DECLARATION.match(body[:TAG_BYTES_MAX])
    if declared is not None and (declared[1] or declared[2] or b"").lower() not in _ENCODINGS:
        raise Malformed("Only UTF-8 is taken.")
    at = declared.end() if declared is not None else 0
    if body[at : at + TAG_BYTES_MAX].lstrip(b" \t\r\n")[:1] != b"<":
        raise Malformed("This is no XML.")
    seen = depth = 0
    while (at := body.find(b"<", at)) >= 0:
        seen += 1
        at, deeper = _past(body, at)
        depth += deeper
        if seen > TAGS_MAX or depth > DEPTH_MAX:
            raise Malformed("This is not what a Web Connector sends.")


def _past(body: bytes, at: int) -> tuple[int, int]:
    """Where the markup that begins here ends, and how much deeper it leads."""
    for opening, closing in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>")):
        if body.startswith(opening, at):
            end = body.find(closing, at + len(opening))
            if end < 0:
                raise Malformed("This is no well-formed XML.")
            return end + len(closing), 0
    tag = _TAG.match(body[at : at + TAG_BYTES_MAX])
    if tag is None:  # also a DOCTYPE, a processing instruction, a tag that is too long
        raise Malformed("This is not what a Web Connector sends.")
    return at + tag.end(), -1 if tag[1] else 0 if tag[2] else 1


# -- writing -----------------------------------------------------------------------------------------------------------


def answer(call: Call, result: str | int | Sequence[str]) -> bytes:
    """The answer to a call. No space between the tags: it would become part of a value."""
    name = call.operation
    if isinstance(result, str | int):
        value = escaped(str(result))
    else:
        value = "".join(f"<string>{escaped(one)}</string>" for one in result)
    inside = f"<{name}Result>{value}</{name}Result>"
    return _envelope(f'<{name}Response xmlns="{NAMESPACE}">{inside}</{name}Response>', call.envelope)


def fault(words: str, *, ours: bool, envelope: str = SOAP_11) -> bytes:
    """What says that there can be no answer. ours: the fault is on this side."""
    if envelope == SOAP_12:
        code = f"<soap:Code><soap:Value>soap:{'Receiver' if ours else 'Sender'}</soap:Value></soap:Code>"
        reason = f'<soap:Reason><soap:Text xml:lang="en">{escaped(words)}</soap:Text></soap:Reason>'
        return _envelope(f"<soap:Fault>{code}{reason}</soap:Fault>", envelope)
    code = f"<faultcode>soap:{'Server' if ours else 'Client'}</faultcode>"
    return _envelope(f"<soap:Fault>{code}<faultstring>{escaped(words)}</faultstring></soap:Fault>", SOAP_11)


def content_type(envelope: str = SOAP_11) -> str:
    """Of a call's answer."""
    return f"{'text/xml' if envelope == SOAP_11 else 'application/soap+xml'}; charset=utf-8"


def escaped(text: str) -> str:
    """Text for between two tags; what XML has no character for is shown as U+FFFD."""
    text = _FORBIDDEN.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _envelope(inside: str, namespace: str) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return f'{head}<soap:Envelope xmlns:soap="{namespace}"><soap:Body>{inside}</soap:Body></soap:Envelope>'.encode()


# -- the other side ----------------------------------------------------------------------------------------------------


def request(operation: str, arguments: Mapping[str, str]) -> bytes:
    """A call as a Web Connector makes it."""
    inside = "".join(f"<{name}>{escaped(arguments.get(name, ''))}</{name}>" for name in OPERATIONS[operation])
    return _envelope(f'<{operation} xmlns="{NAMESPACE}">{inside}</{operation}>', SOAP_11)


def result(operation: str, body: bytes) -> list[str]:
    """What was answered to it: one text, or several of authenticate. Malformed when that is no answer to it."""
    _refuse_hostile(body)
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("The answer is no well-formed XML.") from error
    found = [one for one in root.iter() if _named(one) == (f"{operation}Result", NAMESPACE)]
    if len(found) != 1:
        raise Malformed(f"There is no {operation}Result in the answer.")
    strings = [one.text or "" for one in found[0] if _named(one) == ("string", NAMESPACE)]
    return strings if len(found[0]) else [found[0].text or ""]


# -- describing --------------------------------------------------------------------------------------------------------


def description(address: str) -> bytes:
    """WSDL 1.1 of the service at an address: document/literal over SOAP 1.1, one binding."""
    types = "".join(_element(name, given) + _element(f"{name}Response", (f"{name}Result",))
                    for name, given in OPERATIONS.items())  # fmt: skip
    messages = "".join(
        f'<message name="{name}{way}"><part name="parameters" element="qb:{name}{kind}"/></message>'
        for name in OPERATIONS
        for way, kind in (("In", ""), ("Out", "Response"))
    )
    doors = "".join(
        f'<operation name="{name}"><input message="qb:{name}In"/><output message="qb:{name}Out"/></operation>'
        for name in OPERATIONS
    )
    literal = '<soap:body use="literal"/>'
    bound = "".join(
        f'<operation name="{name}"><soap:operation soapAction="{NAMESPACE}{name}" style="document"/>'
        f"<input>{literal}</input><output>{literal}</output></operation>"
        for name in OPERATIONS
    )
    place = escaped(address).replace('"', "&quot;")
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<definitions name="WebConnector" xmlns="http://schemas.xmlsoap.org/wsdl/"'
        ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:qb="{NAMESPACE}" targetNamespace="{NAMESPACE}">'
        f'<types><xs:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">'
        '<xs:complexType name="ArrayOfString"><xs:sequence><xs:element name="string" type="xs:string" minOccurs="0"'
        ' maxOccurs="unbounded" nillable="true"/></xs:sequence></xs:complexType>'
        f"{types}</xs:schema></types>{messages}"
        f'<portType name="WebConnectorDoor">{doors}</portType>'
        '<binding name="WebConnectorSoap" type="qb:WebConnectorDoor">'
        f'<soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>{bound}</binding>'
        '<service name="WebConnector"><port name="WebConnectorSoap" binding="qb:WebConnectorSoap">'
        f'<soap:address location="{place}"/></port></service></definitions>'
    )
    return text.encode()


def _element(name: str, fields: Sequence[str]) -> str:
    inside = "".join(_field(one) for one in fields)
    return (
        f'<xs:element name="{name}"><xs:complexType><xs:sequence>{inside}</xs:sequence></xs:complexType></xs:element>'
    )


def _field(name: str) -> str:
    if name in _WHOLE_NUMBERS:
        return f'<xs:element name="{name}" type="xs:int"/>'
    kind = "qb:ArrayOfString" if name in _LISTS else "xs:string"
    return f'<xs:element name="{name}" type="{kind}" minOccurs="0"/>'
