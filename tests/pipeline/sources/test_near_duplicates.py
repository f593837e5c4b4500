"""Leader clustering of hashes, against the definition."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.near_duplicates import find_near_duplicates

# Few distinct bits, so that hashes come near to each other.
HASHES = st.lists(
    st.one_of(st.integers(0, 2**12 - 1), st.integers(0, 2**64 - 1), st.integers(0, 9).map(lambda b: 1 << 7 * b))
)


def by_definition(hashes: list[int], distance: int) -> list[int]:
    leaders: list[int] = []
    found = []
    for index, value in enumerate(hashes):
        near = [leader for leader in leaders if (hashes[leader] ^ value).bit_count() <= distance]
        found.append(near[0] if near else index)
        if not near:
            leaders.append(index)
    return found


@given(HASHES, st.integers(0, 16))
def test_agrees_with_the_definition(hashes: list[int], distance: int) -> None:
    found = find_near_duplicates(np.array(hashes, dtype=np.uint64), distance)
    assert found.tolist() == by_definition(hashes, distance)


@given(HASHES, HASHES)
def test_appending_changes_nothing_before(hashes: list[int], more: list[int]) -> None:
    first = find_near_duplicates(np.array(hashes, dtype=np.uint64))
    both = find_near_duplicates(np.array(hashes + more, dtype=np.uint64))
    assert np.array_equal(both[: len(hashes)], first)


def test_several_blocks_agree_with_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.near_duplicates._CANDIDATES", 50)
    hashes = np.random.default_rng(3).integers(0, 2**14, 400, dtype=np.uint64)
    assert find_near_duplicates(hashes, 3).tolist() == by_definition(hashes.tolist(), 3)


def test_a_chain_does_not_drift() -> None:
    # Each is within 4 bits of the one before it, but the third is 6 bits from the first: it leads anew.
    assert find_near_duplicates(np.array([0, 0b111, 0b111111, 0b1111111], dtype=np.uint64)).tolist() == [0, 0, 2, 2]


def test_distance_is_bounded() -> None:
    with pytest.raises(ValueError, match="0 to 16"):
        find_near_duplicates(np.zeros(1, dtype=np.uint64), 17)


def test_a_quarter_of_a_million_take_little_memory() -> None:
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**64, 250_000, dtype=np.uint64)
    copies = rng.integers(0, 200_000, 50_000)
    hashes[200_000:] = hashes[copies] ^ (np.uint64(1) << rng.integers(0, 64, 50_000).astype(np.uint64))
    tracemalloc.start()
    found = find_near_duplicates(hashes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(found[200_000:], found[copies])
    assert peak < 500e6
