"""The last word on all sources together: repeats are rejected, the rest gets its split."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.sources.near_duplicates import find_near_duplicates
from pipeline.sources.splits import assign_split
from schemas.source import SourceRecord


def settle(records: Sequence[SourceRecord], splits: Mapping[str, float]) -> list[SourceRecord]:
    """Reject near-duplicates and assign splits. Records that already have a reason stay as they are.

    Of sources that look alike the first in the listing is used; the others name it. Sources of one group share a
    split. Both only depend on what was listed earlier, so sources that are added at the end move nothing.

    Args:
        records: in listing order, as `inspect` returns them.
        splits: shares by name.
    """
    usable = [index for index, record in enumerate(records) if record.reason is None]
    phashes = np.array([int(records[index].phash or "0", 16) for index in usable], dtype=np.uint64)
    settled = list(records)
    for index, leader in zip(usable, find_near_duplicates(phashes).tolist(), strict=True):
        record, used = records[index], records[usable[leader]]
        settled[index] = _assigned(record, splits) if record is used else _repeated(record, used)
    return settled


def _assigned(record: SourceRecord, splits: Mapping[str, float]) -> SourceRecord:
    identity = record.group or record.sha256
    if identity is None:
        raise ValueError(f"{record.uri}: a usable source must have a SHA-256")
    return record.model_copy(update={"split": assign_split(identity, splits)})


def _repeated(record: SourceRecord, used: SourceRecord) -> SourceRecord:
    how = "has the same bytes as" if record.sha256 == used.sha256 else "looks like"
    return record.model_copy(update={"reason": "near_duplicate", "detail": f"{how} {used.uri}"})
