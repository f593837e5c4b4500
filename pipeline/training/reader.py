"""Pairs of a finished data set for training: a map-style data set for PyTorch's own `DataLoader`.

A training loop:

    pairs = PairDataset("s3://pairs/v1", split="train", where="task = 'auto'", crop=256)
    state = ReaderState(seed=0, global_batch=64, fingerprint=pairs.fingerprint)
    while state.epoch < 10:
        batches = GlobalBatches(pairs.shards, pairs.fingerprint, state, rank, ranks)
        for batch in DataLoader(pairs, batch_sampler=batches, collate_fn=pairs.collate, num_workers=4):
            ...
            state = state.after_batch(len(pairs))  # what a checkpoint keeps
"""

import copy
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic_core import from_json
from torch.utils.data import Dataset

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.dataset.selected import Selected
from pipeline.recipes.seeds import seed_of
from pipeline.storage.damage import DamagedError
from pipeline.training.checks import check_crop, picture, skipped
from pipeline.training.order import Drawn
from pipeline.training.samples import Broken, LabelReader, Labels, PairBatch, PairSample, cropped, pair_batch

OnBroken = Literal["raise", "skip"]
"""What to do with a sample that is broken: end, or leave it out of its batch, which lists it under `skipped`."""


class PairDataset(Dataset[PairSample | Broken]):
    """Accepted pairs. Every picture is checked against the hash in its row.

    Args:
        root: folder, `s3://` prefix or `http(s)://` address of a finished data set.
        split: a split; None takes all.
        where: SQL condition on the manifest, as in "task = 'auto'"; see `pipeline.dataset.index.sample_index`.
        crop: side of the square that is cut out of every pair, in pixels; None leaves pictures whole.
        broken: what to do with a sample that is broken.
        columns: columns of the manifest to keep in `rows`.

    Attributes:
        process: what the recipes are of.
        keys: (N,) key of each sample.
        shards: (N,) int32, shard of each sample, for `GlobalBatches`.
        rows: `columns`, one row a sample.
        fingerprint: hash of the data set and of what is selected, for `ReaderState`.

    Raises:
        NoDataSetError: there is no data set, or it is not finished.
        DamagedError: a file is not what was committed.
        SelectionError: nothing is selected, the condition is no SQL, or a picture holds no such crop.
    """

    def __init__(
        self,
        root: str,
        split: str | None = None,
        where: str | None = None,
        crop: int | None = None,
        broken: OnBroken = "raise",
        columns: Sequence[str] = (),
    ) -> None:
        self._selected = Selected(root, split, where, (*columns, *(() if crop is None else ("width", "height"))))
        if crop is not None:
            check_crop(self._selected, crop)
        self.process: Process = PROCESSES[self._selected.record.process]
        self._labels = LabelReader(self.process)
        self._format = self._selected.record.config.image.format
        self._crop, self._broken = crop, broken

    @property
    def keys(self) -> pa.Array:
        """Key of each sample, (N,)."""
        return self._selected.keys

    @property
    def rows(self) -> pa.Table:
        """Columns of the manifest, one row a sample."""
        return self._selected.rows

    @property
    def shards(self) -> NDArray[np.int32]:
        """Shard of each sample, (N,)."""
        return self._selected.shards

    @property
    def fingerprint(self) -> str:
        """Hash of the data set and of what is selected."""
        return self._selected.fingerprint

    def __len__(self) -> int:
        return len(self._selected)

    def __getitem__(self, at: int | Drawn) -> PairSample | Broken:
        """Read a sample as `pair` does.

        Raises:
            DamagedError: the sample is broken, and broken ones are not skipped.
        """
        try:
            return self.pair(at)
        except DamagedError as error:
            if self._broken == "skip":
                return skipped(self._selected.key(at if isinstance(at, int) else at.number), error)
            raise

    def pair(self, at: int | Drawn) -> PairSample:
        """Read a sample: by its number, with a crop from the middle; or as a sampler draws it, with a random crop.

        Raises:
            DamagedError: the sample is broken.
        """
        index, seed = (at, None) if isinstance(at, int) else at
        key = self._selected.key(index)
        sample = self._read(index, key)
        if self._crop is None:
            return sample
        drawn = None if seed is None else seed_of(seed, key)
        before, after = cropped([sample.input, sample.target], self._crop, drawn)
        return PairSample(before, after, sample.labels)

    def labels(self, index: int) -> Labels:
        """Read a sample's labels alone.

        Raises:
            DamagedError: they are broken.
        """
        (member,) = self._selected.members(index, ("json",))
        return self._labelled(member, self._selected.key(index))[1]

    def subset(self, numbers: NDArray[np.int64]) -> "PairDataset":
        """Some of the samples by their numbers, in that order."""
        chosen = copy.copy(self)
        chosen._selected = self._selected.subset(numbers)
        return chosen

    def collate(self, samples: Sequence[PairSample | Broken]) -> PairBatch:
        """Put samples into a batch: the `collate_fn` of a `DataLoader`.

        Raises:
            DamagedError: every sample is broken.
        """
        return pair_batch(samples, stack=self._crop is not None)

    def _read(self, index: int, key: str) -> PairSample:
        before, after, member = self._selected.members(index, ("input", "target", "json"))
        row, labels = self._labelled(member, key)
        return PairSample(
            picture(before, row["input_sha256"], self._format, f"{key}: its input"),
            picture(after, row["target_sha256"], self._format, f"{key}: its target"),
            labels,
        )

    def _labelled(self, member: memoryview, key: str) -> tuple[dict[str, Any], Labels]:
        try:
            row = from_json(bytes(member), cache_strings="none")
            return row, self._labels(row)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{key}: its json is no row: {error!r}") from error
