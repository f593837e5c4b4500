"""Folders and S3 prefixes behave alike, and no reader ever sees half a file."""

import errno
from pathlib import Path
from unittest.mock import Mock

import pytest

from pipeline.storage.local import LocalStore
from pipeline.storage.names import StoreError
from pipeline.storage.s3 import S3Store
from pipeline.storage.store import Store, open_store
from pipeline.storage.take_over import take_over
from pipeline.storage.traffic import traffic


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


@pytest.mark.parametrize("kinds", [("folder", "folder"), ("s3", "s3"), ("folder", "s3"), ("s3", "folder")])
def test_a_file_is_taken_over_from_another_store(tmp_path: Path, s3_bucket: str, kinds: tuple[str, str]) -> None:
    roots = [
        str(tmp_path / at) if kind == "folder" else f"s3://{s3_bucket}/{at}"
        for kind, at in zip(kinds, "ab", strict=True)
    ]
    origin, store = map(open_store, roots)
    data = bytes(range(256)) * (9 << 12)  # more than one part of an upload
    origin.write("shards/0.tar", data)
    store.write("shards/0.tar", b"of an earlier attempt")
    for _ in range(2):
        take_over("shards/0.tar", origin, store)
        assert store.read("shards/0.tar") == origin.read("shards/0.tar") == data
    with pytest.raises(FileNotFoundError, match="nothing"):
        take_over("nothing.tar", origin, store)


def test_within_s3_the_server_copies(s3_bucket: str) -> None:
    origin, store = S3Store(f"s3://{s3_bucket}/a"), S3Store(f"s3://{s3_bucket}/b")
    origin.write("shards/0.tar", bytes(9 << 20))
    before = traffic()
    take_over("shards/0.tar", origin, store)
    moved = traffic().since(before)
    assert moved.read == 0
    assert moved.written < 10_000


def test_a_folder_shares_the_file_and_what_is_written_later_is_its_own(tmp_path: Path) -> None:
    origin, store = LocalStore(str(tmp_path / "a")), LocalStore(str(tmp_path / "b"))
    origin.write("f/0", b"old")
    take_over("f/0", origin, store)
    assert (tmp_path / "a" / "f" / "0").samefile(tmp_path / "b" / "f" / "0")
    store.write("f/0", b"new")
    assert origin.read("f/0") == b"old"


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_no_link_is_possible_a_file_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    origin, store = LocalStore(str(tmp_path / "a")), LocalStore(str(tmp_path / "b"))
    origin.write("f/0", b"old")
    monkeypatch.setattr(Path, "hardlink_to", Mock(side_effect=OSError(number, "no link")))
    take_over("f/0", origin, store)
    assert store.read("f/0") == b"old"
    assert not (tmp_path / "a" / "f" / "0").samefile(tmp_path / "b" / "f" / "0")
