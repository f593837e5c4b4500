"""The plan: which pairs are made, in which shards, with which seeds. It is a pure function of sources and config."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.pairs.origins import EXTRA_PAIRS, drawn_origin
from pipeline.recipes.seeds import choose, seed_of
from pipeline.storage.damage import reading
from pipeline.storage.store import Store
from schemas.config import DatasetConfig
from schemas.plan import PLAN_SCHEMA, SHARDS_PER_FILE, Origin, PlannedPair


class ShardPlan(NamedTuple):
    """What the plan says about one shard.

    Attributes:
        shard: number of the shard.
        split: split of all its pairs.
        sources: table of the sources whose pairs the shard holds, with the columns that the plan keeps.
    """

    shard: int
    split: str
    sources: pa.Table


_COLUMNS = ["uri", "sha256", "before", "before_sha256", "licence", "author", "camera"]
"""Columns of the source table that the plan keeps."""


def plan_shards(sources: pa.Table, config: DatasetConfig) -> list[ShardPlan]:
    """Lay out the usable sources in shards.

    A shard holds pairs of one split, so that a training job can select shards. All pairs of a source are in one shard.
    Within a split, sources are sorted by SHA-256, which mixes neighbours of the listing.

    Args:
        sources: table of `SOURCE_SCHEMA` with splits assigned; sources that have a reason are skipped.
        config: splits, pairs of a shard and pairs of a source.
    """
    shards: list[ShardPlan] = []
    for split in config.shards.splits:
        chosen = pc.and_(pc.is_null(sources["reason"]), pc.equal(sources["split"], split))
        members = sources.select(_COLUMNS).filter(chosen).sort_by("sha256").combine_chunks()
        ends = np.cumsum(pair_counts(members, config))
        start = done = 0
        while start < len(members):
            stop = max(start + 1, int(np.searchsorted(ends, done + config.shards.pairs, side="right")))
            shards.append(ShardPlan(len(shards), split, members.slice(start, stop - start)))
            start, done = stop, int(ends[stop - 1])
    return shards


def pair_counts(sources: pa.Table, config: DatasetConfig) -> NDArray[np.int64]:
    """Number of pairs of each source, int64 (n,): `pairs_per_source`, plus its extra pairs (see `EXTRA_PAIRS`)."""
    counts = np.full(len(sources), config.pairs_per_source, dtype=np.int64)
    for extra in _extras(sources).values():
        counts += extra
    return counts


def shard_table(plan: ShardPlan, config: DatasetConfig) -> pa.Table:
    """The planned pairs of a shard, as a table of `PLAN_SCHEMA` sorted by source hash and variant."""
    counts = pair_counts(plan.sources, config)
    rows = np.repeat(np.arange(len(counts)), counts)
    variants = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = plan.sources.take(rows)
    numbered = list(zip(pairs["sha256"].to_pylist(), variants.tolist(), strict=True))
    seeds = [seed_of(config.seed, sha256, variant) for sha256, variant in numbered]
    tasks = [choose(config.words.tasks, seed, "task") for seed in seeds]
    origins: pa.Array = pa.array([drawn_origin(task, seed, config) for task, seed in zip(tasks, seeds, strict=True)])
    first = np.full(len(counts), config.pairs_per_source)
    for origin, extra in _extras(plan.sources).items():
        origins = pc.if_else(pa.array(extra[rows] & (variants == first[rows])), origin, origins)
        first = first + extra
    fitted = pc.equal(origins, "fitted")
    columns = {
        "key": [f"{sha256[:16]}-{variant:02d}" for sha256, variant in numbered],
        "shard": np.full(len(rows), plan.shard),
        "split": [plan.split] * len(rows),
        "source": pairs["uri"],
        "source_sha256": pairs["sha256"],
        "variant": variants,
        "seed": seeds,
        "task": tasks,
        "origin": origins,
        **{name: pc.if_else(fitted, pairs[name], None) for name in ("before", "before_sha256")},
        **{name: pairs[name] for name in ("licence", "author", "camera")},
    }
    return pa.table(columns, schema=PLAN_SCHEMA)


def write_plan(store: Store, shards: Sequence[ShardPlan], config: DatasetConfig) -> None:
    """Write `plan/*.parquet`, with one row group for each shard. Memory holds the pairs of one shard at a time."""
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
    """Read the planned pairs of one shard, sorted by source hash and variant.

    Raises:
        DamagedError: the plan cannot be read.
    """
    name = _plan_name(shard // SHARDS_PER_FILE)
    with store.local(name) as path, reading(f"{store.root}/{name}"), pq.ParquetFile(path) as file:
        table = file.read_row_group(shard % SHARDS_PER_FILE)
        return [PlannedPair.model_validate(row) for row in table.to_pylist()]


def _extras(sources: pa.Table) -> Mapping[Origin, NDArray[np.bool_]]:
    """For each origin of extra pairs, a mask of the sources that have one."""
    return {origin: sources[column].is_valid().to_numpy() for origin, column in EXTRA_PAIRS.items()}


def _plan_name(number: int) -> str:
    return f"plan/{number:06d}.parquet"
