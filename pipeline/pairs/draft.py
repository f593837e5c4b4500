"""Drafts: pairs as they are stored, before they are measured."""

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
    """Everything that the drafts of one source are made from."""

    config: DatasetConfig
    recipes: RecipeProvider
    styles: Mapping[str, Style]
    """Style by key, for the pairs that take one."""
    photo: Photo


Drafter = Callable[[Sequence[PlannedPair], Materials], list[Draft]]
"""A function that drafts planned pairs of one source and one origin.

Raises:
    SourceError: the source can no longer be used.
    SourceChangedError: a file no longer has the bytes that were planned.
    RefusedError: the pairs cannot be made for another reason.
"""


@cache
def renderer_of(process: str, engine: Engine) -> Renderer:
    """The renderer of a process, by name. Each Python process makes it once.

    Raises:
        NoCompilerError: the renderer is wanted compiled, and was not when the package was installed.
    """
    return Renderer(PROCESSES[process], engine)
