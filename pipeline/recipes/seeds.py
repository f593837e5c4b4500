"""Seeds and choices as pure functions of names: equal on every machine, and independent of all other pairs."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar

Choice = TypeVar("Choice", bound=str)


def seed_of(*parts: object) -> int:
    """A 63-bit seed from any values: a BLAKE2b hash of their text."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def numbered(seed: int, number: int) -> int:
    """The seed of one of several draws; the first has the given seed."""
    return seed_of(seed, "draw", number) if number else seed


def uniform_of(*parts: object) -> float:
    """A uniformly distributed number in [0, 1) from any values: `seed_of` divided by 2^63."""
    return seed_of(*parts) / 2**63


def choose(weights: Mapping[Choice, float], *parts: object) -> Choice:
    """Choose a key of `weights`, with probability proportional to its weight, as a function of `parts`.

    The order of the keys makes no difference, because configs that differ only in that order are equal.
    """
    ordered = sorted(weights.items())
    remaining = uniform_of(*parts) * sum(weight for _, weight in ordered)
    for name, weight in ordered:
        remaining -= weight
        if remaining < 0:
            return name
    return [name for name, weight in ordered if weight > 0][-1]
