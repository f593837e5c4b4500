"""Folders and S3 prefixes behave alike, and no reader ever sees half a file."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from pipeline.storage.local import LocalStore
from pipeline.storage.names import StoreError
from pipeline.storage.s3 import S3Store
from pipeline.storage.store import Store, open_store


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store(str(tmp_path / "out"))
    return open_store(f"s3://{request.getfixturevalue('s3_bucket')}/some/prefix")


def test_reads_back_what_was_written(store: Store) -> None:
    store.write("commits/000000.json", b"one")
    store.write("commits/000000.json", b"two")
    assert store.read("commits/000000.json") == b"two"


def test_ranges(store: Store) -> None:
    store.write("shards/0.tar", b"0123456789")
    assert store.read_range("shards/0.tar", 2, 3) == b"234"
    assert store.read_range("shards/0.tar", 8, 5) == b"89"
    assert store.read_range("shards/0.tar", 20, 5) == b""
    with pytest.raises(FileNotFoundError, match="nothing"):
        store.read_range("nothing.tar", 0, 1)


def test_missing_file(store: Store) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        store.read("nothing.json")
    store.remove("nothing.json")
    assert store.names("commits") == []


def test_names_are_sorted_and_of_one_folder_only(store: Store) -> None:
    for name in ("a/2", "a/1", "a/b/3", "c/4"):
        store.write(name, b"")
    assert store.names("a") == ["a/1", "a/2"]
    store.remove("a/1")
    assert store.names("a") == ["a/2"]


def test_many_files_are_removed_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.storage.s3._MOST_REMOVED", 2)
    names = [f"a/{i}" for i in range(5)]
    for name in names:
        store.write(name, b"", flush=False)
    store.remove(*names[:3], "a/missing")
    assert store.names("a") == names[3:]
    store.remove(*names[3:])
    assert store.names("a") == []
    store.remove()


def test_a_refused_removal_is_an_error(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3Store(f"s3://{s3_bucket}/prefix")
    refused = {"Errors": [{"Key": "prefix/kept", "Code": "AccessDenied", "Message": "Access Denied"}]}
    monkeypatch.setattr(store._client, "delete_objects", Mock(return_value=refused))
    with pytest.raises(StoreError, match="prefix/kept cannot be removed: Access Denied"):
        store.remove("kept")


def test_a_folder_on_disk_goes_with_its_last_file(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    store.write("sources/parts/1", b"")
    store.write("sources/kept", b"")
    store.remove("sources/parts/1")
    assert not (tmp_path / "sources/parts").exists()
    assert store.read("sources/kept") == b""


def test_staged_file_appears_only_when_it_is_complete(store: Store) -> None:
    with store.staged("shards/0.tar") as path:
        path.write_bytes(b"half")
        assert store.names("shards") == []
        path.write_bytes(b"whole")
    with store.local("shards/0.tar") as path:
        assert path.read_bytes() == b"whole"


def test_failed_write_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.staged("shards/0.tar") as path:
            path.write_bytes(b"half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert store.names("shards") == []
    with pytest.raises(FileNotFoundError):
        store.read("shards/0.tar")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", ""])
def test_no_way_out_of_the_root(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="not a name below"):
        store.write(name, b"")


def test_clean_removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    store.write("shards/0.tar", b"kept")
    left = tmp_path / "shards" / ".tmp-1.tar-abc"
    left.write_bytes(b"half")
    assert store.names("shards") == ["shards/0.tar"]
    store.clean()
    assert not left.exists()
    assert store.read("shards/0.tar") == b"kept"
