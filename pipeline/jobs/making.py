"""Making shards: one Ray task for each, until every shard has its commit record.

Shards are made by plain tasks rather than by Ray Data. A shard's content and its commit are one unit, which is retried
as a whole; Ray Data's blocks are neither fixed nor committed. A task that waits for a scoring actor gives its CPU back
to Ray, so rendering overlaps with scoring on a GPU without a scheduler of our own.
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import ray
import torch
from ray.actor import ActorHandle
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError
from rich.console import Console

from pipeline.dataset.record import own_commits
from pipeline.jobs import metrics
from pipeline.jobs.memory import reservations
from pipeline.jobs.progress import ProgressView, rejects
from pipeline.jobs.scorer_actor import RemoteScorer
from pipeline.jobs.stages import Stopwatch, TimedScorer, TimedStore
from pipeline.jobs.tally import Outcomes, Tally, outcomes_of_commit, outcomes_of_rows
from pipeline.jobs.tasks import BoundedTasks
from pipeline.jobs.watchdog import restart_watchdog, watchdog
from pipeline.recipes.provider import recorded_recipes
from pipeline.shards.fingerprint import code_sha256, this_platform
from pipeline.shards.shard import make_shard
from pipeline.storage.store import open_store
from quality.scorers.build import task_scorers
from quality.scorers.scorer import Scorer
from schemas.config import Engine, ScoresConfig
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.errors import UnretouchError
from schemas.jobs.run import ComputeConfig
from schemas.manifest import ManifestRow
from schemas.source import FetchError

_UNFETCHED = 32
"""Shards that may fail for sources that cannot be fetched before no more are begun: all of them would fail."""


_CRASHES = 4
"""Crashes of one shard's process after which it has failed. A machine that is lost does not count as one."""


@dataclass(frozen=True)
class _Attempt:
    """An attempt to make a shard, whose process has crashed `crashes` times before."""

    shard: int
    crashes: int = 0


class RunFailedError(UnretouchError):
    """Some shards could not be made; the message names them and says why."""


def make_shards(
    out: str,
    record: DatasetRecord,
    shards: Sequence[int],
    scorers: Sequence[ActorHandle[Any]],
    compute: ComputeConfig,
    console: Console,
) -> None:
    """Make and commit shards of a planned data set, and show the progress. Needs a running Ray.

    Args:
        out: root of the data set's store.
        record: the data set's record.
        shards: numbers of the shards to make, which have no commit record.
        scorers: scoring actors; empty if tasks compute all scores.
        compute: number of shards that are made at a time, their memory and their patience.
        console: receives the progress.

    Raises:
        RunFailedError: a shard failed. If a worker dies, its shard is first tried again, up to three times and with
            more memory. Where a source cannot be fetched, the other shards are still made, until that has happened to
            32 of them.
        ForeignCommitError: a shard was committed by another data set.
    """
    planned = ray.put(record)  # stored once: with a thousand styles, it takes a few megabytes
    tally = Tally.remote()  # type: ignore[attr-defined]  # Ray's decorator hides `remote` from the type checker
    committed = sum(map(outcomes_of_commit, own_commits(open_store(out), record)), Outcomes())
    failures: list[str] = []
    unfetched = 0

    def submit(attempt: _Attempt) -> "ray.ObjectRef[Any]":
        steps = reservations(compute.memory)
        task = _make_shard.options(memory=steps[min(attempt.crashes, len(steps) - 1)])
        return task.remote(out, attempt.shard, planned, tally, list(scorers), compute.stuck_after)

    tasks = BoundedTasks(submit, map(_Attempt, shards), 2 * compute.workers)
    with ProgressView(console, "making pairs", "pairs", already=committed.pairs) as view:
        for finished in tasks.done(timeout=0.5):
            for attempt, task in finished:
                try:
                    committed += outcomes_of_commit(ray.get(task))
                except RayTaskError as error:
                    unfetched += isinstance(error.cause, FetchError)
                    failures.append(f"shard {attempt.shard:06d}: {type(error.cause).__name__}: {error.cause}")
                except NodeDiedError:
                    metrics.RETRIES.inc()
                    tasks.again(attempt)
                except (WorkerCrashedError, OutOfMemoryError) as error:
                    if attempt.crashes + 1 < _CRASHES:
                        metrics.RETRIES.inc()
                        tasks.again(replace(attempt, crashes=attempt.crashes + 1))
                    else:
                        failures.append(f"shard {attempt.shard:06d}: {_why(error, compute)}")
                except RayError as error:
                    failures.append(f"shard {attempt.shard:06d}: {error}")
                ray.get(tally.settle.remote(attempt.shard))
            metrics.show_shards(tasks.left, len(failures))
            if len(failures) > unfetched or unfetched >= _UNFETCHED:
                tasks.stop()
            found = committed + ray.get(tally.total.remote())
            view.update(found.pairs, record.counts.planned, f"{found.accepted} accepted; {rejects(found.reasons)}")
    if failures:
        raise RunFailedError("\n".join([*failures, "committed shards are kept; run again to resume"]))


def _why(error: WorkerCrashedError | OutOfMemoryError, compute: ComputeConfig) -> str:
    if isinstance(error, OutOfMemoryError):
        return f"it took more memory than there is, {_CRASHES} times. Lower image.max_memory or shards.pairs"
    return f"its process crashed, or worked on one source for more than {compute.stuck_after:g} s, {_CRASHES} times"


# Ray does not try again by itself: it would reserve the same memory again, for ever.
@ray.remote(num_cpus=1, max_retries=0)
def _make_shard(
    out: str,
    shard: int,
    record: DatasetRecord,
    tally: ActorHandle[Any],
    scorers: Sequence[ActorHandle[Any]],
    stuck_after: float,
) -> CommitRecord:
    settle_worker()
    _check_worker(record)
    tally.begin.remote(shard)

    def report(rows: Sequence[ManifestRow]) -> None:
        restart_watchdog(stuck_after)
        tally.add.remote(shard, outcomes_of_rows(rows))
        metrics.count_pairs(rows)

    config, watch = record.config, Stopwatch(metrics.count_seconds)
    used: list[Scorer] = [*_loaded_scorers(config.scores.model_dump_json(), config.engine)]
    if scorers:
        used.append(RemoteScorer(scorers[shard % len(scorers)]))
    timed = [TimedScorer(scorer, watch) for scorer in used]
    store, recipes = TimedStore(open_store(out), watch), recorded_recipes(record)
    with watchdog(stuck_after), watch.stage("make"):
        commit = make_shard(store, shard, config, record.fingerprint, recipes, timed, report)
    metrics.count_commit(commit)
    return commit


@cache
def settle_worker() -> None:
    """Set up a worker, once: one torch thread, and the million imported objects excluded from garbage collection."""
    torch.set_num_threads(1)
    gc.freeze()


def _check_worker(record: DatasetRecord) -> None:
    """Raise RuntimeError if this worker could make other bytes under the same fingerprint.

    A data set that depends on the processor may still be made by several, as the reader of its record can see: they
    differ in the last bit.
    """
    planned, named = record.platform, record.platform.processor is not None
    here = this_platform(named)
    if code_sha256() != record.code_sha256 or here.libraries != planned.libraries or (here.processor and not named):
        raise RuntimeError(
            f"a worker differs from the machine that planned: {here} against {planned}, or other source code; give "
            "every node the same installation, on the same architecture"
        )


@cache
def _loaded_scorers(scores: str, engine: Engine) -> Sequence[Scorer]:
    return task_scorers(ScoresConfig.model_validate_json(scores), engine)
