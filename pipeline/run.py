"""The run: shards as Ray tasks, a bounded number in flight, until every shard has its commit record.

Plain tasks rather than Ray Data: a shard's content and its commit must be one unit that is retried whole, and Ray
Data's blocks are neither fixed nor committed. A task that waits for a scoring actor gives its CPU back to Ray, so
rendering and scoring on a GPU overlap without a scheduler of our own.
"""

import gc
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import ray
import torch
from ray.actor import ActorHandle
from ray.exceptions import RayError, RayTaskError
from rich.console import Console

from pipeline.cluster import cluster
from pipeline.dataset import commits, finish, missing_shards, prepare
from pipeline.drafts import engine_of
from pipeline.fingerprint import code_sha256, this_platform
from pipeline.progress import ProgressView, Tally, outcomes
from pipeline.realism import REALISM, list_photos, measure_realism
from pipeline.recipe_source import recorded_recipes
from pipeline.scoring import RemoteScorer, ScoringActor
from pipeline.shard import make_shard
from pipeline.storage import open_store
from quality.compiled_metrics import metric_libraries
from quality.scorers import Scorer, build_scorers
from schemas.config import Engine, RunConfig, ScoresConfig
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow
from schemas.source import SourceRecord


class RunFailedError(UnretouchError):
    """Some shards could not be made; the message names them and says why."""


def run(config: RunConfig, console: Console) -> DatasetRecord:
    """Make the data set, or what is left of it to make.

    Raises:
        DatasetMismatchError: OUT holds another data set.
        NoCompilerError: what the config wants compiled cannot be compiled here.
        ScorerUnavailableError: a score that the config asks for cannot be computed.
        RealismError: there are no photos where the config names some to compare with.
        RunFailedError: a shard failed for another reason than a dying worker; running again resumes.
    """
    store = open_store(config.out)
    engine_of(config.process, config.engine)  # compiles on this machine, or says now that it cannot
    if config.engine == "compiled":
        metric_libraries()
    with cluster(config.compute):
        for folder in filter(None, (config.realism.reference, config.realism.experts)):
            list_photos(folder)
        scorers = _scoring_actors(config)  # before any work: a score that cannot be computed is said now
        record = plan(config, console)
        todo = missing_shards(store, record)
        if todo:
            store.clean()
            _make(config, record, todo, scorers, console)
    finished = finish(store, record)
    if config.realism.reference is not None:
        report = measure_realism(store, finished, config.realism.reference, config.realism.experts)
        store.write(REALISM, report.model_dump_json(indent=2).encode())
    return finished


def plan(config: RunConfig, console: Console) -> DatasetRecord:
    """Inspect the sources and write the plan, unless OUT has it. Needs a running Ray."""
    rejected: Counter[str] = Counter()
    done = 0
    with ProgressView(console, "inspecting sources", "sources") as view:

        def show(records: Sequence[SourceRecord], total: int) -> None:
            nonlocal done
            done += len(records)
            rejected.update(record.reason for record in records if record.reason)
            view.update(done, total, _listing(rejected))

        return prepare(open_store(config.out), config, show)


def _make(
    config: RunConfig, record: DatasetRecord, todo: Sequence[int], scorers: Sequence[ActorHandle[Any]], console: Console
) -> None:
    store = open_store(config.out)
    planned = ray.put(record)  # once: with a thousand styles it is some megabytes
    tally = Tally.remote()  # type: ignore[attr-defined]  # Ray's decorator hides `remote` from the type checker
    committed: Counter[str] = Counter()
    for commit in commits(store):
        committed.update(_outcomes(commit))
    waiting = list(reversed(todo))
    running: dict[ray.ObjectRef[CommitRecord], int] = {}
    failures: list[str] = []
    with ProgressView(console, "making pairs", "pairs", already=_pairs(committed)) as view:
        while running or (waiting and not failures):
            while waiting and not failures and len(running) < 2 * config.compute.workers:
                shard = waiting.pop()
                running[_make_shard.remote(config, shard, planned, tally, list(scorers))] = shard
            ready, _ = ray.wait(list(running), timeout=0.5)
            for task in ready:
                shard = running.pop(task)
                try:
                    committed.update(_outcomes(ray.get(task)))
                except RayTaskError as error:
                    failures.append(f"shard {shard:06d}: {type(error.cause).__name__}: {error.cause}")
                except RayError as error:
                    failures.append(f"shard {shard:06d}: {error}")
                ray.get(tally.settle.remote(shard))
            counts = committed + Counter(ray.get(tally.counts.remote()))
            reasons = Counter({name[7:]: n for name, n in counts.items() if name.startswith("reason:")})
            view.update(_pairs(counts), record.counts.planned, f"{counts['accepted']} accepted; {_listing(reasons)}")
    if failures:
        raise RunFailedError("\n".join([*failures, "committed shards are kept; run again to resume"]))


@ray.remote(num_cpus=1, max_retries=3)
def _make_shard(
    config: RunConfig, shard: int, record: DatasetRecord, tally: ActorHandle[Any], scorers: Sequence[ActorHandle[Any]]
) -> CommitRecord:
    settle_worker()
    _check_worker(record)
    tally.begin.remote(shard)

    def report(rows: Sequence[ManifestRow]) -> None:
        tally.add.remote(shard, outcomes(rows))

    scorer: Sequence[Scorer] = (
        [RemoteScorer(scorers[shard % len(scorers)])]
        if scorers
        else _local_scorers(config.scores.model_dump_json(), config.engine)
    )
    return make_shard(
        open_store(config.out), shard, config, record.fingerprint, recorded_recipes(record), scorer, report
    )


@cache
def settle_worker() -> None:
    """Once in each worker: one thread, and nothing of a million imported objects for the garbage collector to see."""
    torch.set_num_threads(1)
    gc.freeze()


def _check_worker(record: DatasetRecord) -> None:
    """A worker with other code or libraries would make other bytes under the same fingerprint."""
    here = this_platform(record.config.engine)
    if code_sha256() != record.code_sha256 or here.libraries != record.platform.libraries:
        raise RuntimeError(
            f"a worker differs from the machine that planned: {here.libraries} against {record.platform.libraries}, or "
            "other source code; give every node the same installation"
        )


@cache
def _local_scorers(scores: str, engine: Engine) -> Sequence[Scorer]:
    return build_scorers(ScoresConfig.model_validate_json(scores), "cpu", engine)


def _scoring_actors(config: RunConfig) -> list[ActorHandle[Any]]:
    """Actors on GPUs where the config wants them, each with its models loaded; none where tasks score themselves."""
    if not config.compute.scorer_gpus:
        build_scorers(config.scores, "cpu", config.engine)
        return []
    options = {"num_gpus": config.compute.scorer_gpus, "max_restarts": 3, "max_task_retries": 3}
    actors = [ScoringActor.options(**options).remote(config.scores) for _ in range(config.compute.scorers)]  # type: ignore[attr-defined]  # as above
    try:
        ray.get([actor.ready.remote() for actor in actors])
    except RayTaskError as error:
        raise error.cause from error
    return actors


def _outcomes(commit: CommitRecord) -> Counter[str]:
    counts = Counter(accepted=commit.accepted, rejected=commit.planned - commit.accepted)
    counts.update({f"reason:{reason}": count for reason, count in commit.rejected.items()})
    return counts


def _pairs(counts: Mapping[str, int]) -> int:
    return counts["accepted"] + counts["rejected"]


def _listing(reasons: Mapping[str, int]) -> str:
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()) if count)
    return f"rejected: {listed}" if listed else ""
