"""Rendered pairs: the photo is the input, and the target is the photo in a style.

The target is rendered from the *stored* input. If the style is a LUT, the LUT itself renders the target. The recipe
only approximates the LUT, and the cycle measures how closely.
"""

from collections.abc import Sequence

import torch

from operators.catalogue import PROCESSES
from pipeline.images.codec import decode, encode
from pipeline.pairs.draft import Draft, Materials, renderer_of
from schemas.plan import PlannedPair


def draft_rendered(planned: Sequence[PlannedPair], materials: Materials) -> list[Draft]:
    """Make one draft for each pair; a `Drafter`."""
    return [_draft(pair, materials) for pair in planned]


def _draft(pair: PlannedPair, materials: Materials) -> Draft:
    config, style, photo = materials.config, materials.styles[pair.key], materials.photo
    lut = materials.recipes.lut(style)
    if lut is None:
        parameters = PROCESSES[config.process].vector([style.recipe])
        picture = renderer_of(config.process, config.engine).render(photo.pixels[None], parameters)[0]
    else:
        picture = lut.render(photo.pixels)
    target = encode(picture, config.image)
    pixels = decode(target, config.image.format)
    styles = {pair.key: style}
    return Draft([pair], [style.recipe], [photo.stored], photo.pixels[None], target, pixels, torch.zeros(1), styles)
