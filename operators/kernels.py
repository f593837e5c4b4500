"""The pass of `fused.cpp` over tensors."""

import ctypes
from pathlib import Path

import torch
from torch import Tensor

from operators import fused
from operators.fused import Tables
from operators.native import call, load_library
from operators.quantization import HALF_STEP, quantize

_CONSTANTS = {
    "HUES": f"{fused.HUES}",
    "LEVELS": f"{fused.LEVELS}",
    "LOWEST": f"{fused.LOWEST}f",
    "HIGHEST": f"{fused.HIGHEST}f",
}


class Kernels:
    """The compiled pass.

    Raises:
        NoCompilerError: it has to be compiled, and there is no compiler.
    """

    def __init__(self) -> None:
        library = fused_library()
        self._render, self._unrender = library.render, library.unrender
        self._render.restype = self._unrender.restype = None

    def render(self, inputs: Tensor, tables: Tables) -> Tensor:
        """Recipes on inputs: uint8 (B, 3, H, W) to the same, with the channels last in memory.

        Raises:
            ValueError: the inputs are not as many 8-bit pictures as the tables have rows.
        """
        _check(inputs, len(tables.edits), tables)
        pixels = inputs.permute(0, 2, 3, 1).contiguous()
        rendered = torch.empty_like(pixels)
        sizes = inputs[0, 0].numel(), len(inputs)
        call(self._render, *sizes, pixels, tables.edits, tables.sliders, tables.channels, rendered)
        return rendered.permute(0, 3, 1, 2)

    def unrender(self, target: Tensor, tables: Tables) -> tuple[Tensor, Tensor]:
        """Inputs of one target: uint8 (3, H, W) to (B, 3, H, W), channels last in memory, and (B,) clipped pixels.

        Raises:
            ValueError: the target is no 8-bit picture.
        """
        _check(target[None], 1, tables)
        pixels = target.permute(1, 2, 0).contiguous()
        inputs = pixels.new_empty(len(tables.edits), *pixels.shape)
        clipped = torch.empty(len(inputs), dtype=torch.int64)
        # Channels rise with their level, so what is clipped lies before or behind what is not.
        edges = torch.tensor([-HALF_STEP, 1 + HALF_STEP]).expand(*tables.channels.shape[:2], -1).contiguous()
        gamut = torch.searchsorted(tables.channels, edges, out_int32=True)
        gamut[..., 1] -= 1
        channels = quantize(tables.channels)
        sizes = target[0].numel(), len(inputs)
        call(self._unrender, *sizes, pixels, tables.edits, tables.sliders, channels, gamut, inputs, clipped)
        return inputs.permute(0, 3, 1, 2), clipped


def fused_library() -> ctypes.CDLL:
    """The library of `fused.cpp`; raises NoCompilerError as `load_library` does."""
    return load_library(Path(__file__).with_name("fused.cpp"), _CONSTANTS)


def _check(pictures: Tensor, count: int, tables: Tables) -> None:
    """What is compiled trusts its addresses: anything else than this would be read beyond its end."""
    if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[:2] != (count, 3):
        raise ValueError(f"need uint8 ({count}, 3, H, W), got {pictures.dtype} {tuple(pictures.shape)}")
    if any(table.dtype != torch.float32 for table in tables):
        raise ValueError("need parameters in float32")
