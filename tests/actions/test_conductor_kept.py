"""What was kept of sessions with QuickBooks Desktop is English as it was, and is said in the reader's language."""

from __future__ import annotations

import pytest

from pos import language
from pos.actions import conductor_kept
from pos.connectors.conductor import errors
from pos.said import said

THEIRS = 'The name "Müller; 2. Co." of the list element is already in use.'
ARABIC = language.of("ar")


@pytest.mark.parametrize(
    ("kept", "data"),
    [
        (said("{what} is not in QuickBooks yet.", what=said("Customer {name}", name="S 1. Grey")), "S 1. Grey"),
        (said("QuickBooks booked {name} twice: {ids}. Delete the second one there.", name="A", ids="8-1, 8-2"), "8-1"),
        (said("{sentence} What was sent may be in QuickBooks.",
              sentence=said("{sentence} It says: {said}", sentence=said("Conductor answered {status}.", status=502),
                            said=THEIRS)), THEIRS),
        (said("{words} {more}", words=said("Conductor does not take it: {said}", said=THEIRS),
              more=said("Put it right here, then try it again.")), THEIRS),
        (said("{words} {more}", words=said(THEIRS), more=errors._REMEDIES[3100]), THEIRS),
        (said("{words}; {more}", words=said("Conductor does not take the secret key."),
              more=said("A list of Conductor does not come to its end.")), ""),
        (said("QuickBooks could not be reached for {n} hours. {why}", n=4,
              why=said("Conductor cannot be reached: {why}.", why="timed out")), "timed out"),
    ],
)  # fmt: skip
def test_our_sentences_are_known_again_and_the_words_of_others_left_alone(kept: str, data: str) -> None:
    again = conductor_kept.again(str(kept))
    assert again == str(kept) == language.of("en").say(again)
    spoken = ARABIC.say(again)
    assert data in spoken and not set(spoken.replace(data, "").split()) & {"the", "is", "it", "What", "says:", "right"}


@pytest.mark.parametrize("kept", ["", THEIRS, "{0} odd {x", "502", "; ", "a. b; c?"])
def test_what_is_not_ours_stays(kept: str) -> None:
    assert conductor_kept.again(kept) == kept == ARABIC.say(conductor_kept.again(kept))
