"""companies import, export, drift: files and exit codes; what was said is what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

import pos_server
from pos import config as settings

SAMPLES = Path(__file__).resolve().parents[1] / "data/companies"


@pytest.fixture
def root(shop: settings.Config) -> Path:
    (shop.root / "config.ini").write_text("[server]\nrole = hub\n[till]\nid = HUB\n", encoding="utf-8")
    return shop.root


def test_files_go_in_and_out_and_a_difference_is_named(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(*words: str) -> tuple[int, str, str]:
        code = pos_server.main(["--root", str(root), "companies", *words])
        out = capsys.readouterr()
        return code, out.out, out.err

    code, said, _ = ran("import", *map(str, sorted(SAMPLES.glob("*.json"))))
    assert code == 0 and "north: " in said and "south: " in said
    assert ran("import", str(SAMPLES / "north.json"))[:2] == (0, "north: nothing to change\n")
    assert "North Ltd" in ran("list")[1]

    there = tmp_path / "there"
    code, said, _ = ran("export", "--to", str(there))
    assert code == 0 and sorted(path.name for path in there.iterdir()) == ["main.json", "north.json", "south.json"]
    assert (there / "north.json").read_text(encoding="utf-8") == (SAMPLES / "north.json").read_text(encoding="utf-8")
    assert ran("drift", str(there))[:2] == (0, "The files are as the database.\n")

    north = there / "north.json"
    north.write_text(north.read_text(encoding="utf-8").replace('"0.50"', '"0.75"'), encoding="utf-8")
    (there / "south.json").unlink()
    code, said, _ = ran("drift", str(there))
    assert code == 1
    assert 'north: tolerance is "0.50" here and "0.75" in the file' in said and "south: here, and in no file" in said

    bad = tmp_path / "bad.json"
    bad.write_text(north.read_text(encoding="utf-8").replace("NGN", "naira").replace('"NO"', '"no"'), encoding="utf-8")
    code, _, wrong = ran("import", str(SAMPLES / "south.json"), str(bad))
    assert code == 1 and "bad.json: currency" in wrong and "bad.json: receipt_prefix" in wrong
    assert "Nothing was changed." in wrong
    bad.write_bytes(b"\xff\xfe")
    assert ran("import", str(bad))[0] == 1
    assert ran("export", "--company", "nobody")[0] != 0
    assert ran("export", "--company", "north")[1].strip() == str(root / "data/companies/north.json")
