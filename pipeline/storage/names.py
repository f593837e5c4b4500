"""Names of files in a store."""

from pathlib import PurePosixPath

from schemas.errors import UnretouchError


class StoreError(UnretouchError):
    """The root of a store is no folder and no S3 prefix, or the store refused an operation."""

    exit_code = 2


def checked_name(name: str) -> str:
    """The name, normalised.

    Raises:
        ValueError: it is empty, absolute, or leads out of the root.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"{name!r} is not a name below the data set's root")
    return str(path)
