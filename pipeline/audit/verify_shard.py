"""Verification of one shard: its files, plan, rows and samples must agree, and its pairs must be reproducible."""

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby

import numpy as np
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import UnidentifiedImageError
from pydantic import BaseModel

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from pipeline.audit.hashes import hashed
from pipeline.audit.replay import remake, same
from pipeline.dataset.reader import members, shard_rows
from pipeline.images.codec import decode
from pipeline.shards.offsets import scan
from pipeline.shards.plan import read_shard_plan
from pipeline.storage.damage import DamagedError, reading
from pipeline.storage.local import LocalStore
from pipeline.storage.store import Store, open_store
from quality.measures import grid, psnr
from schemas.dataset import CommitRecord, DatasetRecord, FileRecord
from schemas.errors import UnretouchError
from schemas.manifest import ManifestRow
from schemas.sample import Sample, member_names

_ALIKE = 50
"""Least PSNR in dB at which an input that is made again on another platform counts as the same."""


NO_KEYS = np.array([], np.uint64)
"""Keys are told apart by 64 bits of their hash: so those of a hundred million pairs take less than a gigabyte."""


class Report(BaseModel):
    """What was checked, and what is wrong. `problems` is empty if every check passes."""

    shards: int = 0
    pairs: int = 0
    samples: int = 0
    rendered: int = 0
    """Number of samples whose recipe was rendered again on the stored input."""
    remade: int = 0
    """Number of samples that were made again from their source."""
    compared: str = "bytes"
    """"bytes" if samples are made again by the code and on the platform that made the data set, else "pixels"."""
    problems: list[str] = []


def hashes(rows: Sequence[ManifestRow]) -> NDArray[np.uint64]:
    """A number for the key of each row."""
    return hashed(row.key for row in rows)


def verify_shard(
    root: str, record: DatasetRecord, each: int, exact: bool, commit: CommitRecord
) -> tuple[Report, NDArray[np.uint64]]:
    """Check a shard.

    Args:
        root: root of the data set's store.
        record: the data set's record.
        each: how many pairs to render and make again.
        exact: whether pairs must be made again to the byte.
        commit: the shard's commit record.

    Returns:
        What was found, and a number for each key of the shard, uint64 (n,); see `NO_KEYS`.
    """
    torch.set_num_threads(1)  # several processes run at once
    try:
        whole = open_store(root)
        with near(whole, commit.files) as store:
            return _verify_files(store, whole, record, each, exact, commit)
    except (DamagedError, FileNotFoundError) as error:
        return Report(shards=1, problems=[str(error)]), NO_KEYS


@contextmanager
def near(store: Store, files: Sequence[FileRecord]) -> Iterator[Store]:
    """A store that holds some files on this machine, so that each is fetched once. Missing ones stay so."""
    if isinstance(store, LocalStore):
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="unretouch-") as folder:
        near = LocalStore(folder)
        for file in files:
            with suppress(FileNotFoundError), store.local(file.name) as path, near.staged(file.name) as copy:
                shutil.move(path, copy)
        near.root = store.root
        yield near


def _verify_files(
    store: Store, whole: Store, record: DatasetRecord, each: int, exact: bool, commit: CommitRecord
) -> tuple[Report, NDArray[np.uint64]]:
    report = Report(shards=1)
    problems = report.problems
    if commit.fingerprint != record.fingerprint:
        problems.append(f"shard {commit.shard:06d} was committed under another fingerprint")
    for file in commit.files:
        problems += check_file(store, file)
    if problems:
        return report, NO_KEYS
    problems += _check_offsets(store, commit)
    rows = shard_rows(store, commit)
    planned = read_shard_plan(whole, commit.shard)
    if [pair.key for pair in planned] != [row.key for row in rows]:
        problems.append(f"shard {commit.shard:06d}: the manifest's keys are not the plan's")
    problems += _check_rows(rows, commit, record)
    accepted = {row.key: row for row in rows if row.status == "accepted"}
    chosen = sorted(accepted, key=lambda key: hashlib.sha256(key.encode()).digest())[:each]
    kept: dict[str, Sample] = {}
    found: list[str] = []
    names = member_names(record.config.image.format)
    # One sample is in memory at a time, and those that are made again.
    for key, group in groupby(members(store, commit.tar.name), key=lambda member: member[0]):
        found.append(key)
        contents = {name: data for _, name, data in group}
        if set(contents) != set(names):
            problems.append(f"{key}: members are {sorted(contents)}")
        elif key in accepted:
            sample = Sample(*(contents[name] for name in names))
            problems += _check_sample(accepted[key], sample, record)
            if key in chosen:
                kept[key] = sample
    if found != list(accepted):
        problems.append(f"shard {commit.shard:06d}: the tar's samples are not the manifest's accepted pairs")
    report.pairs, report.samples = len(rows), len(found)
    if not problems:
        for key in chosen:
            problems += _check_render(accepted[key], kept[key], record)
            problems += _check_remake(whole, accepted[key], kept[key], record, exact)
            report.rendered += 1
            report.remade += 1
    return report, hashes(rows)


def check_file(store: Store, file: FileRecord) -> Iterator[str]:
    """Yield what is wrong with a file that a commit record names."""
    try:
        with store.local(file.name) as path, path.open("rb") as stream:
            size, sha256 = path.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        yield f"{file.name} is missing"
        return
    if size != file.bytes or sha256 != file.sha256:
        yield f"{file.name} is not the file that was committed"


def _check_offsets(store: Store, commit: CommitRecord) -> Iterator[str]:
    if commit.offsets is None:
        return
    with store.local(commit.tar.name) as tar, store.local(commit.offsets.name) as offsets:
        with reading(f"{store.root}/{commit.tar.name}"):
            found = scan(tar)
        with reading(f"{store.root}/{commit.offsets.name}"):
            agree = pq.read_table(offsets, partitioning=None).equals(found)
        if not agree:
            yield f"{commit.offsets.name} does not say where the tar's samples lie"


def _check_rows(rows: Sequence[ManifestRow], commit: CommitRecord, record: DatasetRecord) -> Iterator[str]:
    process = PROCESSES[record.process]
    for row in rows:
        if (row.status == "rejected") != bool(row.reasons):
            yield f"{row.key}: {row.status} with reasons {row.reasons}"
        if "." in row.key:
            yield f"{row.key}: a key must hold no dot"
        if row.recipe is not None:
            try:
                process.check(row.recipe)
            except ValueError as error:
                yield f"{row.key}: {error}"
    origins = Counter(row.origin for row in rows if row.status == "accepted")
    if (commit.planned, commit.accepted, commit.origins) != (len(rows), origins.total(), origins):
        yield f"shard {commit.shard:06d}: the commit record's counts are not the manifest's"


def _check_sample(row: ManifestRow, sample: Sample, record: DatasetRecord) -> Iterator[str]:
    image_format = record.config.image.format
    names = member_names(image_format)
    if sample.json != row.to_member():
        yield f"{row.key}: the json member is not the manifest's row"
    for name, data, sha256 in (
        (names.input, sample.input, row.input_sha256),
        (names.target, sample.target, row.target_sha256),
    ):
        if hashlib.sha256(data).hexdigest() != sha256:
            yield f"{row.key}.{name}: not the bytes that the manifest names"
        try:
            shape = tuple(decode(data, image_format).shape)
        except (ValueError, OSError, UnidentifiedImageError) as error:
            yield f"{row.key}.{name}: does not decode: {error}"
            continue
        if shape != (3, row.height, row.width):
            yield f"{row.key}.{name}: is {shape[2]} x {shape[1]}, the manifest says {row.width} x {row.height}"


def _check_render(row: ManifestRow, sample: Sample, record: DatasetRecord) -> Iterator[str]:
    """Check that the recipe, rendered on the stored input, comes as close to the stored target as the row says."""
    if row.recipe is None or row.measures is None:
        yield f"{row.key}: accepted without recipe or measures"
        return
    config = record.config
    stored, target = (decode(data, config.image.format).unsqueeze(0) for data in (sample.input, sample.target))
    parameters = PROCESSES[record.process].vector([row.recipe])
    rendered = renderer_of(record.process, config.engine).render(stored, parameters)
    stride = config.scores.difference_stride
    measured = psnr(grid(rendered, stride), grid(target, stride)).item()
    if abs(measured - row.measures.cycle_psnr) > 0.01:
        yield f"{row.key}: renders to {measured:.2f} dB of its target, the row says {row.measures.cycle_psnr:.2f}"


def _check_remake(store: Store, row: ManifestRow, sample: Sample, record: DatasetRecord, exact: bool) -> Iterator[str]:
    """Check that the sample is the same when made again: in bytes if `exact`, else nearly the same in pixels."""
    try:
        pair = remake(store, record, row, drafts=not exact)
    except (UnretouchError, OSError) as error:
        yield f"{row.key}: cannot be made again: {error}"
        return
    if exact:
        if not same(row, pair):
            yield f"{row.key}: made again, it differs"
        return
    if pair.input is None:
        yield f"{row.key}: made again, it is rejected: {pair.row.reasons}"
        return
    inputs = (decode(data, record.config.image.format).unsqueeze(0) for data in (pair.input, sample.input))
    closeness = psnr(*inputs).item()
    if closeness < _ALIKE:
        yield f"{row.key}: made again, its input differs by {closeness:.1f} dB"
