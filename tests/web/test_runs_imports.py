"""Exports on their screen: uploaded in pieces, looked at in another format, taken in, what was not taken with why."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from pos.actions import run_settings
from pos.app import App
from pos.store import companies, imports
from tests.web.conftest import Console
from tests.web.two_companies import a_hub

DATA = Path(__file__).parents[1] / "data" / "epos_now"
AT = "/epos-qbo/imports/"
KEY = "0192f000-0000-7000-8000-00000000000"


def upload(page: Console, name: str, key: str = KEY + "1", company: str = "main") -> Any:
    body = (DATA / name).read_bytes()
    for start in range(0, len(body), 400):
        piece = {"company": company, "id": key, "offset": start, "data": base64.b64encode(body[start : start + 400])}
        answer = page.post(f"{AT}upload", {**piece, "data": piece["data"].decode()})
        assert answer.json == {"ok": True, "offset": min(start + 400, len(body))}, answer.text
    return page.post(f"{AT}uploaded", {"company": company, "id": key, "name": name, "size": len(body)})


def test_an_export_is_uploaded_taken_in_and_its_rejects_saved(till: App, operator: Console) -> None:
    answer = upload(operator, "faulty.csv")
    assert (answer.status_code, answer.json["state"]) == (201, "waiting")
    n = answer.json["file"]
    page = operator.get(f"{AT}{n}/").text
    assert "Cola 330 ml" in page
    assert "There is no day 31/11/2026 09:00." in page
    assert imports.one(till.store, "main", n).state == "waiting"  # looked at, and nothing kept
    taken = operator.post(f"{AT}take", {"company": "main"}).json
    assert (taken["files"], taken["warnings"]) == ([n], ["faulty.csv: 7 rows were not taken"])
    listed = operator.get(AT).text
    assert "Taken in, with warnings" in listed
    saved = operator.get(f"{AT}{n}/rejects.csv").text.splitlines()
    assert saved[0].endswith("line,reason,row")
    assert len(saved) == 8
    assert saved[1].startswith("3,There is no day 31/11/2026 09:00.,")
    assert "7 rows were not taken" in operator.get(f"{AT}{n}/").text
    again = upload(operator, "faulty.csv", KEY + "2")
    operator.post(f"{AT}take", {"company": "main"})
    assert imports.one(till.store, "main", again.json["file"]).new_rows == 0


def test_a_format_is_tried_kept_and_the_refused_file_taken_up(till: App, operator: Console) -> None:
    n = upload(operator, "semicolons.csv").json["file"]
    operator.post(f"{AT}take", {"company": "main"})
    assert "It is not written in utf-8" in operator.get(f"{AT}{n}/").text
    chosen = {"encoding": "windows-1252", "decimal": ",", "delimiter": ";", "date_format": "%d/%m/%Y"}
    found = operator.get(f"{AT}{n}/preview", query_string=chosen).json["preview"]
    assert (found["problem"], found["lines"][0]["name"]) == ("", "Café crème")
    for odd in ({"delimiter": "ab"}, {"tax_rate": "NaN", "tax_mode": "inclusive"}, {"tax_mode": "x"}, {"decimal": "x"}):
        tried = operator.get(f"{AT}{n}/preview", query_string=chosen | odd)
        assert tried.status_code == 200 and tried.json["preview"]["problem"], odd
    assert run_settings.of(till.store, "main").csv.encoding == ""
    kept = operator.post(f"{AT}format", {"company": "main", **chosen})
    assert sorted(kept.json["changed"]) == ["csv.date_format", "csv.decimal", "csv.delimiter", "csv.encoding"]
    assert operator.post(f"{AT}format", {"company": "main", "encoding": "klingon"}).status_code == 422
    again = operator.post(f"{AT}{n}/again", {}).json
    operator.post(f"{AT}take", {"company": "main"})
    assert imports.one(till.store, "main", again["file"]).state == "taken"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "../../x"}, "id"),
        ({"offset": 9}, "offset"),
        ({"data": "no base64!"}, "data"),
        ({"offset": -1}, "offset"),
    ],
)
def test_a_piece_that_is_none_is_refused(operator: Console, changes: dict[str, Any], field: str) -> None:
    answer = operator.post(f"{AT}upload", {"company": "main", "id": KEY + "1", "offset": 0, "data": "eA==", **changes})
    assert (answer.status_code, answer.json["field"]) == (422, field)


@pytest.mark.usefixtures("operator")
def test_looking_needs_a_sign_in_and_acts_their_own_right(till: App) -> None:
    assert Console(till).get(AT).status_code == 302
    reader = Console(till).sign_in("8")
    assert reader.get(AT).status_code == 200
    assert "upload-go" not in reader.get(AT).text
    for path, body in (
        ("upload", {}),
        ("uploaded", {}),
        ("take", {"company": "main"}),
        ("format", {"company": "main"}),
    ):
        assert reader.post(f"{AT}{path}", body).status_code == 403, path


def test_another_company_s_imports_take_nothing(tmp_path: Path) -> None:
    with a_hub(tmp_path) as two:
        page, other = two.pages[0], two.sides[1].company
        bodies: dict[str, dict[str, Any]] = {
            "upload": {"id": KEY + "1", "offset": 0, "data": "eA=="},
            "uploaded": {"id": KEY + "1", "name": "a.csv", "size": 1},
            "take": {},
            "format": {},
        }
        for path, body in bodies.items():
            assert page.post(f"{AT}{path}", {"company": other, **body}).status_code == 404, path
        assert page.get(f"{AT}?company={other}").status_code == 404
        assert companies.kept(two.app.store, other, run_settings.PART).values.get("csv") is None
        assert [one.name for one in imports.files(two.app.store, [other])] == ["Boreal.csv"]
        before = companies.kept(two.app.store, other, run_settings.PART)
        companies.keep(two.app.store, other, run_settings.PART, {**before.values, "source": "csv"}, before, "T")
        offered = two.whole.get(AT).text.partition('id="upload-company"')[2].partition("</select>")[0]
        assert re.findall(r'value="([^"]+)"[^>]* selected>', offered) == [other], "the one whose runs use exports"
