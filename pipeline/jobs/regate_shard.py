"""One shard with other gates: what changes is written anew, everything else is taken over.

The order of writes is that of `pipeline.shards.shard`, and so are the bytes: those of a run with these gates.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from pipeline.audit.verify_shard import check_file, near
from pipeline.dataset.reader import members, shard_rows
from pipeline.dataset.record import NoDataSetError
from pipeline.pairs.gating import regated
from pipeline.pairs.make import make_pictures
from pipeline.recipes.provider import recorded_recipes
from pipeline.shards.commit import commit_name, find_commit, write_commit
from pipeline.shards.shard import Report, commit_of, write_manifest, write_samples
from pipeline.storage.damage import DamagedError, reading
from pipeline.storage.store import Store
from pipeline.storage.take_over import take_over
from schemas.dataset import CommitRecord, DatasetRecord, FileRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow
from schemas.sample import ImageFormat, Sample, member_names


class MadeOtherwiseError(UnretouchError):
    """A pair that was made again has other pictures than its row says."""


def regate_shard(
    origin: Store, store: Store, shard: int, made: DatasetRecord, wanted: DatasetRecord, report: Report
) -> CommitRecord:
    """Commit a shard of a data set anew, with other gates.

    Args:
        origin: the store of the finished data set.
        store: receives the shard.
        shard: number of the shard.
        made: the record of the finished data set.
        wanted: the record of the data set with other gates.
        report: called with the rows of each source.

    Raises:
        NoDataSetError, DamagedError, FileNotFoundError: a file of the finished data set is missing or damaged.
        MadeOtherwiseError: a pair cannot be made again as it was.
        FetchError, SourceChangedError: a source must be read to make a pair again, and cannot be or has changed.
        ForeignCommitError: the shard has the commit record of another data set.
    """
    done = find_commit(store, shard, wanted.fingerprint)
    if done is not None:  # by an attempt that seemed lost
        return done
    before = find_commit(origin, shard, made.fingerprint)
    if before is None:
        raise NoDataSetError(f"{origin.root}/{commit_name(shard)} is missing")
    with near(origin, [before.manifest]) as files:
        _check(files, before.manifest)
        rows = shard_rows(files, before)
    gated = [regated(row, made.config, wanted.config) for row in rows]
    tar, manifest, offsets = before.tar, before.manifest, before.offsets
    if [row.status for row in rows] == [row.status for row in gated]:
        for file in (tar, offsets):
            if file is not None:
                take_over(file.name, origin, store)
        report(gated)
    else:
        with near(origin, [before.tar]) as files:
            _check(files, before.tar)
            samples = _samples(files, before, list(zip(rows, gated, strict=True)), made, report)
            tar, offsets = write_samples(store, shard, samples, made.config.image.format)
    if rows == gated:
        take_over(manifest.name, origin, store)
    else:
        manifest = write_manifest(store, shard, gated, wanted.config)
    if before.answers is not None:
        take_over(before.answers.name, origin, store)
    commit = commit_of(gated, wanted.fingerprint, tar, manifest, offsets, before.answers, before.rewrites)
    write_commit(store, commit)
    return commit


def _samples(
    files: Store,
    before: CommitRecord,
    pairs: Sequence[tuple[ManifestRow, ManifestRow]],
    made: DatasetRecord,
    report: Report,
) -> Iterator[tuple[str, Sample]]:
    """The accepted samples of a shard with their keys, in order. Memory holds those of one source.

    Args:
        files: holds the shard's tar.
        before: the shard's commit record.
        pairs: every row as it was and as it is to be.
        made, report: as for `regate_shard`.
    """
    stored = _stored(files, before.tar.name, made.config.image.format)
    for _, group in groupby(pairs, key=lambda pair: pair[0].source_sha256):
        rows, gated = zip(*group, strict=True)
        keys = [row.key for row in rows if row.status == "accepted"]
        found = dict(islice(stored, len(keys)))
        if list(found) != keys:
            raise DamagedError(f"{files.root}/{before.tar.name} does not hold the pairs that its manifest accepts")
        missing = {row.key for row in gated if row.status == "accepted"} - found.keys()
        if missing:
            found |= _made_again(rows, found, missing, made)
        yield from ((row.key, found[row.key]) for row in gated if row.status == "accepted")
        report(gated)


def _stored(files: Store, tar: str, image_format: ImageFormat) -> Iterator[tuple[str, Sample]]:
    names = member_names(image_format)
    for key, group in groupby(members(files, tar), key=lambda member: member[0]):
        contents = {name: data for _, name, data in group}
        with reading(f"{files.root}/{tar}"):
            yield key, Sample(*(contents[name] for name in names))


def _made_again(
    rows: Sequence[ManifestRow], found: dict[str, Sample], missing: set[str], made: DatasetRecord
) -> dict[str, Sample]:
    """Samples of some of a source's pairs, by key, whose pictures are made again.

    A pair of the source that was accepted has the photo as it is stored, so the source need not be read.
    """
    photos = (_photo(row, found[row.key]) for row in rows if row.key in found)
    photo = next((photo for photo in photos if photo is not None), None)
    pictures = make_pictures(rows, missing, made.config, recorded_recipes(made), photo)
    samples = {}
    for row in rows:
        if row.key not in missing:
            continue
        hashes = tuple(hashlib.sha256(picture).hexdigest() for picture in pictures[row.key])
        if hashes != (row.input_sha256, row.target_sha256):
            raise MadeOtherwiseError(
                f"{row.key}, made again, has other pictures than its row says, as on another type of processor; regate "
                "on a machine like the one that made the data set, or make it anew by `unretouch run`"
            )
        samples[row.key] = Sample(*pictures[row.key], row.to_member())
    return samples


def _photo(row: ManifestRow, sample: Sample) -> bytes | None:
    """The source's encoded photo, where it is a picture of the pair; a fitted pair's is cropped."""
    return {"unrendered": sample.target, "rendered": sample.input}.get(row.origin)


def _check(files: Store, file: FileRecord) -> None:
    for problem in check_file(files, file):
        raise DamagedError(f"{files.root}/{problem}")
