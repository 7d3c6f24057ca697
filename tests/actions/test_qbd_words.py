"""What was kept of an answer of QuickBooks Desktop is English as it was, and is said in the reader's language."""

from __future__ import annotations

from pos import language
from pos.actions import qbd_words
from pos.connectors.qbd import codes

THEIRS = "There is an invalid reference to {ItemRef}."


def test_our_words_around_theirs_are_translated_and_theirs_left_alone() -> None:
    meaning = codes.of_status(3140)
    kept = f"{meaning.words} {THEIRS} {meaning.remedy}"
    found = qbd_words.again("3140", kept)
    assert found == kept == language.of("en").say(found)
    arabic = language.of("ar").say(found)
    assert THEIRS in arabic and str(meaning.words) not in arabic and str(meaning.remedy) not in arabic
    assert language.of("ar").say(meaning.remedy) in arabic


def test_a_sentence_of_ours_is_known_as_it_stands_and_anything_else_stays() -> None:
    known = "It came after the end of its session."
    assert qbd_words.again("", known) == known != language.of("ar").say(qbd_words.again("", known))
    for code, kept in (("3140", "{0} odd {x"), ("", ""), ("9" * 40, THEIRS), ("0x80040400", "another text")):
        assert language.of("ar").say(qbd_words.again(code, kept)) == kept


def test_kept_sentences_are_told_apart_with_their_facts() -> None:
    ours = "Place BACK has no QuickBooks site. No account for S 1. Grey: name one at the item or for the company."
    found = qbd_words.again("", f"{ours} And 3 more.")
    assert found == f"{ours} And 3 more."
    arabic = language.of("ar").say(found)
    assert all(fact in arabic for fact in ("BACK", "S 1. Grey", "3")) and "name one" not in arabic
    catalogue = language.read_catalog("ar")
    assert [one for one in qbd_words.KEPT if catalogue.get(one) is None] == [], "said nowhere any more"
