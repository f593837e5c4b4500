"""The scratch: the photos of planned sources, coded when they were inspected and kept until their pairs are made.

Inspection decodes a source in full. Its photo, as the data set stores it, is kept below OUT, so that the source need
not be read and decoded again. The scratch decides nothing: where a photo is missing or not the right one, its source is
read, and every pair gets the same bytes.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath

from pipeline.shards.fingerprint import code_sha256, this_platform
from pipeline.storage.store import Store
from schemas.config import ImageConfig

_FOLDER = "scratch"

_CODE = ("schemas", "operators", "pipeline/images", "pipeline/pairs", "pipeline/sources")
"""Folders whose code can change a stored photo or decides what is kept here."""

_DIGEST = hashlib.sha256().digest_size


class Scratch:
    """The photos of one data set, one file a source.

    A file begins with a SHA-256 over the photo and everything that it depends on. A file that is cut short, or that
    another source, image config, code or platform has left, is therefore never used.

    Args:
        store: the data set's store.
        image: size and format of the stored pictures.
    """

    def __init__(self, store: Store, image: ImageConfig) -> None:
        self._store, self._maker = store, _maker(image)

    def keep(self, uri: str, sha256: str, photo: bytes) -> None:
        """Keep the encoded photo of a source; `sha256` is the hex SHA-256 of the source's bytes."""
        self._store.write(_name(sha256), self._digest(uri, sha256, photo) + photo, flush=False)

    def find(self, uri: str, sha256: str) -> bytes | None:
        """The photo that was kept for a source, as it was encoded; None if there is none that is the right one."""
        try:
            data = self._store.read(_name(sha256))
        except FileNotFoundError:
            return None
        photo = data[_DIGEST:]
        return photo if data[:_DIGEST] == self._digest(uri, sha256, photo) else None

    def _digest(self, uri: str, sha256: str, photo: bytes) -> bytes:
        # By the ending of the name, the same bytes are read as RAW or as TIFF. The rest of the uri does not matter:
        # repeated files share a photo.
        ending = PurePosixPath(uri).suffix.lower()
        digest = hashlib.sha256(json.dumps([sha256, ending, self._maker]).encode())
        digest.update(photo)
        return digest.digest()


def drop(store: Store, hashes: Iterable[str]) -> None:
    """Remove the photos of sources with these hashes, which no pair needs any more."""
    store.remove(*sorted(map(_name, hashes)))


def drop_all_but(store: Store, hashes: Iterable[str]) -> None:
    """Remove the photos of all other sources: of those that are not used, or that an earlier attempt has left."""
    used = set(map(_name, hashes))
    store.remove(*(name for name in store.names(_FOLDER) if name not in used))


@cache
def _maker(image: ImageConfig) -> str:
    """What a stored photo depends on beside its source."""
    return f"{image.model_dump_json()} {code_sha256(_CODE)} {this_platform(with_processor=False).model_dump_json()}"


def _name(sha256: str) -> str:
    return f"{_FOLDER}/{sha256}"
