"""config.ini, .env.example and docs/settings.md say what pos/sections.py declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos import config
from pos.cli import reference
from pos.errors import BadSettings
from tests.conftest import REPO


@pytest.mark.parametrize("name", sorted(reference.files()))
def test_the_files_made_from_the_declarations_are_up_to_date(name: str) -> None:
    assert (REPO / name).read_text(encoding="utf-8") == reference.files()[name], "run: python3 tasks.py docs"


def test_the_written_config_ini_loads_to_exactly_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "config.ini").write_text(reference.config_ini(), encoding="utf-8")
    assert config.load(tmp_path, environ={}) == config.Config(root=tmp_path)


@pytest.mark.parametrize(
    "name",
    ["SERVER_THREADS=0", "SERVER_THREADS=-1", "QUEUE_WORKERS=0", "SECURITY_PIN_TRIES=0", "SECURITY_BODY_KB_MAX=-1",
     "STORAGE_DISK_FREE_MB_MIN=-5", "TILL_ID=É1", "TILL_ID="],
)  # fmt: skip
def test_a_value_nothing_works_with_stops_the_start(tmp_path: Path, name: str) -> None:
    key, _, value = name.partition("=")
    with pytest.raises(BadSettings, match=key.partition("_")[2].lower()):
        config.load(tmp_path, environ={f"TILLKEEP_{key}": value})


def test_an_address_of_a_site_is_one(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"erp\.example\.com"):
        config.load(tmp_path, environ={"ERPNEXT_URL": "ftp://localhost"})


def test_every_setting_has_one_comment_line_that_ends_as_a_sentence() -> None:
    lines = reference.config_ini().splitlines()
    settings = [at for at, line in enumerate(lines) if " =" in line and not line.startswith(";")]
    assert len(settings) == sum(len(config.fields(cls)) for cls in config.GROUPS.values())
    for at in settings:
        assert lines[at - 1].startswith("; "), lines[at]
        assert lines[at - 1].endswith("."), lines[at - 1]


def test_env_example_loads_as_it_stands_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(reference.env_example(), encoding="utf-8")
    assert config.load(tmp_path, environ={}) == config.Config(root=tmp_path)
