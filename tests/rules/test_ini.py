"""config.ini with one setting changed: nobody's comments are touched."""

from __future__ import annotations

import configparser

import pytest

from pos.cli.reference import config_ini
from pos.errors import BadSettings
from pos.rules.ini import with_setting

TEXT = "; ours\n[shop]\n; who we are\nname = Old\nphone=\n\n[till]\nid : T1\n"


@pytest.mark.parametrize(
    ("section", "name", "value", "after"),
    [
        ("shop", "name", "New & Co", TEXT.replace("Old", "New & Co")),
        ("shop", "phone", "1", TEXT.replace("phone=", "phone = 1")),
        ("till", "id", "T2", TEXT.replace("id : T1", "id = T2")),
        ("shop", "tagline", "x", TEXT.replace("phone=\n", "phone=\ntagline = x\n")),
        ("till", "name", "", TEXT + "name =\n"),
        ("backup", "places", "/a | /b", TEXT + "\n[backup]\nplaces = /a | /b\n"),
    ],
)
def test_one_line_changes(section: str, name: str, value: str, after: str) -> None:
    assert with_setting(TEXT, section, name, value) == after


def test_in_the_file_a_till_begins_with_nothing_else_changes() -> None:
    before = config_ini()
    after = with_setting(with_setting(before, "shop", "name", "Müller"), "printer", "url", "tcp://10.0.0.5:9100")
    changed = [(a, b) for a, b in zip(before.splitlines(), after.splitlines(), strict=True) if a != b]
    assert [b for _, b in changed] == ["name = Müller", "url = tcp://10.0.0.5:9100"]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(after)
    assert parser["shop"]["name"] == "Müller" and parser["erpnext"]["url"] == ""


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "x\n[security]\npin_tries = 99", "a\u2028[security]", "a\0"])
def test_a_value_is_one_line(value: str) -> None:
    with pytest.raises(BadSettings):
        with_setting(TEXT, "shop", "name", value)


def test_a_value_of_several_lines_goes_as_a_whole() -> None:
    text = "[backup]\r\nplaces = /a |\r\n    /b\r\n; next\r\nkey_file =\r\n"
    assert with_setting(text, "backup", "places", "/c") == "[backup]\nplaces = /c\n; next\nkey_file =\n"
