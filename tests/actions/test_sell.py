"""Selling: what is priced, refused, and committed once and only once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from pos import config as settings
from pos.actions import figures, sell
from pos.errors import BadSettings, Conflict, Invalid, NotAllowed
from pos.rules import documents, receipt
from pos.store import catalog, feeds, intake
from pos.web.paper import receipt_view
from tests.actions.shop import Person, basket, documents_saved, label, line, put_prices
from tests.rules.tables import cases
from tests.store.looking import bytes_of


@cases("""
setting                  value
CASH_STEP                0.005
CASH_STEP                0
CASH_STEP                -0.05
BARCODE_RULES            20:colour
DISCOUNT_PERCENT_MAX     101
TENDER_MAX               0
""")
def test_pricing_settings_that_make_no_sense_stop_the_start(tmp_path, row):
    config = settings.load(tmp_path, environ={f"TILLKEEP_PRICING_{row['setting']}": row["value"]})
    with pytest.raises(BadSettings, match=row["setting"].lower()):
        sell.check_settings(config)


@cases("""
setting                  value
VARIANCE_MAX             -1
OLD_SESSION_HOURS        0
PAID_OUT_MAX             cashier
PAID_OUT_MAX             waiter:20
""")
def test_shift_settings_that_make_no_sense_stop_the_start(tmp_path, row):
    config = settings.load(tmp_path, environ={f"TILLKEEP_SHIFT_{row['setting']}": row["value"]})
    with pytest.raises(BadSettings, match=row["setting"].lower()):
        sell.check_settings(config)


def test_the_default_settings_make_sense(tmp_path):
    sell.check_settings(settings.load(tmp_path, environ={}))


# -- a sale ----------------------------------------------------------------------------------------------------------


def test_a_sale_is_priced_saved_and_answered(till):
    done = sell.commit(till, basket(line("MUG", "2"), line("TEA", "0.355", "a2"), total="3.15"), Person("cashier"))
    assert not done.duplicate
    assert (done.doc["invoice_name"], done.doc["total"], done.doc["tax_total"]) == (
        "T1-000001",
        Decimal("3.15"),
        Decimal("0.40"),
    )
    assert (done.doc["customer"], done.doc["mode"], done.doc["cashier"]) == (
        "Walk-in Customer",
        "mock",
        {"code": "ann", "name": "Ann"},
    )
    on_disk = documents.verify(bytes_of(till.store, done))
    assert on_disk == done.doc
    receipt.check(on_disk)
    shown = figures.of_receipt(done.doc, till.config)
    assert (shown["number"], shown["total_text"], shown["change_text"]) == ("T1-000001", "£3.15", "£0.00")
    json.dumps(shown)


def test_a_till_that_was_told_of_no_way_to_pay_takes_cash_and_card(till):
    till.store.execute("DELETE FROM payment_mode")
    asked = basket(line("MUG"), total="1.20")
    asked["payments"] = [{"mode_of_payment": "Card", "amount": "0.20"}, {"mode_of_payment": "Cash", "amount": "1"}]
    assert sell.commit(till, asked, Person()).doc["tender"] == "split"


def test_change_is_told_in_figures_and_words(till):
    asked = basket(line("MUG"), total="1.20")
    asked["payments"] = [{"mode_of_payment": "Cash", "amount": "20.00"}]
    shown = figures.of_receipt(sell.commit(till, asked, Person()).doc, till.config)
    assert shown["change_text"] == "£18.80"
    assert shown["change_words"] == "One £10 note, one £5 note, a £2 coin, a £1 coin, a 50p, a 20p and a 10p"


def test_a_receipt_carries_original_price_discount_and_its_reason(till):
    off = {"kind": "percent", "value": "10", "reason": "damaged"}
    done = sell.commit(till, basket(line("MUG", "2", discount=off), total="2.16"), Person())
    item = done.doc["items"][0]
    assert (item["list_price"], item["rate"], item["amount"]) == (Decimal("1.20"), Decimal("1.08"), Decimal("2.16"))
    assert item["discount"] == {"kind": "percent", "value": Decimal(10), "reason": "damaged", "amount": Decimal("0.24")}


def test_a_card_payment_keeps_its_reference_to_the_file(till):
    asked = basket(line("MUG"), total="1.20")
    asked["payments"] = [{"mode_of_payment": "Card", "amount": "1.20", "reference": "081552", "last4": "4417"}]
    payment = sell.commit(till, asked, Person()).doc["payments"][0]
    assert (payment["kind"], payment["reference"], payment["last4"]) == ("card", "081552", "4417")


def test_the_same_item_is_sold_and_given_back_in_one_basket(till):
    lines = [line("MUG", "2"), line("MUG", "-1", "a2", note="handle off")]
    done = sell.commit(till, basket(*lines, total="1.20"), Person())
    assert [x["amount"] for x in done.doc["items"]] == [Decimal("2.40"), Decimal("-1.20")]


# -- once, and only once ---------------------------------------------------------------------------------------------


def test_the_same_basket_again_is_the_same_receipt(till):
    asked = basket(line("MUG"), total="1.20")
    first = sell.commit(till, asked, Person())
    again = sell.commit(till, asked, Person())
    assert again.duplicate
    assert (again.doc, again.body) == (first.doc, first.body)
    assert documents_saved(till) == 1


def test_a_retry_after_the_price_changed_is_still_the_same_receipt(till):
    asked = basket(line("MUG"), total="1.20")
    first = sell.commit(till, asked, Person())
    put_prices(till.store, {"MUG": 150})
    catalog.deactivate(till.store, ["MUG"])
    assert sell.commit(till, asked, Person()).body == first.body


@cases("""
change       field
qty          lines.a1.qty
total        total
payment      payments.0.amount
customer     customer
line         lines.a2
""")
def test_the_same_id_with_other_content_is_refused_named_and_told(till, row):
    sell.commit(till, basket(line("MUG"), total="1.20"), Person())
    other = {
        "qty": basket(line("MUG", "2"), total="1.20"),
        "total": basket(line("MUG"), total="1.30") | {"payments": [{"mode_of_payment": "Cash", "amount": "1.20"}]},
        "payment": basket(line("MUG"), total="1.20") | {"payments": [{"mode_of_payment": "Cash", "amount": "5"}]},
        "customer": basket(line("MUG"), total="1.20", customer="C1"),
        "line": basket(line("MUG"), line("MUG", id_="a2"), total="1.20"),
    }[row["change"]]
    with pytest.raises(Conflict) as refused:
        sell.commit(till, other, Person())
    assert (refused.value.code, refused.value.field) == ("other_content", row["field"])
    assert documents_saved(till) == 1
    told = till.store.execute("SELECT subject, text FROM notice").fetchall()
    assert len(told) == 1
    assert told[0][0] == "T1-000001"
    acts = [r[0] for r in till.store.execute("SELECT act FROM audit").fetchall()]
    assert "sale.other_content" in acts


def test_eight_at_once_make_one_sale(till):
    asked = basket(line("MUG"), total="1.20")
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: sell.commit(till, asked, Person()), range(8)))
    assert len({d.body for d in done}) == 1
    assert sum(not d.duplicate for d in done) == 1
    assert documents_saved(till) == 1


def test_another_basket_that_comes_in_at_the_same_moment_under_the_same_id_is_refused(till, monkeypatch):
    """Both were looked up before either was saved: the second finds the first only inside the writer."""
    real = intake.find
    asked, other = basket(line("MUG"), total="1.20"), basket(line("MUG", "2"), total="2.40")
    sell.commit(till, asked, Person())
    monkeypatch.setattr(intake, "find", lambda *_: None)
    with pytest.raises(Conflict) as refused:
        monkeypatch.setattr(till.journal, "commit", _with(till.journal.commit, real))
        sell.commit(till, other, Person())
    assert refused.value.code == "other_content"


def _with(commit, find):
    """The journal sees the truth; only the first look-up of the action was blind."""

    def run(doc, guard=None):
        intake.find = find
        return commit(doc, guard)

    return run


# -- refusals --------------------------------------------------------------------------------------------------------


def test_another_total_than_the_screen_showed_is_refused_with_both(till):
    put_prices(till.store, {"MUG": 150})
    with pytest.raises(Conflict) as refused:
        sell.commit(till, basket(line("MUG"), total="1.20"), Person())
    assert refused.value.code == "total_differs"
    assert refused.value.details() == {
        "shown": "1.20",
        "shown_text": "£1.20",
        "priced": "1.50",
        "priced_text": "£1.50",
    }
    assert documents_saved(till) == 0


@cases("""
what                    code                 field
unknown item            unknown_item         lines.a1
switched off item       disabled_item        lines.a1
template                choose_variant       lines.a1
open price missing      price_needed         lines.a1.price
part of a piece         whole_pieces         lines.a1.qty
not paid                not_paid             payments
card above due          above_due            payments.0.amount
unknown mode            unknown_mode         payments.0.mode_of_payment
account for nobody      customer_needed      customer
unknown customer        unknown_customer     customer
switched off customer   disabled_customer    customer
absurd tender           tender_too_large     payments.0.amount
card number             card_number          payments.0.reference
empty basket            empty                lines
unknown receipt         unknown_receipt      lines.a1
return without reason   reason               lines.a1.reason
""")
def test_what_cannot_be_sold_is_refused_and_nothing_is_saved(till, row):
    paid = basket(line("MUG"), total="1.20")
    asked = {
        "unknown item": basket(line("NOPE"), total="1.20"),
        "switched off item": basket(line("OLD"), total="5.00"),
        "template": basket(line("SHOE"), total="45.00"),
        "open price missing": basket(line("MISC"), total="1.20"),
        "part of a piece": basket(line("MUG", "0.5"), total="0.60"),
        "not paid": paid | {"payments": []},
        "card above due": paid | {"payments": [{"mode_of_payment": "Card", "amount": "1.21"}]},
        "unknown mode": paid | {"payments": [{"mode_of_payment": "Bitcoin", "amount": "1.20"}]},
        "account for nobody": paid | {"payments": [{"mode_of_payment": "Account", "amount": "1.20"}]},
        "unknown customer": paid | {"customer": "C9"},
        "switched off customer": paid | {"customer": "C2"},
        "absurd tender": paid | {"payments": [{"mode_of_payment": "Cash", "amount": "50000.01"}]},
        "card number": paid
        | {"payments": [{"mode_of_payment": "Card", "amount": "1.20", "reference": "4111 1111 1111 1111"}]},
        "empty basket": paid | {"lines": []},
        "unknown receipt": basket(line("MUG", "-1", return_against={"id": "r1", "line": "a1"}), total="-1.20"),
        "return without reason": basket(line("MUG", "-1"), total="-1.20"),
    }[row["what"]]
    with pytest.raises(Invalid) as refused:
        sell.commit(till, asked, Person())
    assert (refused.value.code, refused.value.field) == (row["code"], row["field"])
    assert documents_saved(till) == 0


@cases("""
role          what                  field
cashier       typed price           lines.a1.price
cashier       return of a receipt   lines.a1
cashier       blind return          lines.a1
accountant    blind return          lines.a1
accountant    discount              lines.a1.discount
accountant    sale discount         discount
""")
def test_each_act_needs_its_right(till, row):
    off = {"kind": "percent", "value": "5", "reason": "regular"}
    sold = sell.commit(till, basket(line("MUG"), total="1.20", n=9), Person()).doc
    against = {"id": sold["id"], "line": "a1"}
    asked = {
        "typed price": basket(line("MUG", price="1.00", price_source="typed"), total="1.00"),
        "return of a receipt": basket(line("MUG", "-1", return_against=against), total="-1.20"),
        "blind return": basket(line("MUG", "-1", note="broken"), total="-1.20"),
        "discount": basket(line("MUG", discount=off), total="1.14"),
        "sale discount": basket(line("MUG"), total="1.14", discount=off),
    }[row["what"]]
    with pytest.raises(NotAllowed) as refused:
        sell.commit(till, asked, Person(row["role"]))
    assert refused.value.field == row["field"]
    assert documents_saved(till) == 1


def test_a_discount_above_the_roles_or_the_shops_ceiling_is_refused(till):
    off = {"kind": "percent", "value": "20", "reason": "regular"}
    asked = basket(line("MUG", discount=off), total="0.96")
    with pytest.raises(NotAllowed, match="up to 10 %; this is 20 %") as refused:
        sell.commit(till, asked, Person("cashier"))
    assert refused.value.field == "lines.a1.discount.value"
    till.config = replace(till.config, pricing=replace(till.config.pricing, discount_percent_max=Decimal(15)))
    with pytest.raises(Invalid) as refused:
        sell.commit(till, asked, Person("manager"))
    assert refused.value.code == "discount_too_high"


def test_a_cashier_types_the_price_of_an_open_item(till):
    done = sell.commit(till, basket(line("MISC", price="3.50", price_source="typed"), total="3.50"), Person("cashier"))
    assert done.doc["items"][0]["price_source"] == "typed"


def test_a_typed_price_keeps_the_shelfs_beside_it(till):
    done = sell.commit(
        till, basket(line("MUG", price="1.00", price_source="typed"), total="1.00"), Person("supervisor")
    )
    item = done.doc["items"][0]
    assert (item["list_price"], item["price"], item["amount"]) == (Decimal("1.20"), Decimal("1.00"), Decimal("1.00"))


def test_a_price_from_a_label_must_be_the_labels_own(till):
    code = label("00499")
    good = line("HAM", barcode=code, price="4.99", price_source="barcode")
    assert sell.commit(till, basket(good, total="4.99"), Person("cashier")).doc["total"] == Decimal("4.99")
    for bad in (
        good | {"price": "0.99"},
        good | {"barcode": "5000112637922"},
        good | {"item_code": "MUG"},
        good | {"qty": "2"},
        good | {"barcode": ""},
    ):
        with pytest.raises(Invalid) as refused:
            sell.commit(till, basket(bad, total=bad["price"], n=2), Person("cashier"))
        assert refused.value.field.startswith("lines.a1")
    assert documents_saved(till) == 1


def test_a_card_number_is_kept_as_no_barcode_unless_the_catalogue_knows_it(till):
    card = "4111111111111111"
    for barcode in (card, "4111 1111 1111 1111", f"x{card}"):
        for ask in (
            lambda given: sell.commit(till, basket(given, total="1.20"), Person("cashier")),
            lambda given: sell.price(till.store, till.config, {"lines": [given]}, Person("cashier")),
        ):
            with pytest.raises(Invalid) as refused:
                ask(line("MUG", barcode=barcode))
            assert (refused.value.code, refused.value.field) == ("card_number", "lines.a1.barcode")
    feeds.put_barcodes(till.store, [{"code": card, "item": "MUG"}])
    assert sell.commit(till, basket(line("MUG", barcode=card), total="1.20"), Person("cashier")).doc["total"]
    assert documents_saved(till) == 1


def test_a_label_on_goods_sold_by_weight_is_that_much_of_them_at_its_own_price(till):
    catalog.put_items(
        till.store,
        [
            {"code": "WAX", "name": "Wax", "item_group": "Home", "tax_code": "S", "weighed": True, "uom": "Kg",
             "barcodes": [{"code": label("00000", "2054321"), "uom": ""}]}
        ],
        "csv",
    )  # fmt: skip
    put_prices(till.store, {"WAX": 1800})
    wax = line("WAX", barcode=label("00433", "2054321"), price="4.33", price_source="barcode")
    shown = sell.price(till.store, till.config, {"lines": [wax]}, Person("cashier"))["lines"][0]
    assert (shown["qty"], shown["amount"], shown["unit_text"]) == ("0.241", "4.33", "£17.97 / Kg")
    done = sell.commit(till, basket(wax, total="4.33"), Person("cashier"))
    item = done.doc["items"][0]
    assert (item["qty"], item["amount"], item["list_price"]) == (Decimal("0.241"), Decimal("4.33"), Decimal("18.00"))
    assert receipt_view(done.doc, till.config)["lines"][0]["amount_text"] == "£4.33"
    again = sell.commit(till, basket(wax, total="4.33"), Person("cashier"))
    assert (again.duplicate, documents_saved(till)) == (True, 1)
    back = line("WAX", "-0.241", return_against={"id": done.doc["id"], "line": "a1"})
    given = sell.commit(till, basket(back, total="-4.33", n=2), Person("manager"))
    assert (given.doc["items"][0]["qty"], given.doc["total"]) == (Decimal("-0.241"), Decimal("-4.33"))
