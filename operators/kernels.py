"""The pass of `fused.cpp`, compiled once per machine into a library that workers load in a millisecond."""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor

from operators import fused
from operators.fused import Tables
from operators.quantization import HALF_STEP, quantize
from schemas.errors import UnretouchError

logger = logging.getLogger(__name__)

_SOURCE = Path(__file__).with_name("fused.cpp")
_FLAGS = (
    *("-std=c++17", "-O3", "-shared", "-fPIC", "-fno-math-errno", "-fno-trapping-math"),
    *("-ffinite-math-only", "-fno-signed-zeros"),  # or minima and maxima are no vector instructions
    *(f"-D{name}={getattr(fused, name)}" for name in ("HUES", "LEVELS")),
    *(f"-D{name}={getattr(fused, name)}f" for name in ("LOWEST", "HIGHEST")),
)
_ARCHITECTURES = {"AVX512": "-march=x86-64-v4", "AVX2": "-march=x86-64-v3"}
"""By what torch can use. Not `native`: machines of one kind then compute alike, and may share a home folder."""


class NoCompilerError(UnretouchError):
    """The machine has no C++ compiler, and the config asks for compiled kernels."""


class Kernels:
    """The compiled pass.

    Raises:
        NoCompilerError: it has to be compiled, and there is no compiler, or not one that can.
    """

    def __init__(self) -> None:
        library = _library()
        self._render, self._unrender = library.render, library.unrender
        for function, pointers in ((self._render, 4), (self._unrender, 6)):
            function.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, *[ctypes.c_void_p] * pointers]
            function.restype = None

    def render(self, inputs: Tensor, tables: Tables) -> Tensor:
        """Recipes on inputs: uint8 (B, 3, H, W) to the same, with the channels last in memory."""
        pixels = inputs.permute(0, 2, 3, 1).contiguous()
        rendered = torch.empty_like(pixels)
        count = inputs[0, 0].numel()
        _call(self._render, count, len(inputs), pixels, tables.edits, tables.sliders, tables.channels, rendered)
        return rendered.permute(0, 3, 1, 2)

    def unrender(self, target: Tensor, tables: Tables) -> tuple[Tensor, Tensor]:
        """Inputs of one target: uint8 (3, H, W) to (B, 3, H, W), channels last in memory, and (B,) clipped pixels."""
        pixels = target.permute(1, 2, 0).contiguous()
        inputs = pixels.new_empty(len(tables.edits), *pixels.shape)
        clipped = torch.empty(len(inputs), dtype=torch.int64)
        # Channels rise with their level, so what is clipped lies before or behind what is not.
        edges = torch.tensor([-HALF_STEP, 1 + HALF_STEP]).expand(*tables.channels.shape[:2], -1).contiguous()
        gamut = torch.searchsorted(tables.channels, edges, out_int32=True)
        gamut[..., 1] -= 1
        channels, count = quantize(tables.channels), target[0].numel()
        _call(
            *(self._unrender, count, len(inputs)),
            *(pixels, tables.edits, tables.sliders, channels, gamut, inputs, clipped),
        )
        return inputs.permute(0, 3, 1, 2), clipped


def _call(function: Callable[..., None], pixels: int, pictures: int, first: Tensor, *others: Tensor) -> None:
    """Hand tensors over by their addresses; `others` and `first` are all contiguous, or this is an error of ours."""
    if not all(tensor.is_contiguous() for tensor in (first, *others)):
        raise AssertionError("a kernel reads plain arrays")
    function(first.data_ptr(), pixels, pictures, *(tensor.data_ptr() for tensor in others))


@cache
def _library() -> ctypes.CDLL:
    architecture = _ARCHITECTURES.get(torch.backends.cpu.get_cpu_capability())
    flags = [*_FLAGS, *([architecture] if architecture else [])]
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()} {flags}".encode() + _SOURCE.read_bytes())
    folder = Path(os.environ.get("UNRETOUCH_CACHE", Path.home() / ".cache" / "unretouch")) / "kernels"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest.hexdigest()[:16]}.so"
    with FileLock(path.with_suffix(".lock")):  # one worker of a machine compiles, the others wait for it
        if not path.exists():
            _compile(path, flags)
    return ctypes.CDLL(str(path))


def _compile(path: Path, flags: list[str]) -> None:
    compilers = filter(None, map(shutil.which, (os.environ.get("CXX", "g++"), "clang++", "c++")))
    compiler = next(compilers, None)
    if compiler is None:
        raise NoCompilerError(
            "engine: compiled needs a C++ compiler (install g++), or choose the slower one: --set engine=eager"
        )
    logger.info("compiling %s with %s, once for this machine", _SOURCE.name, compiler)
    temporary = path.with_name(f"{path.stem}-{os.getpid()}.so")
    command = [compiler, *flags, str(_SOURCE), "-o", str(temporary)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  no shell, our own arguments
    if done.returncode:
        raise NoCompilerError(f"{compiler} cannot compile {_SOURCE}; --set engine=eager does without: {done.stderr}")
    temporary.replace(path)
