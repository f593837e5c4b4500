"""Making samples again from their rows and their sources."""

from pathlib import Path

from pipeline.dataset.reader import find_row
from pipeline.pairs.make import Pair, make_pairs
from pipeline.recipes.provider import recorded_recipes
from pipeline.shards.plan import read_shard_plan
from pipeline.storage.store import Store
from quality.scorers.build import actor_scorers, task_scorers
from schemas.dataset import DatasetRecord
from schemas.manifest import ManifestRow
from schemas.sample import ImageFormat, member_names


def replay(store: Store, record: DatasetRecord, key: str) -> tuple[ManifestRow, Pair]:
    """The stored row of a pair, and the pair made again.

    Raises:
        KeyNotFoundError: there is no such pair.
        Otherwise as `remake`.
    """
    row = find_row(store, key)
    return row, remake(store, record, row)


def remake(store: Store, record: DatasetRecord, row: ManifestRow) -> Pair:
    """Make the pair of a row again.

    All variants of its source are made, as they were the first time: what shares a batch can move a last bit.

    Raises:
        SourceChangedError: the source no longer has the bytes that were planned.
        RecipesChangedError: the bank, the sampler or the styles have changed.
        ScorerUnavailableError: a score cannot be computed here.
    """
    config = record.config
    planned = [pair for pair in read_shard_plan(store, row.shard) if pair.source_sha256 == row.source_sha256]
    scorers = [*task_scorers(config.scores, config.engine), *actor_scorers(config.scores, config.engine)]
    made = make_pairs(planned, config, recorded_recipes(record), scorers)
    return next(pair for pair in made if pair.row.key == row.key)


def same(row: ManifestRow, pair: Pair) -> bool:
    """Whether a pair made again has the stored row, and with it the stored hashes of both pictures."""
    return row.model_dump_json() == pair.row.model_dump_json()


def write_sample(pair: Pair, image_format: ImageFormat, folder: Path) -> list[Path]:
    """Write a pair's members to a folder, named as in its shard. A pair without pictures has only its row."""
    folder.mkdir(parents=True, exist_ok=True)
    names = member_names(image_format)
    contents = dict(zip(names, pair.sample, strict=True)) if pair.sample else {names.json: pair.row.to_member()}
    written = []
    for name, data in contents.items():
        written.append(folder / f"{pair.row.key}.{name}")
        written[-1].write_bytes(data)
    return written
