"""A process: an ordered tuple of operators with a version. It renders recipes on pictures and unrenders them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import torch
from torch import Tensor

from operators.operator import Operator
from schemas.recipe import Group, ParameterSpec, Recipe


@dataclass(frozen=True)
class Process:
    """Operators in the order in which the retouch applies them.

    Attributes:
        name: name and version, as in "aether/1"; a change that moves a pixel is a new version.
        operators: applied first to last by `render`, undone last to first by `unrender`.
    """

    name: str
    operators: tuple[Operator, ...]

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """Specs of all parameters, in the order of the columns of a parameter tensor: group by group."""
        specs = [spec for operator in self.operators for spec in operator.parameters]
        return tuple(sorted(specs, key=lambda spec: get_args(Group).index(spec.group)))

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Column of each parameter by name."""
        return {spec.name: column for column, spec in enumerate(self.parameters)}

    def render(self, image: Tensor, parameters: Tensor) -> Tensor:
        """Apply the edit: (B, 3, H, W) encoded sRGB and (B, P) slider values to (B, 3, H, W), not clipped."""
        pixels = image.flatten(2)
        for operator, values in zip(self.operators, self._split(parameters), strict=True):
            pixels = operator.apply(pixels, values)
        return pixels.view_as(image)

    def unrender(self, image: Tensor, parameters: Tensor) -> Tensor:
        """Undo the edit: the inverse of `render` in its first argument."""
        pixels = image.flatten(2)
        for operator, values in reversed(list(zip(self.operators, self._split(parameters), strict=True))):
            pixels = operator.invert(pixels, values)
        return pixels.view_as(image)

    def vector(self, recipes: Sequence[Recipe], dtype: torch.dtype = torch.float32) -> Tensor:
        """Recipes as a (B, P) tensor.

        Raises:
            ValueError: a recipe is of another process, names an unknown parameter or leaves its range.
        """
        rows = [[0.0] * len(self.parameters) for _ in recipes]
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

    def _split(self, parameters: Tensor) -> Sequence[Tensor]:
        """The columns of each operator."""
        return [parameters[:, [self.index[spec.name] for spec in operator.parameters]] for operator in self.operators]
