"""Splits."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.splits import assign_split

SPLITS = {"train": 0.9, "validation": 0.05, "test": 0.05}


def test_shares_are_met() -> None:
    counts = Counter(assign_split(f"{i:064x}", SPLITS) for i in range(20_000))
    for name, share in SPLITS.items():
        assert counts[name] / 20_000 == pytest.approx(share, abs=0.007)


def test_known_values() -> None:
    # A changed rule would move sources of existing data sets: these must stay.
    assert [assign_split(name, {"a": 0.5, "b": 0.5}) for name in ("x", "y", "z", "family")] == KNOWN


KNOWN = ["a", "b", "a", "b"]


@given(st.text())
def test_an_empty_split_gets_nothing(identity: str) -> None:
    assert assign_split(identity, {"none": 0.0, "all": 1.0, "never": 0.0}) == "all"


@given(st.text(), st.floats(0.01, 0.98))
def test_a_larger_first_share_only_draws_in(identity: str, share: float) -> None:
    if assign_split(identity, {"train": share, "test": 1 - share}) == "train":
        assert assign_split(identity, {"train": share + 0.01, "test": 0.99 - share}) == "train"
