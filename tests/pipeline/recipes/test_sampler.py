"""Gaussian recipes have the spread of the table, stay off the rails and move the groups that they should."""

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.catalogue import AETHER_1, PROCESSES
from pipeline.recipes.gaussian import SIGMAS, Gaussian, fitted_gaussian, table_gaussian
from pipeline.recipes.sampler import sample_recipe
from pipeline.recipes.steps import bounds, rounded
from schemas.config import RecipesConfig
from schemas.recipe import ParameterSpec
from schemas.sampler import GaussianSampler, SliderSpread

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


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_every_process_gets_recipes_that_can_be_undone(name: str) -> None:
    process = PROCESSES[name]
    for seed in range(30):
        recipe = sample_recipe(process, ALL, seed)
        process.check(recipe)
        for spec in process.parameters:
            low, high = spec.safe or (spec.minimum, spec.maximum)
            assert low <= recipe.values[spec.name] <= high
        assert any(recipe.values[spec.name] != spec.neutral for spec in process.parameters)


def _sampler(correlation: float) -> GaussianSampler:
    count = len(AETHER_1.parameters)
    matrix = [[1.0 if i == j else 0.0 for j in range(count)] for i in range(count)]
    matrix[1][2] = matrix[2][1] = correlation
    moments = {"Contrast2012": (20.0, 10.0), "Highlights2012": (-30.0, 8.0)}
    return GaussianSampler(
        process="aether/1",
        fitted_to="a test",
        sliders=[
            SliderSpread(name=name, mean=moments.get(name, (0, 0))[0], sigma=moments.get(name, (0, 0))[1])
            for name in AETHER_1.index
        ],
        correlation=matrix,
    )


@pytest.mark.parametrize("correlation", [-0.8, 0.0, 0.6])
def test_a_fitted_gaussian_is_drawn_with_its_means_spreads_and_correlations(correlation: float) -> None:
    gaussian = fitted_gaussian(_sampler(correlation))
    recipes = [sample_recipe(AETHER_1, ALL, seed, gaussian).values for seed in range(1200)]
    contrast, highlights = ([values[name] for values in recipes] for name in ("Contrast2012", "Highlights2012"))
    assert statistics.mean(contrast) == pytest.approx(20, abs=1)
    assert statistics.mean(highlights) == pytest.approx(-30, abs=0.8)
    assert statistics.pstdev(contrast) == pytest.approx(10, rel=0.08)
    assert statistics.correlation(contrast, highlights) == pytest.approx(correlation, abs=0.08)
    assert {values["Exposure2012"] for values in recipes} == {0.0}


def test_a_gaussian_far_outside_ends_at_the_bound() -> None:
    table = table_gaussian(AETHER_1)
    gaussian = Gaussian((1000.0,) * 38, (1e-3,) * 38, table.factor)
    values = sample_recipe(AETHER_1, ALL, 1, gaussian).values
    assert values == {spec.name: bounds(spec, 0.8)[1] for spec in AETHER_1.parameters}


@given(st.floats(-200, 200), st.floats(0.05, 0.99), st.sampled_from(AETHER_1.parameters[:2]))
def test_rounding_stays_within_the_bounds(value: float, limit: float, spec: ParameterSpec) -> None:
    low, high = bounds(spec, limit)
    stored = rounded(spec, value, limit)
    assert low <= stored <= high
    if low <= value <= high:
        assert abs(stored - value) <= (0.01 if spec.unit == "EV" else 1)
