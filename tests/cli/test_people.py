"""Commands for people, keys and devices: what they print, what they refuse, how they end."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pos_server

Outcome = tuple[int, str, str]


@pytest.fixture
def till(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Outcome]]:
    """Run a sub-command on an empty folder: (exit code, stdout, stderr)."""

    def run(*words: str) -> Outcome:
        try:
            code = pos_server.main(["--root", str(tmp_path), *words])
        except SystemExit as end:  # argparse's own refusals
            code = int(end.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    yield run


def test_a_person_is_added_listed_switched_off_and_on(till: Callable[..., Outcome]) -> None:
    assert till("user", "add", "7", "Ada Finch", "--role", "manager", "--pin", "4711")[0] == 0
    assert "Ada Finch" in till("user", "list")[1]
    assert till("user", "off", "7")[0] == 0
    assert " off" in till("user", "list")[1]
    assert till("user", "on", "7")[0] == 0
    assert " active" in till("user", "list")[1]


def test_a_lost_pin_is_reset_and_the_pin_is_never_printed(till: Callable[..., Outcome], tmp_path: Path) -> None:
    from pos import config
    from pos.store import people
    from pos.store.db import open_store

    till("user", "add", "7", "Ada", "--pin", "4711")
    code, out, err = till("user", "pin", "7", "--pin", "90909090")
    assert (code, err) == (0, "")
    assert "90909090" not in out
    store = open_store(config.load(tmp_path, environ={}))
    assert people.check_pin(store, "7", "90909090").name == "Ada"
    with pytest.raises(people.WrongPin):
        people.check_pin(store, "7", "4711")
    store.close()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("user", "add", "7", "Bea", "--pin", "7531"), 1, "The code 7 is in use"),
        (("user", "add", "8", "Bea", "--pin", "12"), 2, "4 to 8 digits"),
        (("user", "add", "8", "Bea", "--pin", "123a"), 2, "4 to 8 digits"),
        (("user", "add", "8", "Bea", "--role", "king", "--pin", "7531"), 2, "invalid choice"),
        (("user", "add", "8 9", "Bea", "--pin", "7531"), 2, "letters and digits"),
        (("user", "pin", "9", "--pin", "7531"), 1, "Nobody here has the code 9"),
        (("user", "off", "9"), 1, "Nobody here has the code 9"),
        (("user",), 2, "required"),
        (("token", "revoke", "none"), 1, "no key called none"),
        (("device", "revoke", "none"), 1, ""),
        (("nonsense",), 2, "invalid choice"),
        (("user", "list", "--loud"), 2, "unrecognized"),
    ],
)
def test_a_mistake_ends_in_one_sentence_and_its_code(
    till: Callable[..., Outcome], words: tuple[str, ...], code: int, says: str
) -> None:
    till("user", "add", "7", "Ada", "--pin", "4711")
    before = till("user", "list")[1]
    found, _, err = till(*words)
    assert found == code
    assert says in err
    assert "Traceback" not in err
    assert till("user", "list")[1] == before


def test_a_key_is_printed_once_and_works_until_it_is_withdrawn(till: Callable[..., Outcome], tmp_path: Path) -> None:
    from pos import config
    from pos.store import people
    from pos.store.db import open_store

    secret = till("token", "add", "replay")[1].strip()
    assert secret not in till("token", "list")[1]
    store = open_store(config.load(tmp_path, environ={}))
    found = people.find_token(store, secret)
    assert found is not None
    assert found.may("replay")
    assert not found.may("sell")
    till("token", "revoke", "replay")
    assert people.find_token(store, secret) is None
    store.close()


def test_a_list_of_an_empty_folder_makes_no_till_in_it(till: Callable[..., Outcome], tmp_path: Path) -> None:
    code, _, err = till("user", "list")
    assert code == 1
    assert "no till" in err
    assert list(tmp_path.iterdir()) == []


def test_root_may_stand_before_or_behind_the_command(tmp_path: Path) -> None:
    from pos import cli

    for words in (["--root", "X", "user", "list"], ["user", "--root=X", "list"], ["user", "list", "--root", "X"]):
        assert cli.take_root(words) == (Path("X"), ["user", "list"])
    assert cli.split(["--port", "1"]) == ("serve", ["serve", "--port", "1"])
    assert cli.split([]) == ("serve", ["serve"])
    assert cli.split(["--help"]) == ("", ["--help"])


@pytest.mark.parametrize("command", ["", "serve", "check", "user", "token", "device"])
def test_every_command_has_help_that_names_the_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        pos_server.main([*([command] if command else []), "--help"])
    assert end.value.code == 0
    assert "exit codes: 0 done" in " ".join(capsys.readouterr().out.split())


def test_a_badge_is_made_shown_once_and_taken_away(till: Callable[..., Outcome], tmp_path: Path) -> None:
    from pos import config
    from pos.store import people
    from pos.store.db import open_store

    till("user", "add", "7", "Ada", "--pin", "4711")
    code, out, _ = till("user", "badge", "7")
    badge = out.splitlines()[0]
    assert code == 0
    store = open_store(config.load(tmp_path, environ={}))
    assert people.check_badge(store, badge, "4711").name == "Ada"
    assert store.execute("SELECT count(*) FROM user WHERE badge_hash = ?", (badge,)).fetchone() == (0,)
    store.close()
    assert till("user", "badge", "7", "--card", "0400-ABC-77")[1] == "7 has this card as their badge.\n"
    assert till("user", "badge", "7", "--none")[1] == "7 has no badge any more.\n"
    assert till("user", "badge", "7", "--card", "short")[0] == 2
    assert till("user", "badge", "99")[0] == 1


def test_a_password_is_read_from_the_keyboard_and_never_printed(
    till: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pos import config
    from pos.store import passwords
    from pos.store.db import open_store

    def typed(words: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{words}\n"))

    till("user", "add", "7", "Ada Finch", "--pin", "4711")
    typed("too short")
    code, _, err = till("user", "password", "7")
    assert code != 0
    assert "at least 12 characters" in err
    typed("kettle orange window")
    code, out, err = till("user", "password", "7")
    assert (code, err) == (0, "")
    assert "kettle" not in out
    store = open_store(config.load(tmp_path, environ={}))
    assert passwords.check(store, "7", "kettle orange window").name == "Ada Finch"
    store.close()
    assert till("user", "password", "7", "--none")[0] == 0
    store = open_store(config.load(tmp_path, environ={}))
    with pytest.raises(passwords.WrongPin):
        passwords.check(store, "7", "kettle orange window")
    store.close()
