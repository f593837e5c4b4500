"""A process: an ordered tuple of operators with a version. It renders recipes on pictures and unrenders them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import torch
from torch import Tensor

from operators.operator import ImageFunction, Operator
from schemas.recipe import Group, ParameterSpec, Recipe


@dataclass(frozen=True)
class Process:
    """Operators in the order in which the retouch applies them.

    Attributes:
        name: name and version, as in "aether/1"; a change that moves a pixel is a new version.
        operators: applied first to last by `render`, undone last to first by `unrender`.
        grouped: whether the columns of a parameter tensor go group by group, as in the panels of an editor, or in
            the order of the operators.

    Raises:
        ValueError: two parameters have one name.
    """

    name: str
    operators: tuple[Operator, ...]
    grouped: bool = False

    def __post_init__(self) -> None:
        if len(self.index) < len(self.parameters):
            raise ValueError(f"process {self.name}: two parameters have one name in {list(self.index)}")

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """Specs of all parameters, in the order of the columns of a parameter tensor."""
        specs = tuple(spec for operator in self.operators for spec in operator.parameters)
        return tuple(sorted(specs, key=lambda spec: get_args(Group).index(spec.group))) if self.grouped else specs

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Column of each parameter by name."""
        return {spec.name: column for column, spec in enumerate(self.parameters)}

    @cached_property
    def spatial(self) -> bool:
        """Whether a pixel of a render depends on its neighbours."""
        return any(operator.spatial for operator in self.operators)

    @cached_property
    def neutral(self) -> Mapping[str, float]:
        """The value of each parameter that changes nothing, in the order of the columns."""
        return {spec.name: spec.neutral for spec in self.parameters}

    def render(self, image: Tensor, parameters: Tensor) -> Tensor:
        """Apply the edit: (B, 3, H, W) encoded sRGB and (B, P) values to (B, 3, H, W).

        Nothing is clipped but where the formulas of a process say so.
        """
        for operator, values in zip(self.operators, self.split(parameters), strict=True):
            image = _through(operator, operator.apply, image, values)
        return image

    def unrender(self, image: Tensor, parameters: Tensor) -> Tensor:
        """Undo the edit: the inverse of `render` in its first argument, where `render` clipped nothing.

        Raises:
            ValueError: a parameter lies outside the range in which its operator can be undone.
        """
        self._check_safe(parameters)
        for operator, values in reversed(list(zip(self.operators, self.split(parameters), strict=True))):
            image = _through(operator, operator.invert, image, values)
        return image

    def vector(self, recipes: Sequence[Recipe], dtype: torch.dtype = torch.float32) -> Tensor:
        """Recipes as a (B, P) tensor; a parameter that a recipe does not name is neutral.

        Raises:
            ValueError: a recipe is of another process, names an unknown parameter or leaves its range.
        """
        rows = [list(self.neutral.values()) for _ in recipes]
        for row, recipe in zip(rows, recipes, strict=True):
            self.check(recipe)
            for name, value in recipe.values.items():
                row[self.index[name]] = value
        return torch.tensor(rows, dtype=dtype).reshape(len(rows), len(self.parameters))

    def check(self, recipe: Recipe) -> None:
        """Raise ValueError, naming the parameter, unless every value of the recipe is known and in range."""
        if recipe.process != self.name:
            raise ValueError(f"recipe is of process {recipe.process!r}, not {self.name!r}")
        for name, value in recipe.values.items():
            if name not in self.index:
                raise ValueError(f"process {self.name} has no parameter {name!r}")
            spec = self.parameters[self.index[name]]
            if not spec.minimum <= value <= spec.maximum:
                raise ValueError(f"{name} = {value} lies outside {spec.minimum} to {spec.maximum} {spec.unit}")

    def _check_safe(self, parameters: Tensor) -> None:
        for spec, values in zip(self.parameters, parameters.unbind(1), strict=True):
            if spec.safe is not None:
                low, high = spec.safe
                if not ((values >= low) & (values <= high)).all():
                    raise ValueError(f"{self.name}: {spec.name} can be undone from {low} to {high} {spec.unit} only")

    def split(self, parameters: Tensor) -> Sequence[Tensor]:
        """The columns of each operator, (B, P_i), in the order of the operators."""
        return [parameters[:, [self.index[spec.name] for spec in operator.parameters]] for operator in self.operators]


def _through(operator: Operator, function: ImageFunction, image: Tensor, values: Tensor) -> Tensor:
    """Send (B, 3, H, W) through a function of the operator in the shape that it takes."""
    if operator.spatial:
        return function(image, values)
    return function(image.flatten(2), values).view_as(image)
