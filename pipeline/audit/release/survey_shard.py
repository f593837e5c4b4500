"""The survey of one shard, in a process of its own."""

from collections.abc import Iterator, Mapping
from itertools import groupby

import torch

from pipeline.audit.release.judge import Stored, judge
from pipeline.audit.release.licences import Use, allows
from pipeline.audit.release.survey import Survey, survey_rows
from pipeline.audit.verify_shard import near
from pipeline.dataset.reader import members, read_sample, shard_rows
from pipeline.storage.damage import DamagedError
from pipeline.storage.store import Store, open_store
from schemas.dataset import CommitRecord, DatasetRecord
from schemas.manifest import ManifestRow
from schemas.sample import ImageFormat, member_names


def survey_shard(root: str, record: DatasetRecord, each: int | None, use: Use | None, commit: CommitRecord) -> Survey:
    """Count the rows of a shard, and judge the words of its accepted pairs.

    Args:
        root: root of the data set's store.
        record: the data set's record.
        each: how many pairs to judge; None judges all.
        use: a use; pairs whose licence does not allow it are left out.
        commit: the shard's commit record.

    Raises:
        DamagedError, FileNotFoundError: a file of the shard cannot be read.
    """
    torch.set_num_threads(1)  # several processes run at once
    store = open_store(root)
    rows = shard_rows(store, commit)
    survey = survey_rows(rows, record, use)
    kept = {row.key: row for row in rows if row.status == "accepted" and allows(row.licence, use)}
    image_format = record.config.image.format
    if each is None:
        judge(_all_of(store, commit, kept, image_format), record, survey)
    else:
        judge(_some_of(store, kept, each, image_format), record, survey)
    return survey


def _all_of(
    store: Store, commit: CommitRecord, rows: Mapping[str, ManifestRow], image_format: ImageFormat
) -> Iterator[Stored]:
    """Pairs in the order of the tar, which is fetched whole."""
    names = member_names(image_format)
    found = 0
    with near(store, [commit.tar]) as whole:
        for key, group in groupby(members(whole, commit.tar.name), key=lambda member: member[0]):
            contents = {name: data for _, name, data in group}
            if key in rows and names.input in contents and names.target in contents:
                found += 1
                yield Stored(rows[key], contents[names.input], contents[names.target])
    if found < len(rows):
        raise DamagedError(f"{store.root}/{commit.tar.name} lacks {len(rows) - found} of the manifest's accepted pairs")


def _some_of(store: Store, rows: Mapping[str, ManifestRow], each: int, image_format: ImageFormat) -> Iterator[Stored]:
    """Pairs spread evenly over the shard, read one by one."""
    keys = list(rows)
    for place in range(min(each, len(keys))):
        row = rows[keys[place * len(keys) // min(each, len(keys))]]
        sample = read_sample(store, row, image_format)
        yield Stored(row, sample.input, sample.target)
