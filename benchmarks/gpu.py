"""Process aether/1 on a GPU, in batches, as fused kernels: pairs a second against the memory's bandwidth.

    python -m benchmarks.gpu

A pair is one unrender and one render of a 1024-pixel picture, 8 bit in and out. The limit is the time in which the
memory could read and write those pixels once for each of the two, at the speed of a plain copy. What it costs to make
the tables that the kernels read is shown beside it. Where there is no GPU the program says so and does nothing.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from rich.console import Console
from torch import Tensor
from torch.utils.benchmark import Timer

from benchmarks.report import wide_console, write_report
from operators import fused
from operators.catalogue import AETHER_1
from operators.fused import Tables
from operators.process import Process
from operators.quantization import quantize
from pipeline.demo import write_photos

HEIGHT, WIDTH = 683, 1024
AGREEMENT = 1e-3
"""How far a float value made on the GPU may be from the same kernel's on the CPU, both clipped to [0, 1]."""

_BYTES_OF_A_PIXEL = 3 + 3
_COPIED = 2**30
_COMPARED = 6

Pixels = Callable[[Tensor, Tables], list[Tensor]]
"""A fused form: (B, 3, N) uint8 and tables to three planes, (B, N)."""


def main(
    batch: Annotated[int, typer.Option(min=2, help="Pictures at a time.")] = 32,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path("benchmarks/out/gpu.json"),
) -> None:
    """Measure speed and agreement; exit code 1 where GPU and CPU disagree."""
    console = wide_console()
    if not torch.cuda.is_available():
        console.print("There is no GPU here that torch can use: nothing was measured.")
        return
    gpu = torch.cuda.get_device_name()
    figures = measure(batch, torch.device("cuda"))
    _print(console, gpu, figures)
    write_report(out, {"gpu": gpu, "batch": batch, **figures})
    console.print(f"figures: {out}")
    if max(figures[f"{name}: from the CPU's kernel"] for name in ("render", "unrender")) > AGREEMENT:
        console.print(f"GPU and CPU differ by more than {AGREEMENT}")
        sys.exit(1)


def measure(batch: int, device: torch.device) -> dict[str, float]:
    """Milliseconds a picture, pairs a second, the limit, and the greatest differences between GPU and CPU."""
    pictures = _pictures(batch)
    parameters = _parameters(AETHER_1, batch, torch.Generator().manual_seed(0))
    curves = fused.curves(AETHER_1, parameters)
    moved = fused.curves(AETHER_1, parameters.to(device))
    flat = pictures.flatten(2).to(device)
    figures: dict[str, float] = {}
    for name, operators, make_tables, pixels in (
        ("render", AETHER_1.render, fused.render_tables, fused.render_pixels),
        ("unrender", AETHER_1.unrender, fused.unrender_tables, fused.unrender_pixels),
    ):
        tables = make_tables(moved)
        found = torch.stack(torch.compile(pixels)(flat, tables), dim=1).cpu()[:_COMPARED]
        few = Tables(*(table[:_COMPARED] for table in make_tables(curves)))
        of_kernel = torch.stack(pixels(pictures[:_COMPARED].flatten(2), few), dim=1)
        of_operators = operators(pictures[:_COMPARED] / 255, parameters[:_COMPARED]).flatten(2)
        figures[f"{name}: from the CPU's kernel"] = _difference(found, of_kernel)
        figures[f"{name}: from the operators"] = _difference(found, of_operators)
        figures[f"{name} ms"] = 1000 * _seconds(torch.compile(_in_8_bit(pixels)), flat, tables) / batch
        figures[f"{name} tables, ms"] = 1000 * _seconds(make_tables, moved) / batch
    figures["curves, ms"] = 1000 * _seconds(fused.curves, AETHER_1, parameters.to(device)) / batch
    bandwidth = 2 * _COPIED / _seconds(torch.clone, torch.empty(_COPIED, dtype=torch.uint8, device=device))
    figures["bandwidth GB/s"] = bandwidth / 1e9
    figures["pairs/s"] = 1000 / (figures["render ms"] + figures["unrender ms"])
    figures["limit pairs/s"] = bandwidth / (2 * HEIGHT * WIDTH * _BYTES_OF_A_PIXEL)
    return figures


def _pictures(count: int) -> Tensor:
    """(B, 3, HEIGHT, WIDTH) uint8: the demo photographs, enlarged, again and again."""
    with tempfile.TemporaryDirectory() as folder:
        photos = []
        for path in write_photos(Path(folder)):
            with Image.open(path) as image:
                pixels = np.array(image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
            photos.append(torch.from_numpy(pixels).permute(2, 0, 1))
    return torch.stack([photos[number % len(photos)] for number in range(count)])


def _difference(a: Tensor, b: Tensor) -> float:
    return float((a.clamp(0, 1) - b.clamp(0, 1)).abs().max())


def _in_8_bit(pixels: Pixels) -> Pixels:
    def quantized(flat: Tensor, tables: Tables) -> list[Tensor]:
        return [quantize(plane) for plane in pixels(flat, tables)]

    return quantized


def _parameters(process: Process, batch: int, generator: torch.Generator) -> Tensor:
    """(B, P) values of moderate edits: Gaussian around neutral, a sixth of each slider's range wide."""
    columns = []
    for spec in process.parameters:
        low, high = spec.safe or (spec.minimum, spec.maximum)
        drawn = spec.neutral + torch.randn(batch, generator=generator) * (high - low) / 6 / 2
        columns.append(drawn.clamp(low + 0.1 * (spec.neutral - low), high - 0.1 * (high - spec.neutral)))
    return torch.stack(columns, dim=1)


def _seconds(function: Callable[..., object], *arguments: object) -> float:
    """Median time of a call; the timer warms up and waits for the GPU."""
    timer = Timer("function(*arguments)", globals={"function": function, "arguments": arguments})
    function(*arguments)  # compiles
    return float(timer.blocked_autorange(min_run_time=1.0).median)


def _print(console: Console, gpu: str, figures: dict[str, float]) -> None:
    console.print(gpu)
    for key, value in figures.items():
        console.print(f"  {key:32} {value:,.5g}")
    console.print(f"  {100 * figures['pairs/s'] / figures['limit pairs/s']:.0f} % of the limit")


if __name__ == "__main__":
    typer.run(main)
