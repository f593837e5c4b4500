"""One shard: the unit of work, of retry and of commit.

The order of writes is the commit protocol: first the tar and the offsets of its samples, then the manifest and, where
a VLM rewrites words, its answers, last the small commit record, which names all of them with their hashes. A task that
dies before the last write leaves no record, and the next attempt writes the same bytes. Only then are the photos in the
scratch removed, since all pairs of a source are in one shard, and the single answers.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import groupby
from pathlib import Path

import pyarrow.parquet as pq
import webdataset as wds

from operators.catalogue import PROCESSES
from pipeline.pairs.make import Pair, make_pairs
from pipeline.recipes.provider import RecipeProvider
from pipeline.rewriting.rewrite import Ask, rewriter_of
from pipeline.shards.answers import Answers, answers_name, ask_nobody, drop_answers, read_answers, write_answers
from pipeline.shards.commit import find_commit, write_commit
from pipeline.shards.offsets import scan
from pipeline.shards.plan import read_shard_plan
from pipeline.shards.scratch import Scratch, drop
from pipeline.shards.turns import Turns
from pipeline.storage.ahead import read_ahead
from pipeline.storage.fetch import Fetched, Read
from pipeline.storage.store import Store
from quality.scorers.build import score_names
from quality.scorers.scorer import Scorer
from schemas.config import DatasetConfig
from schemas.dataset import CommitRecord, FileRecord
from schemas.manifest import ManifestRow, manifest_schema, manifest_table
from schemas.plan import PlannedPair
from schemas.rewrite import Rewrites, rewrites_of
from schemas.sample import ImageFormat, Sample, member_names

Report = Callable[[Sequence[ManifestRow]], None]
"""A callback that gets the rows of each source as soon as they are made."""


def make_shard(
    store: Store,
    shard: int,
    config: DatasetConfig,
    fingerprint: str,
    recipes: RecipeProvider,
    scorers: Sequence[Scorer],
    report: Report,
    ask: Ask = ask_nobody,
    turns: Turns | None = None,
) -> CommitRecord:
    """Make and commit a shard.

    Args:
        store: the data set's store, which holds the plan.
        shard: number of the shard.
        config: the data set's config.
        fingerprint: the data set's fingerprint, for the commit record.
        recipes: the provider of the data set's recipes.
        scorers: the scorers that together compute the config's scores.
        report: called with the rows of each source.
        ask: asks the VLM that rewrites words, where the config names one. Its answers need not be the same again, but
            they must be in the store, see `pipeline.shards.answers`, before it returns.
        turns: lets several sources wait for answers; None makes one after the other.

    Raises:
        NoAnswerError: an answer is missing, and nobody may be asked.
        FetchError: a source or an original that must be read cannot be.
        SourceChangedError: it no longer has the bytes that were planned.
        ForeignCommitError: the shard has the commit record of another data set.
    """
    done = find_commit(store, shard, fingerprint)
    if done is not None:  # by an attempt that seemed lost
        return done
    planned = read_shard_plan(store, shard)
    answers = Answers(read_answers(store, shard) if config.words.vlm else (), ask)
    scratch = Scratch(store, config.image)
    commit = write_shard(
        store, planned, config, fingerprint, recipes, scorers, report, scratch, answers=answers, turns=turns
    )
    write_commit(store, commit)
    drop(store, {pair.source_sha256 for pair in planned})
    drop_answers(store, shard, answers.used)
    return commit


def write_shard(
    store: Store,
    planned: Sequence[PlannedPair],
    config: DatasetConfig,
    fingerprint: str,
    recipes: RecipeProvider,
    scorers: Sequence[Scorer],
    report: Report,
    scratch: Scratch,
    answers: Answers | None = None,
    turns: Turns | None = None,
) -> CommitRecord:
    """Make the pairs of a shard and write its files, all but the commit record, which is returned.

    Args:
        store: receives the files.
        planned: the pairs, sorted by source.
        config, fingerprint, recipes, scorers, report, turns: as for `make_shard`.
        scratch: the photos that were kept.
        answers: gives the answers of the VLM; None leaves the words of the grammar.

    Raises:
        FetchError, SourceChangedError: see `make_shard`.
    """
    shard, rows = planned[0].shard, list[ManifestRow]()
    sources = [list(group) for _, group in groupby(planned, key=lambda pair: pair.source_sha256)]
    turns = turns or Turns()
    rewrite = rewriter_of(config, answers.ask, turns.waiting) if answers is not None else None

    def make(item: tuple[Sequence[PlannedPair], Future[tuple[bytes | None, Read]]]) -> list[Pair]:
        members, found = item
        stored, read = found.result()
        return make_pairs(members, config, recipes, scorers, stored, read, rewrite)

    def pairs() -> Iterable[Pair]:
        for made in turns.make(read_ahead(sources, lambda members: _read(members, scratch)), make):
            rows.extend(pair.row for pair in made)
            report([pair.row for pair in made])
            yield from made

    accepted = ((p.row.key, sample) for p in pairs() if p.row.status == "accepted" and (sample := p.sample))
    tar, offsets = write_samples(store, shard, accepted, config.image.format)
    manifest = write_manifest(store, shard, rows, config)
    if answers is None or rewrite is None:
        return commit_of(rows, fingerprint, tar, manifest, offsets)
    with store.staged(answers_name(shard)) as path:
        write_answers(path, answers.used)
        kept = _file_record(answers_name(shard), path)
    rewrites = rewrites_of([row.rewrite for row in rows if row.rewrite is not None], answers.used)
    return commit_of(rows, fingerprint, tar, manifest, offsets, kept, rewrites)


def write_samples(
    store: Store, shard: int, samples: Iterable[tuple[str, Sample]], image_format: ImageFormat
) -> tuple[FileRecord, FileRecord]:
    """Write the tar of a shard's samples, each with its key, and then their offsets. Returns both records."""
    with store.staged(tar_name(shard)) as path:
        write_tar(path, samples, image_format)
        tar = _file_record(tar_name(shard), path)
        places = scan(path)
    with store.staged(offsets_name(shard)) as path:
        pq.write_table(places, path, compression="zstd")
        return tar, _file_record(offsets_name(shard), path)


def write_manifest(store: Store, shard: int, rows: Sequence[ManifestRow], config: DatasetConfig) -> FileRecord:
    """Write the manifest of a shard."""
    process = PROCESSES[config.process]
    schema = manifest_schema(list(process.neutral), score_names(config.scores))
    with store.staged(manifest_name(shard)) as path:
        pq.write_table(manifest_table(rows, schema, process.neutral), path, compression="zstd")
        return _file_record(manifest_name(shard), path)


def commit_of(
    rows: Sequence[ManifestRow],
    fingerprint: str,
    tar: FileRecord,
    manifest: FileRecord,
    offsets: FileRecord | None,
    answers: FileRecord | None = None,
    rewrites: Rewrites | None = None,
) -> CommitRecord:
    """The commit record of a shard, from its rows, the records of its files, and what became of its words."""
    accepted = [row for row in rows if row.status == "accepted"]
    return CommitRecord(
        shard=rows[0].shard,
        split=rows[0].split,
        fingerprint=fingerprint,
        tar=tar,
        manifest=manifest,
        offsets=offsets,
        planned=len(rows),
        accepted=len(accepted),
        origins=dict(sorted(Counter(row.origin for row in accepted).items())),
        rejected=dict(sorted(Counter(reason for row in rows for reason in row.reasons).items())),
        answers=answers,
        rewrites=rewrites,
    )


def _read(members: Sequence[PlannedPair], scratch: Scratch) -> tuple[bytes | None, Read]:
    """The kept photo of a source, and a reader of the files that its pairs need beside it."""
    stored = scratch.find(members[0].source, members[0].source_sha256)
    originals = {pair.before for pair in members if pair.before is not None and pair.before_sha256 is not None}
    return stored, Fetched({members[0].source, *originals} if originals or stored is None else ())


def tar_name(shard: int) -> str:
    """Name of a shard's tar."""
    return f"shards/{shard:06d}.tar"


def manifest_name(shard: int) -> str:
    """Name of a shard's manifest."""
    return f"manifest/{shard:06d}.parquet"


def offsets_name(shard: int) -> str:
    """Name of the offsets of a shard's samples."""
    return f"offsets/{shard:06d}.parquet"


def write_tar(path: Path, samples: Iterable[tuple[str, Sample]], image_format: ImageFormat) -> None:
    """Write samples, each with its key, as WebDataset has them: KEY.input.EXT, KEY.target.EXT and KEY.json."""
    names = member_names(image_format)
    # Time and mode are fixed so that equal pairs give equal bytes. By default, a tar holds the time of writing.
    with path.open("wb") as stream, wds.TarWriter(stream, encoder=False, mtime=0, mode=0o644) as tar:
        for key, sample in samples:
            tar.write({"__key__": key, **dict(zip(names, sample, strict=True))})


def _file_record(name: str, path: Path) -> FileRecord:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileRecord(name=name, bytes=path.stat().st_size, sha256=sha256)
