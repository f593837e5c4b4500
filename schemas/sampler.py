"""Gaussian samplers: where the sliders of a process lie in recipes, how far they spread, and which go together."""

from typing import Annotated

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
