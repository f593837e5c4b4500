"""Checks of what a reader finds: pictures, and the size of crops."""

import hashlib
import logging
from typing import cast

import pyarrow.compute as pc
from torch import Tensor

from pipeline.dataset.index import SelectionError
from pipeline.dataset.selected import Selected
from pipeline.images.codec import decode
from pipeline.storage.damage import DamagedError
from pipeline.training.samples import Broken
from schemas.sample import ImageFormat

log = logging.getLogger(__name__)


def picture(data: bytes | memoryview, sha256: str, image_format: ImageFormat, what: str) -> Tensor:
    """Check and decode a stored picture: uint8 (3, H, W).

    Raises:
        DamagedError: the picture is not the one that was committed. The message calls it `what`.
    """
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedError(f"{what} is not the one that was committed")
    try:
        return decode(cast(bytes, data), image_format)  # the codecs read any buffer
    except (ValueError, OSError) as error:
        raise DamagedError(f"{what} cannot be decoded: {error}") from error


def skipped(key: str, error: Exception) -> Broken:
    """A sample that is left out, after a line in the log."""
    log.warning("sample %s is skipped: %s", key, error)
    return Broken(key, str(error))


def check_crop(selected: Selected, side: int) -> None:
    """Check that every picture holds a square of a side, in pixels. It needs the columns width and height.

    Raises:
        SelectionError: one does not.
    """
    shortest = pc.min_element_wise(selected.rows["width"], selected.rows["height"])
    least = pc.min(shortest).as_py()
    if least < side:
        small = pc.sum(pc.less(shortest, side)).as_py()
        raise SelectionError(
            f"a crop of {side} does not fit into {small} of the pairs, the smallest of which has a side of {least}; "
            f'leave them out with where="least(width, height) >= {side}"'
        )
