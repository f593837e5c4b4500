"""Rendering 8-bit pictures in one pass: the fused form of a process, compiled once per machine.

Kernels are exported with the number of pictures and pixels left open, compiled ahead of time by TorchInductor, and
kept as a package in a cache folder. A worker loads the package in milliseconds and never imports a compiler; one
package serves every recipe and every picture size. Processes without a fused form are rendered by their operators.
"""

import hashlib
import logging
import os
import platform
import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from filelock import FileLock
from torch import Tensor

from operators import fused
from operators.fused import Tables
from operators.process import Process
from schemas.errors import UnretouchError

logger = logging.getLogger(__name__)

HALF_STEP = 0.5 / 255
"""A value this far outside [0, 1] is still stored as if it had been inside."""

_KERNEL_SOURCES = ("color_space.py", "saturation.py", "color_mixer.py", "fused.py", "engine.py")


class NoCompilerError(UnretouchError):
    """The machine has no C++ compiler, and the config asks for compiled kernels."""


class Engine:
    """Renders and unrenders 8-bit pictures by one process.

    Args:
        process: what to render.
        name: "compiled" runs aether/1 through compiled kernels, "eager" runs every process operator by operator.

    Raises:
        NoCompilerError: kernels have to be compiled and there is no compiler.
    """

    def __init__(self, process: Process, name: Literal["compiled", "eager"] = "compiled") -> None:
        self.process = process
        self._kernels = _load_kernels() if name == "compiled" and process.name == "aether/1" else None

    def render(self, inputs: Tensor, parameters: Tensor) -> Tensor:
        """Recipes on stored inputs: uint8 (B, 3, H, W) and (B, P) to uint8 (B, 3, H, W)."""
        if self._kernels is None:
            return quantize(self.process.render(inputs / 255, parameters))
        render, _ = self._kernels
        pixels = inputs.flatten(2).contiguous()
        planes = render(pixels, *fused.render_tables(self.process, parameters))
        return torch.stack(planes, dim=1).view_as(inputs)

    def unrender(self, target: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs of one target: uint8 (3, H, W) and (B, P) to uint8 (B, 3, H, W) and the clipped share of each, (B,).

        Raises:
            ValueError: a parameter lies outside the range in which its operator can be undone.
        """
        if self._kernels is None:
            inputs = self.process.unrender((target / 255).expand(len(parameters), -1, -1, -1), parameters)
            return quantize(inputs), clipped(inputs.flatten(2).unbind(1)) / target[0].numel()
        _, unrender = self._kernels
        pixels = target.flatten(1).contiguous()
        # One picture at a time: the tables of one fit the cache, those of several do not.
        tables = fused.unrender_tables(self.process, parameters)
        made = [unrender(pixels[None], *(table[i : i + 1] for table in tables)) for i in range(len(parameters))]
        inputs = torch.stack([plane for *planes, _ in made for plane in planes]).view(-1, *target.shape)
        return inputs, torch.cat([count for *_, count in made]) / target[0].numel()


def quantize(image: Tensor) -> Tensor:
    """Float pictures to 8 bit, clipped and rounded to the nearest step."""
    return (image.clamp(0, 1) * 255 + 0.5).to(torch.uint8)


def clipped(planes: Sequence[Tensor]) -> Tensor:
    """Number of pixels that leave [0, 1] by more than half a step in any channel: three (B, N) to (B,)."""
    lowest = torch.minimum(torch.minimum(planes[0], planes[1]), planes[2])
    highest = torch.maximum(torch.maximum(planes[0], planes[1]), planes[2])
    return ((lowest < -HALF_STEP) | (highest > 1 + HALF_STEP)).sum(1)


# A package takes plain tensors only, so the fields of `Tables` go in one by one. Channels come out apart: put together
# by the kernel, they would first be written as floats.
class _Render(torch.nn.Module):
    def forward(
        self, pixels: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor, f: Tensor, g: Tensor
    ) -> list[Tensor]:
        return [quantize(plane) for plane in fused.render_pixels(pixels, Tables(a, b, c, d, e, f, g))]


class _Unrender(torch.nn.Module):
    def forward(
        self, pixels: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor, f: Tensor, g: Tensor
    ) -> list[Tensor]:
        planes = fused.unrender_pixels(pixels, Tables(a, b, c, d, e, f, g))
        return [*(quantize(plane) for plane in planes), clipped(planes)]


Kernel = Callable[..., list[Tensor]]


@cache
def _load_kernels() -> tuple[Kernel, Kernel]:
    folder = Path(os.environ.get("UNRETOUCH_CACHE", Path.home() / ".cache" / "unretouch")) / "kernels" / _build_id()
    folder.mkdir(parents=True, exist_ok=True)
    return _kernel(folder / "render.pt2", _Render(), 256), _kernel(
        folder / "unrender.pt2", _Unrender(), fused.LEVELS + 1
    )


def _kernel(path: Path, module: torch.nn.Module, levels: int) -> Kernel:
    with FileLock(path.with_suffix(".lock")):  # one worker of a machine compiles, the others wait for it
        if not path.exists():
            _compile(path, module, levels)
    kernel: Kernel = torch._inductor.aoti_load_package(str(path))
    return kernel


def _compile(path: Path, module: torch.nn.Module, levels: int) -> None:
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "clang++")):
        raise NoCompilerError(
            "engine: compiled needs a C++ compiler (install g++), or choose the slower one: --set engine=eager"
        )
    logger.info("compiling %s, once for this machine", path.stem)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the kernels get no threads of their own: workers are the parallelism
    try:
        pixels = torch.zeros(2, 3, 4096, dtype=torch.uint8)
        # Each its own tensor: export takes one that is passed twice for one argument.
        hue, slope, factor, luminance = (torch.zeros(2, fused.HUES + 1) for _ in range(4))
        channels, vibrance, saturation = torch.zeros(2, 3, levels), torch.ones(2, 1), torch.ones(2, 1)
        tables = Tables(channels, hue, slope, factor, luminance, vibrance, saturation)
        pictures, count = torch.export.Dim("pictures", max=4096), torch.export.Dim("pixels", max=2**31 - 1)
        shapes = ({0: pictures, 2: count}, *({0: pictures} for _ in tables))
        program = torch.export.export(module, (pixels, *tables), dynamic_shapes=shapes)
        temporary = path.with_name(f"{path.stem}-{os.getpid()}.pt2")
        torch._inductor.aoti_compile_and_package(program, package_path=str(temporary))
        temporary.replace(path)
    finally:
        torch.set_num_threads(threads)


def _build_id() -> str:
    """Changes with the kernels' code, with torch and with the kind of processor."""
    digest = hashlib.sha256(f"{torch.__version__} {platform.machine()}".encode())
    digest.update(torch.backends.cpu.get_cpu_capability().encode())
    for name in _KERNEL_SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:16]
