"""The stages of a shard's task, timed from outside: around the store and the scorers that the task is given.

- `read`: the plan and kept photos are read from OUT. Threads do it ahead, so this overlaps with the rest.
- `make`: recipes are drawn, pairs are rendered, measured and described, tars are packed. Waiting for a source
  or a VLM counts.
- `score`: scores are computed, or a scoring actor is waited for.
- `write`: files are published, committed and removed.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from torch import Tensor

from pipeline.storage.store import Store
from quality.scorers.scorer import Compared, Scorer, Scores
from schemas.scores import ScorerCard

Stage = Literal["read", "make", "score", "write"]


class Stopwatch:
    """Divides time among stages: each moment of a thread belongs to the innermost `stage` block around it, or to none.

    Args:
        add: receives a stage and seconds to add to it, each time that a thread changes its stage.
        now: a clock, in seconds.
    """

    def __init__(self, add: Callable[[Stage, float], None], now: Callable[[], float] = time.perf_counter) -> None:
        self._add, self._now = add, now
        self._own = _Thread()

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Time a `with` block as a stage. The stage around it stops meanwhile."""
        self._turn()
        self._own.stages.append(stage)
        try:
            yield
        finally:
            self._turn()
            self._own.stages.pop()

    def _turn(self) -> None:
        since, self._own.since = self._own.since, self._now()
        if self._own.stages:
            self._add(self._own.stages[-1], self._own.since - since)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.since = 0.0


class TimedScorer:
    """A scorer whose time counts as the stage `score`."""

    def __init__(self, scorer: Scorer, watch: Stopwatch) -> None:
        self._scorer, self._watch = scorer, watch

    def cards(self) -> list[ScorerCard]:
        """See `quality.scorers.scorer.Scorer.cards`."""
        return self._scorer.cards()

    def score(self, pictures: Sequence[Tensor], pairs: Sequence[Compared]) -> list[Scores]:
        """See `quality.scorers.scorer.Scorer.score`."""
        with self._watch.stage("score"):
            return self._scorer.score(pictures, pairs)


class TimedStore:
    """A store whose time counts as the stages `read` and `write`. Its methods are those of `Store`."""

    def __init__(self, store: Store, watch: Stopwatch) -> None:
        self.root = store.root
        self._store, self._watch = store, watch

    def read(self, name: str) -> bytes:
        with self._watch.stage("read"):
            return self._store.read(name)

    def read_range(self, name: str, offset: int, size: int) -> bytes:
        with self._watch.stage("read"):
            return self._store.read_range(name, offset, size)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        with self._watch.stage("read"), self._store.local(name) as path:
            yield path

    def write(self, name: str, data: bytes, *, flush: bool = True) -> None:
        with self._watch.stage("write"):
            self._store.write(name, data, flush=flush)

    def create(self, name: str, data: bytes) -> None:
        with self._watch.stage("write"):
            self._store.create(name, data)

    def names(self, folder: str) -> list[str]:
        with self._watch.stage("read"):
            return self._store.names(folder)

    def remove(self, *names: str) -> None:
        with self._watch.stage("write"):
            self._store.remove(*names)

    @contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        with self._watch.stage("write"), self._store.staged(name) as path, self._watch.stage("make"):
            yield path

    def clean(self) -> int:
        with self._watch.stage("write"):
            return self._store.clean()
