"""SOAP of the Web Connector: every style of call is understood, hostile bytes are refused early, answers are exact."""

from __future__ import annotations

import tracemalloc

import pytest
from lxml import etree

from pos.rules import soap

ENVELOPE = '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{ns}"><s:Body>{inside}</s:Body></s:Envelope>'


def envelope(inside: str, ns: str = soap.SOAP_11) -> bytes:
    return ENVELOPE.format(ns=ns, inside=inside).encode()


@pytest.mark.parametrize(
    "inside",
    [
        # Document
        '<authenticate xmlns="http://developer.intuit.com/"><strUserName>shop</strUserName>'
        "<strPassword>a&lt;b&amp;c</strPassword></authenticate>",
        # DocWrapped, prefixed
        '<q:authenticate xmlns:q="http://developer.intuit.com/"><q:strUserName>shop</q:strUserName>\n'
        "  <q:strPassword>a&lt;b&amp;c</q:strPassword></q:authenticate>",
        # RPC: parts without a namespace, with their types
        '<m:authenticate xmlns:m="http://developer.intuit.com/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><strPassword xsi:type="xsd:string">'
        '<![CDATA[a<b&c]]></strPassword><strUserName xsi:type="xsd:string">shop</strUserName></m:authenticate>',
    ],
)
def test_each_style_of_the_web_connector_is_understood(inside: str) -> None:
    call = soap.read(envelope(inside))
    assert (call.operation, call["strUserName"], call["strPassword"]) == ("authenticate", "shop", "a<b&c")


def test_what_is_missing_empty_or_nil_is_the_same() -> None:
    nil = '<ticket xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">x</ticket>'
    for inside in ("<getLastError/>", "<getLastError><ticket/></getLastError>", f"<getLastError>{nil}</getLastError>"):
        assert soap.read(envelope(inside))["ticket"] == ""
    assert soap.read(envelope("<serverVersion><strVersion>2.3</strVersion></serverVersion>")).arguments == {}


def test_letters_xml_does_not_have_cost_those_letters_alone() -> None:
    """.NET writes them as references; a list with one such name would never be read."""
    for letter in ("&#x1F;", "&#11;", "\x0b", "\ufffe", "&#xD800;", "&#xFFFF;"):
        call = soap.read(
            envelope(f"<receiveResponseXML><response>a{letter}b&#10;&#x9;</response></receiveResponseXML>")
        )
        assert call["response"] == "ab\n\t"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "billion laughs": f'<!DOCTYPE s [<!ENTITY l0 "lol">{LAUGHS}]><s:Envelope xmlns:s="{soap.SOAP_11}"><s:Body>'
    "<getLastError><ticket>&l9;</ticket></getLastError></s:Body></s:Envelope>",
    "behind a comment that looks like the beginning": '<!-- <s:Envelope> --><!DOCTYPE s [<!ENTITY a "b">]><s/>',
    "laughs in an attribute": f'<!DOCTYPE s [<!ENTITY l0 "lol">{LAUGHS}]><s a="&l9;"/>',
    "a file": '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><s>&x;</s>',
    "a DTD from elsewhere": '<!DOCTYPE s SYSTEM "http://127.0.0.1:9/x.dtd"><s/>',
    "an entity nobody declared": envelope("<getLastError><ticket>&x;</ticket></getLastError>").decode(),
    "depth": "<a>" * 100_000,
    "many tags": envelope(f"<getLastError>{'<a/>' * 100_000}</getLastError>").decode(),
    "many attributes": "<a " + " ".join(f"a{n}=''" for n in range(100_000)) + "/>",
    "quotes that do not end": '<a b="' * 2000,
    "blanks in a tag": f"<a{' ' * 4000}",
    "a comment that does not end": "<!--" * 100_000,
    "an instruction inside": envelope("<?x y?><getLastError/>").decode(),
    "not XML": '{"ok": true}',
    "nothing": "",
    "a page": "<!doctype html><html><body>502</body></html>",
    "two calls": envelope("<getLastError/><getLastError/>").decode(),
    "no call": envelope("").decode(),
    "another operation": envelope("<shutdown/>").decode(),
    "XML where text belongs": envelope("<getLastError><ticket><a/></ticket></getLastError>").decode(),
    "a value twice": envelope("<getLastError><ticket>a</ticket><ticket>b</ticket></getLastError>").decode(),
    "NUL by number": envelope("<getLastError><ticket>&#0;</ticket></getLastError>").decode(),
    "no envelope": "<getLastError/>",
    "another envelope": envelope("<getLastError/>", "urn:x").decode(),
    "UTF-7": '<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-',
    "another encoding": envelope("<getLastError/>").decode().replace("utf-8", "iso-8859-1"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused(name: str) -> None:
    with pytest.raises(soap.Malformed):
        soap.read(HOSTILE[name].encode())


@pytest.mark.parametrize("body", [
    envelope("<getLastError/>").decode().replace("utf-8", "utf-16").encode("utf-16"),
    envelope("<getLastError/>").decode().encode("utf-16-le"),
    envelope("<getLastError/>").decode().encode("utf-32"),
    envelope("<getLastError><ticket>\xe9</ticket></getLastError>").decode().encode("latin-1"),
    b"\0" * 1000,
])  # fmt: skip
def test_other_encodings_are_refused(body: bytes) -> None:
    with pytest.raises(soap.Malformed):
        soap.read(body)


def test_refusing_takes_no_memory_that_grows_with_the_nodes() -> None:
    body = envelope("<getLastError>" + "<a b='c'/>" * 400_000 + "</getLastError>")
    tracemalloc.start()
    with pytest.raises(soap.Malformed):
        soap.read(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < len(body) * 3 + 100_000


def test_a_long_answer_of_quickbooks_comes_through_whole() -> None:
    """Longer than what the XML library takes by itself."""
    long = "&lt;QBXML&gt;é" * 900_000
    call = soap.read(envelope(f"<receiveResponseXML><response>{long}</response></receiveResponseXML>"))
    assert call["response"] == "<QBXML>é" * 900_000


def test_an_answer_is_exact_and_has_no_space_between_its_tags() -> None:
    call = soap.Call("sendRequestXML", {})
    text = '<?xml version="1.0"?>\r\n<QBXML a="1">R&#38;D ]]> \x07</QBXML>'
    body = soap.answer(call, text)
    assert b"> <" not in body and b">\n<" not in body
    result = etree.fromstring(body)[0][0][0]
    assert etree.QName(result).namespace == soap.NAMESPACE
    assert result.text == text.replace("\x07", "\ufffd")


def test_authenticate_answers_strings_in_the_services_own_namespace() -> None:
    body = soap.answer(soap.Call("authenticate", {}), ["t", ""])
    strings = etree.fromstring(body)[0][0][0]
    assert [(etree.QName(one).namespace, etree.QName(one).localname, one.text or "") for one in strings] == [
        (soap.NAMESPACE, "string", "t"), (soap.NAMESPACE, "string", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("ns", [soap.SOAP_11, soap.SOAP_12])
def test_a_fault_names_whose_it_is(ns: str) -> None:
    for ours, word in ((True, {"Server", "Receiver"}), (False, {"Client", "Sender"})):
        body = soap.fault("A <b> & c", ours=ours, envelope=ns)
        text = "".join(etree.fromstring(body).itertext())
        assert "A <b> & c" in text and any(one in text for one in word)


def test_the_description_is_well_formed_whatever_the_address() -> None:
    root = etree.fromstring(soap.description('https://a"b.example/qbwc?x=1&y=2'))
    assert root.xpath("//*[local-name()='address']/@location") == ['https://a"b.example/qbwc?x=1&y=2']
