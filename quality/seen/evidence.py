"""All that is known of a pair when its words are written: its change, and what sliders and groups of them do to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from operators.process import Process
from operators.renderer import Renderer
from quality.effects import measure_effects
from quality.measures import mean_differences
from quality.scene.facts import FactName, measure_facts
from quality.scene.grid import make_grid
from quality.scene.regions import regions_of
from quality.seen.change import Change, Parts, change_between, find_parts, thinned, thinned_mask
from quality.seen.lab import lab_of
from quality.text.witness import Witness, look_at
from schemas.config import Engine
from schemas.recipe import Group, Recipe


@dataclass(frozen=True)
class GroupEffect:
    """What a group of sliders does: the change from the picture without it to the picture with it.

    `difference` is the mean CIEDE2000 between the two, both rendered from the input.
    """

    difference: float
    change: Change


@dataclass(frozen=True)
class Evidence:
    """What a pair's words rest on.

    Attributes:
        change: from input to target.
        witness: what a second look at the same pictures finds; the words are checked by it, and not written from it.
        effects: mean CIEDE2000 of each slider that is not neutral, see `quality.effects`.
        groups: effects of the groups that have such a slider.
        facts: what is measured to be wrong with the input, see `quality.scene.facts`.
    """

    change: Change
    witness: Witness
    effects: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[Group, GroupEffect] = field(default_factory=dict)
    facts: frozenset[FactName] = frozenset()


def gather(
    renderer: Renderer, inputs: Tensor, target: Tensor, recipes: Sequence[Recipe], engine: Engine
) -> list[Evidence]:
    """The evidence of several pairs that share a target, and so show the same things.

    Args:
        renderer: renders the recipes' process.
        inputs: uint8 (B, 3, H, W).
        target: uint8 (3, H, W).
        recipes: B recipes.
        engine: whether colour differences are compiled.
    """
    effects = measure_effects(renderer, inputs, recipes, engine)
    parameters = renderer.process.vector(recipes)
    after = lab_of(thinned(target))
    cells = make_grid(target)
    regions = regions_of(cells)
    things: dict[str, NDArray[np.bool_]] = {region.name: thinned_mask(region.mask, target) for region in regions}
    found = []
    for picture, row, own in zip(inputs, parameters, effects, strict=True):
        before = lab_of(thinned(picture))
        parts = find_parts(before, after, things)
        groups = group_effects(renderer, picture, row, parts, engine)
        facts = frozenset(fact.name for fact in measure_facts(make_grid(picture), cells, regions))
        change = change_between(before, after, parts)
        found.append(Evidence(change, look_at(picture, target, regions), own, groups, facts))
    return found


def group_effects(
    renderer: Renderer, picture: Tensor, parameters: Tensor, parts: Parts, engine: Engine
) -> dict[Group, GroupEffect]:
    """What each group of one recipe does to the parts of its pair.

    Args:
        renderer: renders the recipe's process.
        picture: uint8 (3, H, W), the input.
        parameters: (P,) values of the recipe.
        parts: the parts of the pair's pixels.
        engine: whether colour differences are compiled.
    """
    groups = _moved(renderer.process, parameters)
    if not groups:
        return {}
    neutral = torch.tensor(list(renderer.process.neutral.values()))
    rows = parameters.repeat(1 + len(groups), 1)
    for row, columns in zip(rows[1:], groups.values(), strict=True):
        row[columns] = neutral[columns].to(rows)
    pixels = torch.from_numpy(thinned(picture))[None, :, None]
    rendered = renderer.render(pixels.expand(len(rows), -1, -1, -1), rows)
    differences = mean_differences(rendered[1:], rendered[:1], engine)
    full, *without = lab_of(rendered.flatten(2).numpy())
    return {
        group: GroupEffect(round(difference, 3), change_between(other, full, parts))
        for group, difference, other in zip(groups, differences, without, strict=True)
    }


def _moved(process: Process, parameters: Tensor) -> dict[Group, list[int]]:
    """Columns of each group that has a slider away from neutral."""
    columns: dict[Group, list[int]] = {group: [] for group in get_args(Group)}
    for column, spec in enumerate(process.parameters):
        columns[spec.group].append(column)
    neutral = torch.tensor(list(process.neutral.values())).to(parameters)
    return {group: own for group, own in columns.items() if (parameters[own] != neutral[own]).any()}
