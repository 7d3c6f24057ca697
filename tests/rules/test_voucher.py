"""Gift vouchers by the rules: codes, how long they last, what may be used while the issuer is away, their rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pos.errors import Conflict, Invalid
from pos.rules import voucher
from pos.rules.money import major
from pos.rules.voucher import Reach, Refused, Standing, Terms, Wanted
from tests.rules.tables import cases

D = Decimal
HERE = Reach(fresh=True, rule="refuse")  # this till is the issuer


@cases("""
typed                     code
gv-261121-k7m2qx          GV-261121-K7M2QX
2000123456                2000123456
GV/2024/7                 GV/2024/7
abc                       –
-abc                      –
GV 1234                   –
<script>                  –
é1234                     –
""")
def test_a_code_is_kept_in_capitals_or_refused(row):
    if not row["code"]:
        with pytest.raises(Invalid) as refused:
            voucher.code_of(row["typed"])
        assert refused.value.code == "voucher_code" and not voucher.may_be_code(row["typed"])
    else:
        assert voucher.code_of(f" {row['typed']} ") == row["code"] and voucher.may_be_code(row["typed"])


def test_a_code_made_here_names_its_day_and_no_letter_that_is_taken_for_another():
    drawn = iter("K7M2QX")
    assert voucher.make_code(date(2026, 11, 21), lambda _letters: next(drawn)) == "GV-261121-K7M2QX"
    assert not set("IO01") & set(voucher.LETTERS) and len(voucher.LETTERS) ** voucher.SECRET_CHARS > 10**9


@cases("""
made          months    until
2026-11-21    12        2027-11-21
2026-11-30    3         2027-02-28
2027-11-30    3         2028-02-29
2026-12-31    1         2027-01-31
2026-11-21    0         –
""")
def test_how_long_a_voucher_lasts(row):
    assert voucher.expires_on(date.fromisoformat(row["made"]), int(row["months"])) == (row["until"] or "")


@cases("""
rule           known to    made here    fresh    balance    held    exposed    may use
refuse         the till    yes          no       2500       0       0          2500
refuse         both        yes          yes      2500       0       0          2500
refuse         both        yes          no       2500       0       0          0
limit          both        no           no       9000       0       0          5000
limit          both        no           no       9000       0       4000       1000
limit          both        no           no       3000       0       0          3000
issued_here    both        yes          no       9000       0       0          9000
issued_here    both        no           no       9000       0       0          0
issued_here    both        no           yes      9000       2000    0          7000
refuse         both        no           yes      1000       2000    0          0
""")
def test_what_may_be_used_while_the_issuer_is_out_of_reach(row):
    known = Standing(
        "GV-1234", 9000, int(row["balance"]), int(row["held"]), state="active", issued_here=row["made here"] == "yes",
        exposure=int(row["exposed"]), shared=row["known to"] == "both",
    )  # fmt: skip
    reach = Reach(row["fresh"] == "yes", row["rule"], 5000, 0)
    can = int(row["may use"])
    assert voucher.may_use(known, reach) == can
    assert (voucher.refusal(known, can, reach, "GBP", "en_GB") is None) == (can <= known.balance)
    over = voucher.refusal(known, can + 1, reach, "GBP", "en_GB")
    assert over is not None and over.may_use == str(major(can, "GBP"))  # named, so it can be used
    told = voucher.offline_words(known, reach, "GBP", "en_GB")
    assert bool(told) == (row["known to"] == "both" and row["fresh"] == "no")


@cases("""
known to    set aside    used    exposed
both        0            2000    2000
both        2000         2000    0
both        1500         2000    500
the till    0            2000    0
""")
def test_exposed_is_what_the_issuer_did_not_set_aside(row):
    known = Standing("GV-1234", 9000, 9000, state="active", shared=row["known to"] == "both")
    reach = Reach(fresh=True, rule="refuse", confirmed=int(row["set aside"]))
    assert voucher.exposed(known, reach, int(row["used"])) == int(row["exposed"])
    assert voucher.exposed(known, HERE, int(row["used"])) == 0


@cases("""
state       code                 words
unknown     voucher_unknown      not known
inactive    voucher_inactive     switched off
expired     voucher_expired      until Sat 21 Nov 2026
used        voucher_short        Nothing is left
""")
def test_every_refusal_is_in_words(row):
    known = Standing("GV-1234", 2500, 0 if row["state"] == "used" else 2500, expires="2026-11-21", state=row["state"])
    refused = voucher.refusal(known, 100, HERE, "GBP", "en_GB", "payments.0.amount")
    assert refused is not None and row["words"] in refused.message
    assert (refused.code, refused.field) == (row["code"], "payments.0.amount")


def test_a_code_that_is_not_known_here_is_not_called_wrong_while_the_issuer_is_away():
    for away in (True, False):
        reach = Reach(fresh=False, rule="issued_here", confirmed=0, away=away)
        found = voucher.refusal(Standing("GV-FAR"), 100, reach, "GBP", "en-GB")
        assert found.code == "voucher_unknown"
        assert ("out of reach" in found.message) is away
        assert ("Look at the code again" in found.message) is not away
        assert bool(voucher.offline_words(Standing("GV-FAR"), reach, "GBP", "en-GB")) is away


def test_not_enough_names_what_may_be_used_and_what_another_till_holds():
    known = Standing("GV-1234", 2500, 2500, 500, state="active")
    refused = voucher.refusal(known, 2400, HERE, "GBP", "en_GB")
    assert refused is not None and refused.details() == {"may_use": "20.00"}
    assert "£20.00 of voucher GV-1234" in refused.message and "£5.00" in refused.message


@cases("""
amount    allowed
99        no
100       yes
50000     yes
50001     no
""")
def test_a_voucher_is_made_over_amounts_the_shop_allows(row):
    terms = Terms(100, 50_000, 12)
    if row["allowed"] == "yes":
        voucher.check_amount(int(row["amount"]), terms, "GBP", "en_GB", "amount")
    else:
        with pytest.raises(Invalid, match=r"£1\.00 to £500\.00"):
            voucher.check_amount(int(row["amount"]), terms, "GBP", "en_GB", "amount")


# -- rows ------------------------------------------------------------------------------------------------------------


def enter(*wanted: Wanted, known: dict[str, Standing] | None = None, reach: Reach = HERE):
    found = known or {}
    return voucher.entered(
        wanted, "doc", lambda code: found.get(code, Standing(code)), lambda _known: reach, expires="2027-11-21",
        currency="GBP", locale="en_GB",
    )  # fmt: skip


FULL = {"GV-1234": Standing("GV-1234", 2500, 2500, expires="2027-01-01", state="active")}


def test_rows_are_called_by_document_and_place_and_say_what_is_left():
    rows = enter(
        Wanted("issue", "GV-9999", 1000, made=True, new=True), Wanted("redeem", "GV-1234", -2000),
        Wanted("redeem", "GV-1234", -500), known=FULL,
    )  # fmt: skip
    assert [(r["id"], r["act"], r["amount"], r["balance"], r["expires"]) for r in rows] == [
        ("doc:1", "issue", D("10.00"), D("10.00"), "2027-11-21"),
        ("doc:2", "redeem", D("-20.00"), D("5.00"), "2027-01-01"),
        ("doc:3", "redeem", D("-5.00"), D("0.00"), "2027-01-01"),
    ]
    assert rows[0]["made"] is True and "exposure" not in rows[1]


def test_two_payments_by_one_voucher_are_looked_at_together():
    with pytest.raises(Refused) as refused:
        enter(
            Wanted("redeem", "GV-1234", -2000), Wanted("redeem", "GV-1234", -501, field="payments.1.amount"), known=FULL
        )
    assert (refused.value.code, refused.value.field) == ("voucher_short", "payments.1.amount")


def test_a_voucher_is_not_used_on_the_receipt_that_sells_it():
    """Neither order makes money of nothing."""
    sold, used = Wanted("issue", "GV-9999", 1000, new=True), Wanted("redeem", "GV-9999", -1000)
    for wanted in ((sold, used), (used, sold)):
        with pytest.raises(Refused) as refused:
            enter(*wanted)
        assert refused.value.code == "voucher_unknown"


def test_a_code_is_given_to_one_voucher_alone():
    for wanted in ([Wanted("issue", "GV-1234", 100, new=True)], [Wanted("issue", "GV-5555", 100, new=True)] * 2):
        with pytest.raises(Conflict) as refused:
            enter(*wanted, known=FULL)
        assert refused.value.code == "voucher_taken"


@cases("""
act       amount    state       ok
refund    500       active      yes
refund    500       used        yes
refund    500       expired     voucher_expired
refund    500       unknown     voucher_unknown
adjust    -2500     active      yes
adjust    -2501     active      voucher_short
adjust    500       unknown     voucher_unknown
expire    -2500     expired     yes
""")
def test_what_may_go_onto_a_voucher_and_off_it(row):
    known = {"GV-1234": Standing("GV-1234", 2500, 2500, expires="2026-01-01", state=row["state"])}
    wanted = Wanted(row["act"], "GV-1234", int(row["amount"]), field="amount")
    if row["ok"] == "yes":
        assert enter(wanted, known=known)[0]["balance"] == D(2500 + int(row["amount"])).scaleb(-2)
        return
    with pytest.raises(Refused) as refused:
        enter(wanted, known=known)
    assert refused.value.code == row["ok"]


def test_exposure_stands_on_the_rows_it_came_about_with():
    known = {"GV-1234": Standing("GV-1234", 9000, 9000, state="active", issued_here=True, shared=True)}
    reach = Reach(fresh=False, rule="issued_here", confirmed=1000)
    rows = enter(Wanted("redeem", "GV-1234", -700), Wanted("redeem", "GV-1234", -700), known=known, reach=reach)
    assert [r.get("exposure") for r in rows] == [None, D("4.00")]
