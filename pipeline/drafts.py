"""Pairs as they are stored, before anything about them is measured: develop a source, unrender or render it, encode.

The input is unrendered from the *stored* target, so coding the target costs the cycle nothing; likewise what is
rendered in a style is rendered from the stored input.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import Tensor

from operators.catalogue import PROCESSES
from operators.engine import Engine
from pipeline.codec import decode, decode_all, encode
from pipeline.presets.cube import CubeLut
from pipeline.recipe_source import RecipeSource
from pipeline.sources.decode import decode as decode_source
from pipeline.sources.fetch import read_bytes
from pipeline.sources.resize import fit
from schemas.config import Engine as EngineName
from schemas.config import ImageConfig, RunConfig
from schemas.errors import UnretouchError
from schemas.plan import PlannedPair
from schemas.recipe import Recipe
from schemas.style import Style


class SourceChangedError(UnretouchError):
    """A source no longer has the bytes that were planned."""


class RefusedError(Exception):
    """A planned pair cannot be drafted, which is no fault of its source.

    Attributes:
        reason: what the pair's row says, a short code.
        detail: one sentence for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Draft:
    """Pairs that share a target.

    Attributes:
        planned: what each pair was to be.
        recipes: of each pair.
        inputs: the stored bytes of each input.
        stored: those decoded, uint8 (B, 3, H, W).
        target: the stored bytes of the target.
        pixels: those decoded, uint8 (3, H, W).
        clipped: (B,) share of each input's pixels that left the gamut.
        styles: by key, of the pairs whose recipe is a style's.
    """

    planned: Sequence[PlannedPair]
    recipes: Sequence[Recipe]
    inputs: Sequence[bytes]
    stored: Tensor
    target: bytes
    pixels: Tensor
    clipped: Tensor
    styles: Mapping[str, Style] = field(default_factory=dict)


def draft_photo(
    planned: Sequence[PlannedPair], styles: Mapping[str, Style], config: RunConfig, source: RecipeSource
) -> list[Draft]:
    """The variants of one expert photo: those that are unrendered in one draft, each that is rendered in its own.

    Args:
        planned: unrendered and rendered pairs of one source.
        styles: by key, of the pairs that take one.
        config: the run's.
        source: where recipes come from.

    Raises:
        SourceError: the photo cannot be used any more.
        SourceChangedError: its bytes are not those that were planned.
    """
    photo = develop(planned[0], config.image)
    pixels = decode(photo, config.image.format)
    unrendered = [plan for plan in planned if plan.origin == "unrendered"]
    drafts = [_unrendered(unrendered, styles, config, source, photo, pixels)] if unrendered else []
    for plan in planned:
        if plan.origin == "rendered":
            style = styles[plan.key]
            drafts.append(_rendered(plan, style, source.lut(style), config, photo, pixels))
    return drafts


def _unrendered(
    planned: Sequence[PlannedPair],
    styles: Mapping[str, Style],
    config: RunConfig,
    source: RecipeSource,
    photo: bytes,
    pixels: Tensor,
) -> Draft:
    """The photo as target; each recipe is undone for an input."""
    free = [plan for plan in planned if plan.key not in styles]
    drawn = {plan.key: recipe for plan, recipe in zip(free, source.draw(free, pixels), strict=True)}
    recipes = [styles[plan.key].recipe if plan.key in styles else drawn[plan.key] for plan in planned]
    pictures, clipped = engine_of(config.process, config.engine).unrender(
        pixels, PROCESSES[config.process].vector(recipes)
    )
    inputs = [encode(picture, config.image) for picture in pictures]
    stored = decode_all(inputs, config.image.format, *pixels.shape[1:])
    return Draft(planned, recipes, inputs, stored, photo, pixels, clipped, styles)


def _rendered(
    plan: PlannedPair, style: Style, lut: CubeLut | None, config: RunConfig, photo: bytes, pixels: Tensor
) -> Draft:
    """The photo as input; the target is the photo in a style. Where that is a LUT the recipe only comes close to it,
    and the cycle says how close."""
    if lut is None:
        parameters = PROCESSES[config.process].vector([style.recipe])
        picture = engine_of(config.process, config.engine).render(pixels[None], parameters)[0]
    else:
        picture = lut.render(pixels)
    target = encode(picture, config.image)
    decoded = decode(target, config.image.format)
    return Draft([plan], [style.recipe], [photo], pixels[None], target, decoded, torch.zeros(1), {plan.key: style})


@cache
def engine_of(process: str, name: EngineName) -> Engine:
    """The engine of a process by its name, made once in each Python process."""
    return Engine(PROCESSES[process], name)


def develop(plan: PlannedPair, config: ImageConfig) -> bytes:
    """The stored target of a source.

    Raises:
        SourceError: the source cannot be used any more.
        SourceChangedError: its bytes are not those that were planned.
    """
    return encode(read_photo(plan.source, plan.source_sha256, config), config)


def read_photo(uri: str, sha256: str, config: ImageConfig) -> Tensor:
    """A planned photo at the size of the data set, uint8 (3, H, W).

    Raises:
        SourceError: it cannot be used any more.
        SourceChangedError: its bytes are not those that were planned.
    """
    data = read_bytes(uri)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SourceChangedError(f"{uri} has changed since it was planned; restore it or use a new OUT")
    return fit(decode_source(data, uri, config).pixels, config.long_side)
