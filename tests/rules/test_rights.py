"""Roles and rights: the table is what it says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pos.rules import rights


def test_every_role_and_right_is_in_the_table() -> None:
    assert {role: rights.rights_of(role) for role in rights.ROLES} == {
        "cashier": ("sell", "discount", "no_sale", "void", "reprint"),
        "supervisor": (
            "sell", "discount", "price_override", "refund", "no_sale", "void", "paid_out", "z_read", "reprint",
        ),
        "manager": (
            "sell", "discount", "price_override", "refund", "blind_return", "no_sale", "void", "paid_out", "z_read",
            "reprint", "people",
        ),
        "operator": ("reprint", "replay", "settings"),
        "accountant": ("z_read", "reprint"),
        "stock_keeper": ("reprint",),
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
        "admin": Decimal(100),
    }
    for role, ceiling in ceilings.items():
        assert rights.allowed(role, "discount") is (ceiling > 0)
    assert rights.discount_percent_max("nobody") == 0
