"""What a damaged file of a data set becomes: an error that names it."""

import struct
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from schemas.errors import UnretouchError

_OF_PARSERS = (
    *(pa.ArrowException, tarfile.TarError, struct.error, zlib.error),
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, RecursionError, TypeError, ValueError),
)
"""What Arrow, tarfile, pydantic and our own tables raise on bytes that they do not expect. None promises a list."""


class DamagedError(UnretouchError):
    """A file of a data set is damaged or incomplete."""


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Parse a file: it is damaged if that fails.

    Args:
        file: path or address of the file, for the message.

    Raises:
        DamagedError: what stands in the `with` block raised what parsers raise. An OSError of the operating system,
            which says nothing of the bytes, stays what it is.
    """
    try:
        yield
    except _OF_PARSERS as error:
        raise _damaged(file, error) from error
    except FileNotFoundError:
        raise
    except OSError as error:  # Arrow and Pillow raise it too, but without an error number
        if error.errno is not None:
            raise
        raise _damaged(file, error) from error


def _damaged(file: str, error: Exception) -> DamagedError:
    lines = str(error).splitlines() or [type(error).__name__]
    return DamagedError(f"{file} is damaged: {lines[0][:200]}; `unretouch verify` says what else is")


def tar_files(path: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield the files of an uncompressed tar in its order, with the tar to read them from.

    Raises:
        tarfile.TarError: the tar is cut short, or holds something else than files: a link, or a file with holes, whose
            size says nothing of the bytes that are there.
    """
    size = path.stat().st_size
    with tarfile.open(path, "r:") as opened:
        for info in opened:
            if not info.isreg() or info.issparse():
                raise tarfile.ReadError(f"{info.name[:100]!r} is not a plain file")
            if not 0 <= info.size <= size - info.offset_data:
                raise tarfile.ReadError(f"{info.name[:100]!r} ends after the tar")
            yield opened, info
