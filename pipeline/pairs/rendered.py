"""Rendered pairs: the photo is the input, and the target is the photo in a style or with a drawn recipe.

The target is rendered from the *stored* input. If the style is a LUT, the LUT itself renders the target. The recipe
only approximates the LUT, and the cycle measures how closely.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.renderer import renderer_of
from pipeline.images.codec import decode, encode
from pipeline.pairs.draft import Draft, Materials
from schemas.plan import PlannedPair
from schemas.recipe import Draw, Recipe
from schemas.style import Style


def draft_rendered(planned: Sequence[PlannedPair], materials: Materials) -> list[Draft]:
    """Make one draft for each pair; a `Drafter`."""
    return [_styled(pair, materials) if pair.key in materials.styles else _drawn(pair, materials) for pair in planned]


def _styled(pair: PlannedPair, materials: Materials) -> Draft:
    style, photo = materials.styles[pair.key], materials.photo
    lut = materials.recipes.lut(style)
    picture = lut.render(photo.pixels) if lut else _rendered(style.recipe, materials)
    return _draft(pair, style.recipe, picture, materials, styles={pair.key: style})


def _drawn(pair: PlannedPair, materials: Materials) -> Draft:
    suited = materials.drawn[pair.key]
    picture = _rendered(suited.recipe, materials)
    return _draft(pair, suited.recipe, picture, materials, draws={pair.key: suited.draw})


def _rendered(recipe: Recipe, materials: Materials) -> Tensor:
    config = materials.config
    parameters = PROCESSES[config.process].vector([recipe])
    return renderer_of(config.process, config.engine).render(materials.photo.pixels[None], parameters)[0]


def _draft(
    pair: PlannedPair,
    recipe: Recipe,
    picture: Tensor,
    materials: Materials,
    styles: Mapping[str, Style] = MappingProxyType({}),
    draws: Mapping[str, Draw] = MappingProxyType({}),
) -> Draft:
    photo, image = materials.photo, materials.config.image
    target = encode(picture, image)
    pixels = decode(target, image.format)
    return Draft([pair], [recipe], [photo.stored], photo.pixels[None], target, pixels, torch.zeros(1), styles, draws)
