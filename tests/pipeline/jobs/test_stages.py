"""Each moment of a shard's task belongs to one stage."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import pytest
import torch

from pipeline.jobs.stages import Stopwatch, TimedScorer, TimedStore
from pipeline.storage.local import LocalStore
from quality.scorers.scorer import Compared, Scores


class Clock:
    """A clock that goes on by one second each time that it is read."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


class Constant:
    def score(self, _pictures: Sequence[torch.Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        return [{"constant": 1.0} for _ in pairs]


@pytest.fixture
def spent() -> "Counter[str]":
    return Counter()


@pytest.fixture
def watch(spent: "Counter[str]") -> Stopwatch:
    def add(stage: str, seconds: float) -> None:
        spent[stage] += int(seconds)

    return Stopwatch(add, Clock())


def test_the_innermost_stage_gets_the_time(watch: Stopwatch, spent: "Counter[str]") -> None:
    with watch.stage("make"):
        with watch.stage("read"):
            pass
        with watch.stage("score"), watch.stage("write"):
            pass
    assert spent == {"make": 3, "read": 1, "score": 2, "write": 1}


def test_time_outside_of_all_stages_is_nobodys(watch: Stopwatch, spent: "Counter[str]") -> None:
    for _ in range(2):
        with watch.stage("make"):
            pass
    assert spent == {"make": 2}


def test_each_thread_has_stages_of_its_own(watch: Stopwatch, spent: "Counter[str]") -> None:
    def read() -> None:
        with watch.stage("read"):
            pass

    with watch.stage("make"):
        thread = Thread(target=read)
        thread.start()
        thread.join()
    assert spent == {"make": 3, "read": 1}


def test_an_error_ends_its_stages(watch: Stopwatch, spent: "Counter[str]", tmp_path: Path) -> None:
    store = TimedStore(LocalStore(str(tmp_path)), watch)
    with pytest.raises(ZeroDivisionError), watch.stage("make"), store.staged("a"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
    assert spent == {"make": 3, "write": 2}
    with watch.stage("score"):
        pass
    assert spent["score"] == 1


def test_a_timed_store_is_the_store_and_what_is_staged_is_made(
    watch: Stopwatch, spent: "Counter[str]", tmp_path: Path
) -> None:
    store = TimedStore(LocalStore(str(tmp_path)), watch)
    with watch.stage("make"):
        with store.staged("f/a") as path:
            path.write_bytes(b"abc")
        assert store.read("f/a") == b"abc"
        assert store.read_range("f/a", 1, 1) == b"b"
        with store.local("f/a") as path:
            assert path.read_bytes() == b"abc"
        assert store.names("f") == ["f/a"]
        store.write("f/b", b"b")
        store.create("f/c", b"c")
        with pytest.raises(FileExistsError):
            store.create("f/c", b"d")
        store.remove("f/b")
        assert store.clean() == 0
    assert store.names("f") == ["f/a", "f/c"]
    assert spent == {"make": 12, "read": 5, "write": 7}


def test_scores_count_as_their_own_stage(watch: Stopwatch, spent: "Counter[str]") -> None:
    picture = torch.zeros(3, 2, 2, dtype=torch.uint8)
    scores = TimedScorer(Constant(), watch).score([picture], [Compared(0, 0, "warmer")])
    assert scores == [{"constant": 1.0}]
    assert spent == {"score": 1}
