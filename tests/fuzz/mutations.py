"""Damaged files, as disks, networks and attackers make them."""

import random
from collections.abc import Sequence

_TELLING = [bytes([value]) * size for size in (1, 2, 4, 8) for value in (0, 1, 0x7F, 0x80, 0xFF)]
"""What a size, an offset or a count turns extreme by."""


def damaged(seeds: Sequence[bytes], number: int) -> bytes:
    """One of the files, with some of its bytes changed, cut off, moved, repeated or taken from another one.

    Args:
        seeds: whole files.
        number: decides the damage.
    """
    draw = random.Random(number)
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        if not data:
            break
        # Half of the damage is done to the first bytes, where files say what follows.
        at = int(min(draw.choice((256, len(data))), len(data)) * draw.random())
        length = min(len(data) - at, 1 << draw.randrange(12))
        match draw.randrange(8):
            case 0 | 1:
                data[at] ^= 1 << draw.randrange(8)
            case 2:
                value = draw.choice(_TELLING)
                data[at : at + len(value)] = value
            case 3:
                del data[at:]
            case 4:
                del data[at : at + length]
            case 5:
                data[at:at] = data[at : at + length]
            case 6:
                other = draw.choice(seeds)
                start = draw.randrange(len(other))
                data[at : at + length] = other[start : start + length]
            case _:
                data[at : at + length] = draw.randbytes(length)
    return bytes(data)
