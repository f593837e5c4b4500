"""Replay: making samples again from their rows and their sources."""

from pathlib import Path

from pipeline.dataset.reader import find_row
from pipeline.pairs.make import Pair, make_pairs
from pipeline.recipes.provider import recorded_recipes
from pipeline.rewriting.rewrite import rewriter_of
from pipeline.shards.answers import Answers, ask_nobody, read_answers
from pipeline.shards.plan import read_shard_plan
from pipeline.storage.store import Store
from quality.scorers.build import actor_scorers, task_scorers
from schemas.dataset import DatasetRecord
from schemas.manifest import ManifestRow
from schemas.sample import ImageFormat, member_names


def replay(store: Store, record: DatasetRecord, key: str) -> tuple[ManifestRow, Pair]:
    """Read the stored row of a pair, and make the pair again. Also raises the errors of `remake`.

    Returns:
        The stored row, and the remade pair.

    Raises:
        KeyNotFoundError: no committed shard has the key.
        DamagedError: a manifest cannot be read.
    """
    row = find_row(store, key)
    return row, remake(store, record, row)


def remake(store: Store, record: DatasetRecord, row: ManifestRow, drafts: bool = False) -> Pair:
    """Make the pair of a row again.

    All variants of its source are made together, as in the run, because pixels that share a batch may differ in the
    last bit from pixels that do not. Words that a VLM has rewritten come from its answers, which the data set keeps.

    Args:
        store: the data set's store.
        record: its record.
        row: the pair's row.
        drafts: leave words as the grammar writes them: on another platform, pictures may differ in a bit, so that no
            answer belongs to them.

    Raises:
        NoAnswerError: an answer of the VLM is missing.
        SourceChangedError: the source or its original no longer has the bytes that were planned.
        RecipesChangedError: the bank, the sampler or the styles have changed.
        ScorerUnavailableError: a score cannot be computed here.
    """
    config = record.config
    planned = [pair for pair in read_shard_plan(store, row.shard) if pair.source_sha256 == row.source_sha256]
    scorers = [*task_scorers(config.scores, config.engine), *actor_scorers(config.scores, config.engine)]
    answers = Answers(read_answers(store, row.shard) if config.words.vlm and not drafts else (), ask_nobody)
    rewrite = None if drafts else rewriter_of(config, answers.ask)
    made = make_pairs(planned, config, recorded_recipes(record), scorers, rewrite=rewrite)
    return next(pair for pair in made if pair.row.key == row.key)


def same(row: ManifestRow, pair: Pair) -> bool:
    """Whether a remade pair has the stored row, which includes the hashes of both pictures."""
    return row.model_dump_json() == pair.row.model_dump_json()


def write_sample(pair: Pair, image_format: ImageFormat, folder: Path) -> list[Path]:
    """Write a pair's members to a folder, named as in its shard. For a pair without pictures, write only its row.

    Returns:
        Paths of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = member_names(image_format)
    contents = dict(zip(names, pair.sample, strict=True)) if pair.sample else {names.json: pair.row.to_member()}
    written = []
    for name, data in contents.items():
        written.append(folder / f"{pair.row.key}.{name}")
        written[-1].write_bytes(data)
    return written
