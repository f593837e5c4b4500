"""An effect is what a slider alone does to the picture."""

import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from quality.color_difference import delta_e00
from quality.effects import measure_effects
from schemas.recipe import Recipe


def test_an_effect_is_the_difference_to_the_render_without_the_slider(photos: dict[str, Tensor]) -> None:
    renderer = Renderer(AETHER_1)
    inputs = torch.stack([photos["coffee"][:, :200, :300], photos["china"][:, :200, :300]])
    values = {"Exposure2012": 0.8, "Vibrance": 30.0, "HueAdjustmentAqua": 1.0}
    recipes = [Recipe(process="aether/1", values=values), Recipe(process="aether/1", values={"Contrast2012": 0.0})]
    effects, none = measure_effects(renderer, inputs, recipes, "compiled")
    assert none == {}
    assert set(effects) == set(values)
    whole = renderer.render(inputs[:1], AETHER_1.vector(recipes[:1]))
    for name in ("Exposure2012", "Vibrance"):
        without = Recipe(process="aether/1", values={**values, name: 0.0})
        change = delta_e00(renderer.render(inputs[:1], AETHER_1.vector([without])), whole).mean()
        assert effects[name] == pytest.approx(float(change), rel=0.05)
    assert effects["HueAdjustmentAqua"] < 0.05
