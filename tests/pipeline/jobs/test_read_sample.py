"""One pair is read by ranges; nobody fetches a tar for it."""

import json
import shutil
from pathlib import Path
from unittest.mock import Mock

import pytest

from pipeline.audit.contact_sheet import write_contact_sheet
from pipeline.dataset.reader import members, read_sample, shard_rows
from pipeline.dataset.record import commits
from pipeline.storage.damage import DamagedError
from pipeline.storage.local import LocalStore
from schemas.jobs.run import RunConfig
from schemas.manifest import ManifestRow
from schemas.sample import member_names


@pytest.fixture
def store(tiny_dataset: RunConfig, tmp_path: Path) -> LocalStore:
    shutil.copytree(tiny_dataset.out, tmp_path / "out")
    return LocalStore(str(tmp_path / "out"))


def accepted(store: LocalStore) -> list[ManifestRow]:
    return [row for commit in commits(store) for row in shard_rows(store, commit) if row.status == "accepted"]


def test_a_pair_and_a_contact_sheet_need_no_whole_tar(
    store: LocalStore, tiny_dataset: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = accepted(store)
    by_tar = {}
    for shard in {row.shard for row in rows}:
        for key, name, data in members(store, f"shards/{shard:06d}.tar"):
            by_tar.setdefault(key, {})[name] = data
    monkeypatch.setattr("pipeline.dataset.reader.members", Mock(side_effect=AssertionError("a tar was read")))
    for row in rows:
        assert list(read_sample(store, row, "jpeg")) == [by_tar[row.key][name] for name in member_names("jpeg")]
    assert write_contact_sheet(store, commits(store), tiny_dataset.image)


def test_a_data_set_without_offsets_is_read_too(store: LocalStore) -> None:
    rows = accepted(store)
    expected = [read_sample(store, row, "jpeg") for row in rows]
    store.remove(*store.names("offsets"))
    assert [read_sample(store, row, "jpeg") for row in rows] == expected


def test_another_picture_in_its_place_is_damage(store: LocalStore) -> None:
    row = accepted(store)[0]
    sample = read_sample(store, row, "jpeg")
    assert json.loads(sample.json)["key"] == row.key
    tar = Path(store.root) / "shards" / f"{row.shard:06d}.tar"
    data = bytearray(tar.read_bytes())
    data[data.index(sample.input) + 100] ^= 1
    tar.write_bytes(data)
    with pytest.raises(DamagedError, match=f"does not hold the input of {row.key}"):
        read_sample(store, row, "jpeg")
