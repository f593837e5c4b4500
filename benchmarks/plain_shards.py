"""The loop of img2dataset on local files: decode, resize, code, write to a tar. No edit, one picture a source.

The package itself is not used: it fetches lists of addresses, and its pins (webdataset below 0.3, OpenCV below 5)
exclude ours. This follows its `Resizer` and `WebDatasetSampleWriter`: OpenCV, INTER_AREA, longest side, JPEG of a given
quality, and a tar of picture, caption and JSON.
"""

import hashlib
import json
import os
from pathlib import Path

import cv2
import numpy as np
import webdataset as wds

from benchmarks.floor import LONG_SIDE, QUALITY

_writers: dict[Path, wds.TarWriter] = {}


def resize_and_shard(photo: Path, out: Path) -> None:
    """Add a resized photo to this process's tar below `out`."""
    data = photo.read_bytes()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError(f"{photo} cannot be decoded")
    height, width = image.shape[:2]
    scale = LONG_SIDE / max(height, width)
    if scale < 1:
        size = (round(width * scale), round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    meta = {
        "key": photo.stem,
        "status": "success",
        "width": image.shape[1],
        "height": image.shape[0],
        "original_width": width,
        "original_height": height,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    sample = {"jpg": coded.tobytes(), "txt": photo.stem.encode(), "json": json.dumps(meta).encode()}
    _writer(out).write({"__key__": photo.stem, **sample})


def _writer(out: Path) -> wds.TarWriter:
    # One tar a process, open as long as the process lives.
    if out not in _writers:
        _writers[out] = wds.TarWriter(str(out / f"{os.getpid()}.tar"), encoder=False)
    return _writers[out]
