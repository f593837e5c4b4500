"""Making one sample again from its row and its source."""

from pathlib import Path

import torch

from pipeline.codec import EXTENSIONS
from pipeline.fingerprint import essential
from pipeline.pairs import Pair, make_pairs
from pipeline.plan import read_shard_plan
from pipeline.reader import find_row
from pipeline.recipe_source import recorded_recipes
from pipeline.shard import sample_json
from pipeline.storage import Store
from quality.scorers import build_scorers
from schemas.dataset import DatasetRecord
from schemas.manifest import ManifestRow


def replay(store: Store, record: DatasetRecord, key: str) -> tuple[ManifestRow, Pair]:
    """The stored row of a pair, and the pair made anew.

    All variants of the source are made, as they were the first time: what shares a batch can move a last bit.

    Raises:
        KeyNotFoundError: there is no such pair.
        SourceChangedError: the source is not what it was.
        RecipesChangedError: nor the bank or the sampler.
    """
    torch.set_num_threads(1)  # as in the run: the number of threads can move a last bit too
    row = find_row(store, key)
    planned = [plan for plan in read_shard_plan(store, row.shard) if plan.source_sha256 == row.source_sha256]
    scorers = build_scorers(record.config.scores, "cpu", record.config.engine)
    made = make_pairs(planned, essential(record.config), recorded_recipes(record), scorers)
    return row, next(pair for pair in made if pair.row.key == key)


def same(row: ManifestRow, pair: Pair) -> bool:
    """Whether a pair made anew has the row, and with it the picture hashes, of the stored one."""
    return row.model_dump_json() == pair.row.model_dump_json()


def write_sample(pair: Pair, image_format: str, folder: Path) -> list[Path]:
    """Write a pair's members to a folder, named as in its shard."""
    folder.mkdir(parents=True, exist_ok=True)
    extension = EXTENSIONS[image_format]
    contents = {f"input.{extension}": pair.input, f"target.{extension}": pair.target, "json": sample_json(pair.row)}
    written = []
    for field, data in contents.items():
        if data is not None:
            path = folder / f"{pair.row.key}.{field}"
            path.write_bytes(data)
            written.append(path)
    return written
