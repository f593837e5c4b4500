"""Look-up tables of the Cube format (Adobe, "Cube LUT Specification", version 1.0, 2013)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter
from torch import Tensor

from operators.quantization import quantize
from pipeline.presets.preset import PresetError, clean, read_bounded

LIMIT = 96 << 20
"""Most bytes of a file: enough for 129 points a side, with many digits."""

_LARGEST = {1: 65_536, 3: 129}
_LARGEST_OF_PILLOW = 65
_LONGEST_LINE = 250
_KEYWORD = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_RANGES = ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE")


@dataclass(frozen=True, eq=False)
class CubeLut:
    """A table of colours over the cube, or one curve a channel.

    Attributes:
        title: as in the file; may be empty.
        table: float32, (3, B, G, R) for a cube, whose last axis is the red of the input, or (3, N) for curves.
        domain: float32 (2, 3): the least and the greatest input of each channel.
    """

    title: str
    table: Tensor
    domain: Tensor

    def apply(self, image: Tensor) -> Tensor:
        """Look colours up, linear between the points. Input beyond the domain is taken as its edge.

        Args:
            image: float (B, 3, H, W), in the encoding that the table is made for, mostly encoded sRGB.

        Returns:
            The same shape, dtype and device, in the range of the table.
        """
        low, high = self.domain.to(image)[:, :, None, None]
        position = (image - low) / (high - low) * 2 - 1  # grid_sample counts from -1 to 1
        table = self.table.to(image)
        if table.dim() == 4:
            # The pictures are the planes of one volume. A grid's x, y, z walk a table's last, middle, first axis.
            grid = position.movedim(1, -1).unsqueeze(0)
            return _sample(table.unsqueeze(0), grid)[0].transpose(0, 1)
        # The channels are a batch of three tables that are one point high; y = 0 is that point.
        channels = position.movedim(1, 0).flatten(2)
        grid = torch.stack((channels, torch.zeros_like(channels)), dim=-1)
        curves = _sample(table[:, None, None], grid)
        return curves.view(position.movedim(1, 0).shape).movedim(0, 1)

    def render(self, picture: Tensor) -> Tensor:
        """The same on an 8-bit picture, (3, H, W) uint8 sRGB to the same, clipped and rounded to the nearest step.

        Pillow does it for a cube of up to 65 points over [0, 1]: two to three times as fast, and one step off it in
        one of a hundred values.
        """
        if self.table.dim() == 2:
            steps = quantize(self.apply((torch.arange(256) / 255).expand(1, 3, 1, 256)))[0, :, 0]
            return torch.stack([curve[plane.long()] for curve, plane in zip(steps, picture, strict=True)])
        if self._filter is None:
            return quantize(self.apply(picture[None] / 255))[0]
        looked_up = Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy()).filter(self._filter)
        return torch.from_numpy(np.array(looked_up)).permute(2, 0, 1)

    @cached_property
    def _filter(self) -> ImageFilter.Color3DLUT | None:
        size = self.table.shape[1]
        if size > _LARGEST_OF_PILLOW or self.domain.tolist() != [[0.0] * 3, [1.0] * 3]:
            return None
        return ImageFilter.Color3DLUT(size, self.table.movedim(0, -1).flatten().numpy())  # as a list 8 times as large


def read_cube(path: Path) -> CubeLut:
    """Read a `.cube` file of at most 96 MiB; see `parse_cube`."""
    return parse_cube(read_bounded(path, LIMIT), path)


def parse_cube(data: bytes, source: Path) -> CubeLut:
    """Read a table of up to 129 points a side, or curves of up to 65,536 points.

    Comments and empty lines may stand anywhere. A file of both a table and curves is refused, and so is an unknown
    keyword, which could change what the table means.

    Args:
        data: the file's content.
        source: the file, for the errors.

    Raises:
        PresetError: the file is not of this form; names the file and the problem.
    """
    # Only titles and comments may hold more than ASCII, in whatever encoding.
    lines = list(_lines(data.decode("utf-8-sig", errors="replace"), source))
    start = next((i for i, line in enumerate(lines) if not _KEYWORD.match(line)), len(lines))
    header = _header(lines[:start], source)
    dimensions, size = _size(header, source)
    expected = size**dimensions
    if len(lines) - start != expected:
        raise PresetError(f"{source}: holds {len(lines) - start} rows; {dimensions}D of size {size} takes {expected}")
    try:
        rows = np.loadtxt(lines[start:], dtype=np.float32, comments=None, ndmin=2)
    except ValueError as error:
        raise PresetError(f"{source}: not a row of numbers: {clean(str(error))}") from error
    if rows.shape[1] != 3 or not np.isfinite(rows).all():
        raise PresetError(f"{source}: a row is not three finite numbers")
    # Red changes fastest from row to row: the rows of a cube run over blue, green, red.
    table = torch.from_numpy(rows.T.copy()).view(3, *[size] * dimensions)
    return CubeLut(clean(header.get("TITLE", "").strip('"')), table, _domain(header, source))


def _sample(table: Tensor, grid: Tensor) -> Tensor:
    """Linear interpolation in as many dimensions as the table has; its first and last points are at -1 and 1."""
    return F.grid_sample(table, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _lines(text: str, source: Path) -> Iterator[str]:
    """Lines that say something."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _LONGEST_LINE:
            raise PresetError(f"{source}: line {number} is longer than {_LONGEST_LINE} characters")
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield stripped


def _header(lines: Sequence[str], source: Path) -> dict[str, str]:
    known = {"TITLE", "DOMAIN_MIN", "DOMAIN_MAX", "LUT_1D_SIZE", "LUT_3D_SIZE", *_RANGES}
    header: dict[str, str] = {}
    for line in lines:
        keyword, _, value = line.replace("\t", " ").partition(" ")
        if keyword not in known:
            raise PresetError(f"{source}: unknown keyword {clean(keyword)!r}")
        if keyword in header:
            raise PresetError(f"{source}: {keyword} is given twice")
        header[keyword] = value.strip()
    return header


def _size(header: dict[str, str], source: Path) -> tuple[int, int]:
    """Dimensions and points a dimension."""
    given = [dimensions for dimensions in _LARGEST if f"LUT_{dimensions}D_SIZE" in header]
    if len(given) != 1:
        raise PresetError(f"{source}: one of LUT_1D_SIZE and LUT_3D_SIZE is needed, and not both")
    dimensions = given[0]
    text = header[f"LUT_{dimensions}D_SIZE"]
    size = int(text) if re.fullmatch("[0-9]{1,6}", text, re.ASCII) else 0
    if not 2 <= size <= _LARGEST[dimensions]:
        raise PresetError(
            f"{source}: LUT_{dimensions}D_SIZE is {clean(text)!r}; it must be 2 to {_LARGEST[dimensions]}"
        )
    return dimensions, size


def _domain(header: dict[str, str], source: Path) -> Tensor:
    """The domain, (2, 3). `LUT_3D_INPUT_RANGE` and its like, of DaVinci Resolve, give one for all channels."""
    bounds = [header.get("DOMAIN_MIN", "0 0 0").split(), header.get("DOMAIN_MAX", "1 1 1").split()]
    for keyword in _RANGES:
        if keyword in header:
            bounds = [[bound] * 3 for bound in header[keyword].split()]
    try:
        domain = np.array(bounds, dtype=np.float32)
    except ValueError as error:
        raise PresetError(f"{source}: the bounds of the domain are not numbers: {clean(str(error))}") from error
    if domain.shape != (2, 3) or not np.isfinite(domain).all() or not (domain[0] < domain[1]).all():
        raise PresetError(f"{source}: the domain must be three numbers, and below them three greater ones")
    return torch.from_numpy(domain)
