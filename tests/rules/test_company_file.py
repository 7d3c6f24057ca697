"""The set-up of a company as a file: what it holds comes back, and everything wrong with one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pos.rules import company_file

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "tests/data/companies").glob("*.json"))


def test_the_samples_come_back_as_they_are_and_fit_the_schema() -> None:
    written = json.loads((ROOT / "docs/company.schema.json").read_text(encoding="utf-8"))
    assert written == company_file.schema(), "docs/company.schema.json is what the program reads"
    assert len(SAMPLES) >= 2
    for sample in SAMPLES:
        text = sample.read_text(encoding="utf-8")
        values, faults = company_file.decode(text)
        assert faults == [], sample.name
        assert company_file.encode(values) == text
        jsonschema.validate(json.loads(text), written)
    full = company_file.decode((ROOT / "tests/data/companies/north.json").read_text(encoding="utf-8"))[0]
    assert set(full) == set(company_file.BY_NAME), "one of them has every field"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", [""]),
        ("{", [""]),
        ("[]", ["format"]),
        ('{"format": "tillkeep.company", "version": 2}', ["version"]),
        ('{"format": "tillkeep.company", "version": true}', ["version"]),
        ('{"format": "tillkeep.company", "format": "x", "version": 1}', [""]),
        ('{"format": "tillkeep.company", "version": 1, "tolerance": NaN}', [""]),
        ('{"format": "tillkeep.company", "version": 1}', ["company_key", "display_name"]),
    ],
)
def test_a_file_that_is_none_says_so(text: str, fields: list[str]) -> None:
    assert [one.field for one in company_file.decode(text)[1]] == fields


def test_every_fault_is_named_not_the_first_alone() -> None:
    plain = {
        "format": "tillkeep.company", "version": 1, "company_key": "North Ltd", "display_name": "North",
        "colour": "red", "epos_password_env": "NORTH_PASSWORD", "tolerance": 0.5, "currency": "JPY",
        "trading_day_start_hour": 24, "csv": {"date_format": "%H:%M", "delimiter": "x", "sheet": 1}, "bank": [],
        "notify": {"start": None}, "is_active": None, "keep": {"log_days": None, "import_days": -1},
    }  # fmt: skip
    faults = {one.field: one.words for one in company_file.decode(json.dumps(plain))[1]}
    assert set(faults) == {
        "company_key", "colour", "epos_password_env", "tolerance", "trading_day_start_hour", "csv.date_format",
        "csv.delimiter", "csv.sheet", "bank", "is_active", "keep.import_days",
    }  # fmt: skip
    assert "exports are dropped or uploaded" in faults["epos_password_env"]


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("company_key", "north-2", True),
        ("company_key", "new", False),  # an address of the screens
        ("company_key", "-north", False),
        ("time_zone", "Africa/Lagos", True),
        ("time_zone", "Lagos", False),
        ("currency", "gbp", False),
        ("realm_id", "", True),
        ("realm_id", "934145x", False),
        ("receipt_prefix", "tk", False),
        ("receipt_prefix", "TKLONG", False),
        ("tolerance", "0.5", True),
        ("tolerance", "-1", False),
        ("tolerance", "0.005", False),  # more decimals than the pound has
        ("tolerance", "1e3", False),
        ("csv.encoding", "windows-1252", True),
        ("csv.encoding", "klingon", False),
        ("csv.encoding", "base64", False),
        ("csv.date_format", "%d/%m/%y %H:%M", True),
        ("csv.date_format", "%d/%m", False),
        ("csv.date_format", "DD/MM/YYYY", False),
        ("csv.delimiter", "\t", True),
        ("csv.tax_rate", "20", True),
        ("csv.tax_rate", "100.1", False),
        ("notify.failure", None, True),
        ("trading_day_enabled", None, False),
        ("trading_day_start_hour", True, False),
        ("display_name", " North", False),
        ("display_name", "No\nrth", False),
        ("mapping", [], False),
    ],
)
def test_what_a_field_may_be(name: str, value: Any, fits: bool) -> None:
    assert (company_file.check({name: value}, "GBP") == []) is fits
