"""The order of samples: resumed anywhere, with any number of ranks, each sample comes once in an epoch."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.training.order import EndlessOrder, GlobalBatches, ReaderState, epoch_order

SHARDS = st.lists(st.integers(1, 9), min_size=1, max_size=12).map(
    lambda sizes: np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
)


def read_batch(shards: NDArray[np.int32], state: ReaderState, ranks: int) -> list[list[int]]:
    """The next global batch of a state, by rank."""
    parts = []
    for rank in range(ranks):
        drawn = next(iter(GlobalBatches(shards, "set", state, rank, ranks)))
        parts.append([one.number for one in drawn])
    return parts


@given(SHARDS, st.integers(0, 2**62), st.integers(0, 5), st.integers(1, 4))
def test_an_epoch_is_a_permutation_in_windows_of_shards(
    shards: NDArray[np.int32], seed: int, epoch: int, window: int
) -> None:
    order = epoch_order(shards, seed, epoch, window)
    assert sorted(order) == list(range(len(shards)))
    assert (order == epoch_order(shards, seed, epoch, window)).all()
    # A reader that has read n windows has left all their shards behind.
    places = {int(shard): np.flatnonzero(shards[order] == shard) for shard in np.unique(shards)}
    for place in places.values():
        meanwhile = set(shards[order[place.min() : place.max() + 1]].tolist())
        assert len(meanwhile) <= window


@given(SHARDS, st.integers(0, 99), st.integers(1, 3), st.data())
def test_resuming_with_other_ranks_reads_each_sample_once(
    shards: NDArray[np.int32], seed: int, factor: int, data: st.DataObject
) -> None:
    whole = ReaderState(seed, 12 * factor, "set")
    read: list[int] = []
    expected = epoch_order(shards, seed, 0).tolist()
    state = whole
    while state.epoch == 0:
        # At each batch the trainer may be killed and come back with another number of ranks.
        fits = [ranks for ranks in (1, 2, 3, 4, 6) if ranks <= len(shards) - state.seen]
        last = (len(shards) % state.global_batch) or state.global_batch
        ranks = data.draw(st.sampled_from([ranks for ranks in fits if ranks <= last]))
        parts = read_batch(shards, state, ranks)
        batch = set(expected[state.seen : state.seen + state.global_batch])
        together = [number for part in parts for number in part]
        assert Counter(together) == Counter(batch)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
        read += together
        state = state.after_batch(len(shards))
    assert Counter(read) == Counter(range(len(shards)))
    assert state == ReaderState(seed, 12 * factor, "set", epoch=1)


def test_what_remains_is_what_an_undisturbed_epoch_would_have_read() -> None:
    shards = np.repeat(np.arange(40, dtype=np.int32), 25)
    start = ReaderState(3, 64, "set")
    undisturbed = list(GlobalBatches(shards, "set", start))
    assert len(undisturbed) == len(GlobalBatches(shards, "set", start)) == 16
    state = start
    for _ in range(5):
        state = state.after_batch(len(shards))
    assert list(GlobalBatches(shards, "set", state)) == undisturbed[5:]
    assert [len(batch) for batch in undisturbed] == [64] * 15 + [40]


def test_epochs_seeds_and_crops_differ() -> None:
    shards = np.repeat(np.arange(4, dtype=np.int32), 25)
    orders = {tuple(epoch_order(shards, seed, epoch).tolist()) for seed in (0, 1) for epoch in (0, 1)}
    assert len(orders) == 4
    seeds = {next(iter(GlobalBatches(shards, "set", ReaderState(0, 4, "set", epoch))))[0].seed for epoch in range(3)}
    assert len(seeds) == 3


@given(SHARDS, st.integers(0, 2**62), st.lists(st.integers(0, 200), max_size=9))
def test_an_endless_order_is_all_epochs_in_a_row(shards: NDArray[np.int32], seed: int, positions: list[int]) -> None:
    order = EndlessOrder(shards, seed)
    for position in positions:  # from any place to any other
        epoch, place = divmod(position, len(shards))
        assert order[position].number == epoch_order(shards, seed, epoch)[place]
        batches = GlobalBatches(shards, "set", ReaderState(seed, 1, "set", epoch))
        assert order[position].seed == next(iter(batches))[0].seed


def test_the_order_is_fixed_for_ever() -> None:
    shards = np.repeat(np.arange(4, dtype=np.int32), 3)
    assert epoch_order(shards, seed=1, epoch=2, window=2).tolist() == [6, 9, 10, 11, 8, 7, 4, 2, 3, 0, 5, 1]


def test_dropping_the_last_batch() -> None:
    shards = np.zeros(10, np.int32)
    state = ReaderState(0, 4, "set")
    assert [len(batch) for batch in GlobalBatches(shards, "set", state, drop_last=True)] == [4, 4]
    assert state.after_batch(10, drop_last=True) == ReaderState(0, 4, "set", 0, 4)
    assert state.after_batch(10, drop_last=True).after_batch(10, drop_last=True) == ReaderState(0, 4, "set", 1, 0)


def test_what_cannot_be_shared_is_refused() -> None:
    shards = np.zeros(9, np.int32)
    with pytest.raises(ValueError, match="another data set"):
        GlobalBatches(shards, "other", ReaderState(0, 4, "set"))
    with pytest.raises(ValueError, match="rank 0 of 3 cannot take its part of 4"):
        GlobalBatches(shards, "set", ReaderState(0, 4, "set"), 0, 3)
    with pytest.raises(ValueError, match="the last batch has 1 samples for 2 ranks"):
        GlobalBatches(shards, "set", ReaderState(0, 4, "set"), 0, 2)
    with pytest.raises(ValueError, match="9 samples fill no batch of 10"):
        GlobalBatches(shards, "set", ReaderState(0, 10, "set"), drop_last=True)
