"""The order in which samples are read: a function of (seed, epoch) alone, cut into global batches and shared by ranks.

A trainer keeps a `ReaderState`, a few numbers, and resumes from it in the middle of an epoch with any number of ranks
and workers: no sample of an epoch comes twice, and none is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from pipeline.recipes.seeds import seed_of

WINDOW = 16
"""Shards among which samples are shuffled. All of them are read at the same time."""


class Drawn(NamedTuple):
    """What a sampler asks a data set for.

    Attributes:
        number: number of the sample in the data set.
        seed: seed of the epoch, for whatever is drawn for the sample: its crop and, with `fresh`, its recipe.
    """

    number: int
    seed: int


@dataclass(frozen=True)
class ReaderState:
    """How far training has read. It may be kept as JSON: `dataclasses.asdict` and back.

    Attributes:
        seed: seed of the order.
        global_batch: samples of a batch, those of all ranks together.
        fingerprint: `fingerprint` of the data set that is read.
        epoch: passes that are complete.
        seen: samples of the present pass that were trained on.
    """

    seed: int
    global_batch: int
    fingerprint: str
    epoch: int = 0
    seen: int = 0

    def after_batch(self, samples: int, drop_last: bool = False) -> "ReaderState":
        """The state when one more global batch has been trained on.

        Args:
            samples: samples of the data set.
            drop_last: as in `GlobalBatches`.
        """
        seen = self.seen + self.global_batch
        done = seen + self.global_batch > samples if drop_last else seen >= samples
        return replace(self, epoch=self.epoch + 1, seen=0) if done else replace(self, seen=seen)


class GlobalBatches(Sampler[list[Drawn]]):
    """A `batch_sampler` for `torch.utils.data.DataLoader`: one rank's part of what remains of the epoch of a state.

    Global batch k of an epoch is samples kG to (k + 1)G of its order. Rank r of R takes every R-th sample of it, from
    the r-th on.

    Args:
        shards: (N,) shard of each sample, see `PairDataset.shards`.
        fingerprint: fingerprint of the data set.
        state: where to begin.
        rank: number of this rank.
        ranks: number of ranks, which divides the global batch.
        drop_last: whether the last batch of an epoch is left out where it would be smaller. Each epoch leaves out
            other samples.
        window: shards among which samples are shuffled.

    Raises:
        ValueError: the state is of another data set, ranks do not divide the batch, some rank would get no sample of
            the last batch, or `drop_last` leaves nothing.
    """

    def __init__(
        self,
        shards: NDArray[np.int32],
        fingerprint: str,
        state: ReaderState,
        rank: int = 0,
        ranks: int = 1,
        drop_last: bool = False,
        window: int = WINDOW,
    ) -> None:
        if state.fingerprint != fingerprint:
            raise ValueError("the state was saved while another data set was read, or another selection of it")
        if state.global_batch % ranks or not 0 <= rank < ranks:
            raise ValueError(f"rank {rank} of {ranks} cannot take its part of {state.global_batch} samples a batch")
        last = len(shards) % state.global_batch
        if not drop_last and 0 < last < ranks:
            raise ValueError(f"the last batch has {last} samples for {ranks} ranks; set drop_last")
        if drop_last and len(shards) < state.global_batch:
            raise ValueError(f"{len(shards)} samples fill no batch of {state.global_batch}")
        self._shards, self._state, self._rank, self._ranks, self._window = shards, state, rank, ranks, window
        self._end = len(shards) - last if drop_last else len(shards)

    def __len__(self) -> int:
        """Batches that remain."""
        return max(0, -(-(self._end - self._state.seen) // self._state.global_batch))

    def __iter__(self) -> Iterator[list[Drawn]]:
        state = self._state
        seed = seed_of(state.seed, state.epoch)
        order = epoch_order(self._shards, state.seed, state.epoch, self._window)
        for start in range(state.seen, self._end, state.global_batch):
            batch = order[start : min(start + state.global_batch, self._end)][self._rank :: self._ranks]
            yield [Drawn(number, seed) for number in batch.tolist()]


class EndlessOrder:
    """All epochs one after another, for trainings that count steps: the sample at each position, from 0 on.

    Every N positions bring each sample once. Batches of any size may reach from one epoch into the next.

    Args:
        shards: (N,) shard of each sample.
        seed: seed of the order.
    """

    def __init__(self, shards: NDArray[np.int32], seed: int) -> None:
        self._shards, self._seed = shards, seed
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __getitem__(self, position: int) -> Drawn:
        epoch, place = divmod(position, len(self._shards))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, epoch_order(self._shards, self._seed, epoch)
        return Drawn(int(self._order[place]), seed_of(self._seed, epoch))


def epoch_order(shards: NDArray[np.int32], seed: int, epoch: int, window: int = WINDOW) -> NDArray[np.int64]:
    """The order of an epoch: shards are shuffled and put into windows, and each window's samples are shuffled.

    It sorts by hashes, so it is the same on every machine and with every version of NumPy.

    Args:
        shards: (N,) shard of each sample.
        seed: seed of the order.
        epoch: number of the epoch.
        window: shards of a window.

    Returns:
        (N,) numbers of samples, a permutation.
    """
    names, place = np.unique(shards, return_inverse=True)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(_mixed(names, seed_of(seed, epoch, "shards")), kind="stable")] = np.arange(len(names))
    samples = _mixed(np.arange(len(shards)), seed_of(seed, epoch, "samples"))
    return np.lexsort((samples, rank[place] // window))


def _mixed(numbers: NDArray[np.integer], seed: int) -> NDArray[np.uint64]:
    """A hash of each number: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), modulo 2^64."""
    mixed = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
