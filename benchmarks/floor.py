"""The floor: the codec work that no way of making pairs avoids, with the fastest codec and resize known to us.

A source is decoded once and resized once, and its target is coded once; then each variant's input is coded. Nothing is
edited, checked or written. Inputs are stood for by the target: same size, same kind of content.
"""

from pathlib import Path

import numpy as np
import simplejpeg
import torch

from operators.resize import resize

LONG_SIDE = 1024
QUALITY = 95
SUBSAMPLING = "444"


def code_only(photo: Path, variants: int, scaled: bool) -> None:
    """The codec work of one source.

    Args:
        variants: inputs a source.
        scaled: let libjpeg-turbo decode a source that is more than twice too large at a fraction of its size. The
            inverse cosine transform then does part of the resizing: faster, and another low-pass filter.
    """
    data = photo.read_bytes()
    least = _target_size(data) if scaled else (0, 0)
    pixels = simplejpeg.decode_jpeg(data, min_height=least[0], min_width=least[1], min_factor=2)
    target = resize(torch.from_numpy(pixels).permute(2, 0, 1), LONG_SIDE)
    array = np.ascontiguousarray(target.permute(1, 2, 0).numpy())
    for _ in range(1 + variants):
        simplejpeg.encode_jpeg(array, QUALITY, "RGB", SUBSAMPLING)


def _target_size(data: bytes) -> tuple[int, int]:
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    scale = min(1, LONG_SIDE / max(height, width))
    return round(height * scale), round(width * scale)
