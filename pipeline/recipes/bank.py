"""The expert bank: recipes fitted to real pairs. A new photo gets the recipe of a pair whose expert photo looks
similar.

The method is the inverse degradation of VeraRetouch's AetherRetouch data: the edit that led an expert to a similar
photo is undone on the new photo. A bank is the folder that `unretouch fit --list` writes.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import pyarrow.parquet as pq
import torch
from torch import Tensor

from operators.process import Process
from pipeline.recipes.seeds import seed_of
from pipeline.recipes.steps import rounded
from pipeline.storage.store import Store, open_store
from quality.descriptor import describe_histogram, histogram_distance
from schemas.errors import UnretouchError
from schemas.fit import Edit
from schemas.recipe import Recipe

NEIGHBOURS = 4
"""Number of nearest pairs from which the recipe of a photo is chosen."""

JITTER = 0.02
"""Standard deviation of the noise on each slider that the expert moved, as a share of the range from neutral to
maximum. The noise is truncated at two standard deviations."""


class BankError(UnretouchError):
    """A bank cannot be used; the message says why."""

    exit_code = 2


@dataclass(frozen=True)
class Bank:
    """Fitted recipes of one process.

    Attributes:
        process: the process of all recipes.
        keys: key of each of the n pairs.
        values: (n, P) float32 parameter values, in the order of the process.
        edits: how the pictures of each pair differ.
        descriptors: (n, D) float32 descriptors of the expert photos; see `quality.descriptor.describe_histogram`.
    """

    process: Process
    keys: tuple[str, ...]
    values: Tensor
    edits: tuple[Edit, ...]
    descriptors: Tensor

    def without(self, keys: Sequence[str]) -> "Bank":
        """The bank without the pairs of these keys, for tests that must not find a photo's own edit."""
        kept = [i for i, key in enumerate(self.keys) if key not in keys]
        return replace(
            self,
            keys=tuple(self.keys[i] for i in kept),
            values=self.values[kept],
            edits=tuple(self.edits[i] for i in kept),
            descriptors=self.descriptors[kept],
        )

    def nearest(self, photo: Tensor) -> list[int]:
        """Find the pairs whose expert photos look most like a photo.

        Args:
            photo: uint8 (3, H, W).

        Returns:
            Rows of up to `NEIGHBOURS` pairs, nearest first.
        """
        ranked = histogram_distance(self.descriptors, describe_histogram(photo)).argsort(stable=True)
        return [int(row) for row in ranked[:NEIGHBOURS]]

    def draw(self, nearest: Sequence[int], seed: int, limit: float) -> Recipe:
        """Draw the recipe of one of the nearest pairs, with a little noise.

        A slider that the expert left at neutral stays at neutral. All other values are bounded and rounded by
        `pipeline.recipes.steps.rounded`.

        Args:
            nearest: rows of the nearest pairs, as `nearest` returns them.
            seed: determines the pair and the noise.
            limit: share of each slider's safe range that recipes use, in (0, 1).
        """
        generator = random.Random(seed_of(seed, "bank"))
        row = self.values[nearest[int(generator.random() * len(nearest))]].tolist()
        values = {}
        for spec, value in zip(self.process.parameters, row, strict=True):
            noise = JITTER * (spec.maximum - spec.neutral) * _noise(generator.random())
            values[spec.name] = rounded(spec, value + noise, limit) if value != spec.neutral else spec.neutral
        return Recipe(process=self.process.name, values=values)


def load_bank(root: str, process: Process) -> Bank:
    """Read the fitted pairs of a bank. Rejected pairs are left out.

    Args:
        root: folder or s3:// prefix of the bank.
        process: the process that the bank's recipes must have.

    Raises:
        BankError: there is no bank of this process, a file is damaged, or the bank holds no fitted pair.
    """
    store = open_store(root)
    columns = ["key", "process", "recipe", "edit", "after_descriptor", "reason"]
    rows: list[dict[str, object]] = []
    for name in _fits(store):
        with store.local(name) as path:
            try:
                rows += pq.read_table(path, columns=columns).to_pylist()
            except (OSError, ValueError) as error:
                raise BankError(f"{root}/{name} is not part of a bank: {error}") from error
    rows = [row for row in rows if row["reason"] is None]
    if not rows:
        raise BankError(f"the bank {root} holds no fitted pair")
    try:
        values = process.vector([_recipe(row) for row in rows])
        edits = tuple(Edit.model_validate(row["edit"]) for row in rows)
        descriptors = torch.tensor([row["after_descriptor"] for row in rows], dtype=torch.float32)
    except (TypeError, ValueError) as error:
        raise BankError(f"the bank {root} cannot be used with process {process.name}: {error}") from error
    return Bank(
        process,
        tuple(str(row["key"]) for row in rows),
        values,
        edits,
        descriptors,
    )


def bank_sha256(root: str) -> str:
    """Hex SHA-256 of a bank's content: the bytes of its files of fits, in the order of their names.

    Raises:
        BankError: there is no bank at `root`.
    """
    store = open_store(root)
    digest = hashlib.sha256()
    for name in _fits(store):
        digest.update(hashlib.sha256(store.read(name)).digest())
    return digest.hexdigest()


def _recipe(row: dict[str, object]) -> Recipe:
    return Recipe.model_validate({"process": row["process"], "values": row["recipe"]})


def _fits(store: Store) -> list[str]:
    names = store.names("fits")
    if not names:
        raise BankError(f"{store.root} is no expert bank: it holds no fits; `unretouch fit --list` writes one")
    return names


def _noise(uniform: float) -> float:
    """A standard normal variate truncated at two standard deviations, from a uniform number in [0, 1)."""
    outside = NormalDist().cdf(-2)
    return NormalDist().inv_cdf(outside + uniform * (1 - 2 * outside))
