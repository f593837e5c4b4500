"""Photographs from outside a data set, to compare its pictures with: a sample of a folder or another source."""

import logging
import random

from torch import Tensor

from pipeline.images.decode import decode
from pipeline.sources.listing import ANYWHERE, list_sources
from pipeline.storage.fetch import read_bytes
from schemas.config import ImageConfig
from schemas.source import ListingError, SourceError

logger = logging.getLogger(__name__)

LONG_SIDE = 512
"""Long side, in pixels, to which photos are reduced, so that their size does not matter."""

MOST = 500
"""Most photos that are read from a folder. A larger folder gives a fixed random sample."""

_IMAGE = ImageConfig(long_side=LONG_SIDE, min_short_side=64)


def read_photos(folder: str, most: int = MOST) -> list[Tensor]:
    """Read the photos of a folder or another source, reduced to `LONG_SIDE`.

    If there are more than `most` photos, a fixed random sample of them is read. A photo that cannot be used is left out
    with a warning.

    Returns:
        uint8 (3, H, W) for each photo.

    Raises:
        ListingError: the source does not exist, or holds no usable photo.
    """
    items = list_sources([folder], ANYWHERE)
    if len(items) > most:
        generator = random.Random(0)
        items = [items[i] for i in sorted(generator.sample(range(len(items)), most))]
    pictures = []
    for item in items:
        try:
            pictures.append(decode(read_bytes(item.uri), item.uri, _IMAGE).pixels)
        except SourceError as error:
            logger.warning("%s is left out: %s", item.uri, error)
    if not pictures:
        raise ListingError(f"{folder} holds no usable picture")
    return pictures
