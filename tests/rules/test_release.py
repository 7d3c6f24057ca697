"""What may be in a release, and whether a till may go on with it."""

from __future__ import annotations

import pytest

from pos.errors import Invalid
from pos.rules import release
from pos.rules.release import Member, Release


def test_files_land_below_one_folder_and_the_one_around_everything_is_taken_off() -> None:
    around = [Member("till-1/", 0, is_folder=True), Member("till-1/pos/a.py", 3), Member("till-1/b.py", 3)]
    assert release.places(around) == {"till-1/pos/a.py": "pos/a.py", "till-1/b.py": "b.py"}
    assert release.places([Member("pos/a.py", 1), Member("b.py", 1)]) == {"pos/a.py": "pos/a.py", "b.py": "b.py"}


@pytest.mark.parametrize(
    "name",
    [
        "../pos/a.py", "pos/../../a.py", "/etc/passwd", "C:/a.py", "pos\\..\\a.py", "pos//a.py", "./a.py", "", "a\0b",
        "pos/con", "pos/NUL.txt", "pos/a.py.", "pos/a ", "x" * 300, "pos/a\nb", "pos/a:stream",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        release.places([Member("pos/__init__.py", 1), Member(name, 1)])


@pytest.mark.parametrize(
    "members",
    [
        [Member("a.py", 1), Member("A.PY", 1)],
        [Member("a.py", 1, is_link=True)],
        [Member("a.py", 1, is_encrypted=True)],
        [Member("a.py", release.FILE_BYTES_MAX + 1)],
        [Member(f"{n}.whl", release.FILE_BYTES_MAX) for n in range(5)],
        [Member(f"{n}.py", 1) for n in range(release.FILES_MAX + 1)],
    ],
    ids=["twice", "link", "encrypted", "large", "large together", "many"],
)
def test_a_zip_no_release_is_like_is_refused(members: list[Member]) -> None:
    with pytest.raises(Invalid):
        release.places(members)


def test_a_release_says_what_it_is_without_being_run() -> None:
    text = 'PRODUCT = "tillkeep"\n__version__ = "1.2.3"\nraise SystemExit\n'
    paths = ["pos/store/migrations/0002_b.py", "pos/store/migrations/0001_a.py", "pos/store/migrations/__init__.py"]
    assert release.release_of(text, paths) == Release("1.2.3", ("0001_a", "0002_b"))


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('__version__ = "1.0"', []),
        ('PRODUCT = "other"\n__version__ = "1.0"', []),
        ('PRODUCT = "tillkeep"', []),
        ('PRODUCT = "tillkeep"\n__version__ = "../x"', []),
        ("PRODUCT = (", []),
        ('PRODUCT = "tillkeep"\n__version__ = "1.0"', ["pos/store/migrations/0002_b.py"]),
    ],
)
def test_what_is_not_this_program_is_refused(text: str, paths: list[str]) -> None:
    with pytest.raises(Invalid):
        release.release_of(text, paths)


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [("0.9.1", "0.10", True), ("1.0", "1.0.0", False), ("1.0", "0.9.9", False), ("0.1.0", "0.1.1", True)],
)
def test_versions_are_compared_as_numbers(version: str, than: str, older: bool) -> None:
    assert release.is_older(version, than) is older


@pytest.mark.parametrize(
    ("applied", "unknown"),
    [([], ""), (["0001_a"], ""), (["0001_a", "0002_b"], ""), (["0001_a", "0002_x"], "0002_x"),
     (["0001_a", "0002_b", "0003_c"], "0003_c")],
)  # fmt: skip
def test_a_database_that_went_another_way_is_not_opened(applied: list[str], unknown: str) -> None:
    assert release.unknown_to(Release("1", ("0001_a", "0002_b")), applied) == unknown


def test_what_a_zip_lacks_is_named() -> None:
    assert release.missing(["pos_server.py", "requirements.txt", "pos/__init__.py"]) == [
        "pos/launch.py",
        "pos/cli/upgrade.py",
    ]
