"""£ and € on paper: the code page, its number, and what becomes of letters it lacks."""

from __future__ import annotations

import pytest

from pos.devices.letters import PAGES, code_page
from pos.errors import BadSettings

EPSON = {"CP437": 0, "CP858": 19, "CP1252": 16, "ISO_8859-15": 40}


@pytest.mark.parametrize(
    ("page", "select", "pound_euro"),
    [
        ("CP858", b"\x1bt\x13", b"\x9c\xd5"),
        ("CP1252", b"\x1bt\x10", b"\xa3\x80"),
        ("ISO8859-15", b"\x1bt\x28", b"\xa3\xa4"),
        ("CP858:13", b"\x1bt\x0d", b"\x9c\xd5"),
    ],
)
def test_pound_and_euro_are_the_bytes_of_the_page(page: str, select: bytes, pound_euro: bytes) -> None:
    found = code_page(page, EPSON, "£€")
    assert (found.select, found.encode("£€")) == (select, pound_euro)


def test_the_pound_sign_does_not_vanish_as_it_did_when_text_was_ascii() -> None:
    assert code_page("CP858", EPSON, "£").encode("£5.00") != b"5.00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café crème, Größe 42, señor, Åse", "Café crème, Größe 42, señor, Åse"),
        ("Łódź, Šárka, “quoted” – and…", 'Lódz, Sárka, "quoted" - and...'),
        ("−5 × 2 · 3", "-5 x 2 · 3"),
        ("e\u0301", "é"),
        ("茶", "?"),
    ],
)
def test_a_letter_the_page_lacks_becomes_the_nearest_one(text: str, shown: str) -> None:
    assert code_page("CP858", EPSON, "£").encode(text).decode("cp858").replace("x", "×") == shown.replace("x", "×")


def test_a_control_character_is_no_letter() -> None:
    assert code_page("CP858", EPSON, "£").encode("a\x1b\x00\x7fb") == b"ab"


def test_lines_are_laid_out_in_the_letters_that_are_printed() -> None:
    page = code_page("CP437", EPSON, "£")
    assert page.shown("5 €\u00a0…") == "5 EUR\u00a0..."


def test_a_page_without_the_sign_of_the_currency_stops_the_start() -> None:
    with pytest.raises(BadSettings, match=r"no €.*CP858"):
        code_page("CP437", EPSON, "€")


@pytest.mark.parametrize("setting", ["CP999", "CP858:x", "CP858:900", ""])
def test_a_wrong_page_is_named(setting: str) -> None:
    with pytest.raises(BadSettings, match="code_page"):
        code_page(setting, EPSON, "£")


def test_a_page_the_model_does_not_number_needs_its_number() -> None:
    with pytest.raises(BadSettings, match="CP1257:51"):
        code_page("CP1257", EPSON, "€")
    assert code_page("CP1257:25", EPSON, "€").number == 25


def test_every_page_is_known_to_python() -> None:
    for name in PAGES:
        assert code_page(name, {}, "").encode("A") == b"A"
