"""S3-compatible storage as a place: the real library against a server of its interface on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pos import config as settings
from pos.actions import backup, restore
from pos.actions.restore import Wanted
from pos.config import Config
from pos.errors import BadSettings
from pos.places import open_place
from pos.places.base import PlaceError
from pos.places.s3 import Bucket
from pos.store import copies
from pos.store.verify import verify
from tests.copied import till as a_till
from tests.copied import tree

WORD = "s3://shop-copies/tills"


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """The address of a storage with a bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="shop-copies")
    yield endpoint
    server.stop()


@pytest.fixture
def config(shop: Config, storage: str) -> Config:
    more = {"places": WORD, "s3_endpoint": storage, "s3_key": "k", "s3_secret": "s"}
    return replace(shop, backup=replace(shop.backup, **more))


def test_files_are_put_listed_read_and_deleted(config: Config, tmp_path: Path):
    place = open_place(config, WORD)
    assert isinstance(place, Bucket) and place.near()
    assert place.read("T1/place.json", 100) is None
    place.put_all([("T1/place.json", b"{}"), ("T1/receipts/2026-11-21/T1-000001.json", b"one")])
    place.put_all([("T1/place.json", b"{}")])
    with pytest.raises(PlaceError, match="left alone"):
        place.put_all([("T1/place.json", b"[]")])
    assert place.read("T1/place.json", 100) == b"{}"
    with pytest.raises(PlaceError, match="larger"):
        place.read("T1/place.json", 1)
    big = tmp_path / "big"
    big.write_bytes(bytes(range(256)) * 50_000)
    place.put("T1/snapshots/T1-20200101T000000Z.tkb", big)
    place.fetch("T1/snapshots/T1-20200101T000000Z.tkb", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == big.read_bytes()
    assert [one.path for one in place.listed("T1")] == [
        "T1/place.json", "T1/receipts/2026-11-21/T1-000001.json", "T1/snapshots/T1-20200101T000000Z.tkb",
    ]  # fmt: skip
    with pytest.raises(PlaceError, match="is not at"):
        place.fetch("T1/none", tmp_path / "none")
    place.remove(["T1/snapshots/T1-20200101T000000Z.tkb", "T1/none"])
    assert list(place.listed("T1/snapshots")) == []
    place.remove(["T1/place.json", "T1/receipts/2026-11-21/T1-000001.json"])
    place.close()


def test_a_till_is_copied_there_and_restored_from_there(config: Config, tmp_path: Path):
    more = {name: getattr(config.backup, name) for name in ("places", "s3_endpoint", "s3_key", "s3_secret")}
    with a_till(tmp_path / "till", tmp_path / "unused", **more) as till:
        till.sell(5)
        taken = till.snapshot()
        assert taken.there == [WORD], taken.failed
        till.sell(2)
        assert till.copy().receipts == 7
        assert copies.last_snapshot(till.store, WORD, whole=True)
        file = restore.fetch(config, WORD, "latest", "T1", tmp_path / "fetched")
        new = tmp_path / "new"
        new.mkdir()
        (new / ".env").write_text(
            "".join(f"TILLKEEP_BACKUP_{k.upper()}={v}\n" for k, v in more.items() if k != "places")
        )
        done = restore.run(new, Wanted(file, newer=[]), "test")
        assert done.restored.merged == 0
        assert verify(settings.load(new)).differences == []
        till.journal.flush()
        place = open_place(config, WORD)
        there = {
            one.path.removeprefix("T1/receipts/"): place.read(one.path, 1 << 20) for one in place.listed("T1/receipts")
        }
        assert there == tree(till.config.invoices)


def test_a_storage_that_is_away_or_has_no_such_bucket_is_a_sentence(config: Config):
    away = replace(config, backup=replace(config.backup, s3_endpoint="http://127.0.0.1:9", timeout_seconds=1))
    with pytest.raises(PlaceError, match="does not answer"):
        open_place(away, WORD).read("T1/place.json", 10)
    with pytest.raises(PlaceError, match="NoSuchBucket"):
        list(open_place(config, "s3://not-there/x").listed("T1"))


def test_a_place_that_cannot_be_is_named(config: Config):
    for word in ("s3:///folder", "ftp://host/x"):
        with pytest.raises(BadSettings, match="places"):
            open_place(config, word)
    assert backup.standing  # the status asks no place
