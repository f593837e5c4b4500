"""The photo of a source, read as it was planned and stored as the pair's target or input."""

import hashlib
from functools import cached_property

from torch import Tensor

from operators.resize import resize
from pipeline.images.codec import decode, encode
from pipeline.images.decode import decode as decode_source
from pipeline.storage.fetch import read_bytes
from schemas.config import ImageConfig
from schemas.errors import UnretouchError


class SourceChangedError(UnretouchError):
    """A source no longer has the bytes that were planned."""


class Photo:
    """A source's photo. Each form of it is made when it is first asked for, and kept.

    Args:
        uri: of the source.
        sha256: of the bytes that were planned.
        image: size and format of the stored pictures.
    """

    def __init__(self, uri: str, sha256: str, image: ImageConfig) -> None:
        self._uri, self._sha256, self._image = uri, sha256, image

    @cached_property
    def developed(self) -> Tensor:
        """The photo at the size of the data set, before it is stored: uint8 (3, H, W).

        Raises:
            SourceError: the source cannot be used any more.
            SourceChangedError: its bytes are not those that were planned.
        """
        return read_photo(self._uri, self._sha256, self._image)

    @cached_property
    def stored(self) -> bytes:
        """The photo as it is stored. Raises like `developed`."""
        return encode(self.developed, self._image)

    @cached_property
    def pixels(self) -> Tensor:
        """The stored photo, decoded: uint8 (3, H, W). Raises like `developed`."""
        return decode(self.stored, self._image.format)


def read_photo(uri: str, sha256: str, image: ImageConfig) -> Tensor:
    """Read a planned file and reduce it to the size of the data set: uint8 (3, H, W).

    Raises:
        SourceError: it cannot be used any more.
        SourceChangedError: its bytes are not those that were planned.
    """
    data = read_bytes(uri)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SourceChangedError(f"{uri} has changed since it was planned; restore it or use a new OUT")
    return resize(decode_source(data, uri, image).pixels, image.long_side)
