"""The emulated company file answers as the contract says: what it reads, what it remembers, what it refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml import etree

from tests.contract.emulators import desktop_forms as forms
from tests.contract.emulators import desktop_queries
from tests.contract.emulators.desktop_file import CLEAR_ALL, CompanyFile, Hresult, Session

pytestmark = pytest.mark.sqlite  # no database of ours is touched
OWNER = "{57F3B9B1-86F1-4FCC-B1EE-566DE1813D20}"


@pytest.fixture
def file() -> CompanyFile:
    made = CompanyFile()
    made.add_site("Shop")
    made.add_site("Back room")
    made.add_item("COLA", income="Sales", cogs="Cost of Goods Sold", asset="Inventory Asset", cost="0.40", price="1.50")
    made.add_item("SHOE", income="Sales", cogs="Cost of Goods Sold", asset="Inventory Asset")
    made.add_item("Delivery", "ItemService")
    made.put("COLA", "Shop", 10)
    return made


@pytest.fixture
def session(file: CompanyFile) -> Session:
    return file.open("Tillkeep")


def asked(requests: str, new: str = "", old: str = "", version: str = "13.0", error: str = "stopOnError") -> str:
    ids = f' newMessageSetID="{new}"' * bool(new) + f' oldMessageSetID="{old}"' * bool(old)
    return (
        f'<?xml version="1.0"?><?qbxml version="{version}"?>'
        f'<QBXML><QBXMLMsgsRq onError="{error}"{ids}>{requests}</QBXMLMsgsRq></QBXML>'
    )


def transfer(quantity: str = "2", item: str = "COLA", to: str = "Back room", ref: str = "R1", own: str = "1") -> str:
    return (
        f'<TransferInventoryAddRq requestID="{own}"><TransferInventoryAdd><TxnDate>2026-11-20</TxnDate>'
        f"<RefNumber>{ref}</RefNumber>"
        "<FromInventorySiteRef><FullName>Shop</FullName></FromInventorySiteRef>"
        f"<ToInventorySiteRef><FullName>{to}</FullName></ToInventorySiteRef><Memo>event 1</Memo>"
        f"<TransferInventoryLineAdd><ItemRef><FullName>{item}</FullName></ItemRef>"
        f"<QuantityToTransfer>{quantity}</QuantityToTransfer></TransferInventoryLineAdd>"
        "</TransferInventoryAdd></TransferInventoryAddRq>"
    )


def adjustment(form: str = "<QuantityDifference>-1</QuantityDifference>", site: str = "Shop") -> str:
    place = f"<InventorySiteRef><FullName>{site}</FullName></InventorySiteRef>" * bool(site)
    return (
        '<InventoryAdjustmentAddRq requestID="1"><InventoryAdjustmentAdd>'
        f"<AccountRef><FullName>Shrinkage</FullName></AccountRef>{place}<InventoryAdjustmentLineAdd>"
        f"<ItemRef><FullName>cola</FullName></ItemRef><QuantityAdjustment>{form}</QuantityAdjustment>"
        "</InventoryAdjustmentLineAdd></InventoryAdjustmentAdd></InventoryAdjustmentAddRq>"
    )


def answer(session: Session, body: str) -> etree._Element:
    """QBXMLMsgsRs; as the published schema wants it, where that is here."""
    document = etree.fromstring(session.process(body).split("\n", 1)[1])
    forms.by_the_schema(document, "16.0")
    return document[0]


def status(session: Session, body: str) -> str:
    return answer(session, body)[0].get("statusCode") or ""


def test_a_transfer_moves_and_an_adjustment_changes_or_sets(file: CompanyFile, session: Session) -> None:
    ret = answer(session, asked(transfer()))[0].find("TransferInventoryRet")
    assert ret is not None
    assert (ret.findtext("RefNumber"), ret.findtext(".//QuantityTransferred")) == ("R1", "2")
    assert (file.level("COLA", "Shop"), file.level("COLA", "Back room")) == (8, 2)
    assert status(session, asked(adjustment())) == "0"
    assert status(session, asked(adjustment("<NewQuantity>0.5</NewQuantity>"))) == "0"
    assert file.level("COLA", "Shop") == Decimal("0.5")
    assert file.moved() == {("COLA", "Shop"): Decimal("-9.5"), ("COLA", "Back room"): 2}


def test_a_message_set_under_an_id_is_run_once_and_told_again_as_a_summary(file: CompanyFile, session: Session) -> None:
    body = asked(transfer(), "A1")
    first = answer(session, body)
    again = answer(file.open("Tillkeep"), body)
    assert first.findtext(".//TransferInventoryRet/TxnID") == again.findtext(".//ErrorRecovery/TxnID")
    assert again.find(".//TransferInventoryRet") is None
    assert (again.get("newMessageSetID"), again.get("messageSetStatusCode")) == ("A1", "0")
    assert len(file.txns) == 1
    assert answer(session, asked(transfer(), "A1", "A1")).findtext(".//ErrorRecovery/TxnID"), "a look at A"
    assert answer(session, asked(transfer("3"), "A1")).get("messageSetStatusCode") == "9001"
    assert answer(file.open("Somebody else"), body).findtext(".//TxnNumber") == "2", "kept by application"


def test_the_old_id_clears_and_all_of_them_at_once(file: CompanyFile, session: Session) -> None:
    for new, old, code in (("A1", "", "0"), ("B1", "A1", "0"), ("C1", "A1", "600"), ("", "B1", "0"), ("", "B1", "600")):
        assert answer(session, asked(transfer(), new, old)).get("messageSetStatusCode") == code
    answer(session, asked(transfer(), "D1", CLEAR_ALL))
    assert list(file.stored["Tillkeep"]) == ["D1"]
    assert answer(session, asked(transfer(), "Z1", "Z1")).get("messageSetStatusCode") == "9002"
    assert answer(session, asked(transfer(), "x" * 24)).get("messageSetStatusCode") == "9004"


def test_what_failed_is_remembered_too(file: CompanyFile, session: Session) -> None:
    body = asked(transfer(item="HAT"), "A1")
    assert status(session, body) == "3140"
    file.add_item("HAT")
    assert status(session, body) == "3140"
    assert status(session, asked(transfer(item="HAT"), "A2")) == "0"


def test_run_but_not_stored_is_9005_and_another_content_9001_by_word(file: CompanyFile, session: Session) -> None:
    file.set_codes = lambda stored: 9001 if stored else 9005
    body = asked(transfer(), "A1")
    assert answer(session, body).get("messageSetStatusCode") == "9005"
    assert (len(file.txns), file.stored["Tillkeep"]) == (1, {})


BROKEN = {
    "order": transfer().replace("<TxnDate>2026-11-20</TxnDate><RefNumber>R1</RefNumber>",
                                "<RefNumber>R1</RefNumber><TxnDate>2026-11-20</TxnDate>"),
    "long": transfer(ref="R" * 12), "six decimals": transfer("1.000001"), "exponent": transfer("1E+1"),
    "point first": transfer(".5"), "comma": transfer("1,000"),
    "a date of theirs": transfer().replace("2026-11-20", "11/20/2026"),
    "no account": adjustment().replace("<AccountRef><FullName>Shrinkage</FullName></AccountRef>", ""),
    "two kinds": adjustment("<NewQuantity>1</NewQuantity><QuantityDifference>1</QuantityDifference>"),
    "wide": transfer(ref="\u20ac"), "name of the request": transfer().replace("TransferInventory", "InventoryTransfer"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_what_cannot_be_read_is_refused_whole_and_without_the_schemas_too(
    file: CompanyFile, session: Session, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = asked(BROKEN[what], "A1")
    with pytest.raises(Hresult, match="0x80040400"):
        session.process(body)
    monkeypatch.setattr(forms, "by_the_schema", lambda *given: None)
    with pytest.raises(Hresult, match="0x80040400"):
        session.process(body)
    assert (file.txns, file.stored.get("Tillkeep", {})) == ({}, {})


def test_a_newer_version_and_a_rollback_have_numbers_of_their_own(file: CompanyFile) -> None:
    file.version = "13.0"
    for body, code in (
        (asked(transfer(), version="16.0"), "0423"),
        (asked(transfer(), error="rollbackOnError"), "0413"),
    ):
        with pytest.raises(Hresult, match=code):
            file.open("Tillkeep").process(body)


def test_statuses_of_what_can_be_read_but_not_done(file: CompanyFile, session: Session) -> None:
    found = {
        "same site": status(session, asked(transfer(to="Shop"))), "zero": status(session, asked(transfer("0"))),
        "minus": status(session, asked(transfer("-1"))), "service": status(session, asked(transfer(item="Delivery"))),
        "empty": status(session, asked(transfer(""))), "no site": status(session, asked(adjustment(site=""))),
        "no such site": status(session, asked(adjustment(site="Moon"))),
        "request id": status(session, asked(transfer(own="1" * 51))),
        "A/R": status(session, asked(adjustment().replace("Shrinkage", "Accounts Receivable"))),
    }  # fmt: skip
    file.closed_until = "2026-11-20"
    found["closed"] = status(session, asked(transfer()))
    file.closed_until, file.multi_site = "", False
    found["one site"] = status(session, asked(transfer()))
    assert found == {
        "same site": "3210", "zero": "3210", "minus": "3210", "service": "3140", "empty": "3045", "no site": "3150",
        "no such site": "3140", "request id": "1060", "A/R": "3140", "closed": "3171", "one site": "3250",
    }  # fmt: skip
    assert (file.txns, file.level("COLA", "Shop")) == ({}, 10)


def test_after_an_error_the_rest_is_not_processed_unless_it_is_to_go_on(file: CompanyFile, session: Session) -> None:
    both = transfer(item="HAT", own="1") + transfer(own="2")
    assert [rs.get("statusCode") for rs in answer(session, asked(both))] == ["3140", "3231"]
    assert [rs.get("statusCode") for rs in answer(session, asked(both, error="continueOnError"))] == ["3140", "0"]
    assert len(file.txns) == 1


def test_iterators_live_in_one_session_and_pages_are_whole(file: CompanyFile, session: Session) -> None:
    for n in range(7):
        file.add_item(f"I{n}")
    seen, more = list[str | None](), 'iterator="Start"'
    while more:
        body = f'<ItemQueryRq requestID="1" {more}><MaxReturned>4</MaxReturned></ItemQueryRq>'
        response = answer(session, asked(body))[0]
        seen += [row.findtext("FullName") for row in response]
        own, left = response.get("iteratorID"), int(response.get("iteratorRemainingCount") or 0)
        more = f'iterator="Continue" iteratorID="{own}"' if left else ""
        if len(seen) == 4:
            assert status(file.open("Tillkeep"), asked(body.replace('iterator="Start"', more))) == "3120"
    assert seen == [item.name for item in file.items.values()]


def test_questions_about_what_is_not_there_are_no_errors(session: Session) -> None:
    assert status(session, asked("<ItemQueryRq><FullName>HAT</FullName></ItemQueryRq>")) == "500"
    assert (
        status(session, asked("<TransferInventoryQueryRq><MaxReturned>9</MaxReturned></TransferInventoryQueryRq>"))
        == "1"
    )
    assert (
        status(session, asked("<TransferInventoryQueryRq><RefNumber>R9</RefNumber></TransferInventoryQueryRq>"))
        == "500"
    )


def test_lists_levels_and_transactions_are_answered_as_the_schema_says(file: CompanyFile, session: Session) -> None:
    answer(session, asked(transfer()))
    answer(session, asked(adjustment()))
    file.add_customer("Walk-in")
    sale = (
        "<SalesReceiptAddRq><SalesReceiptAdd><CustomerRef><FullName>Walk-in</FullName></CustomerRef>"
        "<SalesReceiptLineAdd><ItemRef><FullName>COLA</FullName></ItemRef><Quantity>2</Quantity><Amount>3.00</Amount>"
        "<InventorySiteRef><FullName>Shop</FullName></InventorySiteRef></SalesReceiptLineAdd>"
        "</SalesReceiptAdd></SalesReceiptAddRq>"
    )
    assert status(session, asked(sale)) == "0"
    back = sale.replace("SalesReceipt", "CreditMemo").replace("<Quantity>2", "<Quantity>1").replace("3.00", "1.50")
    assert status(session, asked(back)) == "0"
    assert file.level("COLA", "Shop") == 10 - 2 - 1 - 2 + 1
    for among, name in ((file.methods, "Visa"), (file.tax_codes, "Tax"), (file.classes, "Shop")):
        file._add(among, name, "")
    for name in ("PaymentMethod", "SalesTaxCode", "Class"):
        assert len(answer(session, asked(f"<{name}QueryRq/>"))[0]) == 1, name
    for name in ("Check", "ARRefundCreditCard"):
        assert status(session, asked(f"<{name}QueryRq><RefNumber>R9</RefNumber></{name}QueryRq>")) == "500"
    for name in ("InventorySite", "Account", "Customer", "ItemInventory", "ItemSites", "SalesReceipt", "CreditMemo"):
        assert len(answer(session, asked(f"<{name}QueryRq/>"))[0]) > 0, name
    for name in ("TransferInventory", "InventoryAdjustment"):
        body = f"<{name}QueryRq><IncludeLineItems>true</IncludeLineItems></{name}QueryRq>"
        assert answer(session, asked(body))[0].findtext(".//ItemRef/FullName") == "COLA"
    one = "<ItemSitesQueryRq><ItemSiteFilter><SiteFilter><FullName>back room</FullName></SiteFilter></ItemSiteFilter>"
    assert answer(session, asked(one + "</ItemSitesQueryRq>"))[0].findtext(".//QuantityOnHand") == "2"


def test_an_item_is_added_once_and_an_account_too(file: CompanyFile, session: Session) -> None:
    refs = "".join(
        f"<{ref}><FullName>{name}</FullName></{ref}>"
        for ref, name in (("IncomeAccountRef", "Sales"), ("COGSAccountRef", "Cost of Goods Sold"),
                          ("AssetAccountRef", "Inventory Asset"))
    )  # fmt: skip
    item = f"<ItemInventoryAddRq><ItemInventoryAdd><Name>HAT</Name>{refs}</ItemInventoryAdd></ItemInventoryAddRq>"
    account = (
        "<AccountAddRq><AccountAdd><Name>Breakage</Name><AccountType>Expense</AccountType></AccountAdd></AccountAddRq>"
    )
    assert [status(session, asked(item)), status(session, asked(item))] == ["0", "3100"]
    assert [status(session, asked(account)), status(session, asked(account))] == ["0", "3100"]
    assert status(session, asked(item.replace("HAT", "A:B"))) == "3090"


def test_the_first_answer_names_the_company_and_carries_its_file_id(file: CompanyFile) -> None:
    file.private[OWNER, "FileID"] = "{90A44FB7-33D9-4815-AC85-AC86A7E7D1EB}"
    document = etree.fromstring(desktop_queries.first_answer(file, OWNER).split("\n", 1)[1])
    forms.by_the_schema(document, "16.0")
    assert document.findtext(".//DataExtValue") == "{90A44FB7-33D9-4815-AC85-AC86A7E7D1EB}"
    assert document.findtext(".//IsMultiLocationInventoryEnabled") == "true"
    file.strips_private_data = True
    assert "DataExt" not in desktop_queries.first_answer(file, OWNER)
    company = answer(file.open("Tillkeep"), asked(f"<CompanyQueryRq><OwnerID>{OWNER}</OwnerID></CompanyQueryRq>"))
    assert company.findtext(".//DataExtName") == "FileID"
