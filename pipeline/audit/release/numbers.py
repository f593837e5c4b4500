"""Columns of numbers in little memory: how many there are, their ends, and a sample of rows for quantiles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE = 10_000
"""Rows of the sample: those whose keys have the smallest hashes, so that it does not hang on the order of shards."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Numbers:
    """Some columns over many rows.

    Attributes:
        names: (C,) names of the columns.
        present: (C,) rows that hold a number.
        missing: (C,) rows that hold none.
        low, high: (C,) smallest and largest number; infinite where there is none.
        hashes: (S,) hashes of the keys of the sample, ascending.
        sample: (S, C) its rows; NaN is missing.
    """

    names: tuple[str, ...]
    present: NDArray[np.int64]
    missing: NDArray[np.int64]
    low: Array
    high: Array
    hashes: NDArray[np.uint64]
    sample: Array

    def quantile(self, name: str, share: float) -> float | None:
        """A quantile of the sample; None of a column without a number."""
        values = self.column(name)
        return float(np.quantile(values, share)) if len(values) else None

    def column(self, name: str) -> Array:
        """The sample's numbers in a column."""
        values: Array = self.sample[:, self.names.index(name)]
        return values[~np.isnan(values)]

    def constant(self) -> list[str]:
        """Columns that hold one number in at least two rows, and no other."""
        same = (self.low == self.high) & (self.present > 1)
        return [name for name, one in zip(self.names, same, strict=True) if one]


def numbers_of(names: Sequence[str], hashes: NDArray[np.uint64], values: Array) -> Numbers:
    """Numbers of some rows.

    Args:
        names: (C,) names of the columns.
        hashes: (N,) hashes of the rows' keys.
        values: (N, C); NaN is missing.
    """
    there = ~np.isnan(values)
    order = np.argsort(hashes, kind="stable")[:SAMPLE]
    return Numbers(
        names=tuple(names),
        present=there.sum(0),
        missing=(~there).sum(0),
        low=np.where(there, values, np.inf).min(0, initial=np.inf),
        high=np.where(there, values, -np.inf).max(0, initial=-np.inf),
        hashes=hashes[order],
        sample=values[order],
    )


def together(one: Numbers, other: Numbers) -> Numbers:
    """The numbers of the rows of both, which have the same columns."""
    hashes = np.concatenate([one.hashes, other.hashes])
    order = np.argsort(hashes, kind="stable")[:SAMPLE]
    return Numbers(
        names=one.names,
        present=one.present + other.present,
        missing=one.missing + other.missing,
        low=np.minimum(one.low, other.low),
        high=np.maximum(one.high, other.high),
        hashes=hashes[order],
        sample=np.concatenate([one.sample, other.sample])[order],
    )
