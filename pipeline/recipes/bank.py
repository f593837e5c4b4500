"""The expert bank: recipes fitted from real pairs, for a new photo that of a pair whose expert photo looks like it.

As in the inverse degradation of VeraRetouch's AetherRetouch data: what an expert did to reach a picture like this one
is undone on this one. A bank is the folder that `unretouch fit --list` writes.
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
from schemas.recipe import Recipe

NEIGHBOURS = 4
"""A recipe comes from one of so many pairs nearest to the photo."""

JITTER = 0.02
"""Standard deviation of the noise on a slider that the expert moved, as a share of the slider's range on one side; cut
at twice that."""


class BankError(UnretouchError):
    """A bank cannot be used; the message says why."""

    exit_code = 2


@dataclass(frozen=True)
class Bank:
    """Fitted recipes of one process: keys, (n, P) values and (n, D) descriptors of the expert photos."""

    process: Process
    keys: tuple[str, ...]
    values: Tensor
    descriptors: Tensor

    def without(self, keys: Sequence[str]) -> "Bank":
        """The bank without some of its pairs, as for a test that must not find a photo's own edit."""
        kept = [i for i, key in enumerate(self.keys) if key not in keys]
        return replace(
            self,
            keys=tuple(self.keys[i] for i in kept),
            values=self.values[kept],
            descriptors=self.descriptors[kept],
        )

    def nearest(self, photo: Tensor) -> list[int]:
        """Rows of the pairs whose expert photos look most like `photo`, uint8 (3, H, W); nearest first."""
        ranked = histogram_distance(self.descriptors, describe_histogram(photo)).argsort(stable=True)
        return [int(row) for row in ranked[:NEIGHBOURS]]

    def draw(self, nearest: Sequence[int], seed: int, limit: float) -> Recipe:
        """One of the nearest pairs' recipes with a little noise, as a function of the seed.

        What the expert left alone stays alone. Values lie within `limit` of the range, and are rounded as
        `pipeline.recipes.steps.rounded` says.
        """
        generator = random.Random(seed_of(seed, "bank"))
        row = self.values[nearest[int(generator.random() * len(nearest))]].tolist()
        values = {}
        for spec, value in zip(self.process.parameters, row, strict=True):
            noise = JITTER * (spec.maximum - spec.neutral) * _noise(generator.random())
            values[spec.name] = rounded(spec, value + noise, limit) if value != spec.neutral else spec.neutral
        return Recipe(process=self.process.name, values=values)


def load_bank(root: str, process: Process) -> Bank:
    """Read all pairs of a bank that were fitted, leaving out rejects.

    Args:
        root: folder or s3:// prefix.
        process: the process that the bank's recipes must be of.

    Raises:
        BankError: there is no bank of this process, or it holds no fitted pair.
    """
    store = open_store(root)
    columns = ["key", "process", "recipe", "after_descriptor", "reason"]
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
    except ValueError as error:
        raise BankError(f"the bank {root} cannot be used with process {process.name}: {error}") from error
    return Bank(
        process,
        tuple(str(row["key"]) for row in rows),
        values,
        torch.tensor([row["after_descriptor"] for row in rows], dtype=torch.float32),
    )


def bank_sha256(root: str) -> str:
    """Hash of a bank's content, the bytes of its fits in their order. Raises BankError where there is none."""
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
    """A standard normal variate cut at two standard deviations, from a uniform number in [0, 1)."""
    outside = NormalDist().cdf(-2)
    return NormalDist().inv_cdf(outside + uniform * (1 - 2 * outside))
