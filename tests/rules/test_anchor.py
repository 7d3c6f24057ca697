"""Anchors: as typed from a Z, as a document, a manifest or the console's list say them."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import anchor
from pos.rules.anchor import Anchor, Kept
from pos.rules.backup import Figures, Head
from tests.receipts import stamped

HASH = "0123456789abcdef" * 4
GROUPS = " ".join(HASH[i : i + 8] for i in range(0, 64, 8))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{HASH}:12", ("", "till", 12, HASH)),
        (f" {GROUPS.upper()} : 12\n", ("", "till", 12, HASH)),
        (f"t1r7kq:{HASH[:16]}:12", ("T1R7KQ", "till", 12, HASH[:16])),
        (f"audit:{HASH}:7", ("", "audit", 7, HASH)),
        ("z.json", None),
        (HASH, None),
    ],
)
def test_what_is_typed_from_a_z(text: str, wanted: tuple[str, str, int, str] | None) -> None:
    found = anchor.given(text)
    assert found == (wanted and Anchor(*wanted, "the anchor"))


def test_too_few_digits_prove_nothing() -> None:
    with pytest.raises(Invalid, match="16 digits"):
        anchor.given(f"{HASH[:15]}:12")


def test_what_is_printed_is_what_can_be_typed() -> None:
    assert anchor.given(anchor.text_of(12, HASH)) == Anchor("", "till", 12, HASH, "the anchor")


def test_of_a_blanked_document_it_is_the_hash_of_the_original() -> None:
    doc, _body = stamped(sequence=3)
    assert anchor.of_document(doc) == Anchor("T1", "till", 3, doc["hash"], "T1-000003")
    blanked = {**doc, "blanked": {"hash": HASH}}
    assert anchor.of_document(blanked, "a Z").hash == HASH


def test_a_manifest_knows_the_audit_as_well() -> None:
    figures = Figures(3, 3, 5, 1, 2, 4, "a" * 64, (Head("T1", "till", 3, HASH),), ())
    assert anchor.of_figures(figures, "s") == [
        Anchor("T1", "till", 3, HASH, "s"),
        Anchor("", "audit", 4, "a" * 64, "s"),
    ]


def test_the_list_is_read_back_and_a_cut_end_is_left_out() -> None:
    kept = [Kept("2026-11-21T10:00:00Z", "T1", "till", n, HASH, "é" if n == 2 else "") for n in (1, 2)]
    body = b"".join(map(anchor.line_of, kept))
    assert anchor.kept_in(body) == kept
    assert anchor.kept_in(body[:-9]) == kept[:1]
    assert [a.source for a in anchor.of_kept(kept, "the list")] == ["the list of 2026-11-21 10:00"] * 2
    assert anchor.kept_in(body[:9] + b"\n" + body) == kept, "a cut line in the middle takes no other with it"
    assert anchor.kept_in(body.replace(b'"sequence": 1', b'"sequence": "1"')) == kept[1:]


def test_each_chain_gets_its_new_head_and_one_that_does_not_follow_says_so() -> None:
    first, _ = stamped(sequence=1)
    second, _ = stamped(sequence=2, prev_hash=first["hash"])
    third, _ = stamped(sequence=3, prev_hash=second["hash"])
    (head,) = anchor.after({}, [first, second], "at 1")
    assert head == Kept("at 1", "T1", "till", 2, second["hash"])
    known = {("T1", "till"): head}
    assert anchor.after(known, [first, second], "at 2") == [], "known already"
    assert anchor.after(known, [third], "at 2") == [Kept("at 2", "T1", "till", 3, third["hash"])]
    other, _ = stamped(sequence=3, prev_hash=HASH)
    fourth, _ = stamped(sequence=4, prev_hash=other["hash"])
    (broken,) = anchor.after(known, [other, fourth], "at 2")
    assert broken.sequence == 4
    assert broken.broken == "T1-000003 does not follow the document 2 that was known here"
