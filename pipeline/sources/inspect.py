"""Inspection of a source before any pair is planned: it is read, decoded in full, looked at, and its photo encoded."""

import hashlib
from typing import NamedTuple

import imagehash
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from operators.resize import resize
from operators.threads import one_thread
from pipeline.images.codec import encode
from pipeline.images.decode import decode
from pipeline.storage.fetch import Read, read_bytes
from quality.content.check import check_content, issues_of
from schemas.config import ImageConfig
from schemas.source import UNREACHABLE, FetchError, SourceError, SourceItem, SourceRecord

_HASHED_SIDE = 32
"""Side, in pixels, of the square that pHash's cosine transform takes."""

_INSPECTED_SIDE = 128
"""Long side, in pixels, to which a photo is reduced for its hash, and to which an original, of which nothing is kept,
is decoded: JPEG and RAW decode faster at a reduced size."""


class Inspection(NamedTuple):
    """What inspection finds.

    Attributes:
        record: what is known of the source.
        photo: the source's photo, encoded as the data set stores it; None if the source cannot be used.
    """

    record: SourceRecord
    photo: bytes | None


@one_thread()
def inspect(item: SourceItem, position: int, image: ImageConfig, read: Read = read_bytes) -> Inspection:
    """Read and decode a source. A source that cannot be used gets a record with the reason.

    One that cannot be fetched is `unreachable`, which says nothing of its file: it should be inspected again.

    The original is read and decoded too. If it cannot be used, the record says why, and the source is still used: only
    the fitted pair is lost.

    Args:
        item: the listed source.
        position: its rank in the listing.
        image: the limits that a source must meet, and size and format of the stored pictures.
        read: reads the source and its original.
    """
    record = SourceRecord(**item.model_dump(), position=position)
    try:
        data = read(item.uri)
        record = record.model_copy(update={"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        decoded = decode(data, item.uri, image)
    except FetchError as error:
        return Inspection(record.model_copy(update={"reason": UNREACHABLE, "detail": error.detail}), None)
    except SourceError as error:
        return Inspection(record.model_copy(update={"reason": error.reason, "detail": error.detail}), None)
    content = check_content(decoded.pixels)
    found = {
        "phash": perceptual_hash(resize(decoded.pixels, _INSPECTED_SIDE)),
        "width": decoded.width,
        "height": decoded.height,
        "format": decoded.format,
        "camera": decoded.camera,
        "content": content,
        "issues": issues_of(content),
    }
    record = record.model_copy(update=found | _inspect_before(item.before, image, read))
    return Inspection(record, encode(decoded.pixels, image))


def _inspect_before(uri: str | None, image: ImageConfig, read: Read) -> dict[str, str]:
    """The fields of a record that describe the original."""
    if uri is None:
        return {}
    found = {}
    try:
        data = read(uri)
        found["before_sha256"] = hashlib.sha256(data).hexdigest()
        decode(data, uri, image.model_copy(update={"long_side": _INSPECTED_SIDE}))
    except FetchError as error:
        found |= {"before_reason": UNREACHABLE, "before_detail": str(error)}
    except SourceError as error:
        found |= {"before_reason": error.reason, "before_detail": f"{uri}: {error.detail}"}
    return found


def perceptual_hash(pixels: Tensor) -> str:
    """pHash of a picture.

    Each bit says whether one of the 64 lowest frequencies of the picture, resized to 32 x 32 grey pixels, lies above
    their median. All flat pictures have the same hash.

    Args:
        pixels: uint8 (3, H, W).

    Returns:
        64 bits as 16 hex digits.
    """
    square = [_HASHED_SIDE, _HASHED_SIDE]
    small = F.interpolate(pixels[None], size=square, mode="bicubic", antialias=True, align_corners=False)[0]
    return str(imagehash.phash(Image.fromarray(small.permute(1, 2, 0).contiguous().numpy())))
