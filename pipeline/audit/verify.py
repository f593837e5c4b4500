"""Verification of a data set: every shard, and what they must not share."""

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.verify_shard import NO_KEYS, Report, verify_shard
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import commits, missing_shards
from pipeline.shards.fingerprint import code_sha256, this_platform
from pipeline.storage.store import Store
from schemas.dataset import CommitRecord, DatasetRecord


def verify(store: Store, record: DatasetRecord, sample: int, workers: int) -> Report:
    """Check every shard, and check some pairs by making them again.

    Args:
        store: the data set's store.
        record: the data set's record.
        sample: about how many pairs to render and make again, spread over the shards.
        workers: number of processes.

    Raises:
        NoDataSetError: a commit record is damaged, or another version of unretouch wrote it.
    """
    done = commits(store)
    report = Report()
    report.problems += [f"shard {shard:06d} is not committed" for shard in missing_shards(store, record)]
    same_code = code_sha256() == record.code_sha256
    same_platform = this_platform(record.platform.processor is not None) == record.platform
    exact = sample > 0 and same_code and same_platform
    report.compared = "bytes" if exact else "pixels"
    each = -(-sample // max(len(done), 1))
    check = partial(verify_shard, store.root, record, each, exact)
    context = multiprocessing.get_context("spawn")  # a forked process would inherit torch's threads
    keys: list[NDArray[np.uint64]] = []
    with ProcessPoolExecutor(min(workers, max(len(done), 1)), context) as pool:
        for part, found in pool.map(check, done):
            keys.append(found)
            for name in ("shards", "pairs", "samples", "rendered", "remade"):
                setattr(report, name, getattr(report, name) + getattr(part, name))
            report.problems += part.problems
    report.problems += _repeated(store, done, keys)
    return report


def _repeated(store: Store, done: Sequence[CommitRecord], keys: Sequence[NDArray[np.uint64]]) -> list[str]:
    """A problem for each key that stands in several rows; `keys` are the hashes of each shard's keys."""
    hashes, counts = np.unique(np.concatenate([NO_KEYS, *keys]), return_counts=True)
    repeated = hashes[counts > 1]
    if not len(repeated):
        return []
    shards = (commit for commit, own in zip(done, keys, strict=True) if np.isin(own, repeated).any())
    found = Counter(row.key for commit in shards for row in shard_rows(store, commit))
    return [f"key {key} stands in {count} rows" for key, count in found.items() if count > 1]
