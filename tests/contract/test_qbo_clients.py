"""Two clients that are not ours agree with the emulator: Intuit's own for the sign-in, python-quickbooks for the rest.

They are pointed at it by their addresses alone; nothing of what they send or read is changed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.contract import qbo_sites
from tests.contract.emulators import qbo_shops as shops
from tests.contract.emulators.qbo_cloud import CLIENT
from tests.contract.qbo_sites import Site

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # their own use of what is deprecated
    from intuitlib.client import AuthClient
    from intuitlib.enums import Scopes
    from intuitlib.exceptions import AuthClientError
    from quickbooks import QuickBooks
    from quickbooks.batch import batch_create
    from quickbooks.cdc import change_data_capture
    from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
    from quickbooks.objects.base import LinkedTxn, Ref
    from quickbooks.objects.customer import Customer
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.item import Item
    from quickbooks.objects.payment import Payment, PaymentLine
    from quickbooks.objects.salesreceipt import SalesReceipt


@pytest.fixture
def site() -> Iterator[Site]:
    with qbo_sites.running(qbo_sites.standing()) as running:
        yield running


@pytest.fixture
def auth(site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Signed in at the British company, as a browser would have done it."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = AuthClient(*CLIENT, qbo_sites.REDIRECT, f"{site.url}/.well-known/openid_sandbox_configuration/")
    site.cloud.consent = shops.GB
    address = client.get_authorization_url([Scopes.ACCOUNTING])
    back = requests.get(address, allow_redirects=False, timeout=30).headers["Location"]
    said = {k: v[0] for k, v in parse_qs(urlsplit(back).query).items()}
    assert said["state"] == client.state_token
    client.get_bearer_token(said["code"], realm_id=said["realmId"])
    return client


@pytest.fixture
def books(site: Site, auth: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("sandbox_api_url_v3", "api_url_v3"):
        monkeypatch.setattr(QuickBooks, name, f"{site.url}/v3")
    return QuickBooks(auth_client=auth, company_id=auth.realm_id, minorversion=75, use_decimal=True)


def sale(number: str, gross: str, net: str, *, code: str = shops.STANDARD) -> SalesReceipt:
    detail = SalesItemLineDetail()
    detail.ItemRef, detail.TaxCodeRef = Ref(), Ref()
    detail.ItemRef.value, detail.TaxCodeRef.value = "12", code
    detail.Qty, detail.TaxInclusiveAmt = 1, Decimal(gross)
    line = SalesItemLine()
    line.Amount, line.SalesItemLineDetail = Decimal(net), detail
    receipt = SalesReceipt()
    receipt.DocNumber, receipt.TxnDate, receipt.GlobalTaxCalculation = number, "2026-11-20", "TaxInclusive"
    receipt.Line.append(line)
    return receipt


def test_intuits_client_signs_in_refreshes_and_revokes(auth: Any, site: Site) -> None:
    assert (auth.realm_id, auth.expires_in, auth.x_refresh_token_expires_in) == (shops.GB, 3600, 8_640_000)
    before = auth.refresh_token
    auth.refresh()
    assert auth.refresh_token != before
    site.cloud.clock.advance(60)
    with pytest.raises(AuthClientError, match="invalid_grant"):
        auth.refresh(refresh_token=before)
    auth.revoke()
    with pytest.raises(AuthClientError) as refused:
        auth.refresh()
    assert refused.value.status_code == 400
    assert refused.value.intuit_tid


def test_python_quickbooks_books_and_reads_back(books: Any, site: Site) -> None:
    made = sale("R03-0001235", "20.00", "16.67").save(qb=books, request_id="a-1")
    again = sale("R03-0001235", "20.00", "16.67").save(qb=books, request_id="a-1")
    assert (made.Id, again.Id, str(made.TotalAmt)) == ("1", "1", "20.00")
    assert len(site.gb.documents()) == 1
    read = SalesReceipt.filter(DocNumber="R03-0001235", qb=books)
    assert [(r.Id, r.TxnTaxDetail.TotalTax) for r in read] == [("1", Decimal("3.33"))]
    with pytest.raises(QuickbooksException) as taken:
        sale("R03-0001235", "4.00", "3.33").save(qb=books, request_id="a-2")
    assert taken.value.error_code == 6140
    made.PrivateNote = "A private note."
    assert made.save(qb=books).SyncToken == "1"
    with pytest.raises(QuickbooksException) as stale:
        made.save(qb=books)
    assert stale.value.error_code == 5010
    SalesReceipt.get("1", qb=books).void(qb=books)
    assert SalesReceipt.get("1", qb=books).PrivateNote == "Voided"


def test_python_quickbooks_keeps_customers_invoices_and_payments(books: Any, site: Site) -> None:
    customer = Customer()
    customer.DisplayName, customer.GivenName = "O'Neill & Söhne", "Pat"
    customer.save(qb=books)
    found = Customer.filter(DisplayName="O'Neill & Söhne", qb=books)
    assert [c.Id for c in found] == [customer.Id]
    invoice = Invoice()
    invoice.CustomerRef = found[0].to_ref()
    invoice.Line.append(sale("", "60.00", "50.00").Line[0])
    invoice.GlobalTaxCalculation = "TaxInclusive"
    invoice.save(qb=books)
    payment, line, link = Payment(), PaymentLine(), LinkedTxn()
    link.TxnId, link.TxnType = invoice.Id, "Invoice"
    line.Amount, line.LinkedTxn = Decimal(20), [link]
    payment.TotalAmt, payment.CustomerRef, payment.Line = Decimal(20), found[0].to_ref(), [line]
    payment.save(qb=books)
    assert Invoice.get(invoice.Id, qb=books).Balance == 40
    assert Customer.get(customer.Id, qb=books).Balance == 40
    with pytest.raises(QuickbooksException) as same:
        second = Customer()
        second.DisplayName = "O'Neill & Söhne"
        second.save(qb=books)
    assert same.value.error_code == 6240
    with pytest.raises(ObjectNotFoundException):
        Customer.get("999", qb=books)


def test_python_quickbooks_lists_counts_batches_and_asks_what_changed(books: Any, site: Site) -> None:
    assert len(Item.all(qb=books)) == Item.count(qb=books) == len(shops.ITEMS)
    assert [i.Id for i in Item.all(order_by="Id", max_results=2, qb=books)] == ["1", "11"]
    customers = [Customer() for _ in range(3)]
    for customer, name in zip(customers, ("One", "Two", "Walk-in"), strict=True):
        customer.DisplayName = name
    done = batch_create(customers, qb=books)
    assert [c.DisplayName for c in done.successes] == ["One", "Two"]
    assert [f.Error[0].code for f in done.faults] == ["6240"]
    changed = change_data_capture([Customer, SalesReceipt], "2026-11-21T00:00:00+00:00", qb=books)
    assert len(changed.Customer._object_list) == len(shops.CUSTOMERS) + 2
    with pytest.raises(ValidationException) as refused:
        SalesReceipt.where("PrivateNote = 'x'", qb=books)
    assert refused.value.error_code == 4001
