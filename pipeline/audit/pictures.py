"""Pictures for human readers: a pair side by side, with its recipe and words."""

import re
import textwrap
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from operators.catalogue import PROCESSES
from schemas.manifest import ManifestRow

_MARGIN = 12
_INK, _PAPER, _FAINT = (24, 24, 24), (250, 250, 250), (110, 110, 110)


def pair_picture(row: ManifestRow, input: Tensor, target: Tensor, width: int = 420) -> Image.Image:
    """Draw input, target and their difference side by side, with recipe and words below.

    The difference is doubled; middle grey means no difference.

    Args:
        row: the pair's row.
        input: uint8 (3, H, W).
        target: uint8 (3, H, W).
        width: width of each of the three columns, in pixels.
    """
    pictures = [_array(input), _array(target), _difference(input, target)]
    height = max(1, round(width * input.shape[1] / input.shape[2]))
    font, small = ImageFont.load_default(15), ImageFont.load_default(13)
    total = 3 * width + 4 * _MARGIN
    lines = [(line, small, _INK) for text in _captions(row) for line in textwrap.wrap(text, total // 7)]
    sheet = Image.new("RGB", (total, height + 60 + 18 * len(lines)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, (title, picture) in enumerate(zip(("input", "target", "difference"), pictures, strict=True)):
        x = _MARGIN + column * (width + _MARGIN)
        draw.text((x, 8), title, _FAINT, font)
        sheet.paste(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS), (x, 30))
    for number, (line, face, ink) in enumerate(lines):
        draw.text((_MARGIN, height + 40 + 18 * number), line, ink, face)
    return sheet


def stacked(pictures: Sequence[Image.Image]) -> Image.Image:
    """Stack pictures vertically, on white."""
    width = max(picture.width for picture in pictures)
    sheet = Image.new("RGB", (width, sum(picture.height for picture in pictures)), _PAPER)
    y = 0
    for picture in pictures:
        sheet.paste(picture, (0, y))
        y += picture.height
    return sheet


def _captions(row: ManifestRow) -> list[str]:
    made = row.origin if row.style is None else f"{row.origin}   style {row.style}"
    captions = [f"{row.key}   {row.status} {', '.join(row.reasons)}   {row.split}   {made}   task {row.task}"]
    if row.recipe is not None:
        units = {spec.name: " EV" if spec.unit == "EV" else "" for spec in PROCESSES[row.recipe.process].parameters}
        captions.append(
            "recipe: "
            + ", ".join(f"{name} {value:+g}{units[name]}" for name, value in row.recipe.values.items() if value)
        )
    if row.words is not None:
        captions.append(f"instruction: {row.words.instruction}")
        # Tags are for models. For a human reader, a slash separates the sections.
        captions.append("answer: " + re.sub(r"(<[^<>]+>)+", " / ", row.words.answer).strip(" /"))
    if row.measures is not None:
        measures = row.measures
        captions.append(
            f"cycle {measures.cycle_psnr:.1f} dB, input to target {measures.difference_psnr:.1f} dB and "
            f"{measures.difference_de00:.1f} CIEDE2000, clipped {measures.clipped:.1%}"
        )
    return captions


def _array(picture: Tensor) -> np.ndarray:
    return np.ascontiguousarray(picture.permute(1, 2, 0).numpy())


def _difference(input: Tensor, target: Tensor) -> np.ndarray:
    signed = target.int() - input.int()
    return _array((128 + 2 * signed).clamp(0, 255).byte())
