"""The C++ library: one for all C++ files of ours, built by `setup.py` when the package is installed."""

import ctypes
import hashlib
from collections.abc import Callable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from torch import Tensor

from schemas.errors import UnretouchError

_FOLDER = Path(__file__).parent
_AGAIN = "install unretouch again (in a checkout: pip install --editable .)"


class NoCompilerError(UnretouchError):
    """What the config wants compiled was not built when the package was installed, or from other files than these."""

    exit_code = 2


@cache
def load_library(folder: Path = _FOLDER) -> ctypes.CDLL:
    """The library, which says itself from which C++ files it was built.

    Args:
        folder: where it lies; tests build some elsewhere.

    Raises:
        NoCompilerError: it was not built, or it cannot be loaded, or the C++ files have changed since.
    """
    built = next((path for suffix in EXTENSION_SUFFIXES if (path := folder / f"_native{suffix}").exists()), None)
    if built is None:
        raise NoCompilerError(
            "engine: compiled needs C++ code that is built when unretouch is installed, and it was not: install a C++ "
            f"compiler (g++), then {_AGAIN}, or choose the slower one: --set engine=eager"
        )
    try:
        library = ctypes.CDLL(str(built))
    except OSError as error:
        raise NoCompilerError(f"{built} cannot be loaded: {error}; {_AGAIN}") from error
    library.sources_sha256.restype = ctypes.c_char_p
    if library.sources_sha256().decode() != _sources_sha256():
        raise NoCompilerError(f"{built} was built from other C++ files than these; {_AGAIN}")
    return library


def call(function: Callable[..., Any], *arguments: Tensor | int) -> Any:
    """Call a compiled function. Tensors are handed over by the addresses of their values, and live until it returns.

    Raises:
        ValueError: a tensor is not contiguous, or not on the CPU.
    """
    plain: list[ctypes.c_void_p | ctypes.c_int64] = []
    for argument in arguments:
        if isinstance(argument, int):
            plain.append(ctypes.c_int64(argument))
        elif argument.is_contiguous() and argument.device.type == "cpu":
            plain.append(ctypes.c_void_p(argument.data_ptr()))
        else:
            raise ValueError("a compiled function reads plain arrays only")
    return function(*plain)


def _sources_sha256() -> str:
    """As `setup.py` computes it."""
    root = _FOLDER.parent
    files = [*root.glob("operators/*.cpp"), *root.glob("quality/*.cpp"), *root.glob("operators/*.h")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()
