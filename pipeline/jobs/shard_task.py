"""The task of one shard, as a worker runs it."""

import gc
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import ray
import torch
from ray.actor import ActorHandle

from pipeline.jobs import metrics
from pipeline.jobs.account import Account, account
from pipeline.jobs.scorer_actor import RemoteScorer
from pipeline.jobs.stages import Stage, Stopwatch, TimedScorer, TimedStore
from pipeline.jobs.tally import outcomes_of_rows
from pipeline.jobs.vlm_actor import RemoteVlm, RunningVlm
from pipeline.jobs.watchdog import restart_watchdog, watchdog
from pipeline.recipes.provider import recorded_recipes
from pipeline.shards.answers import ask_nobody
from pipeline.shards.fingerprint import code_sha256, this_platform
from pipeline.shards.shard import make_shard
from pipeline.shards.turns import Turns
from pipeline.storage.store import Store, open_store
from pipeline.storage.traffic import traffic
from quality.scorers.build import task_scorers
from quality.scorers.scorer import Scorer
from schemas.config import Engine, ScoresConfig
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.manifest import ManifestRow


# Ray does not try again by itself: it would reserve the same memory again, for ever.
@ray.remote(num_cpus=1, max_retries=0)
def shard_task(
    out: str,
    shard: int,
    record: DatasetRecord,
    tally: ActorHandle[Any],
    scorers: Sequence[ActorHandle[Any]],
    stuck_after: float,
    vlm: RunningVlm | None,
) -> tuple[CommitRecord, Account]:
    """Make and commit a shard, and give an account of it. See `make_shards` for the arguments."""
    settle_worker()
    check_worker(record)
    tally.begin.remote(shard)

    def report(rows: Sequence[ManifestRow]) -> None:
        restart_watchdog(stuck_after)
        tally.add.remote(shard, outcomes_of_rows(rows))
        metrics.count_pairs(rows)

    check_scorers(record)
    tools = Tools(open_store(out), record, shard, scorers, vlm.sources if vlm is not None else 1)
    ask = RemoteVlm(vlm.actor, shard, partial(restart_watchdog, stuck_after)) if vlm is not None else ask_nobody
    with watchdog(stuck_after), tools.watch.stage("make"):
        commit = make_shard(
            tools.store,
            shard,
            record.config,
            record.fingerprint,
            tools.recipes,
            tools.scorers,
            report,
            ask,
            tools.turns,
        )
    spent = tools.account(commit)
    metrics.count_commit(commit)
    metrics.count_traffic(spent.traffic)
    return commit, spent


class Tools:
    """What a task makes a shard with, each part timed. The account of the shard begins here.

    Args:
        store: receives the shard.
        record: the data set's record.
        shard: number of the shard.
        scorers: scoring actors; empty if the task computes all scores.
        at_once: how many sources may wait for answers of the VLM.
    """

    def __init__(
        self, store: Store, record: DatasetRecord, shard: int, scorers: Sequence[ActorHandle[Any]], at_once: int = 1
    ) -> None:
        config = record.config
        self.recipes = recorded_recipes(record)
        used: list[Scorer] = [*_loaded_scorers(config.scores.model_dump_json(), config.engine)]
        if scorers:
            used.append(RemoteScorer(scorers[shard % len(scorers)]))
        self.watch = Stopwatch(self._count)
        self.scorers = [TimedScorer(scorer, self.watch) for scorer in used]
        self.store = TimedStore(store, self.watch)
        self.turns = Turns(at_once)
        self._waits = bool(scorers)
        self._seconds: defaultdict[Stage, float] = defaultdict(float)
        self._began, self._before = time.perf_counter(), traffic()

    def account(self, commit: CommitRecord) -> Account:
        """The account of the shard, once it is made."""
        seconds = time.perf_counter() - self._began
        waited = self._seconds["score"] if self._waits else 0.0
        return account(commit, seconds - self.turns.idle, waited, traffic().since(self._before))

    def _count(self, stage: Stage, seconds: float) -> None:
        self._seconds[stage] += seconds
        metrics.count_seconds(stage, seconds)


@cache
def settle_worker() -> None:
    """Set up a worker, once: one torch thread, and the million imported objects excluded from garbage collection."""
    torch.set_num_threads(1)
    gc.freeze()


def check_worker(record: DatasetRecord) -> None:
    """Raise RuntimeError if this worker could make other bytes under the same fingerprint; see `could_differ`."""
    if could_differ(record):
        planned, here = record.platform, this_platform(record.platform.processor is not None)
        raise RuntimeError(
            f"a worker differs from the machine that planned: {here} against {planned}, or other source code; give "
            "every node the same installation, on the same architecture"
        )


def could_differ(record: DatasetRecord) -> bool:
    """Whether this machine could make other bytes than the one that planned a data set.

    A data set that depends on the processor may still be made by several, as the reader of its record can see: they
    differ in the last bit.
    """
    planned, named = record.platform, record.platform.processor is not None
    here = this_platform(named)
    foreign = here.processor is not None and not named
    return code_sha256() != record.code_sha256 or here.libraries != planned.libraries or foreign


def check_scorers(record: DatasetRecord) -> None:
    """Raise RuntimeError if this worker's scorers compute other scores than those that the record names.

    Their weights are hashed once in a process.
    """
    known = [card.model_copy(update={"noise": None}) for card in record.scorers]
    loaded = _loaded_scorers(record.config.scores.model_dump_json(), record.config.engine)
    if known and not all(card in known for scorer in loaded for card in scorer.cards()):
        raise RuntimeError(
            "a worker's scorers differ from those that the data set was planned with; give every node the same "
            "installation and weights"
        )


@cache
def _loaded_scorers(scores: str, engine: Engine) -> Sequence[Scorer]:
    return task_scorers(ScoresConfig.model_validate_json(scores), engine)
