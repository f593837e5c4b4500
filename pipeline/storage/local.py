"""A data set in a folder on disk."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pipeline.storage.names import checked_name

_TEMPORARY = ".tmp-"

_STILL_NEEDED = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.EBUSY}
"""Why a folder is not removed with its last file: it holds others (POSIX allows two codes), it has never been there or
another process was faster, or a network drive keeps a deleted file that someone reads."""

_NOT_ACROSS = {errno.EXDEV, errno.EMLINK}
"""How a link is refused to a file of another file system, or to one that has as many as it can."""

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}
"""How file systems without hard links, as on cards and some network drives, refuse one."""


class LocalStore:
    """Files below a folder. A file is written under a temporary name, flushed to the disk, and renamed."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._path = Path(root)

    def read(self, name: str) -> bytes:
        return self._at(name).read_bytes()

    def read_range(self, name: str, offset: int, size: int) -> bytes:
        with self._at(name).open("rb", buffering=0) as file:
            left = max(os.fstat(file.fileno()).st_size - offset, 0)
            file.seek(offset)
            return file.read(min(size, left))  # `read` would make room for all that it is asked for

    def write(self, name: str, data: bytes, *, flush: bool = True) -> None:
        with self._staged(name, flush) as path:
            path.write_bytes(data)

    def create(self, name: str, data: bytes) -> None:
        with self._temporary(self._at(name)) as path:
            path.write_bytes(data)
            _flush(path)
            path.chmod(0o644)
            try:
                self._at(name).hardlink_to(path)  # which, other than a rename, replaces nothing
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                with self._at(name).open("xb") as file:  # not atomic, but still created by one writer alone
                    file.write(data)
            _flush(path.parent)

    def link(self, name: str, origin: "LocalStore") -> bool:
        """Share a file of another folder, in place of what was there. False if no hard link is possible.

        Raises:
            FileNotFoundError: there is no such file.
        """
        final, shared = self._at(name), origin._at(name)
        if final.exists() and final.samefile(shared):
            return True
        final.parent.mkdir(parents=True, exist_ok=True)
        final.unlink(missing_ok=True)
        try:
            final.hardlink_to(shared)
        except OSError as error:
            if error.errno not in _NO_LINKS | _NOT_ACROSS:
                raise
            return False
        _flush(final.parent)
        return True

    def names(self, folder: str) -> list[str]:
        path = self._at(folder)
        if not path.is_dir():
            return []
        return sorted(f"{folder}/{p.name}" for p in path.iterdir() if p.is_file() and not p.name.startswith("."))

    def remove(self, *names: str) -> None:
        paths = [self._at(name) for name in names]
        self._unlink(paths)

    def _unlink(self, paths: Sequence[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in paths}:
            self._remove_empty(folder)

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder below the root, and those that hold nothing but it: as in an object store, none is empty."""
        while folder != self._path:
            try:
                folder.rmdir()
            except OSError as error:
                if error.errno not in _STILL_NEEDED:
                    raise
                return
            folder = folder.parent

    def staged(self, name: str) -> AbstractContextManager[Path]:
        return self._staged(name, flush=True)

    @contextmanager
    def _staged(self, name: str, flush: bool) -> Iterator[Path]:
        final = self._at(name)
        with self._temporary(final) as path:
            yield path
            if flush:
                _flush(path)
            path.chmod(0o644)
            path.replace(final)
            if flush:
                _flush(final.parent)

    @contextmanager
    def _temporary(self, final: Path) -> Iterator[Path]:
        """An empty file beside the final one, which goes in the end."""
        final.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f"{_TEMPORARY}{final.name}-", dir=final.parent)
        path = Path(temporary)
        try:
            os.close(handle)
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        yield self._at(name)

    def clean(self) -> int:
        remains = list(self._path.rglob(f"{_TEMPORARY}*"))
        self._unlink(remains)
        return len(remains)

    def _at(self, name: str) -> Path:
        return self._path / checked_name(name)


def _flush(path: Path) -> None:
    """Have the operating system write a file or a folder's entries to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
