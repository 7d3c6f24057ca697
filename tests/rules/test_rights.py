"""Roles and rights: the table is what it says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pos.rules import rights


def test_every_role_and_right_is_in_the_table() -> None:
    assert {role: rights.rights_of(role) for role in rights.ROLES} == {
        "cashier": ("sell", "discount", "no_sale", "reprint"),
        "supervisor": (
            "sell", "discount", "price_override", "refund", "blind_return", "late_return", "refund_tender", "no_sale",
            "void", "paid_out", "z_read", "reprint",
        ),
        "manager": (
            "sell", "discount", "price_override", "refund", "blind_return", "late_return", "refund_tender", "no_sale",
            "void", "paid_out", "z_read", "variance", "reprint", "voucher_issue", "operate", "people", "stock",
            "stock_approve",
        ),
        "operator": (
            "reprint", "replay", "operate", "settings", "stock_admin", "can_trigger_runs", "can_edit_companies",
            "can_manage_schedules", "can_manage_portal_settings",
        ),
        "accountant": ("z_read", "reprint"),
        "stock_keeper": ("reprint", "stock"),
        "copier": ("copies",),
        "admin": tuple(rights.RIGHTS),
    }  # fmt: skip
    assert rights.rights_of("nobody") == ()
    with pytest.raises(ValueError, match="no such right"):
        rights.allowed("admin", "fly")


def test_a_role_that_may_not_discount_has_no_ceiling_to_use():
    ceilings = {role: rights.discount_percent_max(role) for role in rights.ROLES}
    assert ceilings == {
        "cashier": Decimal(10),
        "supervisor": Decimal(50),
        "manager": Decimal(100),
        "operator": Decimal(0),
        "accountant": Decimal(0),
        "stock_keeper": Decimal(0),
        "copier": Decimal(0),
        "admin": Decimal(100),
    }
    for role, ceiling in ceilings.items():
        assert rights.allowed(role, "discount") is (ceiling > 0)
    assert rights.discount_percent_max("nobody") == 0


def test_what_was_changed_stands_before_the_default():
    table = rights.Rights({("cashier", "refund"): True, ("manager", "void"): False}, {"cashier": Decimal(15)})
    assert table.allowed("cashier", "refund")
    assert not table.allowed("manager", "void")
    assert table.allowed("supervisor", "refund"), "everybody else as before"
    assert table.discount_percent_max("cashier") == 15
    assert table.discount_percent_max("supervisor") == 50


def test_without_the_right_to_discount_the_ceiling_is_nothing():
    table = rights.Rights({("manager", "discount"): False}, {"manager": Decimal(80)})
    assert table.discount_percent_max("manager") == 0


def test_nobody_takes_a_right_from_the_owner():
    table = rights.Rights({("admin", "rights"): False}, {"admin": Decimal(0)})
    assert table.allowed("admin", "rights")
    assert table.discount_percent_max("admin") == 100


def test_every_act_a_second_person_can_agree_to_is_a_right():
    assert set(rights.ACTS) <= set(rights.RIGHTS)
    assert len(set(rights.ACTS)) == len(rights.ACTS)


def test_a_narrowed_role_keeps_what_it_had_of_these_and_other_roles_all():
    table = rights.DEFAULT.narrowed("manager", ["z_read", "operate", "copies"])
    assert table.rights_of("manager") == ("z_read", "operate"), "what it never had is not added"
    assert table.rights_of("supervisor") == rights.rights_of("supervisor")
    assert table.discount_percent_max("manager") == 0
