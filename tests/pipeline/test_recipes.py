"""Gaussian recipes have the spread of the table, stay off the rails and move the groups that they should."""

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.catalogue import AETHER_1
from pipeline.recipes import SIGMAS, sample_recipe
from schemas.config import RecipesConfig

ALL = RecipesConfig(groups={"all": 1})


def test_every_parameter_has_a_sigma() -> None:
    assert list(SIGMAS) == [spec.name for spec in AETHER_1.parameters]


@pytest.mark.parametrize("name", ["Exposure2012", "Highlights2012", "HueAdjustmentRed", "LuminanceAdjustmentMagenta"])
def test_spread_is_that_of_the_table(name: str) -> None:
    values = [sample_recipe(AETHER_1, ALL, seed).values.get(name, 0.0) for seed in range(1500)]
    assert statistics.pstdev(values) == pytest.approx(SIGMAS[name], rel=0.08)
    assert statistics.mean(values) == pytest.approx(0, abs=SIGMAS[name] / 10)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**63 - 1), st.floats(0.1, 3), st.floats(0.05, 0.99))
def test_no_value_beyond_the_limit_and_all_rounded(seed: int, scale: float, limit: float) -> None:
    recipe = sample_recipe(AETHER_1, RecipesConfig(sigma_scale=scale, limit=limit), seed)
    AETHER_1.check(recipe)
    for spec in AETHER_1.parameters:
        value = recipe.values.get(spec.name, 0.0)
        assert abs(value) <= limit * spec.maximum
        assert value == round(value, 2 if spec.unit == "EV" else 0)


def test_only_the_chosen_groups_move() -> None:
    groups = {spec.name: spec.group for spec in AETHER_1.parameters}
    for seed in range(50):
        recipe = sample_recipe(AETHER_1, RecipesConfig(groups={"light+specific": 1}), seed)
        assert {groups[name] for name, value in recipe.values.items() if value} == {"light", "specific"}
        assert list(recipe.values) == list(groups)


def test_a_recipe_is_a_function_of_its_seed() -> None:
    assert sample_recipe(AETHER_1, ALL, 7) == sample_recipe(AETHER_1, ALL, 7)
    assert sample_recipe(AETHER_1, ALL, 7) != sample_recipe(AETHER_1, ALL, 8)
