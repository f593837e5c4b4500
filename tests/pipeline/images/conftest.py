"""Files to read: ICC profiles written byte by byte, and a camera RAW."""

import struct
from collections.abc import Callable

import pytest

from tests.dng import dng

Matrix = list[list[float]]


def _profile(space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC version 2 profile."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79), **tags}
    table, body = struct.pack(">I", len(tags)), b""
    offset = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += padded
    header = struct.pack(
        ">I4sI4s4s4s12s4s4s28s",
        offset + len(body), b"\0" * 4, 0x02400000, b"mntr", space, connection, bytes(12), b"acsp", b"\0" * 4, bytes(28),
    )  # fmt: skip
    white = struct.pack(">3i", 63190, 65536, 54061)
    return header + white + bytes(128 - len(header) - len(white)) + table + body


def _xyz(values: list[float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _gamma(value: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


@pytest.fixture(scope="session")
def matrix_profile() -> Callable[[Matrix, float], bytes]:
    """Builds an RGB profile of three colourants and a gamma."""

    def build(matrix: Matrix, gamma: float) -> bytes:
        columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(list, zip(*matrix, strict=True)), strict=True))
        tags = {name: _xyz(column) for name, column in columns.items()}
        return _profile(b"RGB ", b"XYZ ", tags | {name: _gamma(gamma) for name in (b"rTRC", b"gTRC", b"bTRC")})

    return build


@pytest.fixture(scope="session")
def grey_profile() -> bytes:
    """A grey profile of gamma 1: linear light."""
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": _gamma(1.0), b"wtpt": _xyz([0.9642, 1.0, 0.8249])})


@pytest.fixture(scope="session")
def cmyk_profile() -> bytes:
    """A CMYK profile of the 16 corners of ink: ink only darkens, lightness is 100 (1 - K) (1 - (C + M + Y) / 3)."""
    corners = b""
    for corner in range(16):
        cyan, magenta, yellow, black = (corner >> bit & 1 for bit in (3, 2, 1, 0))
        lightness = (1 - black) * (1 - (cyan + magenta + yellow) / 3)
        corners += bytes([round(255 * lightness), 128, 128])
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity
    table += bytes(range(256)) * 4 + corners + bytes(range(256)) * 3
    return _profile(b"CMYK", b"Lab ", {b"A2B0": table, b"A2B1": table, b"wtpt": _xyz([0.9642, 1.0, 0.8249])})


@pytest.fixture(scope="session")
def make_dng() -> Callable[..., bytes]:
    """Builds an uncompressed 12-bit Bayer DNG of a camera that sees linear sRGB under D65."""

    return dng
