"""One shard: the unit of work, of retry and of commit.

The order of writes is the commit protocol: tar, manifest, and only then the small commit record that names both with
their hashes. A task that dies in between leaves no record, and the next try writes the same bytes again.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow.parquet as pq
import webdataset as wds

from operators.catalogue import PROCESSES
from pipeline.codec import EXTENSIONS
from pipeline.pairs import Pair, make_pairs
from pipeline.plan import read_shard_plan
from pipeline.recipe_source import RecipeSource
from pipeline.storage import Store
from quality.scorers import Scorer, score_names
from schemas.config import RunConfig
from schemas.dataset import CommitRecord, FileRecord
from schemas.manifest import ManifestRow, manifest_schema, manifest_table

Report = Callable[[Sequence[ManifestRow]], None]
"""Called with the rows of each source as soon as they are made."""


def make_shard(
    store: Store,
    shard: int,
    config: RunConfig,
    fingerprint: str,
    source: RecipeSource,
    scorers: Sequence[Scorer],
    report: Report,
) -> CommitRecord:
    """Make and commit a shard.

    Raises:
        SourceChangedError: a source no longer has the bytes that were planned.
    """
    planned = read_shard_plan(store, shard)
    rows: list[ManifestRow] = []
    tar_name, manifest_name = f"shards/{shard:06d}.tar", f"manifest/{shard:06d}.parquet"

    def pairs() -> Iterable[Pair]:
        for _, group in groupby(planned, key=lambda plan: plan.source_sha256):
            made = make_pairs(list(group), config, source, scorers)
            rows.extend(pair.row for pair in made)
            report([pair.row for pair in made])
            yield from made

    with store.staged(tar_name) as path:
        write_tar(path, (pair for pair in pairs() if pair.row.status == "accepted"), config)
        tar = _file_record(tar_name, path)
    process = PROCESSES[config.process]
    schema = manifest_schema(list(process.neutral), score_names(config.scores))
    with store.staged(manifest_name) as path:
        pq.write_table(manifest_table(rows, schema, process.neutral), path, compression="zstd")
        manifest = _file_record(manifest_name, path)
    commit = CommitRecord(
        shard=shard,
        split=planned[0].split,
        fingerprint=fingerprint,
        tar=tar,
        manifest=manifest,
        planned=len(rows),
        accepted=sum(row.status == "accepted" for row in rows),
        origins=dict(sorted(Counter(row.origin for row in rows if row.status == "accepted").items())),
        rejected=dict(sorted(Counter(reason for row in rows for reason in row.reasons).items())),
    )
    store.write(commit_name(shard), commit.to_bytes())
    return commit


def commit_name(shard: int) -> str:
    """Name of a shard's commit record."""
    return f"commits/{shard:06d}.json"


def write_tar(path: Path, pairs: Iterable[Pair], config: RunConfig) -> None:
    """Write accepted pairs as WebDataset samples: KEY.input.EXT, KEY.target.EXT and KEY.json."""
    extension = EXTENSIONS[config.image.format]
    # A fixed time and mode: the default writes the clock into the tar.
    with path.open("wb") as stream, wds.TarWriter(stream, encoder=False, mtime=0, mode=0o644) as tar:
        for pair in pairs:
            members = {f"input.{extension}": pair.input, f"target.{extension}": pair.target}
            tar.write({"__key__": pair.row.key, **members, "json": sample_json(pair.row)})


def sample_json(row: ManifestRow) -> bytes:
    """A sample's `json` member: its row without what only concerns the making of it."""
    without = {"shard", "source", "before", "status", "reasons", "detail"}
    return row.model_dump_json(exclude=without).encode()


def _file_record(name: str, path: Path) -> FileRecord:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileRecord(name=name, bytes=path.stat().st_size, sha256=sha256)
