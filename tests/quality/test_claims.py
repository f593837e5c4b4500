from dataclasses import replace

import pytest
import torch
from skimage import data

from operators.catalogue import AETHER_1
from quality.change import Change, measure_change
from quality.claims import ASPECTS, _around_neutral, _rendered_chart, is_zero, moves, push, supported
from schemas.recipe import Recipe


def _recipe(**values: float) -> Recipe:
    return Recipe(process="aether/1", values=values)


def _change(recipe: Recipe) -> Change:
    photo = torch.from_numpy(data.astronaut()[::2, ::2].copy()).permute(2, 0, 1)
    source = AETHER_1.unrender(photo.unsqueeze(0) / 255, AETHER_1.vector([recipe]))[0]
    return measure_change((source.clamp(0, 1) * 255).round().to(torch.uint8), photo)


@pytest.mark.parametrize(
    ("values", "aspect", "sign"),
    [
        ({"Exposure2012": 0.5}, "brightness", 1),
        ({"Exposure2012": -0.5}, "brightness", -1),
        ({"Shadows2012": 60}, "shadows", 1),
        ({"Highlights2012": -60}, "highlights", -1),
        ({"Contrast2012": 60}, "contrast", 1),
        ({"IncrementalTemperature": 20}, "warmth", 1),
        ({"IncrementalTint": -20}, "tint", -1),
        ({"Saturation": 20}, "colorfulness", 1),
        ({"SaturationAdjustmentOrange": -40}, "orange_saturation", -1),
        ({"LuminanceAdjustmentOrange": 50}, "orange_luminance", 1),
        ({"HueAdjustmentOrange": 60}, "orange_hue", 1),
    ],
)
def test_an_edit_supports_the_claim_that_its_slider_makes(values: dict[str, float], aspect: str, sign: int) -> None:
    recipe = _recipe(**values)
    claims = supported(recipe, _change(recipe))
    assert claims[aspect].sign == sign
    assert {claim.aspect.group for claim in claims.values()} == {ASPECTS[aspect].group}


def test_pixels_alone_or_a_recipe_alone_support_nothing() -> None:
    brighter = _recipe(Exposure2012=0.5)
    nothing = _change(_recipe())
    assert supported(brighter, nothing) == {}
    assert supported(_recipe(), _change(brighter)) == {}
    assert supported(_recipe(Exposure2012=-0.5), _change(brighter)) == {}


def test_the_net_of_opposite_sliders_decides() -> None:
    assert push(_recipe(Exposure2012=0.6, Shadows2012=-10))["shadows"] > 0
    assert push(_recipe(Exposure2012=0.1, Shadows2012=-60))["shadows"] < 0


def test_colors_that_cover_too_little_are_not_spoken_of() -> None:
    recipe = _recipe(SaturationAdjustmentOrange=-40)
    change = _change(recipe)
    few = replace(change, colors=tuple(replace(color, share=0.01) for color in change.colors))
    assert "orange_saturation" in supported(recipe, change)
    assert supported(recipe, few) == {}


def test_levels_grow_with_the_edit() -> None:
    levels = []
    for exposure in (0.15, 0.5, 1.2):
        recipe = _recipe(Exposure2012=exposure)
        levels.append(supported(recipe, _change(recipe))["brightness"].level)
    assert levels == [0, 1, 2]


def test_zero_groups_and_moving_sides() -> None:
    recipe = _recipe(Exposure2012=0.8, Saturation=0.0)
    assert is_zero(recipe, "color")
    assert is_zero(recipe, "specific")
    assert not is_zero(recipe, "light")
    assert moves(_change(recipe), "light")
    assert not moves(_change(_recipe()), "light")


def test_no_processor_rounds_the_chart_differently() -> None:
    neutral, above, below = _around_neutral(AETHER_1)
    for parameters in (neutral[None], neutral + torch.diag(above), neutral - torch.diag(below)):
        steps = _rendered_chart(AETHER_1, parameters).clamp(0, 1) * 255 + 0.5
        assert (steps - steps.round()).abs().min() > 1e-9
