"""Files of weights."""

from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from schemas.errors import UnretouchError


class ModelFileError(UnretouchError):
    """A file holds no model that this version can load."""


def read_weights(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Read the metadata and the tensors of a safetensors file.

    Raises:
        ModelFileError: it cannot be read.
    """
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no dict: it cannot be iterated over
    except (OSError, SafetensorError) as error:
        raise ModelFileError(f"{path} cannot be read as safetensors: {error}") from error
