"""The audit before a release: every shard is surveyed, every check is run, and reports are written beside the data."""

import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.audit.hashes import hashed
from pipeline.audit.release.checks import run_checks
from pipeline.audit.release.licences import Use, allows
from pipeline.audit.release.page import page
from pipeline.audit.release.report import Report, ThresholdsFile, build_report
from pipeline.audit.release.sources import attribution, released_sources
from pipeline.audit.release.survey import EXAMPLES, Hashes, Survey, survey_rows
from pipeline.audit.release.survey_shard import survey_shard
from pipeline.dataset.reader import read_manifest
from pipeline.dataset.record import finished_commits
from pipeline.storage.store import Store
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.jobs.release import Thresholds

FOLDER = "release"
"""Folder of the reports in the data set."""

DEFAULT_THRESHOLDS = Path(__file__).with_name("release_1.yaml")
"""The thresholds of this version of unretouch."""

_COLUMNS = {
    "instructions": ("words.instruction",),
    "sources": ("source_sha256", "before_sha256"),
    "targets": ("target_sha256",),
}
"""Columns of the manifest in which examples are sought."""


def release(
    store: Store,
    record: DatasetRecord,
    thresholds: Thresholds,
    file: ThresholdsFile,
    workers: int,
    sample: int | None = None,
    use: Use | None = None,
) -> Report:
    """Audit a finished data set, and write `release/report.json`, `report.html` and `ATTRIBUTION.md` into it.

    With a use, pairs whose licence does not allow it are left out, and the keys of the others are written to
    `release/keys-USE.parquet`.

    Args:
        store: the data set's store.
        record: the data set's record.
        thresholds: what is demanded.
        file: where the thresholds are from.
        workers: number of processes.
        sample: about how many pairs to judge, spread over the shards; None judges all.
        use: what the release is for.

    Raises:
        NoDataSetError: the data set is not finished, or a record is damaged.
        DamagedError, FileNotFoundError: a file of the data set cannot be read.
    """
    done = finished_commits(store, record)
    survey = _survey(store, record, done, workers, sample, use)
    released = [hashes for (kind, _), found in survey.pictures.items() if kind == "sources" for hashes in found]
    sources = released_sources(store, np.concatenate([np.array([], np.uint64), *released]))
    checks = run_checks(survey, sources, record, thresholds, use, partial(_find, store, done, use))
    report = build_report(survey, sources, checks, record, file, use)
    with store.staged(f"{FOLDER}/ATTRIBUTION.md") as path, path.open("w", encoding="utf-8") as stream:
        stream.writelines(attribution(sources))
    if use is not None:
        keys = pa.table({"key": pa.chunked_array(survey.keys, pa.string())})
        with store.staged(f"{FOLDER}/keys-{use}.parquet") as path:
            pq.write_table(keys, path, compression="zstd")
    store.write(f"{FOLDER}/report.html", page(report, survey.numbers).encode())
    store.write(f"{FOLDER}/report.json", report.to_bytes())
    return report


def thresholds_file(name: str, data: bytes, thresholds: Thresholds) -> ThresholdsFile:
    """What a report says of the file that thresholds were read from."""
    return ThresholdsFile(file=name, version=thresholds.version, sha256=hashlib.sha256(data).hexdigest())


def _survey(
    store: Store,
    record: DatasetRecord,
    done: Sequence[CommitRecord],
    workers: int,
    sample: int | None,
    use: Use | None,
) -> Survey:
    each = None if sample is None else -(-sample // max(len(done), 1))
    whole = survey_rows([], record, use)
    context = multiprocessing.get_context("spawn")  # a forked process would inherit torch's threads
    with ProcessPoolExecutor(min(workers, max(len(done), 1)), context) as pool:
        for part in pool.map(partial(survey_shard, store.root, record, each, use), done):
            whole.add(part)
    return whole


def _find(store: Store, done: Sequence[CommitRecord], use: Use | None, kind: str, wanted: Hashes) -> list[str]:
    """Keys of a few pairs of the release that have one of some hashes; see `Find`."""
    return list(islice(_found(store, done, use, _COLUMNS[kind], wanted), EXAMPLES)) if len(wanted) else []


def _found(
    store: Store, done: Sequence[CommitRecord], use: Use | None, columns: Sequence[str], wanted: Hashes
) -> Iterator[str]:
    for commit in done:
        read = ("key", "status", "licence", *(column.split(".")[0] for column in columns))
        table = read_manifest(store, commit.manifest.name, columns=read).flatten()
        hit = np.zeros(len(table), bool)
        for column in columns:
            hit |= np.isin(hashed(table[column].fill_null("").to_pylist()), wanted)
        for row in table.select(["key", "status", "licence"]).filter(pa.array(hit)).to_pylist():
            if row["status"] == "accepted" and allows(row["licence"], use):
                yield row["key"]
