"""Files to read: ICC profiles written byte by byte, and a camera RAW."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

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

    def build(linear: NDArray[np.float64], orientation: int = 1, white: int = 4095) -> bytes:
        mosaic = linear[..., 1].copy()
        mosaic[0::2, 0::2] = linear[0::2, 0::2, 0]
        mosaic[1::2, 1::2] = linear[1::2, 1::2, 2]
        xyz_to_srgb = [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570]
        rationals = [part for value in xyz_to_srgb for part in (round(value * 10000), 10000)]
        tags = [
            (271, "s", 0, "Acme", True),
            (272, "s", 0, "Acme One", True),
            (274, "H", 1, orientation, True),
            (33421, "H", 2, (2, 2), True),  # CFA pattern: its size, and RGGB
            (33422, "B", 4, bytes([0, 1, 1, 2]), True),
            (50706, "B", 4, bytes([1, 4, 0, 0]), True),  # DNG version
            (50708, "s", 0, "Acme One", True),
            (50717, "I", 1, white, True),
            (50721, "2i", 9, rationals, True),  # colour matrix, for illuminant 21: D65
            (50728, "2I", 3, [1, 1] * 3, True),  # as-shot neutral
            (50778, "H", 1, 21, True),
        ]
        file = io.BytesIO()
        samples = (mosaic * 4095).round().astype(np.uint16)
        tifffile.imwrite(file, samples, photometric=32803, extratags=tags, metadata=None, software=False)
        return file.getvalue()

    return build
