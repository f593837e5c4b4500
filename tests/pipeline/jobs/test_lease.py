"""One driver works on a data set at a time, and one that died holds nobody up."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from pipeline.jobs import lease as leases
from pipeline.jobs.lease import LEASE, Holder, LeaseHeldError, LeaseLostError, lease
from pipeline.storage.local import LocalStore
from pipeline.storage.store import Store, open_store


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "BEAT", 0.02)
    monkeypatch.setattr(leases, "_POLL", 0.02)
    monkeypatch.setattr(leases, "PATIENCE", 30.0)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    root = str(tmp_path) if request.param == "local" else f"s3://{request.getfixturevalue('s3_bucket')}/set"
    return open_store(root)


def holder(store: Store) -> Holder:
    return Holder.model_validate_json(store.read(LEASE))


def leave(store: Store, host: str, pid: int) -> None:
    """The lease of a driver that was killed."""
    store.write(LEASE, Holder(owner="another", host=host, pid=pid, beat=7).model_dump_json().encode())


def exited() -> int:
    """Number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def test_a_second_driver_is_kept_out_while_the_first_lives(store: Store) -> None:
    with lease(store):
        assert holder(store).pid == os.getpid()
        with pytest.raises(LeaseHeldError, match=f"process {os.getpid()} on"), lease(store):
            raise AssertionError("two drivers hold the lease")
        assert holder(store).pid == os.getpid()
    with pytest.raises(FileNotFoundError):
        store.read(LEASE)


def test_the_lease_of_a_process_that_is_gone_is_taken_at_once(store: Store) -> None:
    leave(store, leases.socket.gethostname(), exited())
    with lease(store):
        assert holder(store).owner != "another"


def test_the_lease_of_another_machine_is_taken_when_it_does_not_beat(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "PATIENCE", 0.1)
    leave(store, "another-machine", 1)
    with lease(store):
        assert holder(store).owner != "another"


def test_a_lease_that_was_cut_short_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / LEASE).write_bytes(b'{"owner": "x", "ho')
    with lease(LocalStore(str(tmp_path))):
        pass
    assert not (tmp_path / LEASE).exists()


def test_who_lost_the_lease_stops_and_leaves_it_alone(store: Store) -> None:
    with pytest.raises(LeaseLostError, match="stood still"), lease(store):
        while True:  # until the next beat, which interrupts
            leave(store, "another-machine", 1)
            time.sleep(0.1)
    assert holder(store).owner == "another"


def test_only_one_of_several_creates_a_file_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", Mock(side_effect=OSError(errno.EPERM, "Operation not permitted")))
    test_only_one_of_several_creates_a_file(LocalStore(str(tmp_path)))


def test_only_one_of_several_creates_a_file(store: Store) -> None:
    store.create("a/b", b"first")
    with pytest.raises(FileExistsError):
        store.create("a/b", b"second")
    assert store.read("a/b") == b"first"
    assert store.names("a") == ["a/b"]
