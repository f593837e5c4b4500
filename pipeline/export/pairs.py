"""The pairs that an export writes."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from pipeline.dataset.selected import Selected
from pipeline.shards.offsets import PARTS
from pipeline.storage.damage import DamagedError
from schemas.sample import Words

_SHA256 = re.compile("[0-9a-f]{64}")


class ExportPair(NamedTuple):
    """A pair as it is stored.

    Attributes:
        key: key of the pair.
        words: its texts.
        input: stored bytes of the input.
        target: stored bytes of the target.
        row: the content of its `json` member.
    """

    key: str
    words: Words
    input: bytes
    target: bytes
    row: dict[str, Any]


Splits = Iterable[tuple[str, Iterator[ExportPair]]]
"""The pairs of each split, one split after the other."""


def pairs_by_split(selected: Selected, counts: Counter[str]) -> Splits:
    """Read selected pairs, one at a time, and count those of each split. `selected` holds the column `split`.

    Raises:
        DamagedError: a sample is not the one that was committed, or of a split that the data set does not have.
    """
    splits = selected.rows["split"].to_pylist()
    for split, numbers in groupby(range(len(selected)), key=lambda number: str(splits[number])):
        if split not in selected.record.splits:
            raise DamagedError(f"{selected.root}: {split[:100]!r} is no split of this data set")
        yield split, _pairs(selected, split, numbers, counts)


def _pairs(selected: Selected, split: str, numbers: Iterator[int], counts: Counter[str]) -> Iterator[ExportPair]:
    for number in numbers:
        key = selected.key(number)
        before, after, member = map(bytes, selected.members(number, PARTS))
        try:
            row = json.loads(member)
            hashes = row["input_sha256"], row["target_sha256"]
            words = Words.model_validate(row["words"])
            named = bool(_SHA256.fullmatch(row["source_sha256"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{key}: its json is no row: {error!r}") from error
        if not named:
            raise DamagedError(f"{key}: its json names no source")
        if (hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest()) != hashes:
            raise DamagedError(f"{key}: its pictures are not those that were committed")
        counts[split] += 1
        yield ExportPair(key, words, before, after, row)
