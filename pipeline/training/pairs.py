"""Which pairs of a data set a training takes, and their recipes as models read them."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.dataset.index import SelectionError
from pipeline.dataset.reader import shard_rows
from pipeline.dataset.record import finished_commits, load_record
from pipeline.storage.store import open_files
from pipeline.training.encoders import GROUPS
from pipeline.training.reader import PairDataset

_MOVED = 1e-4
"""Normalised values up to this count as neutral in a group's mask."""


def hold_out(pairs: PairDataset, sources: int) -> tuple[PairDataset, PairDataset]:
    """Part pairs into those to train on, and all pairs of so many sources, the last ones by key.

    Raises:
        SelectionError: there are not more sources than that.
    """
    source = pc.replace_substring_regex(pairs.keys, "-[^-]*$", "")
    names = pc.unique(source)
    if sources >= len(names):
        raise SelectionError(f"{sources} sources cannot be held out of {len(names)}")
    last = names.take(pc.sort_indices(names))[-sources:]
    held_out = pc.is_in(source, value_set=last).to_numpy(zero_copy_only=False)
    return pairs.subset(np.flatnonzero(~held_out)), pairs.subset(np.flatnonzero(held_out))


def spread(pairs: PairDataset, most: int) -> PairDataset:
    """At most so many pairs, spread evenly."""
    count = min(most, len(pairs))
    return pairs.subset(np.arange(count) * len(pairs) // count)


def first(pairs: PairDataset, most: int | None) -> PairDataset:
    """At most so many pairs, the first ones; None takes all."""
    return pairs if most is None else pairs.subset(np.arange(min(most, len(pairs))))


def mean_recipe(root: str, split: str, shards: int = 16) -> Tensor:
    """The mean recipe of the accepted pairs of a split, (P,), from the manifests of its first shards.

    Raises:
        SelectionError: there is no such pair.
        NoDataSetError, DamagedError: the data set cannot be read, or is not finished.
    """
    files = open_files(root)
    record = load_record(files)
    chosen = [commit for commit in finished_commits(files, record) if commit.split == split][:shards]
    rows = [row for commit in chosen for row in shard_rows(files, commit)]
    recipes = [row.recipe for row in rows if row.status == "accepted" and row.recipe is not None]
    if not recipes:
        raise SelectionError(f"{root} has no pair in a split {split!r}; its splits are {sorted(record.splits)}")
    return PROCESSES[record.process].vector(recipes).mean(0)


def normalized(process: Process, recipe: Tensor) -> Tensor:
    """Values in their units, (P,), as a model reads them, in [-1, 1]."""
    pairs = zip(process.parameters, recipe.tolist(), strict=True)
    return torch.tensor([spec.normalized(value) for spec, value in pairs])


def group_mask(process: Process, parameters: Tensor) -> Tensor:
    """Which groups move: normalised values, (P,), to (3,) of 0 and 1."""
    return torch.tensor([float((parameters[columns].abs() > _MOVED).any()) for columns in group_columns(process)])


def with_groups(process: Process, recipe: Tensor, mask: Tensor) -> Tensor:
    """A recipe, (P,), whose values are neutral where the mask of groups, (3,), is 0."""
    kept = torch.tensor([bool(mask[GROUPS.index(spec.group)]) for spec in process.parameters])
    return torch.where(kept, recipe, torch.tensor(list(process.neutral.values())))


def group_columns(process: Process) -> Sequence[list[int]]:
    """Columns of the parameters of each group."""
    return [[i for i, spec in enumerate(process.parameters) if spec.group == group] for group in GROUPS]
