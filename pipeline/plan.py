"""The plan: which pairs are made, in which shards, with which seeds. A pure function of sources and config."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.seeds import choose, seed_of
from pipeline.storage import Store
from schemas.config import RunConfig
from schemas.plan import PLAN_SCHEMA, SHARDS_PER_FILE, PlannedPair
from schemas.source import SourceRecord


class ShardPlan(NamedTuple):
    """A shard's number, its split and the sources whose pairs it holds."""

    shard: int
    split: str
    sources: Sequence[SourceRecord]


def plan_shards(records: Sequence[SourceRecord], config: RunConfig) -> list[ShardPlan]:
    """Lay usable sources out in shards.

    A shard holds one split, so that a training job can name shards; a source's variants stay together. Within a
    split, sources go in the order of their hashes, which mixes what was listed side by side.
    """
    size = max(1, config.shards.pairs // config.pairs_per_source)
    shards: list[ShardPlan] = []
    for split in config.shards.splits:
        members = sorted(
            (record for record in records if record.reason is None and record.split == split),
            key=lambda record: str(record.sha256),
        )
        for start in range(0, len(members), size):
            shards.append(ShardPlan(len(shards), split, members[start : start + size]))
    return shards


def shard_table(plan: ShardPlan, config: RunConfig) -> pa.Table:
    """The planned pairs of a shard, sorted by key."""
    columns: dict[str, list[object]] = {name: [] for name in PLAN_SCHEMA.names}
    for source in plan.sources:
        for variant in range(config.pairs_per_source):
            seed = seed_of(config.seed, source.sha256, variant)
            row = {
                "key": f"{str(source.sha256)[:16]}-{variant:02d}",
                "shard": plan.shard,
                "split": plan.split,
                "source": source.uri,
                "source_sha256": source.sha256,
                "variant": variant,
                "seed": seed,
                "task": choose(config.words.tasks, seed, "task"),
                "licence": source.licence,
                "author": source.author,
                "camera": source.camera,
            }
            for name, value in row.items():
                columns[name].append(value)
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


def _plan_name(number: int) -> str:
    return f"plan/{number:06d}.parquet"
