"""Grouping of perceptual hashes: leader clustering in listing order, by multi-index hashing.

Each hash joins the earliest leader within the distance, or becomes a leader. Later hashes never change the leaders of
earlier ones. Candidates come from one table for each of `max_distance + 1` bands of bits: two hashes that differ in at
most `max_distance` bits agree on all bits of at least one band (Norouzi, Punjani and Fleet, "Fast search in Hamming
space with multi-index hashing", CVPR 2012).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_CANDIDATES = 1 << 20
"""Pairs of hashes that are compared at a time. This bounds the memory."""

Indices = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def find_near_duplicates(phashes: Hashes, max_distance: int = 4) -> Indices:
    """Find the leader of every hash.

    Args:
        phashes: (N,) 64-bit hashes in listing order.
        max_distance: largest number of bits in which a hash may differ from its leader, 0 to 16.

    Returns:
        (N,) index of each hash's leader; a leader has its own index.

    Raises:
        ValueError: `max_distance` is not in 0 to 16.
    """
    if not 0 <= max_distance <= 16:
        raise ValueError(f"max_distance must lie in 0 to 16, got {max_distance}")
    # Equal hashes have the same leader, so each value is processed once, at its first position.
    values, first, inverse = np.unique(phashes.astype(np.uint64), return_index=True, return_inverse=True)
    order = np.argsort(first)
    leaders = _lead(values[order], max_distance)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    found: Indices = first[order][leaders[rank]][inverse]
    return found


def _lead(hashes: Hashes, max_distance: int) -> Indices:
    """Index of the leader of each of some distinct hashes."""
    tables = [_Table.build(hashes, band) for band in _bands(max_distance + 1)]
    work = np.cumsum(sum(table.rank for table in tables))
    leaders = np.arange(len(hashes))
    start = 0
    while start < len(hashes):
        done = work[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(work, done + _CANDIDATES, side="right")))
        items, others = _near(hashes, tables, leaders, start, stop, max_distance)
        # Leaders before this block are final. Within it, an earlier hash may still turn out to follow another.
        settled = others < start
        np.minimum.at(leaders, items[settled], others[settled])
        for item, other in zip(items[~settled].tolist(), others[~settled].tolist(), strict=True):
            if leaders[item] == item and leaders[other] == other:
                leaders[item] = other
        start = stop
    return leaders


def _near(
    hashes: Hashes, tables: "list[_Table]", leaders: Indices, start: int, stop: int, max_distance: int
) -> tuple[Indices, Indices]:
    """Sorted pairs of a hash in [start, stop) and an earlier hash near it that is, or may become, a leader."""
    pairs = [table.earlier(start, stop) for table in tables]
    items = np.concatenate([pair[0] for pair in pairs])
    others = np.concatenate([pair[1] for pair in pairs])
    near = (leaders[others] == others) & (np.bitwise_count(hashes[items] ^ hashes[others]) <= max_distance)
    keys = np.unique(items[near] * len(hashes) + others[near])
    return keys // len(hashes), keys % len(hashes)


@dataclass(frozen=True)
class _Table:
    """Hashes grouped by the value of one band of bits.

    Attributes:
        members: all indices, group by group, ascending within a group.
        begin: for each hash, where its group begins in `members`.
        rank: for each hash, the number of earlier hashes in its group.
    """

    members: Indices
    begin: Indices
    rank: Indices

    @classmethod
    def build(cls, hashes: Hashes, band: tuple[int, int]) -> "_Table":
        low, high = band
        keys = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        members = np.argsort(keys, kind="stable")
        ordered = keys[members]
        begin, rank = np.empty_like(members), np.empty_like(members)
        begin[members] = np.searchsorted(ordered, ordered)
        rank[members] = np.arange(len(members)) - begin[members]
        return cls(members, begin, rank)

    def earlier(self, start: int, stop: int) -> tuple[Indices, Indices]:
        """All pairs of a hash in [start, stop) and an earlier hash of its group."""
        counts = self.rank[start:stop]
        items = np.repeat(np.arange(start, stop), counts)
        within = np.arange(len(items)) - np.repeat(np.cumsum(counts) - counts, counts)
        return items, self.members[np.repeat(self.begin[start:stop], counts) + within]


def _bands(count: int) -> list[tuple[int, int]]:
    """Divide the 64 bits into `count` bands of nearly equal length: the lowest bit, and the bit after the highest."""
    edges = [round(64 * i / count) for i in range(count + 1)]
    return list(pairwise(edges))
