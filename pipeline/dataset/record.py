"""The record of a data set, its commit records, and its progress."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from operators.catalogue import PROCESSES
from pipeline.shards.commit import check_own, commit_name
from pipeline.storage.store import Files, Store
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.errors import UnretouchError
from schemas.rewrite import Rewrites

RECORD = "dataset.json"

_REQUESTS = 16
"""Commit records that are read at a time: what takes time is waiting for answers."""

Record = TypeVar("Record", DatasetRecord, CommitRecord)


class NoDataSetError(UnretouchError):
    """There is no data set where one is expected, or this version cannot read it."""


def find_record(store: Files) -> DatasetRecord | None:
    """Read the record of the data set in a store; None if nothing is planned yet.

    Raises:
        NoDataSetError: `dataset.json` is damaged, or another version of unretouch wrote it.
    """
    try:
        record = _parsed(store, RECORD, DatasetRecord)
    except FileNotFoundError:
        return None
    if record.process not in PROCESSES:
        raise NoDataSetError(f"{store.root}/{RECORD} names process {record.process!r}, unknown to this version")
    return record


def load_record(store: Files) -> DatasetRecord:
    """Read the record of the data set in a store.

    Raises:
        NoDataSetError: there is no record, or this version cannot read it.
    """
    record = find_record(store)
    if record is None:
        raise NoDataSetError(f"{store.root} holds no data set: {RECORD} is missing")
    return record


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield one line for each difference of two JSON values, as in "recipes.sigma_scale: 1.0 -> 0.5"."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif old != new:
        yield f"{path}: {json.dumps(old)} -> {json.dumps(new)}"


def own_commits(store: Store, record: DatasetRecord) -> list[CommitRecord]:
    """Read the commit records that exist, sorted by shard, and check that they are of this data set.

    Raises:
        ForeignCommitError: a commit record is of another data set.
        NoDataSetError: a commit record is damaged, or another version of unretouch wrote it.
    """
    found = commits(store)
    for commit in found:
        check_own(store, commit, record.fingerprint)
    return found


def commits(store: Store) -> list[CommitRecord]:
    """Read the commit records that exist, sorted by shard.

    Raises:
        NoDataSetError: a commit record is damaged, or another version of unretouch wrote it.
    """
    with ThreadPoolExecutor(_REQUESTS) as pool:
        return list(pool.map(partial(_parsed, store, kind=CommitRecord), store.names("commits")))


def finished_commits(files: Files, record: DatasetRecord) -> list[CommitRecord]:
    """Read the commit records of a finished data set, sorted by shard. They are not listed, for the web cannot.

    Raises:
        NoDataSetError: the data set is not finished, or a commit record is damaged or of another version.
    """
    if record.counts.accepted is None:
        raise NoDataSetError(f"{files.root} is not finished; run its command again to resume")
    with ThreadPoolExecutor(_REQUESTS) as pool:
        names = map(commit_name, range(record.counts.shards))
        return list(pool.map(partial(_parsed, files, kind=CommitRecord), names))


def missing_shards(store: Store, record: DatasetRecord) -> list[int]:
    """Numbers of the shards without a commit record, ascending."""
    present = set(store.names("commits"))
    return [shard for shard in range(record.counts.shards) if commit_name(shard) not in present]


def progress_of(store: Store, record: DatasetRecord) -> dict[str, object]:
    """The progress of a data set, as values for JSON.

    Raises:
        ForeignCommitError: a commit record is of another data set.
        NoDataSetError: a commit record is damaged, or another version of unretouch wrote it.
    """
    done = own_commits(store, record)
    rejected: Counter[str] = Counter()
    for commit in done:
        rejected.update(commit.rejected)
    return {
        "out": store.root,
        "complete": len(done) == record.counts.shards,
        "sources": record.counts.sources,
        "sources rejected": record.counts.sources_rejected,
        "shards": record.counts.shards,
        "shards committed": len(done),
        "splits": {split: f"shards {first} to {end - 1}" for split, (first, end) in record.splits.items()},
        "pairs planned": record.counts.planned,
        "pairs accepted": sum(commit.accepted for commit in done),
        "pairs rejected": sum(commit.planned - commit.accepted for commit in done),
        "rejected by reason": dict(sorted(rejected.items())),
        **(_rewrites(done) if record.config.words.vlm is not None else {}),
    }


def _rewrites(done: Sequence[CommitRecord]) -> dict[str, object]:
    found = sum((commit.rewrites for commit in done if commit.rewrites is not None), Rewrites())
    return {
        "words of the VLM": found.vlm,
        "words of the grammar": found.grammar,
        "answers refused": found.refused,
        "VLM tokens of committed shards": found.input_tokens + found.output_tokens,
    }


def _parsed(store: Files, name: str, kind: type[Record]) -> Record:
    data = store.read(name)
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"]) or "the whole file"
        raise NoDataSetError(
            f"{store.root}/{name} is no record that this version of unretouch reads: {field}: {problem['msg']}; "
            "use the version that wrote it, or another OUT"
        ) from error
