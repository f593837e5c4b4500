"""Latents baked into a colour table: a renderer's decoder maps colours alone, so a table can stand for it."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.presets.cube import CubeLut
from pipeline.training.baselines import color_grid
from pipeline.training.renderer import RetouchRenderer

POINTS = 33
"""Points a side, as in the tables of other programs."""


def bake(model: RetouchRenderer, latents: Tensor, title: str, points: int = POINTS) -> CubeLut:
    """Sample the decoder under some latents, (1, 3 * latent), on a grid of colours."""
    grid = color_grid(points)
    device = latents.device
    with torch.no_grad():
        decoded = model.decoder(grid.flatten(1).T[None].to(device), latents)[0].float().cpu()
    table = decoded.T.reshape(grid.shape).contiguous()
    return CubeLut(title, table, torch.tensor([[0.0] * 3, [1.0] * 3]))


def write_cube(lut: CubeLut, path: Path) -> None:
    """Write a table of three dimensions over [0, 1] as a `.cube` file, red fastest, as the format has it."""
    rows = lut.table.flatten(1).T.tolist()
    head = f'TITLE "{lut.title}"\nLUT_3D_SIZE {lut.table.shape[1]}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + "".join(f"{red:.6f} {green:.6f} {blue:.6f}\n" for red, green, blue in rows))
