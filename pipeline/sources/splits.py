"""The split of a source: a function of the source alone, so adding sources moves no other source."""

import hashlib
from collections.abc import Mapping
from itertools import accumulate


def assign_split(identity: str, splits: Mapping[str, float]) -> str:
    """The split of an identity, by its SHA-256.

    Args:
        identity: the source's group if it has one, else the SHA-256 of its original if it has one, else its own
        SHA-256.
        splits: shares by name, which add up to 1. Their order matters.
    """
    place = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") / 2**64
    used = [(name, share) for name, share in splits.items() if share > 0]
    for (name, _), limit in zip(used, accumulate(share for _, share in used), strict=True):
        if place < limit:
            return name
    return used[-1][0]
