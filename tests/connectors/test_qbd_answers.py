"""What QuickBooks Desktop answers: read whole, or known to be no answer; codes decide what happens to a message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos import clock
from pos.connectors.qbd import answers, codes, compared
from pos.connectors.qbd.answers import NoAnswer, Ret

HEAD = '<?xml version="1.0" ?>'
RET = (
    "<TransferInventoryRet><TxnID>1A-2</TxnID><EditSequence>7</EditSequence><TxnNumber>12</TxnNumber>"
    "<TxnDate>2026-11-22</TxnDate><RefNumber>TK1</RefNumber>"
    "<FromInventorySiteRef><ListID>8-1</ListID><FullName>Front</FullName></FromInventorySiteRef>"
    "<ToInventorySiteRef><ListID>8-2</ListID><FullName>Back</FullName></ToInventorySiteRef>"
    "<Memo>moved [e1]</Memo><ExternalGUID>{A}</ExternalGUID>"
    "<TransferInventoryLineRet><TxnLineID>1</TxnLineID><ItemRef><ListID>8-3</ListID><FullName>Tea</FullName></ItemRef>"
    "<QuantityTransferred>1.5</QuantityTransferred></TransferInventoryLineRet>"
    "<TransferInventoryLineRet><TxnLineID>2</TxnLineID><ItemRef><FullName>Cup</FullName></ItemRef>"
    "<QuantityTransferred>2</QuantityTransferred></TransferInventoryLineRet></TransferInventoryRet>"
)
PAYLOAD: dict[str, Any] = {
    "ref": "TK1", "date": "2026-11-22", "from": "front", "to": {"id": "8-2"}, "guid": "{a}", "tail": "[e1]",
    "lines": [{"item": {"id": "8-3"}, "quantity": "1.50"}, {"item": "cup", "quantity": "2"}],
}  # fmt: skip


def rs(name: str, inner: str, code: int = 0, request_id: str = "r1", **more: object) -> str:
    extra = "".join(f' {key}="{value}"' for key, value in more.items())
    return (
        f'<{name}Rs requestID="{request_id}" statusCode="{code}" statusSeverity="Info" statusMessage="OK"{extra}>'
        f"{inner}</{name}Rs>"
    )


def whole(*parts: str, attributes: str = "") -> str:
    return f"{HEAD}\n<QBXML>\n<QBXMLMsgsRs{attributes}>\n{''.join(parts)}</QBXMLMsgsRs>\n</QBXML>\n"


def test_a_posted_document_is_read_with_its_lines() -> None:
    found = answers.read(
        whole(rs("TransferInventoryAdd", RET), attributes=' newMessageSetID="S" messageSetStatusCode="0"')
    )
    assert (found.set_id, found.set_code) == ("S", 0)
    one = answers.answer_to(found, "TransferInventoryAdd", "r1", "S")
    assert (
        one is not None
        and (one.remote_id, one.edit_sequence, one.txn_number) == ("1A-2", "7", "12")
        and not one.recovered
    )
    assert [line.get("QuantityTransferred") for line in one.rows[0].lines] == ["1.5", "2"]
    assert compared.complete("TransferInventoryAdd", one)
    assert compared.difference("transfer", PAYLOAD, one.rows[0]) == ""


def test_an_answer_of_an_earlier_time_has_its_id() -> None:
    kept = "<ErrorRecovery><TxnID>1A-2</TxnID><TxnNumber>12</TxnNumber><EditSequence>7</EditSequence></ErrorRecovery>"
    one = answers.read(whole(rs("TransferInventoryAdd", kept))).items[0]
    assert (one.remote_id, one.recovered, one.rows) == ("1A-2", True, ())
    assert compared.complete("TransferInventoryAdd", one)


def test_only_the_answer_of_the_same_type_and_number_counts() -> None:
    found = answers.read(whole(rs("ItemQuery", ""), rs("TransferInventoryAdd", RET, request_id="r2")))
    assert answers.answer_to(found, "TransferInventoryAdd", "r1") is None  # another type
    assert answers.answer_to(found, "TransferInventoryAdd", "r3") is None  # another number
    two = answers.read(whole(rs("ItemQuery", ""), rs("ItemQuery", "")))
    assert answers.answer_to(two, "ItemQuery", "r1") is None  # two of them
    other = answers.read(whole(rs("TransferInventoryAdd", RET), attributes=' newMessageSetID="B"'))
    assert answers.answer_to(other, "TransferInventoryAdd", "r1", "A") is None  # of another set
    bare = answers.read(whole(rs("TransferInventoryAdd", ""))).items[0]
    assert not compared.complete("TransferInventoryAdd", bare)  # no TxnID
    strange = answers.read(whole(rs("TransferInventoryAdd", "<ItemInventoryRet><ListID>1</ListID></ItemInventoryRet>")))
    assert not compared.complete("TransferInventoryAdd", strange.items[0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "empty"), ("", "empty"), (" \n", "empty"), (b"\xff\xfe", "not_text"),
        ("<!DOCTYPE html><html><body>502</body></html>", "html"), ("<HTML><p>x</HTML>", "html"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><QBXML>&b;</QBXML>', "forbidden"),
        (whole(rs("TransferInventoryAdd", RET))[:400], "cut"), ("QuickBooks met an error", "cut"),
        ("<QBXML><QBXMLMsgsRs><A></QBXML>", "not_qbxml"), ("<QBXML></QBXML>", "not_qbxml"),
        ("<Envelope><QBXMLMsgsRs/></Envelope>", "not_qbxml"), ("<QBXML>" * 300 + "</QBXML>" * 300, "not_qbxml"),
        (whole(rs("X", "<ARet>" + "<b>" * 60 + "</b>" * 60 + "</ARet>")), "not_qbxml"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_known_as_that(text: str | bytes | None, code: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        answers.read(text)
    assert caught.value.code == code and caught.value.words


def test_the_time_to_read_an_answer_grows_with_its_length_alone() -> None:
    """A session's answer is read while sales wait for the database; 200,000 of the same took minutes."""
    rows = "<V>&#60;</V>" * 200_000
    began = clock.monotonic()
    (one,) = answers.read(whole(rs("HostQuery", f"<HostRet>{rows}</HostRet>"))).items
    assert len(one.rows[0].all("V")) == 200_000 and clock.monotonic() - began < 30


def test_an_answer_that_is_too_large_is_not_read() -> None:
    with pytest.raises(NoAnswer) as caught:
        answers.read(whole("x" * 2000), bytes_max=1024)
    assert caught.value.code == "too_large"


def test_a_character_no_document_may_hold_does_not_hide_the_rest() -> None:
    text = whole(
        rs("ItemQuery", "<ItemServiceRet><ListID>8-9</ListID><Name>a&#x1F;b\x02c &#233;</Name></ItemServiceRet>")
    )
    assert answers.read("\ufeff" + text).items[0].rows[0].get("Name") == "abc é"
    declared = text.replace('version="1.0" ', 'version="1.0" encoding="utf-16"')
    assert answers.read(declared).items[0].remote_id == "8-9"


@given(st.text(max_size=300))
def test_any_text_is_read_or_is_no_answer(text: str) -> None:
    for one in (text, whole(text), whole(rs("ItemQuery", text))):
        try:
            answers.read(one)
        except NoAnswer as error:
            assert error.code


# -- rows --------------------------------------------------------------------------------------------------------------


def test_pages_and_items_of_all_kinds() -> None:
    rows = (
        "<ItemServiceRet><ListID>1</ListID><FullName>Cut</FullName><IsActive>false</IsActive><SalesOrPurchase>"
        "<Price>9.00</Price><AccountRef><FullName>Fees</FullName></AccountRef></SalesOrPurchase></ItemServiceRet>"
        "<ItemInventoryRet><ListID>2</ListID><Name>Tea</Name><FullName>Hot:Tea</FullName><IsActive>true</IsActive>"
        "<SalesPrice>2.5</SalesPrice><IncomeAccountRef><FullName>Sales</FullName></IncomeAccountRef>"
        "<COGSAccountRef><FullName>COGS</FullName></COGSAccountRef><AssetAccountRef><FullName>Stock</FullName>"
        "</AssetAccountRef><QuantityOnHand>-3</QuantityOnHand><AverageCost>1.1</AverageCost></ItemInventoryRet>"
        "<ItemGroupRet><ListID>3</ListID><Name>Set</Name></ItemGroupRet>"
        "<ItemInventoryRet><Name>no id</Name></ItemInventoryRet>"
    )
    one = answers.read(
        whole(rs("ItemQuery", rows, iteratorRemainingCount="40", iteratorID="{X}"))
    ).items[0]  # fmt: skip
    assert (one.remaining, one.iterator_id) == (40, "{X}")
    items = [answers.item_of(row) for row in one.rows]
    assert items[0] == answers.Item("1", "Cut", "ItemService", False, price="9.00", income_account="Fees")
    assert items[1] == answers.Item("2", "Hot:Tea", "ItemInventory", True, "-3", "1.1", "2.5", "Sales", "COGS", "Stock")
    assert items[2] is not None and items[2].kind == "ItemGroup" and items[3] is None


def test_sites_levels_and_accounts() -> None:
    site = Ret("InventorySite", {"ListID": ("5",), "Name": ("Shelf",), "ParentSiteRef.FullName": ("Front",)})
    assert answers.site_of(site) == answers.Site("5", "Front:Shelf", True)
    text = whole(rs("ItemSitesQuery", "<ItemSitesRet><ListID>9</ListID><ItemInventoryRef><ListID>2</ListID>"
                    "<FullName>Tea</FullName></ItemInventoryRef><InventorySiteRef><ListID>5</ListID><FullName>Front</FullName>"
                    "</InventorySiteRef><QuantityOnHand>4</QuantityOnHand></ItemSitesRet>"))  # fmt: skip
    assert answers.level_of(answers.read(text).items[0].rows[0]) == answers.Level("2", "5", "4")
    account = Ret("Account", {"ListID": ("7",), "FullName": ("A:B",), "AccountType": ("Expense",)})
    assert answers.named_of(account) == answers.Named("7", "A:B", "Expense", True)


def test_a_company_file_is_known_by_what_was_written_into_it() -> None:
    host = (
        "<HostRet><ProductName>QuickBooks Enterprise</ProductName><MajorVersion>34</MajorVersion><MinorVersion>0"
        "</MinorVersion><Country>US</Country><SupportedQBXMLVersion>12.0</SupportedQBXMLVersion>"
        "<SupportedQBXMLVersion>16.0</SupportedQBXMLVersion><QBFileMode>MultiUser</QBFileMode></HostRet>"
    )
    company = (
        "<CompanyRet><CompanyName>Shop</CompanyName><DataExtRet><OwnerID>{OTHER}</OwnerID><DataExtName>FileID"
        "</DataExtName><DataExtType>STR255TYPE</DataExtType><DataExtValue>{no}</DataExtValue></DataExtRet><DataExtRet>"
        "<OwnerID>{Mine}</OwnerID><DataExtName>FileID</DataExtName><DataExtType>STR255TYPE</DataExtType>"
        "<DataExtValue>{F}</DataExtValue></DataExtRet></CompanyRet>"
    )
    wishes = (
        "<PreferencesRet><MultiLocationInventoryPreferences><IsMultiLocationInventoryEnabled>true"
        "</IsMultiLocationInventoryEnabled></MultiLocationInventoryPreferences></PreferencesRet>"
    )
    text = whole(rs("HostQuery", host), rs("CompanyQuery", company), rs("PreferencesQuery", wishes))
    facts = answers.facts_of(answers.read(text), "{mine}")
    assert facts.versions == ("12.0", "16.0") and facts.file_id == "{F}" and facts.multi_site is True
    assert (facts.product, facts.release, facts.mode, facts.company) == ("QuickBooks Enterprise", "34.0", "MultiUser",
                                                                          "Shop")  # fmt: skip
    assert answers.facts_of(answers.read(whole()), "{mine}") == answers.Facts()


# -- whether it is what was sent ---------------------------------------------------------------------------------------


def test_a_document_is_ours_by_guid_or_mark_and_what_it_says_otherwise_is_named() -> None:
    row = answers.read(whole(rs("TransferInventoryAdd", RET))).items[0].rows[0]
    assert compared.theirs([row, row], PAYLOAD) == [row, row]
    assert compared.theirs([row], {**PAYLOAD, "guid": "{b}", "tail": "[e2]"}) == []
    assert compared.theirs([row], {**PAYLOAD, "ref": "TK2"}) == []
    for change in (
        {"lines": [{"item": "Tea", "quantity": "2"}, {"item": "Cup", "quantity": "2"}]}, {"from": "Cellar"},
        {"lines": PAYLOAD["lines"] * 2}, {"date": "2026-11-21"}, {"ref": "TK2"},
    ):  # fmt: skip
        assert compared.difference("transfer", {**PAYLOAD, **change}, row), change
    sale = Ret("SalesReceipt", {"TotalAmount": ("12.31",)})
    assert "12.31" in compared.difference("sale", {"total": "12.30", "lines": []}, sale)
    assert not compared.difference("sale", {"total": "12.310", "lines": []}, sale)
    check, card = Ret("Check", {"Amount": ("3.00",)}), Ret("ARRefundCreditCard", {"TotalAmount": ("3.01",)})
    assert not compared.difference("payout", {"amount": "3.00"}, check)
    assert compared.difference("payout", {"amount": "3.00"}, card)
    invoice = Ret("Invoice", {"Subtotal": ("10.00",), "SalesTaxTotal": ("2.00",)})
    assert not compared.difference("invoice", {"total": "12.00", "lines": []}, invoice)
    assert compared.difference("invoice", {"total": "10.00", "lines": []}, invoice)


# -- codes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        (0, "", "posted"), (500, "", "posted"), (530, "", "posted"), (1, "", "probe"), (1000, "", "probe"),
        (1010, "", "retry_new_id"), (1030, "", "config"), (3070, "", "never"), (3100, "", "never"),
        (3140, "in use", "never"), (3170, "", "never"), (3175, "", "retry_new_id"), (3176, "", "retry_new_id"),
        (3180, "The list has been modified by another user.", "retry_new_id"), (3180, "Speichern ging nicht", "never"),
        (3180, "", "never"), (3200, "", "never"), (3231, "", "retry_new_id"), (3250, "", "config"),
        (3260, "", "config"), (9001, "", "probe"), (9002, "", "probe"), (9004, "", "never"), (9005, "", "probe"),
        (3999, "", "never"), (-1, "", "probe"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_message(code: int, message: str, verdict: str) -> None:
    found = codes.of_status(code, message)
    assert found.verdict == verdict
    assert bool(found.words) == (code != 0) and (found.remedy or code == 0)
    assert found.definite == (verdict in ("retry_new_id", "never", "config"))


def test_the_status_of_the_whole_set() -> None:
    assert codes.of_set(0) is None and codes.of_set(600) is None
    found = codes.of_set(9001), codes.of_set(9005), codes.of_set(-1), codes.of_set(9004)
    assert [one.verdict for one in found if one] == ["probe", "probe", "probe", "never"]


@pytest.mark.parametrize("text", ["0x80040400", "0X80040400", "80040400", " 0x80040400\n", "-2147220480"])
def test_an_hresult_in_any_spelling(text: str) -> None:
    found = codes.of_hresult(text)
    assert (found.code, found.verdict) == ("0x80040400", "never")


def test_after_any_other_hresult_the_same_bytes_go_again() -> None:
    for text in ("0x80040402", "0x80040414", "0x8004041A", "0x80040499", "0x80070005", "broken", ""):
        assert codes.of_hresult(text).verdict == "unknown" and codes.of_hresult(text).words
    assert codes.of_hresult("0x80040423").verdict == "config"
