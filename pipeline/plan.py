"""The plan: which pairs are made, in which shards, with which seeds. A pure function of sources and config."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.seeds import choose, seed_of
from pipeline.storage import Store
from schemas.config import RunConfig
from schemas.plan import PLAN_SCHEMA, SHARDS_PER_FILE, Origin, PlannedPair
from schemas.sample import Task


class ShardPlan(NamedTuple):
    """A shard's number, its split and the sources whose pairs it holds: rows of the plan's columns of sources."""

    shard: int
    split: str
    sources: pa.Table


_COLUMNS = ["uri", "sha256", "licence", "author", "camera"]
"""What the plan says of a source."""


def plan_shards(sources: pa.Table, config: RunConfig) -> list[ShardPlan]:
    """Lay usable sources, rows of a table of `SOURCE_SCHEMA`, out in shards.

    A shard holds one split, so that a training job can name shards; a source's variants stay together. Within a
    split, sources go in the order of their hashes, which mixes what was listed side by side.
    """
    size = max(1, config.shards.pairs // config.pairs_per_source)
    shards: list[ShardPlan] = []
    for split in config.shards.splits:
        chosen = pc.and_(pc.is_null(sources["reason"]), pc.equal(sources["split"], split))
        members = sources.select(_COLUMNS).filter(chosen).sort_by("sha256").combine_chunks()
        for start in range(0, len(members), size):
            shards.append(ShardPlan(len(shards), split, members.slice(start, size)))
    return shards


def shard_table(plan: ShardPlan, config: RunConfig) -> pa.Table:
    """The planned pairs of a shard, sorted by key."""
    variants = range(config.pairs_per_source)
    hashes = plan.sources["sha256"].to_pylist()
    seeds = [seed_of(config.seed, sha256, variant) for sha256 in hashes for variant in variants]
    repeated = plan.sources.take(np.repeat(np.arange(len(hashes)), len(variants)))
    columns = {
        "key": [f"{sha256[:16]}-{variant:02d}" for sha256 in hashes for variant in variants],
        "shard": np.full(len(seeds), plan.shard),
        "split": [plan.split] * len(seeds),
        "source": repeated["uri"],
        "source_sha256": repeated["sha256"],
        "variant": np.tile(np.array(variants), len(hashes)),
        "seed": seeds,
        "task": (tasks := [choose(config.words.tasks, seed, "task") for seed in seeds]),
        "origin": [_origin(task, config) for task in tasks],
        **{name: repeated[name] for name in ("licence", "author", "camera")},
    }
    return pa.table(columns, schema=PLAN_SCHEMA)


def write_plan(store: Store, shards: Sequence[ShardPlan], config: RunConfig) -> None:
    """Write `plan/*.parquet`, one row group a shard, holding one shard in memory at a time."""
    remaining: Iterator[ShardPlan] = iter(shards)
    number = 0
    while batch := list(islice(remaining, SHARDS_PER_FILE)):
        with (
            store.staged(_plan_name(number)) as path,
            pq.ParquetWriter(path, PLAN_SCHEMA, compression="zstd") as writer,
        ):
            for shard in batch:
                writer.write_table(shard_table(shard, config))
        number += 1


def read_shard_plan(store: Store, shard: int) -> list[PlannedPair]:
    """The planned pairs of one shard, sorted by key."""
    with store.local(_plan_name(shard // SHARDS_PER_FILE)) as path, pq.ParquetFile(path) as file:
        table = file.read_row_group(shard % SHARDS_PER_FILE)
    return [PlannedPair.model_validate(row) for row in table.to_pylist()]


def _origin(task: Task, config: RunConfig) -> Origin:
    return "rendered" if task == "style" and config.recipes.style_direction == "render" else "unrendered"


def _plan_name(number: int) -> str:
    return f"plan/{number:06d}.parquet"
