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
