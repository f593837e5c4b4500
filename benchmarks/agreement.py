"""How far what is compiled is from what it stands for, on real photos and recipes as a run draws them.

    python -m benchmarks.agreement [--photos FOLDER]

The pass over the pixels is held to the operators, in floats (its form in torch) and in 8 bits (as it runs); CIEDE2000
to its form in torch; SSIM and PIQE to pyiqa, in float64.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pyiqa
import torch
import typer
from PIL import Image
from rich.table import Table
from torch import Tensor

from benchmarks.photos import find_photos
from benchmarks.report import wide_console, write_report
from operators import fused
from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from operators.resize import resize
from pipeline.recipes.sampler import sample_recipe
from quality import color_difference, compiled_metrics
from quality.measures import grid
from schemas.config import RecipesConfig

LONG_SIDE, SCORED_SIDE, STRIDE = 1024, 512, 7

Errors = dict[str, list[float]]


def main(
    photos: Annotated[Path | None, typer.Option(help="Folder of JPEG photos; the demo's by default.")] = None,
    recipes: Annotated[int, typer.Option(min=1, help="Recipes for each photo.")] = 2,
    out: Annotated[Path, typer.Option(help="JSON that receives the figures.")] = Path("benchmarks/out/agreement.json"),
) -> None:
    """Measure and print the differences."""
    console = wide_console()
    found: Errors = {}
    with tempfile.TemporaryDirectory() as name:
        for number, path in enumerate(find_photos(photos, Path(name))):
            seeds = range(recipes * number, recipes * (number + 1))
            for key, value in compare(_pixels(path), list(seeds)):
                found.setdefault(key, []).append(value)
    table = Table(title=f"{len(found['unrender, floats'])} photos, {recipes} recipes each")
    for column in ("difference", "mean over photos", "greatest"):
        table.add_column(column, justify="left" if column == "difference" else "right")
    for key, values in found.items():
        table.add_row(key, f"{sum(values) / len(values):.3g}", f"{max(values):.3g}")
    console.print(table)
    write_report(out, {key: {"mean": sum(v) / len(v), "greatest": max(v)} for key, v in found.items()})
    console.print(f"figures: {out}")


def compare(photo: Tensor, seeds: list[int]) -> Iterator[tuple[str, float]]:
    """Names and sizes of all differences for one photo, uint8 (3, H, W)."""
    parameters = AETHER_1.vector([sample_recipe(AETHER_1, RecipesConfig(), seed) for seed in seeds])
    curves = fused.curves(AETHER_1, parameters)
    inputs, _ = Renderer(AETHER_1).unrender(photo, parameters)
    rendered = Renderer(AETHER_1).render(inputs, parameters)
    repeated = photo.expand(len(seeds), -1, -1, -1)
    for name, pixels, operators, tables, kernel, stored in (
        ("unrender", repeated, AETHER_1.unrender, fused.unrender_tables, fused.unrender_pixels, inputs),
        ("render", inputs, AETHER_1.render, fused.render_tables, fused.render_pixels, rendered),
    ):
        exact = operators(pixels / 255, parameters).clamp(0, 1).flatten(2)
        floats = torch.stack(kernel(pixels.flatten(2), tables(curves)), dim=1).clamp(0, 1)
        steps = (stored.flatten(2) - (exact * 255 + 0.5).to(torch.uint8).int()).abs()
        yield f"{name}, floats", float((floats - exact).abs().max())
        yield f"{name}, 8-bit steps", float(steps.max())
        yield f"{name}, share of values that are another step", float((steps > 0).float().mean())
    for number, picture in enumerate(inputs):
        image, reference = (grid(pixels[None], STRIDE) for pixels in (picture, photo))
        exact = color_difference.delta_e00(image.double() / 255, reference.double() / 255)
        differences = compiled_metrics.delta_e00(image, reference)
        yield "CIEDE2000, 99.9 % of pixels", float((differences - exact).abs().flatten().quantile(0.999))
        yield "CIEDE2000, mean", abs(float(differences.mean() - exact.mean()))
        if number == 0:
            small, other = (resize(pixels[None], SCORED_SIDE, "bilinear") for pixels in (picture, photo))
            x, y = small.double() / 255, other.double() / 255
            ssim, piqe = (pyiqa.create_metric(metric, device="cpu") for metric in ("ssim", "piqe"))
            yield "SSIM", abs(compiled_metrics.ssim(small, other) - float(ssim(x, y)))
            yield "PIQE", abs(compiled_metrics.piqe(small) - float(piqe(x)))


def _pixels(path: Path) -> Tensor:
    with Image.open(path) as image:
        reduced = image.convert("RGB")
        reduced.thumbnail((LONG_SIDE, LONG_SIDE))
        return torch.from_numpy(np.array(reduced)).permute(2, 0, 1)


if __name__ == "__main__":
    typer.run(main)
