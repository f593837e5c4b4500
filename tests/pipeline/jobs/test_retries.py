"""Shards whose process dies are tried again: with more memory, then with all of it, and not for ever."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from rich.console import Console

from pipeline.dataset.record import missing_shards
from pipeline.jobs import making
from pipeline.jobs.cluster import cluster
from pipeline.jobs.making import RunFailedError, make_shards
from pipeline.jobs.planning import plan, survey
from pipeline.jobs.shard_task import shard_task
from pipeline.jobs.watchdog import watchdog
from pipeline.storage.store import open_store
from schemas.dataset import DatasetRecord
from schemas.jobs.run import ComputeConfig, RunConfig

pytestmark = pytest.mark.ray

GIB = 1 << 30
COMPUTE = ComputeConfig(workers=3, memory=GIB, stuck_after=5)
CONSOLE = Console(stderr=True)


@ray.remote(num_cpus=1, max_retries=0)
def _dying(log: str, deaths: int, stuck: bool, out: str, shard: int, *others: Any) -> Any:
    """The task of a shard, of which the first attempts at shard 0 die."""
    memory = int(ray.get_runtime_context().get_assigned_resources()["memory"])
    marks = len(list(Path(log).glob(f"{shard}-*")))
    (Path(log) / f"{shard}-{marks}").write_text(str(memory))
    if shard == 0 and marks < deaths:
        if stuck:
            with watchdog(1):
                time.sleep(60)
        os.kill(os.getpid(), signal.SIGKILL)
    return _real(out, shard, *others)


_real = shard_task._function


class Dying:
    """Stands for the remote function."""

    def __init__(self, log: Path, deaths: int, stuck: bool) -> None:
        self._arguments = (str(log), deaths, stuck)

    def options(self, **options: Any) -> "Dying":
        self._task = _dying.options(**options)
        return self

    def remote(self, *arguments: Any) -> Any:
        return self._task.remote(*self._arguments, *arguments)


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with cluster(COMPUTE):
        yield


@pytest.fixture
def planned(tiny_values: dict[str, object], photo_folder: Path, tmp_path: Path) -> tuple[RunConfig, DatasetRecord]:
    config = RunConfig.model_validate(
        {**tiny_values, "out": str(tmp_path / "out"), "sources": [str(photo_folder / "c*.png")]}
    )
    return config, plan(config, survey(open_store(config.out), config.dataset()), CONSOLE)


def _make(
    planned: tuple[RunConfig, DatasetRecord], log: Path, deaths: int, monkeypatch: pytest.MonkeyPatch, stuck: bool
) -> list[int]:
    """Make all shards; the memory, in GiB, of each attempt at shard 0."""
    config, record = planned
    log.mkdir()
    monkeypatch.setattr(making, "shard_task", Dying(log, deaths, stuck))
    store = open_store(config.out)
    try:
        make_shards(config.out, record, missing_shards(store, record), [], COMPUTE, CONSOLE)
    finally:
        found = sorted(log.glob("0-*"))
    return [int(path.read_text()) // GIB for path in found]


@pytest.mark.parametrize("stuck", [False, True])
def test_each_attempt_has_more_memory(
    planned: tuple[RunConfig, DatasetRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck: bool
) -> None:
    assert _make(planned, tmp_path / "log", 3, monkeypatch, stuck) == [1, 2, 3, 3]
    config, record = planned
    assert not missing_shards(open_store(config.out), record)


def test_a_shard_that_always_crashes_fails_and_says_so(
    planned: tuple[RunConfig, DatasetRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunFailedError, match=r"shard 000000: its process crashed, .* 4 times\n.*run again to resume"):
        _make(planned, tmp_path / "log", 99, monkeypatch, stuck=False)
    assert len(list((tmp_path / "log").glob("0-*"))) == 4
