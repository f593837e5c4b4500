"""Pairs of a finished data set as training sees them."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.process import Process
from pipeline.dataset.reader import shard_rows, split_samples
from pipeline.dataset.record import commits, load_record
from pipeline.images.codec import decode
from pipeline.storage.store import open_store
from pipeline.training.encoders import GROUPS
from schemas.errors import UnretouchError
from schemas.sample import ImageFormat, Task

_MOVED = 1e-4
"""Normalised values up to this count as neutral in a group's mask."""


class EmptySplitError(UnretouchError):
    """A split of a data set has no pair."""


class TrainingPair(NamedTuple):
    """A pair.

    Attributes:
        key: key of the pair.
        task: task of the pair.
        input: uint8 (3, H, W).
        target: uint8 (3, H, W).
        recipe: (P,) values in their units.
        parameters: (P,) the same, as a model reads them, in [-1, 1].
        mask: (3,) 1 for each group that moves, else 0.
    """

    key: str
    task: Task
    input: Tensor
    target: Tensor
    recipe: Tensor
    parameters: Tensor
    mask: Tensor


class Pairs(Protocol):
    """Pairs by number.

    Attributes:
        process: what the recipes are of.
        keys: key of each pair.
    """

    process: Process
    keys: Sequence[str]

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int, /) -> TrainingPair:
        """Read one."""


class StoredPairs:
    """The accepted pairs of a split, kept coded in memory and decoded one by one.

    Args:
        root: folder or s3:// prefix of a data set.
        split: name of the split.

    Raises:
        EmptySplitError: the data set has no such split, or it is empty.
        NoDataSetError, DamagedError: the data set cannot be read.
    """

    def __init__(self, root: str, split: str) -> None:
        store = open_store(root)
        record = load_record(store)
        self.process = PROCESSES[record.config.process]
        self._format: ImageFormat = record.config.image.format
        self._samples = list(split_samples(store, record, split))
        keys = [str(json.loads(sample.json)["key"]) for sample in self._samples]
        self.keys: Sequence[str] = keys
        if not keys:
            raise EmptySplitError(f"{root} has no pair in a split {split!r}; its splits are {sorted(record.splits)}")

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self._samples)

    def __getitem__(self, index: int, /) -> TrainingPair:
        """Decode a pair."""
        sample = self._samples[index]
        row = json.loads(sample.json)
        recipe = recipe_values(self.process, row["recipe"]["values"])
        before, after = (decode(data, self._format) for data in sample[:2])
        parameters = normalized(self.process, recipe)
        return TrainingPair(
            row["key"], row["task"], before, after, recipe, parameters, group_mask(self.process, parameters)
        )


class ChosenPairs:
    """Some of the pairs of others, by their numbers."""

    def __init__(self, pairs: Pairs, numbers: Sequence[int]) -> None:
        self.process = pairs.process
        self.keys: Sequence[str] = [pairs.keys[number] for number in numbers]
        self._pairs, self._numbers = pairs, numbers

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self._numbers)

    def __getitem__(self, index: int, /) -> TrainingPair:
        """Decode a pair."""
        return self._pairs[self._numbers[index]]


def hold_out(pairs: Pairs, sources: int) -> tuple[Pairs, Pairs]:
    """Part pairs into those to train on, and all pairs of so many sources, the last ones by key.

    Raises:
        EmptySplitError: there are not more sources than that.
    """
    source = [key.rpartition("-")[0] for key in pairs.keys]
    held_out = set(sorted(set(source))[-sources:])
    if len(held_out) == len(set(source)):
        raise EmptySplitError(f"{sources} sources cannot be held out of {len(held_out)}")
    parts = ([i for i, name in enumerate(source) if (name in held_out) == held] for held in (False, True))
    training, validation = (ChosenPairs(pairs, numbers) for numbers in parts)
    return training, validation


def spread(pairs: Pairs, most: int) -> Iterator[TrainingPair]:
    """At most so many pairs, spread evenly."""
    count = min(most, len(pairs))
    yield from (pairs[i * len(pairs) // count] for i in range(count))


def open_pairs(root: str, split: str) -> Pairs:
    """The pairs of a split. The one place where the trainer learns how pairs are read; see `StoredPairs`."""
    return StoredPairs(root, split)


def mean_recipe(root: str, split: str, shards: int = 16) -> Tensor:
    """The mean recipe of the accepted pairs of a split, (P,), from the manifests of its first shards.

    Raises:
        EmptySplitError: there is no such pair.
        NoDataSetError, DamagedError: the data set cannot be read.
    """
    store = open_store(root)
    record = load_record(store)
    process = PROCESSES[record.config.process]
    first, end = record.splits.get(split, (0, 0))
    chosen = [commit for commit in commits(store) if first <= commit.shard < end][:shards]
    rows = [row for commit in chosen for row in shard_rows(store, commit)]
    recipes = [row.recipe for row in rows if row.status == "accepted" and row.recipe is not None]
    if not recipes:
        raise EmptySplitError(f"{root} has no pair in a split {split!r}; its splits are {sorted(record.splits)}")
    return process.vector(recipes).mean(0)


def recipe_values(process: Process, values: dict[str, float]) -> Tensor:
    """A recipe's values as (P,); those that it does not name are neutral."""
    return torch.tensor([values.get(name, neutral) for name, neutral in process.neutral.items()])


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
