"""Predicting a pair from a few pixels of its photo, before any picture of it is made.

A preview has two parts. A grid of single pixels shows how strong an edit is and how much of the photo it clips. Blocks
of neighbouring pixels, as JPEG codes them, are unrendered, encoded and decoded like a whole picture, so they lose what
the stored input will lose; rendered again, they show how well the cycle closes.
"""

from math import ceil, sqrt

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from pipeline.images.codec import decode_all, encode
from quality.effects import effects_on
from quality.measures import grid, mean_differences, measure_pair
from schemas.config import DatasetConfig, ImageConfig
from schemas.plan import Origin
from schemas.sample import Measures

GRID, BLOCKS = 1536, 2048
"""Numbers of pixels of the grid, and of all blocks together."""


class Preview:
    """A few pixels of a photo, on which recipes are tried.

    Args:
        photo: uint8 (3, H, W), the stored photo.
        config: process, engine and coding of the data set.
        origin: "unrendered", whose target is the photo, or "rendered", whose input is the photo.
    """

    def __init__(self, photo: Tensor, config: DatasetConfig, origin: Origin) -> None:
        self._config, self._origin = config, origin
        self._renderer = renderer_of(config.process, config.engine)
        if PROCESSES[config.process].spatial:  # the pixels must stay neighbours
            self.pixels = _grid(photo, GRID)
            self._blocks = self._cells = slice(None)
        else:
            blocks = _blocks(photo, config.image)
            cells = _grid(photo, GRID).flatten(1)
            cells = cells[:, : cells.shape[1] // blocks.shape[1] * blocks.shape[1]]
            self.pixels = torch.cat([blocks, cells.view(3, blocks.shape[1], -1)], dim=2)
            self._blocks, self._cells = slice(blocks.shape[2]), slice(blocks.shape[2], None)

    @property
    def cells(self) -> Tensor:
        """The pixels of the grid, uint8 (3, H, W)."""
        return self.pixels[..., self._cells].contiguous()

    def measure(self, parameters: Tensor) -> list[Measures]:
        """Predict the measures of pairs with the given recipes, (B, P)."""
        return self._rendered(parameters) if self._origin == "rendered" else self._unrendered(parameters)

    def strength(self, parameters: Tensor) -> float:
        """Predict the mean CIEDE2000 between the pictures of a pair with the given recipe, (P,), without coding."""
        pixels = self.cells
        if self._origin == "rendered":
            other = self._renderer.render(pixels[None], parameters[None])
        else:
            other, _ = self._renderer.unrender(pixels, parameters[None])
        return mean_differences(other, pixels, self._config.engine)[0]

    def effects(self, parameters: Tensor) -> dict[str, float]:
        """Predict the effects of one recipe's sliders; see `quality.effects`. The recipe is (P,)."""
        pixels = self.cells
        if self._origin == "unrendered":
            pixels = self._renderer.unrender(pixels, parameters[None])[0][0]
        return effects_on(self._renderer, pixels, parameters, self._config.engine)

    def _unrendered(self, parameters: Tensor) -> list[Measures]:
        inputs, clipped = self._renderer.unrender(self.pixels, parameters)
        blocks, cells = inputs[..., self._blocks], inputs[..., self._cells]
        files = [encode(picture, self._config.image) for picture in blocks]
        stored = decode_all(files, self._config.image.format, *blocks.shape[2:])
        rendered = self._renderer.render(stored, parameters)
        engine, target = self._config.engine, self.pixels[..., self._blocks]
        cycles = measure_pair(stored, target, rendered, clipped, engine)
        uncoded = mean_differences(blocks, target, engine)
        spread = mean_differences(cells, self.pixels[..., self._cells], engine)
        # The grid stands for the photo better than the blocks do; what coding adds to a difference shows on the blocks.
        return [
            cycle.model_copy(update={"difference_de00": on_grid + cycle.difference_de00 - before})
            for on_grid, cycle, before in zip(spread, cycles, uncoded, strict=True)
        ]

    def _rendered(self, parameters: Tensor) -> list[Measures]:
        inputs = self.pixels.expand(len(parameters), -1, -1, -1)
        targets = self._renderer.render(inputs, parameters)
        clipped = (_at_the_ends(targets) & ~_at_the_ends(inputs)).flatten(1).float().mean(1)
        return measure_pair(inputs, targets, targets, clipped, self._config.engine)


def _at_the_ends(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) uint8 to (B, H, W): whether some channel is black or white."""
    return ((pictures == 0) | (pictures == 255)).any(1)


def _grid(photo: Tensor, pixels: int) -> Tensor:
    """(3, h, w) of about `pixels` pixels."""
    return grid(photo, max(1, ceil(sqrt(photo.shape[1] * photo.shape[2] / pixels))))


def _blocks(photo: Tensor, image: ImageConfig) -> Tensor:
    """Evenly spread blocks of a photo side by side, (3, side, N), whose coding does not depend on other blocks."""
    side = 16 if image.format == "jpeg" and image.subsampling != "4:4:4" else 8
    rows, columns = photo.shape[1] // side, photo.shape[2] // side
    count = min(rows * columns, BLOCKS // side**2)
    # Steps of the golden ratio spread any number of blocks evenly over the columns.
    at = [(int((i + 0.5) * rows / count), int((i * 0.6180339887498949 + 0.5) % 1 * columns)) for i in range(count)]
    return torch.cat([photo[:, y * side : (y + 1) * side, x * side : (x + 1) * side] for y, x in at], dim=2)
