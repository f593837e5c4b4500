"""The estimate of a run: some pairs of the plan are made as the run will make them, and thrown away."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError, RayTaskError

from pipeline.jobs.account import Account
from pipeline.jobs.saturation import Work, hours, limits, money, requests
from pipeline.jobs.shard_task import Tools, settle_worker
from pipeline.shards.plan import read_shard_plan
from pipeline.shards.scratch import Scratch
from pipeline.shards.shard import write_shard
from pipeline.storage.store import Store, open_store
from schemas.dataset import DatasetRecord
from schemas.errors import UnretouchError
from schemas.jobs.estimate import Estimate, EstimateConfig, Sample
from schemas.jobs.run import ComputeConfig
from schemas.plan import PlannedPair

ESTIMATE = "estimate.json"
"""File in OUT that keeps the estimate until the run has ended."""

_SAMPLE = "sample"
"""Folder in OUT for what the sample makes."""


class SampleFailedError(UnretouchError):
    """A process that made a sample died. The plan is written."""


def estimate(
    store: Store,
    record: DatasetRecord,
    compute: ComputeConfig,
    counted: EstimateConfig,
    scorers: Sequence[ActorHandle[Any]],
    sources: int,
) -> Estimate:
    """Make the pairs of some sources on every worker, and count what the whole plan will take. Needs a running Ray.

    Args:
        store: the store at OUT, which holds the plan.
        record: the data set's record.
        compute: the workers.
        counted: prices and limits.
        scorers: scoring actors; empty if tasks compute all scores.
        sources: how many sources each worker makes, besides the first, which is not counted: it loads what is needed.

    Raises:
        FetchError, SourceChangedError: a source cannot be used any more.
        SampleFailedError: a process died.
    """
    shards, workers = record.counts.shards, min(compute.workers, record.counts.shards)
    chosen = [_first_sources(store, number * shards // workers, sources + 1) for number in range(workers)]
    tasks = [
        _make_sample.remote(store.root, number, record, planned, list(scorers)) for number, planned in enumerate(chosen)
    ]
    try:
        made = sum(ray.get(tasks), Account())
    except RayTaskError as error:
        raise error.cause from error
    except RayError as error:  # a worker or a node died
        raise SampleFailedError(f"the sample could not be made: {error}; plan again, or with --sample 0") from error
    finally:
        forget_sample(store)
    found = scaled(made, record, compute, counted, on_s3=store.root.startswith("s3://"))
    store.write(ESTIMATE, found.model_dump_json(indent=2).encode())
    return found


def scaled(
    made: Account, record: DatasetRecord, compute: ComputeConfig, counted: EstimateConfig, on_s3: bool
) -> Estimate:
    """The estimate for a whole plan, from the account of a part of it."""
    sample = Sample(
        pairs=made.pairs,
        accepted_share=made.accepted / made.pairs,
        core_seconds=made.core_seconds / made.pairs,
        gpu_seconds=made.gpu_seconds / made.pairs,
        stored_bytes=made.stored_bytes / made.pairs,
    )
    pairs, used = record.counts.planned, record.counts.sources - sum(record.counts.sources_rejected.values())
    originals = max(0, pairs - used * record.config.pairs_per_source)
    work = Work(pairs, used, record.counts.shards, originals, on_s3)
    stored = pairs * sample.stored_bytes
    reads, writes = requests(work, stored)
    bounds = limits(work, sample, compute, counted.limits)
    took = hours(work, sample, compute.workers, min(bounds.values()))
    core_hours = pairs * sample.core_seconds / 3600
    gpu_hours = took * compute.scorers * compute.scorer_gpus if record.config.scores.device == "cuda" else 0.0
    return Estimate(
        sample=sample,
        pairs=pairs,
        accepted=round(pairs * sample.accepted_share),
        core_hours=core_hours,
        gpu_hours=gpu_hours,
        hours=took,
        stored_gigabytes=stored / 1e9,
        read_requests=reads,
        write_requests=writes,
        money=money(core_hours, gpu_hours, reads, writes, stored / 1e9, counted.prices),
        limits=bounds,
    )


def find_estimate(store: Store) -> Estimate | None:
    """The estimate that `plan` has left; None if there is none that this version reads."""
    try:
        return Estimate.model_validate_json(store.read(ESTIMATE))
    except (FileNotFoundError, ValueError):
        return None


def forget_estimate(store: Store) -> None:
    """Remove the estimate, and what samples have left."""
    store.remove(ESTIMATE)
    forget_sample(store)


def forget_sample(store: Store) -> int:
    """Remove what samples have made, also those that were killed, and count the files."""
    files = [name for folder in ("shards", "offsets", "manifest") for name in store.names(f"{_SAMPLE}/{folder}")]
    store.remove(*files)
    return len(files)


def _first_sources(store: Store, shard: int, count: int) -> list[PlannedPair]:
    groups = [list(group) for _, group in groupby(read_shard_plan(store, shard), key=lambda pair: pair.source_sha256)]
    return [pair for group in groups[:count] for pair in group]


@ray.remote(num_cpus=1, max_retries=0)
def _make_sample(
    out: str, number: int, record: DatasetRecord, planned: Sequence[PlannedPair], scorers: Sequence[ActorHandle[Any]]
) -> Account:
    settle_worker()
    kept = Scratch(open_store(out), record.config.image)
    store = open_store(f"{out.rstrip('/')}/{_SAMPLE}")

    def make(pairs: Sequence[PlannedPair]) -> Account:
        tools = Tools(store, record, number, scorers)
        with tools.watch.stage("make"):
            commit = write_shard(
                tools.store,
                pairs,
                record.config,
                record.fingerprint,
                tools.recipes,
                tools.scorers,
                lambda _: None,
                kept,
            )
        return tools.account(commit)

    first = [pair for pair in planned if pair.source_sha256 == planned[0].source_sha256]
    alone = make(first)
    rest = [pair for pair in planned if pair not in first]
    return make(rest) if rest else alone
