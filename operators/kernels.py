"""The pass of `fused.cpp` over tensors."""

import torch
from torch import Tensor

from operators.native import call, load_library
from operators.process import Process


class Kernels:
    """The compiled pass of aether/1.

    Args:
        process: aether/1, which names the columns of parameters.

    Raises:
        NoCompilerError: nothing was compiled when the package was installed.
    """

    def __init__(self, process: Process) -> None:
        library = load_library()
        # In the order of the operators, which `tables.h` names.
        self._order = torch.tensor([process.index[spec.name] for one in process.operators for spec in one.parameters])
        self._render, self._unrender = library.render, library.unrender
        self._render.restype = self._unrender.restype = None

    def render(self, inputs: Tensor, parameters: Tensor) -> Tensor:
        """Recipes on inputs: uint8 (B, 3, H, W) and float32 (B, P) to the same, with the channels last in memory.

        Raises:
            ValueError: the inputs are not as many 8-bit pictures as there are recipes, or these are not float32.
        """
        columns = self._columns(parameters)
        _check(inputs, len(columns))
        pixels = inputs.permute(0, 2, 3, 1).contiguous()
        rendered = torch.empty_like(pixels)
        call(self._render, inputs[0, 0].numel(), len(inputs), pixels, columns, rendered)
        return rendered.permute(0, 3, 1, 2)

    def unrender(self, target: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs of one target: uint8 (3, H, W) to (B, 3, H, W), channels last in memory, and (B,) clipped pixels.

        Raises:
            ValueError: the target is no 8-bit picture, or the recipes are not float32.
        """
        columns = self._columns(parameters)
        _check(target[None], 1)
        pixels = target.permute(1, 2, 0).contiguous()
        inputs = pixels.new_empty(len(columns), *pixels.shape)
        clipped = torch.empty(len(inputs), dtype=torch.int64)
        call(self._unrender, target[0].numel(), len(inputs), pixels, columns, inputs, clipped)
        return inputs.permute(0, 3, 1, 2), clipped

    def _columns(self, parameters: Tensor) -> Tensor:
        if parameters.dtype != torch.float32 or parameters.shape[1:] != self._order.shape:
            raise ValueError(f"need recipes as float32 (B, P), got {parameters.dtype} {tuple(parameters.shape)}")
        return parameters.index_select(1, self._order)


def _check(pictures: Tensor, count: int) -> None:
    """What is compiled trusts its addresses: anything else than this would be read beyond its end."""
    if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[:2] != (count, 3):
        raise ValueError(f"need uint8 ({count}, 3, H, W), got {pictures.dtype} {tuple(pictures.shape)}")
