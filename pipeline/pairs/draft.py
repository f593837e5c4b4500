"""Drafts: pairs as they are stored, before they are measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from pipeline.pairs.photo import Photo
from pipeline.recipes.provider import RecipeProvider
from pipeline.recipes.suiting import Suited
from pipeline.storage.fetch import Read, read_bytes
from schemas.config import DatasetConfig
from schemas.plan import PlannedPair
from schemas.recipe import Draw, Recipe
from schemas.style import Style


class RefusedError(Exception):
    """A planned pair cannot be drafted although its source can be used.

    Attributes:
        reason: the short code that the pair's row gives as its reason.
        detail: one human-readable sentence.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Draft:
    """B pairs that share a target.

    Attributes:
        planned: the planned pairs.
        recipes: recipe of each pair.
        inputs: stored bytes of each input.
        stored: decoded inputs, uint8 (B, 3, H, W).
        target: stored bytes of the target.
        pixels: decoded target, uint8 (3, H, W).
        clipped: (B,) share of each input's pixels that left the gamut, in [0, 1].
        styles: style by key, for the pairs whose recipe comes from a style.
        draws: how the recipe was drawn, by key, for the pairs whose recipe was.
    """

    planned: Sequence[PlannedPair]
    recipes: Sequence[Recipe]
    inputs: Sequence[bytes]
    stored: Tensor
    target: bytes
    pixels: Tensor
    clipped: Tensor
    styles: Mapping[str, Style] = field(default_factory=dict)
    draws: Mapping[str, Draw] = field(default_factory=dict)


@dataclass(frozen=True)
class Materials:
    """Everything that the drafts of one source are made from.

    Attributes:
        planned: the source's pairs of all origins.
        config: the data set's config.
        recipes: the provider of the data set's recipes.
        styles: style by key, for the pairs that take one.
        photo: the source's photo.
        read: reads the source's original.
    """

    planned: Sequence[PlannedPair]
    config: DatasetConfig
    recipes: RecipeProvider
    styles: Mapping[str, Style]
    photo: Photo
    read: Read = read_bytes

    @cached_property
    def drawn(self) -> Mapping[str, Suited]:
        """Drawn recipe by key, for the pairs whose recipe is drawn. Raises the errors of `Photo.developed`."""
        free = [pair for pair in self.planned if pair.origin != "fitted" and pair.key not in self.styles]
        return dict(zip((pair.key for pair in free), self.recipes.draw(free, self.photo.pixels), strict=True))


Drafter = Callable[[Sequence[PlannedPair], Materials], list[Draft]]
"""A function that drafts planned pairs of one source and one origin.

Raises:
    SourceError: the source can no longer be used.
    SourceChangedError: a file no longer has the bytes that were planned.
    RefusedError: the pairs cannot be made for another reason.
"""
