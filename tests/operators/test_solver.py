"""The solver finds the parameters that made a picture, within their ranges, and leaves alone what does nothing."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from operators.catalogue import AETHER_1, EXPERT_1, RLPIXTUNER_1
from operators.process import Process
from operators.solver import fit_parameters
from schemas.fit import SolverConfig
from schemas.recipe import Recipe

CONFIG = SolverConfig()


def colors(count: int = 800) -> Tensor:
    return torch.rand(3, 1, count, generator=torch.Generator().manual_seed(0))


def rendered(process: Process, image: Tensor, **values: float) -> Tensor:
    """In 8 bit, clipped."""
    vector = process.vector([Recipe(process=process.name, values=values)])
    return (process.render(image[None], vector)[0].clamp(0, 1) * 255).round() / 255


def found(process: Process, image: Tensor, target: Tensor) -> dict[str, float]:
    solution = fit_parameters(process, image, target, torch.ones(image.shape[1:]), CONFIG)
    return dict(zip(process.index, solution.parameters.tolist(), strict=True))


@settings(max_examples=5, deadline=None)
@given(st.floats(-1.5, 1.5), st.floats(-40, 40), st.floats(-40, 40), st.floats(-40, 40))
def test_sliders_are_recovered(exposure: float, temperature: float, saturation: float, hue: float) -> None:
    values = {
        "Exposure2012": exposure,
        "IncrementalTemperature": temperature,
        "Saturation": saturation,
        "HueAdjustmentGreen": hue,
    }
    image = colors()
    recovered = found(AETHER_1, image, rendered(AETHER_1, image, **values))
    assert recovered["Exposure2012"] == pytest.approx(exposure, abs=0.25)  # whites can stand for a part of it
    for name in ("IncrementalTemperature", "Saturation", "HueAdjustmentGreen"):
        assert recovered[name] == pytest.approx(values[name], abs=4)


def test_sliders_that_nothing_shows_stay_at_neutral() -> None:
    greys = torch.linspace(0, 1, 800).expand(3, 1, -1)
    recovered = found(AETHER_1, greys, rendered(AETHER_1, greys, Exposure2012=0.7))
    mixer = [abs(value) for name, value in recovered.items() if "Adjustment" in name]
    assert max(mixer) < 1
    assert recovered["Exposure2012"] == pytest.approx(0.7, abs=0.1)


def test_the_same_picture_is_the_neutral_setting() -> None:
    recovered = found(EXPERT_1, colors(), colors())
    assert recovered == pytest.approx(dict(EXPERT_1.neutral), abs=0.02)


def test_values_stay_in_their_ranges() -> None:
    image = colors()
    solution = fit_parameters(AETHER_1, image, 1 - image, torch.ones(1, 800), CONFIG)
    values = dict(zip(AETHER_1.index, solution.parameters.tolist(), strict=True))
    AETHER_1.check(Recipe(process=AETHER_1.name, values=values))


def test_a_clipped_target_does_not_pull() -> None:
    """Two stops more send most of a bright picture to white; what is left tells how much it was."""
    image = 0.3 + 0.7 * colors()
    target = rendered(AETHER_1, image, Exposure2012=2.0)
    assert (target >= 1).float().mean() > 0.5
    assert found(AETHER_1, image, target)["Exposure2012"] == pytest.approx(2.0, abs=0.15)


def test_pixels_without_weight_do_not_count() -> None:
    image = colors()
    target = rendered(AETHER_1, image, Exposure2012=1.0)
    spoiled = target.clone()
    spoiled[..., ::2] = 0.5
    weights = torch.ones(1, 800)
    weights[:, ::2] = 0
    solution = fit_parameters(AETHER_1, image, spoiled, weights, CONFIG)
    assert solution.parameters[0] == pytest.approx(1.0, abs=0.1)
    assert solution.loss < 1e-4


def test_renders_count_every_direction() -> None:
    image = colors()
    target = rendered(AETHER_1, image, Exposure2012=1.0)
    solution = fit_parameters(AETHER_1, image, target, torch.ones(1, 800), SolverConfig(iterations=1))
    assert solution.iterations == 1
    assert solution.renders == solution.evaluations + len(AETHER_1.parameters)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one shape"):
        fit_parameters(AETHER_1, colors(), colors(10), torch.ones(1, 800), CONFIG)
    with pytest.raises(ValueError, match="weight above 0"):
        fit_parameters(AETHER_1, colors(), colors(), torch.zeros(1, 800), CONFIG)


def test_few_renders_recover_targets_from_the_whole_range() -> None:
    """Ten steps bring most of 20 uniform targets of nine parameters to 45 dB; steps that creep do not."""
    image = colors()
    low, high = (
        torch.tensor([getattr(spec, end) for spec in RLPIXTUNER_1.parameters]) for end in ("minimum", "maximum")
    )
    shares = torch.rand(20, len(low), generator=torch.Generator().manual_seed(7))
    config = SolverConfig(prior=0.03, robust=0.5, iterations=9)
    reached = 0
    for share in shares:
        values = (low + (high - low) * share)[None]
        target = (RLPIXTUNER_1.render(image[None], values)[0] * 255).round() / 255
        solution = fit_parameters(RLPIXTUNER_1, image, target, torch.ones(image.shape[1:]), config)
        found = RLPIXTUNER_1.render(image[None], solution.parameters[None])[0]
        reached += float((found - target).square().mean()) <= 10**-4.5
    assert reached >= 18
