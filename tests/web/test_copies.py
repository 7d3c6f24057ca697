"""Copies of another till, kept over HTTP: two real servers' worth of manners, one real server."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import backup, restore
from pos.actions.restore import Wanted
from pos.places.base import PlaceError
from pos.places.till import OtherTill
from pos.store import copies, notices
from pos.store.verify import verify
from tests.copied import Till as Copied
from tests.copied import till as a_till
from tests.copied import tree
from tests.till_process import Till


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """The other till, which keeps copies."""
    root = tmp_path_factory.mktemp("keeper")
    root.joinpath("config.ini").write_text("[till]\nid = T9\n[backup]\naccept = kept\n")
    with Till(root) as till:
        yield till


def key(keeper: Till, name: str, role: str = "copier") -> str:
    made = keeper.command("token", "add", name, "--role", role)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture(scope="module")
def token(keeper: Till) -> str:
    return key(keeper, "T1")


def address(keeper: Till) -> str:
    return f"http://127.0.0.1:{keeper.port}"


@pytest.fixture
def till(keeper: Till, token: str, tmp_path: Path) -> Iterator[Copied]:
    """The till that is copied; the first that copies there owns the id, so each test begins with an empty folder."""
    subprocess.run(["rm", "-rf", str(keeper.root / "kept")], check=True)
    with a_till(tmp_path / "till", tmp_path / "unused", places=address(keeper), token=token) as found:
        yield found


def test_receipts_and_snapshots_go_there_and_come_back(till: Copied, keeper: Till, tmp_path: Path):
    till.sell(12)
    assert till.copy().receipts == 12
    till.journal.flush()
    assert tree(keeper.root / "kept" / "T1" / "receipts") == tree(till.config.invoices)
    taken = till.snapshot()
    assert taken.there == [address(keeper)] and not taken.failed
    assert copies.last_snapshot(till.store, address(keeper), whole=True)
    newer = till.sell(3)
    till.copy()
    assert backup.standing(till.store, till.config).state == "near", "that server runs on this very machine"
    new = tmp_path / "new"
    new.mkdir()
    (new / ".env").write_text(f"TILLKEEP_BACKUP_TOKEN={till.config.backup.token}\n")
    file = restore.fetch(settings.load(new), address(keeper), "latest", "T1", tmp_path / "fetched")
    assert file.name == taken.made.manifest.name
    done = restore.run(new, Wanted(file, newer=[address(keeper)]), "test")
    assert done.restored.merged == len(newer) and not done.silent
    assert verify(settings.load(new)).differences == []


def test_a_large_snapshot_goes_in_pieces_and_a_broken_one_is_sent_anew(
    till: Copied, keeper: Till, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pos.places.till.SEND_BYTES", 10_000)
    till.sell(20)
    taken = till.snapshot()
    assert not taken.failed and taken.made.bytes > 20_000
    place = OtherTill(till.config, address(keeper))
    file = till.config.root / "T1-20200101T000000Z.tkb"
    file.write_bytes(bytes(25_000))
    calls, call = [], place._http.send

    def cut(method: str, path: str, body: object, **more: object) -> object:
        calls.append(path)
        if len(calls) == 2:
            raise PlaceError("cut", code="away")
        return call(method, path, body, **more)  # type: ignore[arg-type]

    place._http.send = cut  # type: ignore[method-assign, assignment]
    with pytest.raises(PlaceError):
        place.put("T1/snapshots/T1-20200101T000000Z.tkb", file)
    names = [one.path for one in place.listed("T1/snapshots")]
    assert "T1/snapshots/T1-20200101T000000Z.tkb" not in names, "a half one is none"
    place.put("T1/snapshots/T1-20200101T000000Z.tkb", file)
    place.remove(["T1/snapshots/T1-20200101T000000Z.tkb"])
    with pytest.raises(PlaceError, match="newest"):
        place.remove([f"T1/snapshots/{taken.made.manifest.name}"])


def test_a_key_reaches_the_copies_of_its_own_till_alone(till: Copied, keeper: Till):
    till.sell()
    till.copy()
    other = replace(till.config, backup=replace(till.config.backup, token=key(keeper, "T2")))
    place = OtherTill(other, address(keeper))
    for act in (
        lambda: list(place.listed("T1/receipts")),
        lambda: place.read("T1/place.json", 1000),
        lambda: place.put_all([("T1/receipts/2026-11-21/T1-000001.json", b"x")]),
        lambda: place.remove(["T1/snapshots/T1-20200101T000000Z.tkb"]),
    ):
        with pytest.raises(PlaceError, match="copies of"):
            act()
    restored = OtherTill(till.config, address(keeper))
    assert restored.read("T1RABC/place.json", 1000) is None, "what it was restored to is its own as well"


def test_a_key_of_another_role_or_none_is_refused_and_told(till: Copied, keeper: Till):
    till.sell()
    for token in ("tk_nonsense", key(keeper, "sales", "cashier")):
        config = replace(till.config, backup=replace(till.config.backup, token=token))
        done = backup.copy(till.store, config, {})
        assert "refused" in done.failed[0] and token not in done.failed[0]
        till.store.execute("UPDATE copy_place SET retry_at = ''")
    line = keeper.line()
    line.key = key(keeper, "T3")
    status, _ = line.ask("GET", "/api/notices")
    assert line.ask("GET", "/api/receipts/find?code=1")[0] == 403, "a copier sees nothing of the shop"
    assert status == 200


@pytest.mark.parametrize(
    "path",
    ["../x", "..%2f..%2fx", "snapshots/../../x.tkb", "receipts/2026-11-21/..%2f..%2f..%2fx.json", "server.json",
     "snapshots/T2-20200101T000000Z.tkb", "receipts/2026-11-21/.hidden.json", "snapshots/T1-20200101T000000Z.tkb%00"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(path: str, till: Copied, keeper: Till):
    line = keeper.line()
    line.key = till.config.backup.token
    before = tree(keeper.root / "kept") if (keeper.root / "kept").exists() else {}
    for method in ("GET", "PUT", "DELETE"):
        status, _ = line.ask(method, f"/api/copies/T1/{path}", None if method == "GET" else b"harm")
        assert status in (403, 404, 405, 415, 422), (method, status)
    body = {"files": [{"path": path, "body": base64.b64encode(b"harm").decode()}]}
    assert line.ask("POST", "/api/copies/T1", body)[0] == 422
    after = tree(keeper.root / "kept") if (keeper.root / "kept").exists() else {}
    assert before == after


def test_what_cannot_be_is_refused_in_words(till: Copied, keeper: Till):
    line = keeper.line()
    line.key = till.config.backup.token
    good = "/api/copies/T1/snapshots/T1-20200101T000000Z.tkb"
    for asked, body in (
        ("/api/copies/T1", {"files": [{"path": "place.json"}]}),
        ("/api/copies/T1", {"files": 7}),
        ("/api/copies/T1", {"files": [{"path": "place.json", "body": "not base64!"}]}),
        ("/api/copies/..", {"files": []}),
    ):
        assert line.ask("POST", asked, body)[0] in (403, 404, 405, 422), asked
    assert line.ask("PUT", f"{good}?offset=x", b"y")[0] == 422
    assert line.ask("PUT", f"{good}?offset=5&size=9", b"y")[1]["code"] == "offset"
    assert line.ask("PUT", f"{good}?offset=0&size=1&sha256=00", b"y")[1]["code"] == "checksum"
    assert line.ask("PUT", f"{good}?offset=0&size=1&sha256=00", b"yy")[1]["code"] == "offset"
    assert line.ask("GET", "/api/copies/T1?below=data")[0] == 422
    assert line.ask("GET", good)[0] == 404


def test_nothing_there_is_written_over(till: Copied, keeper: Till):
    doc = till.sell()[0]
    day = keeper.root / "kept" / "T1" / "receipts" / doc["business_day"]
    day.mkdir(parents=True)
    (day / f"{doc['invoice_name']}.json").write_text("another")
    assert "left alone" in till.copy().failed[0]
    assert (day / f"{doc['invoice_name']}.json").read_text() == "another"


def test_a_till_that_keeps_none_says_so(tmp_path: Path, till: Copied):
    with Till(tmp_path / "plain") as plain:
        token = key(plain, "T1")
        config = replace(till.config, backup=replace(till.config.backup, places=address(plain), token=token))
        till.sell()
        assert "keeps no copies" in backup.copy(till.store, config, {}).failed[0]
    gone = backup.copy(till.store, replace(config, backup=replace(config.backup, places=f"{address(plain)}/")), {})
    assert "does not answer" in gone.failed[0]
    assert not notices.open_notices(till.store, level="needs")
