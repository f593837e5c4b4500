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

import json
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from operators.catalogue import PROCESSES
from pipeline.dataset.reader import DamagedError
from pipeline.dataset.selected import Selected
from pipeline.recipes.seeds import seed_of
from pipeline.training.checks import check_crop, picture, skipped
from pipeline.training.order import Drawn
from pipeline.training.samples import Broken, PairBatch, PairSample, cropped, labels_of, pair_batch

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

    Attributes:
        shards: (N,) int32, shard of each sample, for `GlobalBatches`.
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
    ) -> None:
        self._selected = Selected(root, split, where, () if crop is None else ("width", "height"))
        if crop is not None:
            check_crop(self._selected, crop)
        self._process = PROCESSES[self._selected.record.process]
        self._format = self._selected.record.config.image.format
        self._crop, self._broken = crop, broken

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
        """Read a sample: by its number, with a crop from the middle; or as a sampler draws it, with a random crop.

        Raises:
            DamagedError: the sample is broken, and broken ones are not skipped.
        """
        index, seed = (at, None) if isinstance(at, int) else at
        key = self._selected.key(index)
        try:
            sample = self._read(index, key)
        except DamagedError as error:
            if self._broken == "skip":
                return skipped(key, error)
            raise
        if self._crop is None:
            return sample
        drawn = None if seed is None else seed_of(seed, key)
        before, after = cropped([sample.input, sample.target], self._crop, drawn)
        return PairSample(before, after, sample.labels)

    def collate(self, samples: Sequence[PairSample | Broken]) -> PairBatch:
        """Put samples into a batch: the `collate_fn` of a `DataLoader`.

        Raises:
            DamagedError: every sample is broken.
        """
        return pair_batch(samples, stack=self._crop is not None)

    def _read(self, index: int, key: str) -> PairSample:
        content = self._selected.members(index, ("input", "target", "json"))
        try:
            row = json.loads(content[2])
            labels = labels_of(row, self._process)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{key}: its json is no row: {error!r}") from error
        return PairSample(
            picture(content[0], row["input_sha256"], self._format, f"{key}: its input"),
            picture(content[1], row["target_sha256"], self._format, f"{key}: its target"),
            labels,
        )
