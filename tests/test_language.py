"""The languages: every text there, with its facts; how a `Said` is said; styles that know no left and right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pos import language
from pos.cli import languages
from pos.said import nsaid, otherwise, packed, psaid, said, unpacked
from tests.conftest import REPO

ISOLATES = str.maketrans("", "", "\u2066\u2067\u2068\u2069\u200e\u200f")


def arabic(text: str) -> str:
    """As it reads, without the marks that keep a fact in its own order."""
    return language.of("ar").say(text).translate(ISOLATES)


def test_every_text_is_in_every_language_with_the_same_facts() -> None:
    assert list(languages.problems()) == [], "run `python3 tasks.py languages`, then translate what is empty"


def test_a_wrong_fact_in_a_translation_is_found(tmp_path: Path) -> None:
    catalog = language.read_catalog("ar")
    message = catalog.get("Type the price of {name}.")
    message.string = "اكتب سعر {nom}."
    assert [words for words in languages.wrong_facts(catalog) if "Type the price" in words]


def test_what_is_said_is_english_until_somebody_asks() -> None:
    words = said("Customer {name} is switched off.", name="Ada")
    assert words == "Customer Ada is switched off." and isinstance(words, str)
    assert json.dumps(words) == '"Customer Ada is switched off."'
    assert arabic(words) == "العميل Ada موقوف."


def test_facts_are_data_and_what_is_said_in_them_is_not() -> None:
    reason = said("{size}: {reason}", size=said("{percent} off", percent="10%"), reason="Sale")
    assert reason == "10% off: Sale"
    assert arabic(reason) == "خصم 10%: Sale"


def test_a_brace_in_a_fact_is_no_place_for_another() -> None:
    assert arabic(said("Customer {name} is switched off.", name="{name.__class__}")) == "العميل {name.__class__} موقوف."


@pytest.mark.parametrize(
    ("count", "english", "there"),
    [(0, "0 lines", "لا أسطر"), (1, "1 line", "سطر واحد"), (2, "2 lines", "سطران"), (3, "3 lines", "3 أسطر"),
     (11, "11 lines", "11 سطرًا"), (100, "100 lines", "100 سطر"), (103, "103 lines", "103 أسطر")],
)  # fmt: skip
def test_each_language_counts_its_own_way(count: int, english: str, there: str) -> None:
    words = nsaid("{n} line", "{n} lines", count)
    assert words == english
    assert arabic(words) == there


def test_a_text_that_means_two_things_is_told_apart() -> None:
    assert arabic(psaid("discount", "On")) != arabic(said("On"))


def test_english_made_by_hand_stays_and_other_languages_say_the_pattern() -> None:
    words = otherwise("One £10 note and a 5p", "{pieces}", pieces="1 × £10.00")
    assert words == "One £10 note and a 5p" == language.of("en").say(words)
    assert arabic(words) == "1 × £10.00"


def test_a_text_without_a_translation_is_english() -> None:
    assert arabic(said("Nobody ever says this {way}.", way="so")) == "Nobody ever says this so."


def test_what_is_kept_is_said_again_in_every_language() -> None:
    inner = psaid("voucher", "used")
    for words in (
        said("{amount} {act} on {number} (till {till})", amount="£3.00", act=inner, number="T1-1", till="T1"),
        nsaid("{n} line", "{n} lines", 2),
        otherwise("One £10 note", "{n} × {what}", n=1, what=said("note")),
        said("{size}: {reason}", size=Path("a"), reason=1.5),  # facts are kept as they read
    ):
        again = unpacked(str(words), packed(words))
        assert (again, arabic(again), language.of("en").say(again)) == (words, arabic(words), words)
    assert packed("plain") == "" and unpacked("plain", "") == "plain"
    for spoilt in ("{", "[]", "{}", '{"said": 1, "facts": 2}', '{"said": "x", "n": "y"}'):
        assert unpacked("plain", spoilt) == "plain", "what cannot be read stays English"


def test_an_answer_is_said_through_and_through_and_its_data_left_alone() -> None:
    answer = {"text": said("Total"), "name": "Total", "rows": [said("Cash"), 3, None], "amount": "12.50"}
    spoken = language.of("ar").said_in(answer)
    assert spoken == {"text": "الإجمالي", "name": "Total", "rows": ["النقد", 3, None], "amount": "12.50"}


def test_a_fact_keeps_its_order_in_a_text_from_right_to_left() -> None:
    assert "\u2068£12.50\u2069" in language.of("ar").say(said("{left} is still to pay.", left="£12.50"))


def test_scripts_are_given_their_own_texts_alone() -> None:
    words = json.loads(language.of("ar").words)
    assert words["words"]["Basket emptied"] == "أُفرغت السلة"
    assert "Customer {name} is switched off." not in words["words"], "that is the server's"
    assert words["plural"] == {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 4, "other": 5}
    assert language.of("en").words == "", "English pages fetch nothing"


def test_styles_name_sides_by_the_flow_of_the_text() -> None:
    sides = re.compile(
        r"\b(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b|(?<![\w-])(?:left|right)\s*:"
        r"|\b(?:text-align|float|clear)\s*:\s*(?:left|right)\b|\bborder-(?:top|bottom)-(?:left|right)-radius\b"
    )
    found = []
    for path in sorted((REPO / "static" / "css").glob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [f"{path.name}: {line.strip()[:100]}" for line in text.splitlines() if sides.search(line)]
    assert found == []
