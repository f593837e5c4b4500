"""The photo of a source: read as it was planned, and stored as the target or the input of a pair."""

import hashlib
from functools import cached_property

from torch import Tensor

from operators.resize import resize
from pipeline.images.codec import decode, encode
from pipeline.images.decode import decode as decode_source
from pipeline.storage.fetch import Read, read_bytes
from schemas.config import ImageConfig
from schemas.errors import UnretouchError
from schemas.source import FetchError, SourceError


class SourceChangedError(UnretouchError):
    """A source or its original no longer has the bytes that were planned."""


class Photo:
    """The photo of a source, in several forms. Each form is made at its first use and kept.

    Args:
        uri: uri of the source.
        sha256: hex SHA-256 of the bytes that were planned.
        image: size and format of the stored pictures.
        stored: the encoded photo, where it was kept since the source was inspected. The source is then read only for
            `developed`.
        read: reads the source.
    """

    def __init__(
        self, uri: str, sha256: str, image: ImageConfig, stored: bytes | None = None, read: Read = read_bytes
    ) -> None:
        self._uri, self._sha256, self._image, self._kept, self._read = uri, sha256, image, stored, read

    @cached_property
    def developed(self) -> Tensor:
        """The photo at the size of the data set, before encoding: uint8 (3, H, W).

        Raises:
            FetchError: the source cannot be read now.
            SourceChangedError: the source no longer has the bytes that were planned.
        """
        return read_photo(self._uri, self._sha256, self._image, self._read)

    @cached_property
    def stored(self) -> bytes:
        """The encoded photo, as the data set stores it. Raises the errors of `developed` unless it was kept."""
        return encode(self.developed, self._image) if self._kept is None else self._kept

    @cached_property
    def pixels(self) -> Tensor:
        """The stored photo, decoded: uint8 (3, H, W). Raises the errors of `stored`."""
        return decode(self.stored, self._image.format)


def read_photo(uri: str, sha256: str, image: ImageConfig, read: Read = read_bytes) -> Tensor:
    """Read a planned file and reduce it to the size of the data set.

    Args:
        uri: uri of the source, or of its original.
        sha256: hex SHA-256 of the bytes that were planned.
        image: size of the stored pictures, and the limits that a source must meet.
        read: reads the file.

    Returns:
        uint8 (3, H, W).

    Raises:
        SourceError: the file cannot be decoded.
        FetchError: the file cannot be read now; it could when it was planned.
        SourceChangedError: the file no longer has the bytes that were planned.
    """
    try:
        data = read(uri)
    except SourceError as error:
        raise FetchError(uri, error.detail) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SourceChangedError(f"{uri} has changed since it was planned; restore it or use a new OUT")
    return resize(decode_source(data, uri, image).pixels, image.long_side)
