"""Fits use the sliders that an edit needs and no others, and none at the end of its range without evidence."""

import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.residuals import neutral, ranges
from operators.solver import Solution
from pipeline.fitting.effects import effects
from pipeline.fitting.pair import fit_pair, render, solve
from pipeline.fitting.sample import Sample, sample_pair
from pipeline.fitting.selection import budget, cosines
from pipeline.fitting.sparse import simplify
from schemas.fit import FitConfig
from schemas.recipe import Recipe

PLANTED = [
    (
        "coffee",
        {"Exposure2012": 0.5, "Blacks2012": -20.0, "IncrementalTemperature": 18.0, "HueAdjustmentOrange": -12.0},
    ),
    ("chelsea", {"Contrast2012": 25.0, "ParametricDarks": -20.0, "IncrementalTint": 16.0, "Vibrance": 15.0}),
    ("china", {"Shadows2012": 30.0, "Saturation": -14.0, "LuminanceAdjustmentBlue": -25.0}),
]


def small(photo: Tensor) -> Tensor:
    """Every other pixel: quick, and with the noise and edges of a photograph."""
    return photo[:, ::2, ::2].contiguous()


def moved(before: Tensor, after: Tensor) -> dict[str, float]:
    fit = fit_pair(before, after, AETHER_1)
    assert fit.recipe is not None
    return {name: value for name, value in fit.recipe.values.items() if value}


def toned(photo: Tensor) -> Tensor:
    """An edit that no sliders make: a strong curve, different in each channel."""
    powers = torch.tensor([0.45, 0.6, 0.8]).view(3, 1, 1)
    return ((photo.float() / 255) ** powers * 240 + 10.5).to(torch.uint8)


@pytest.mark.parametrize(("name", "values"), PLANTED, ids=[name for name, _ in PLANTED])
def test_a_sparse_recipe_is_found_exactly(photos: dict[str, Tensor], name: str, values: dict[str, float]) -> None:
    before = small(photos[name])
    after = render(AETHER_1, before, AETHER_1.vector([Recipe(process="aether/1", values=values)]))
    assert moved(before, after) == values


@pytest.mark.parametrize("name", ["flower", "rocket"])
def test_no_edit_has_no_sliders(photos: dict[str, Tensor], name: str) -> None:
    assert moved(small(photos[name]), small(photos[name])) == {}


def test_the_number_of_threads_changes_nothing(photos: dict[str, Tensor]) -> None:
    before = small(photos["coffee"])
    after = toned(before)
    threads = torch.get_num_threads()
    found = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(fit_pair(before, after, AETHER_1, FitConfig(pixels=500, min_psnr=0)))
    finally:
        torch.set_num_threads(threads)
    assert found[0].recipe is not None
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_an_edit_beyond_the_process_stays_simple(photos: dict[str, Tensor], name: str) -> None:
    """Few sliders, a loss within the budget, and none near the end of its range that nobody would miss."""
    before = small(photos[name])
    sample = sample_pair(before, toned(before), AETHER_1, 500)
    dense = solve(AETHER_1, sample, FitConfig())
    simple = simplify(AETHER_1, sample, FitConfig(), dense)
    used = simple.parameters != neutral(AETHER_1)
    assert int(used.sum()) <= len(AETHER_1.parameters) / 2
    _, high = ranges(AETHER_1)
    unproven = effects(AETHER_1, sample, simple.parameters) < 1
    assert bool((simple.parameters.abs()[unproven] <= 0.9 * high[unproven]).all())
    assert simple.loss <= 1.26 * dense.loss  # 1 dB


def test_a_larger_budget_leaves_fewer_sliders(photos: dict[str, Tensor]) -> None:
    before = small(photos["coffee"])
    sample = sample_pair(before, toned(before), AETHER_1, 500)
    dense = solve(AETHER_1, sample, FitConfig())
    used = []
    for simplicity in (0.0, 0.2, 1.0):
        parameters = simplify(AETHER_1, sample, FitConfig(simplicity=simplicity), dense).parameters
        used.append(int((parameters != neutral(AETHER_1)).sum()))
    assert used[0] > used[1] > used[2] > 0


def test_counts_include_those_of_the_dense_solution(photos: dict[str, Tensor]) -> None:
    before = small(photos["coffee"])
    sample = sample_pair(before, before, AETHER_1, 500)
    dense = Solution(neutral(AETHER_1), 1.0, iterations=100, evaluations=1000, renders=10000)
    simple = simplify(AETHER_1, sample, FitConfig(), dense)
    assert simple.iterations >= 100
    assert simple.evaluations > 1000
    assert simple.renders > simple.evaluations + 9000


def test_effects_are_those_of_single_sliders() -> None:
    grey = torch.linspace(0.1, 0.9, 50).expand(3, 1, -1)
    sample = Sample(grey, grey, torch.ones(1, 50))
    names = {"Exposure2012": 1.0, "SaturationAdjustmentRed": 80.0}
    parameters = AETHER_1.vector([Recipe(process="aether/1", values=names)], torch.float64)[0]
    made = effects(AETHER_1, sample, parameters)
    assert made[AETHER_1.index["Exposure2012"]] > 5
    assert made[AETHER_1.index["SaturationAdjustmentRed"]] < 1e-3
    assert int((made > 0).sum()) <= len(names)


def test_the_budget_grows_with_what_is_unexplained() -> None:
    floor = 1 / (12 * 255**2)
    assert budget(2 * floor, 0.2) == pytest.approx(2.1 * floor)
    assert budget(102.1 * floor, 0.2) == pytest.approx((102.1 + 20 + 0.1) * floor)


def test_cosines_do_not_depend_on_units() -> None:
    generator = torch.Generator().manual_seed(0)
    jacobian = torch.rand(4, 30, generator=generator, dtype=torch.float64)
    scales = torch.tensor([1.0, 10.0, 0.1, -3.0], dtype=torch.float64).unsqueeze(1)
    found = cosines(jacobian @ jacobian.T)
    assert torch.allclose(found, cosines((scales * jacobian) @ (scales * jacobian).T))
    assert torch.allclose(found.diagonal(), torch.ones(4, dtype=torch.float64))
