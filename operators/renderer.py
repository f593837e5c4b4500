"""Rendering 8-bit pictures: in one fused pass where a process has one, operator by operator where it has none."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from operators import fused
from operators.catalogue import PROCESSES
from operators.fused import Curves, Tables
from operators.kernels import Kernels
from operators.process import Process
from operators.quantization import clipped, quantize
from schemas.config import Engine


class Renderer:
    """Renders and unrenders 8-bit pictures by one process, on the device where they are.

    Args:
        process: what to render.
        engine: "compiled" renders aether/1 in one pass over the pixels; "eager" renders operator by operator. All other
            processes are rendered operator by operator.

    Raises:
        NoCompilerError: the pass is needed, and was not compiled when the package was installed.
    """

    def __init__(self, process: Process, engine: Engine = "compiled") -> None:
        self.process = process
        self._kernels = Kernels(process) if engine == "compiled" and process.name == "aether/1" else None
        self._last: tuple[Tensor, Curves] | None = None

    def render(self, inputs: Tensor, parameters: Tensor) -> Tensor:
        """Recipes on stored inputs: uint8 (B, 3, H, W) and (B, P) to uint8 (B, 3, H, W)."""
        if self._kernels is None:
            return quantize(self.process.render(inputs / 255, parameters))
        if not inputs.is_cuda:
            return self._kernels.render(inputs, parameters)
        tables = fused.render_tables(self._curves(parameters))
        pixels: Tensor = _gpu_kernel(_render)(inputs.flatten(2), tables)
        return pixels.view_as(inputs)

    def unrender(self, target: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs of one target: uint8 (3, H, W) and (B, P) to uint8 (B, 3, H, W) and the clipped share of each, (B,).

        Raises:
            ValueError: a parameter lies outside the range in which its operator can be undone.
        """
        if self._kernels is None:
            inputs = self.process.unrender((target / 255).expand(len(parameters), -1, -1, -1), parameters)
            return quantize(inputs), clipped(inputs.flatten(2).unbind(1)) / target[0].numel()
        if target.is_cuda:
            tables = fused.unrender_tables(self._curves(parameters))
            inputs, count = _gpu_kernel(_unrender)(target.flatten(1).expand(len(parameters), -1, -1), tables)
            inputs = inputs.view(-1, *target.shape)
        else:
            inputs, count = self._kernels.unrender(target, parameters)
        return inputs, count / target[0].numel()

    def unrender_each(self, targets: Tensor, parameters: Tensor) -> Tensor:
        """The input of each of several targets: uint8 (B, 3, H, W) and (B, P) to uint8 (B, 3, H, W).

        Raises:
            ValueError: a parameter lies outside the range in which its operator can be undone.
        """
        if self._kernels is None:
            return quantize(self.process.unrender(targets / 255, parameters))
        if targets.is_cuda:
            tables = fused.unrender_tables(self._curves(parameters))
            inputs: Tensor = _gpu_kernel(_unrender)(targets.flatten(2), tables)[0]
            return inputs.view_as(targets)
        pairs = zip(targets, parameters, strict=True)
        return torch.cat([self._kernels.unrender(target, row[None])[0] for target, row in pairs])

    def _curves(self, parameters: Tensor) -> Curves:
        # A cycle unrenders and then renders the same recipes, whose curves cost as much as a tenth of the pixels.
        if self._last is not None:
            last, curves = self._last
            if last.dtype == parameters.dtype and last.equal(parameters):
                return curves
        curves = fused.curves(self.process, parameters)
        self._last = parameters.clone(), curves
        return curves


@cache
def renderer_of(process: str, engine: Engine) -> Renderer:
    """The renderer of a process, by name. Each Python process makes it once.

    Raises:
        NoCompilerError: the renderer has to be compiled, and there is no compiler.
    """
    return Renderer(PROCESSES[process], engine)


@cache
def _gpu_kernel(function: Callable[[Tensor, Tables], Any]) -> Callable[[Tensor, Tables], Any]:
    """A function fused for the GPU, with the numbers of pictures and pixels left open."""
    return torch.compile(function, dynamic=True)


def _render(pixels: Tensor, tables: Tables) -> Tensor:
    return torch.stack([quantize(plane) for plane in fused.render_pixels(pixels, tables)], dim=1)


def _unrender(pixels: Tensor, tables: Tables) -> tuple[Tensor, Tensor]:
    planes = fused.unrender_pixels(pixels, tables)
    return torch.stack([quantize(plane) for plane in planes], dim=1), clipped(planes)
