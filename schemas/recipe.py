"""Recipes: a process by name and the values of its parameters, in the retouch direction (input to target)."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, FiniteFloat

Group = Literal["light", "color", "specific"]
"""The three parts of an edit: light, colour and temperature, specific colours."""


class ParameterSpec(NamedTuple):
    """One slider: its `crs:` name, the part of the edit it belongs to, its range and its unit.

    `Exposure2012` is in EV (-5 to 5), every other slider runs from -100 to 100; 0 changes nothing.
    """

    name: str
    group: Group
    minimum: float
    maximum: float
    unit: Literal["EV", "slider"]

    def normalized(self, value: float) -> float:
        """The value as a share of the slider's range, in [-1, 1], to three decimals: what a model reads."""
        return round(value / self.maximum, 3)


class Recipe(BaseModel):
    """A process and its parameter values in slider units (exposure in EV). A name that is missing stands for 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    process: str
    values: Mapping[str, FiniteFloat]
