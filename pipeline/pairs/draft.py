"""Drafts: pairs as they are stored, before anything about them is measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from torch import Tensor

from operators.catalogue import PROCESSES
from operators.renderer import Renderer
from pipeline.pairs.photo import Photo
from pipeline.recipes.provider import RecipeProvider
from schemas.config import DatasetConfig, Engine
from schemas.plan import PlannedPair
from schemas.recipe import Recipe
from schemas.style import Style


class RefusedError(Exception):
    """A planned pair cannot be drafted, through no fault of its source.

    Attributes:
        reason: the reason that the pair's row gives, a short code.
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
        planned: the plan of each pair.
        recipes: the recipe of each pair.
        inputs: the stored bytes of each input.
        stored: the decoded inputs, uint8 (B, 3, H, W).
        target: the stored bytes of the target.
        pixels: the decoded target, uint8 (3, H, W).
        clipped: (B,) share of each input's pixels that left the gamut, in [0, 1].
        styles: by key, for pairs whose recipe is a style's.
    """

    planned: Sequence[PlannedPair]
    recipes: Sequence[Recipe]
    inputs: Sequence[bytes]
    stored: Tensor
    target: bytes
    pixels: Tensor
    clipped: Tensor
    styles: Mapping[str, Style] = field(default_factory=dict)


class Materials(NamedTuple):
    """What all drafts of one source are made from."""

    config: DatasetConfig
    recipes: RecipeProvider
    styles: Mapping[str, Style]
    """By key, for pairs that take a style."""
    photo: Photo


Drafter = Callable[[Sequence[PlannedPair], Materials], list[Draft]]
"""Drafts planned pairs of one source and one origin.

Raises:
    SourceError: the source cannot be used any more.
    SourceChangedError: a file does not have the bytes that were planned.
    RefusedError: the pairs cannot be made, for another reason.
"""


@cache
def renderer_of(process: str, engine: Engine) -> Renderer:
    """The renderer of a process by its name, made once in each Python process."""
    return Renderer(PROCESSES[process], engine)
