"""Recipes: a process by name and the values of its parameters, in the retouch direction (input to target)."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, FiniteFloat

Group = Literal["light", "color", "specific"]
"""The three parts of an edit: light, colour and temperature, specific colours."""


Unit = Literal["EV", "slider", "factor", "share", "degree"]
"""Stops of light, slider steps, a number that multiplies or an exponent, a part of 1, an angle."""


class ParameterSpec(NamedTuple):
    """One slider: its name, the part of the edit it belongs to, its range, its unit and where it changes nothing.

    Names are `crs:` names where Lightroom has the slider in the same sense. `neutral` lies in [minimum, maximum].
    `safe` is the range in which an operator can be undone, None where that is the whole range.
    """

    name: str
    group: Group
    minimum: float
    maximum: float
    unit: Unit
    neutral: float = 0.0
    safe: tuple[float, float] | None = None

    @property
    def step(self) -> float:
        """The step in which recipes store the value: 1 for sliders and degrees, 0.01 for other units."""
        return 1.0 if self.unit in {"slider", "degree"} else 0.01

    def stepped(self, value: float, low: float, high: float) -> float:
        """The value moved into [low, high] and rounded to a step."""
        digits = 0 if self.step == 1.0 else 2
        value = round(min(max(value, low), high), digits)
        if not low <= value <= high:  # rounding went beyond the bound
            value = round(value - self.step if value > high else value + self.step, digits)
        return value + 0.0  # turns -0.0 into 0.0

    def normalized(self, value: float) -> float:
        """The value as a share of the way from neutral to the end of its side, in [-1, 1], to three decimals.

        This is what a model reads: for a slider from -100 to 100 it is a hundredth of the value.
        """
        end = self.maximum - self.neutral if value >= self.neutral else self.neutral - self.minimum
        return round((value - self.neutral) / end, 3) if value != self.neutral else 0.0


SampledKind = Literal["expert", "symmetric", "weak"]
"""What a recipe from a sampler is drawn as: an edit like those of experts, one in either direction, or a weak one."""

DrawKind = Literal[SampledKind, "table", "bank"]
"""What a recipe was drawn as: as from a sampler, from a Gaussian as it is, or as an edit of an expert bank."""


class Draw(BaseModel):
    """How a recipe was drawn for its photo. The values of a recipe are those first drawn, times `factor`.

    A draw whose pair is predicted to leave the bounds of `RecipesConfig.suited` is scaled, turned round or replaced by
    another before the pair is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DrawKind
    redraws: int = 0
    """Draws that were given up before this one."""
    negated: bool = False
    """Whether every value has the opposite direction of the draw."""
    factor: FiniteFloat = 1.0
    """What distances from neutral were multiplied by."""


class Recipe(BaseModel):
    """A process and its parameter values in their units. A name that is missing stands for its neutral value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    process: str
    values: Mapping[str, FiniteFloat]
