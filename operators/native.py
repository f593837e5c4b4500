"""C++ sources of ours, each compiled once per machine into a library that workers load in a millisecond."""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from torch import Tensor

from schemas.errors import UnretouchError

logger = logging.getLogger(__name__)

_FLAGS = (
    *("-std=c++17", "-O3", "-shared", "-fPIC", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math"),
    *("-ffinite-math-only", "-fno-signed-zeros"),  # or minima and maxima are no vector instructions
)
_ARCHITECTURES = {"AVX512": "-march=x86-64-v4", "AVX2": "-march=x86-64-v3"}
"""By what torch can use. Not `native`: machines of one kind then compute alike, and may share a home folder."""


class NoCompilerError(UnretouchError):
    """What the config wants compiled cannot be compiled, or not be kept, on this machine."""

    exit_code = 2


def load_library(source: Path, constants: Mapping[str, str]) -> ctypes.CDLL:
    """The library of a C++ file, compiled if this machine has not done so yet.

    Args:
        source: the file.
        constants: macros that it needs, and what they stand for.

    Raises:
        NoCompilerError: there is no compiler, it fails, or there is no place for what it makes.
    """
    return _load(source, tuple(f"-D{name}={value}" for name, value in constants.items()))


def compiler_of(library: ctypes.CDLL) -> str:
    """The version of the compiler that made a library, as it says itself; another may round a last bit differently."""
    library.compiler.restype = ctypes.c_char_p
    version: bytes = library.compiler()
    return version.decode()


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


@cache
def _load(source: Path, constants: tuple[str, ...]) -> ctypes.CDLL:
    architecture = _ARCHITECTURES.get(torch.backends.cpu.get_cpu_capability())
    flags = [*_FLAGS, *([architecture] if architecture else []), *constants]
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()} {flags}".encode() + source.read_bytes())
    path = _folder() / f"{source.stem}-{digest.hexdigest()[:16]}.so"
    library = _opened(path)
    if library is not None:
        return library
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):  # one worker of a machine compiles, the others wait for it
            library = _opened(path)
            if library is None:
                _compile(source, path, flags)
                library = ctypes.CDLL(str(path))
    except OSError as error:
        raise NoCompilerError(
            f"engine: compiled cannot keep what it compiles in {path.parent}: {error}; name another folder in "
            "UNRETOUCH_CACHE, or choose the slower one: --set engine=eager"
        ) from error
    return library


def _folder() -> Path:
    """Where compiled libraries are kept. Who can write there can have his own code run."""
    named = os.environ.get("UNRETOUCH_CACHE")
    return (Path(named) if named else Path("~/.cache/unretouch").expanduser()) / "compiled"


def _opened(path: Path) -> ctypes.CDLL | None:
    """A library; None where there is none, or one that was cut short or made for another system."""
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _compile(source: Path, path: Path, flags: list[str]) -> None:
    compilers = filter(None, map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "clang++", "c++")))
    compiler = next(compilers, None)
    if compiler is None:
        raise NoCompilerError(
            "engine: compiled needs a C++ compiler (install g++), or choose the slower one: --set engine=eager"
        )
    logger.info("compiling %s with %s, once for this machine", source.name, compiler)
    temporary = path.with_name(f"{path.stem}-{os.getpid()}.so")
    command = [compiler, *flags, str(source), "-o", str(temporary)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  no shell, our own arguments
    if done.returncode:
        raise NoCompilerError(f"{compiler} cannot compile {source.name}; engine=eager does without. {done.stderr}")
    temporary.replace(path)
