"""Pairs as they are stored, before anything about them is measured: develop a source, unrender it, encode.

The input is unrendered from the *stored* target, so coding the target costs the cycle nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from torch import Tensor

from operators.catalogue import PROCESSES
from operators.engine import Engine
from pipeline.codec import decode, encode
from pipeline.recipe_source import RecipeSource
from pipeline.sources.decode import decode as decode_source
from pipeline.sources.fetch import read_bytes
from pipeline.sources.resize import fit
from schemas.config import ImageConfig, RunConfig
from schemas.errors import UnretouchError
from schemas.plan import PlannedPair
from schemas.recipe import Recipe


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
        target: the stored bytes of the target.
        pixels: those of the target decoded, uint8 (3, H, W).
        clipped: (B,) share of each input's pixels that left the gamut.
    """

    planned: Sequence[PlannedPair]
    recipes: Sequence[Recipe]
    inputs: Sequence[bytes]
    target: bytes
    pixels: Tensor
    clipped: Tensor


def draft_unrendered(planned: Sequence[PlannedPair], config: RunConfig, source: RecipeSource) -> Draft:
    """The variants of one expert photo, each unrendered by a recipe of its own.

    Raises:
        SourceError: the photo cannot be used any more.
        SourceChangedError: its bytes are not those that were planned.
    """
    target = develop(planned[0], config.image)
    pixels = decode(target, config.image.format)
    recipes = source.draw(planned, pixels)
    unrendered, clipped = engine_of(config.process, config.engine).unrender(
        pixels, PROCESSES[config.process].vector(recipes)
    )
    inputs = [encode(picture, config.image) for picture in unrendered]
    return Draft(planned, recipes, inputs, target, pixels, clipped)


@cache
def engine_of(process: str, name: Literal["compiled", "eager"]) -> Engine:
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
