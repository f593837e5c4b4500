"""The plan: every pair of a data set, fixed before any of them is made."""

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from schemas.sample import Task

Origin = Literal["unrendered", "rendered", "fitted"]
"""How a pair is made; see `ORIGINS`."""

ORIGINS: Mapping[Origin, str] = {
    "unrendered": "the target with the recipe undone",
    "rendered": "the photo; the target is that in a style",
    "fitted": "the real picture before it was retouched; the recipe was fitted to the two",
}
"""What the input of a pair is, by its origin, for a person."""


class PlannedPair(BaseModel):
    """One pair to make: from which source, in which shard, with which seed and task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Name of the sample: 16 hex digits of the source's SHA-256, "-" and the variant. It holds no dot."""
    shard: int
    split: str
    source: str
    """Uri of the source."""
    source_sha256: str
    variant: int
    """Number of the pair among those of its source; a fitted pair comes last."""
    seed: int
    """Seed of everything that is drawn for this pair: a function of run seed, source and variant."""
    task: Task
    origin: Origin = "unrendered"
    before: str | None = None
    """Uri of a fitted pair's original: the picture before it was retouched."""
    before_sha256: str | None = None
    """SHA-256 of the original; null where there is none, or where planning could not read it."""
    licence: str | None = None
    author: str | None = None
    camera: str | None = None


PLAN_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("shard", pa.int32()),
        ("split", pa.string()),
        ("source", pa.string()),
        ("source_sha256", pa.string()),
        ("variant", pa.int16()),
        ("seed", pa.int64()),
        ("task", pa.string()),
        ("origin", pa.string()),
        ("before", pa.string()),
        ("before_sha256", pa.string()),
        ("licence", pa.string()),
        ("author", pa.string()),
        ("camera", pa.string()),
    ]
)
"""Arrow schema of `OUT/plan/*.parquet`."""

SHARDS_PER_FILE = 32
"""Few, because the task of a shard reads its whole file. A shard is a row group: shard s is row group
s % SHARDS_PER_FILE of file s // SHARDS_PER_FILE."""
