"""A camera's RAW file, written tag by tag."""

import io

import numpy as np
import tifffile
from numpy.typing import NDArray


def dng(linear: NDArray[np.float64], orientation: int = 1, white: int = 4095) -> bytes:
    """An uncompressed 12-bit Bayer DNG of a camera that sees linear sRGB under D65."""
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
