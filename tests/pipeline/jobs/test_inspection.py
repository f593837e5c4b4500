"""Inspection on a real Ray: what dies or cannot be fetched is tried again before it counts against a source."""

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import ray

from pipeline.jobs import inspection
from pipeline.jobs.account import Account
from pipeline.jobs.cluster import cluster
from pipeline.jobs.inspection import Chunk, inspect_sources
from pipeline.jobs.watchdog import watchdog
from pipeline.sources.listing import list_sources
from pipeline.storage.store import Store, open_store
from schemas.config import ImageConfig
from schemas.jobs.run import ComputeConfig
from schemas.source import SourceRecord

pytestmark = pytest.mark.ray

IMAGE = ImageConfig(long_side=256, min_short_side=64)
COMPUTE = ComputeConfig(workers=2)


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with cluster(COMPUTE):
        yield


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _loop() -> None:
    """Loop in native code that holds the interpreter's lock, as a broken decoder may."""
    re.match(r"(a+)+$", "a" * 64 + "b")


@ray.remote(num_cpus=1, max_retries=0)
def _dying(
    root: str, chunk: Chunk, image: ImageConfig, stuck_after: float, deaths: dict[str, int], log: str, how: str
) -> tuple[list[SourceRecord], Account]:
    """The inspection, in a worker that dies when it comes to some files, so many times."""
    for item in chunk[1]:
        name = Path(item.uri).name
        marks = len(list(Path(log).glob(f"{name}-*")))
        if marks < deaths.get(name, 0):
            (Path(log) / f"{name}-{marks}").touch()
            with watchdog(stuck_after):
                {"die": _die, "loop": _loop}[how]()
    return inspection._inspect_chunk._function(root, chunk, image, stuck_after)  # type: ignore[no-any-return]


def inspected(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deaths: dict[str, int],
    how: str = "die",
    compute: ComputeConfig = COMPUTE,
) -> tuple[dict[str, dict[str, object]], list[SourceRecord]]:
    """Inspect while workers die: rows by name of the file, and the records that were reported."""
    (tmp_path / "log").mkdir()

    def submit(
        store: Store, image: ImageConfig, memory: int, stuck_after: float
    ) -> Callable[[Chunk], "ray.ObjectRef[list[SourceRecord]]"]:
        task = _dying.options(memory=memory)
        return lambda chunk: task.remote(store.root, chunk, image, stuck_after, deaths, str(tmp_path / "log"), how)

    monkeypatch.setattr(inspection, "_submit", submit)
    monkeypatch.setattr(inspection, "_TASKS", 2)
    reported: list[SourceRecord] = []
    spent: list[Account] = []
    table = inspect_sources(
        open_store(str(tmp_path / "out")), list_sources([str(folder)]), IMAGE, compute, reported.extend, spent.append
    )
    assert len(spent) <= len(reported)
    return by_name(table), reported


def by_name(table: pa.Table) -> dict[str, dict[str, object]]:
    assert table["position"].to_pylist() == list(range(len(table)))
    return {Path(row["uri"]).name: row for row in table.to_pylist()}


def test_a_worker_that_is_killed_condemns_no_photo(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second death meets the photo alone.
    rows, reported = inspected(photo_folder, tmp_path, monkeypatch, {"coffee.png": 2, "chelsea.png": 1})
    assert len(rows) == len(reported) == 6
    assert [row["reason"] for row in rows.values()] == [None] * 6
    assert all(row["sha256"] for row in rows.values())


def test_a_file_that_crashes_alone_every_time_is_corrupt(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, reported = inspected(photo_folder, tmp_path, monkeypatch, {"coffee.png": 99})
    assert rows["coffee.png"]["reason"] == "corrupt"
    assert rows["coffee.png"]["detail"] == (
        "decoding this file crashed its process, or did not end within 300 s, alone and 3 times"
    )
    assert [name for name, row in rows.items() if row["reason"]] == ["coffee.png"]
    assert len(list((tmp_path / "log").iterdir())) == 4  # once with its chunk
    assert len(reported) == 6


def test_a_short_list_is_no_exception(photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(photo_folder / "coffee.png", folder)
    rows, _ = inspected(folder, tmp_path, monkeypatch, {"coffee.png": 3})
    assert rows["coffee.png"]["reason"] is None


def test_a_file_that_never_ends_holds_no_worker(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = COMPUTE.model_copy(update={"stuck_after": 2})
    rows, _ = inspected(photo_folder, tmp_path, monkeypatch, {"coffee.png": 99}, "loop", patience)
    assert {name: row["reason"] for name, row in rows.items() if row["reason"]} == {"coffee.png": "corrupt"}
    assert "did not end within 2 s" in str(rows["coffee.png"]["detail"])
