"""Seeds and choices as pure functions of names: the same on every machine, whatever else is made beside them."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar

Choice = TypeVar("Choice", bound=str)


def seed_of(*parts: object) -> int:
    """A 63-bit seed from any values, by BLAKE2b of their text."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def uniform_of(*parts: object) -> float:
    """A number in [0, 1) from any values."""
    return seed_of(*parts) / 2**63


def choose(weights: Mapping[Choice, float], *parts: object) -> Choice:
    """One of the keys of `weights`, with probability in proportion to its weight, as a function of `parts`.

    In what order the keys stand makes no difference: configs that differ in that alone are equal.
    """
    ordered = sorted(weights.items())
    remaining = uniform_of(*parts) * sum(weight for _, weight in ordered)
    for name, weight in ordered:
        remaining -= weight
        if remaining < 0:
            return name
    return [name for name, weight in ordered if weight > 0][-1]
