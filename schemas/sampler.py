"""Samplers: what recipes are drawn from. One describes edits by the sliders that they move, the other is a Gaussian."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator


class SliderSpread(BaseModel):
    """Mean and standard deviation of one slider, in its unit. A spread of 0 is a slider that never leaves its mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    mean: FiniteFloat
    sigma: Annotated[FiniteFloat, Field(ge=0)]


class GaussianSampler(BaseModel):
    """A Gaussian over recipes, cut at the rails when it is drawn from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    process: str
    fitted_to: str
    """What it was fitted to, for a person."""
    sliders: list[SliderSpread]
    """One for each parameter of the process, in its order."""
    correlation: list[list[FiniteFloat]]
    """Correlation matrix: symmetric, 1 on the diagonal, positive definite."""

    @model_validator(mode="after")
    def _proper(self) -> "GaussianSampler":
        matrix, count = self.correlation, len(self.sliders)
        if len(matrix) != count or any(len(row) != count for row in matrix):
            raise ValueError(f"correlation must be {count} x {count}, a row for each slider")
        array = np.array(matrix)
        if not np.allclose(array, array.T, atol=1e-6) or not np.allclose(array.diagonal(), 1, atol=1e-6):
            raise ValueError("correlation must be symmetric, with 1 on its diagonal")
        if count and np.linalg.eigvalsh(array)[0] < 1e-9:
            raise ValueError("correlation must be positive definite")
        return self


Aspect = Literal["lightness", "contrast", "chroma"]
"""What an edit raises or lowers of a picture as a whole."""


class SliderUse(BaseModel):
    """How edits use one slider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    share: Annotated[FiniteFloat, Field(ge=0, lt=1)]
    """Share of the edits that move the slider."""
    positive: Annotated[FiniteFloat, Field(ge=0, le=1)]
    """Share of these that move it above neutral."""
    magnitude: Annotated[FiniteFloat, Field(gt=0)]
    """Median distance from neutral where the slider is moved, in its unit."""


class EditSampler(BaseModel):
    """Statistics of real edits: few sliders of a process move, each in a usual direction and by a usual distance.

    Distances from neutral are log-normal. So is the strength of an edit, the mean CIEDE2000 between its two pictures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    process: str
    fitted_to: str
    """What it was fitted to, for a person."""
    sliders: list[SliderUse]
    """One for each parameter of the process, in its order."""
    sizes: Mapping[Annotated[int, Field(ge=1)], Annotated[FiniteFloat, Field(ge=0)]]
    """Relative frequency of the number of sliders that an edit moves."""
    spread: Annotated[FiniteFloat, Field(ge=0, le=2)]
    """Standard deviation of the natural logarithm of a slider's distance from neutral."""
    strength: Annotated[FiniteFloat, Field(gt=0)]
    """Median strength of an edit, in CIEDE2000."""
    strength_spread: Annotated[FiniteFloat, Field(ge=0, le=2)]
    """Standard deviation of the natural logarithm of the strength."""
    raises: Mapping[Aspect, Annotated[FiniteFloat, Field(ge=0, le=1)]]
    """Share of the edits that raise the mean of L*, the standard deviation of L*, and the mean chroma."""

    @model_validator(mode="after")
    def _some_size(self) -> "EditSampler":
        if sum(self.sizes.values()) <= 0:
            raise ValueError("sizes needs a frequency above 0")
        return self
