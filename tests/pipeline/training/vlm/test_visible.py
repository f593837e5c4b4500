"""Recipes without what does not show on their photo."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.catalogue import AETHER_1
from operators.renderer import renderer_of
from pipeline.training.visible import UNSEEN, visible_part
from quality.effects import effects_on
from quality.measures import mean_differences
from schemas.recipe import Recipe

RENDERER = renderer_of("aether/1", "compiled")


def _part(picture: torch.Tensor, **values: float) -> dict[str, float]:
    """The sliders that are left."""
    found = visible_part(RENDERER, picture, Recipe(process="aether/1", values=values))
    return {name: value for name, value in found.values.items() if value}


def test_a_step_here_and_there_is_left_out(photos: dict[str, torch.Tensor]) -> None:
    faint = {f"{kind}Adjustment{band}": 1.0 for kind in ("Hue", "Saturation") for band in ("Green", "Aqua", "Blue")}
    shown = {"Exposure2012": 0.5, "Vibrance": -30.0}
    assert _part(photos["coffee"], **shown, **faint) == shown


def test_a_color_that_the_photo_lacks_needs_no_slider() -> None:
    grey = (
        torch.linspace(0, 255, 3 * 50 * 50).to(torch.uint8).view(50, 50, 3)[..., :1].expand(50, 50, 3).permute(2, 0, 1)
    )
    assert _part(grey, HueAdjustmentBlue=80.0, SaturationAdjustmentRed=60.0, Contrast2012=20.0) == {
        "Contrast2012": 20.0
    }


def test_what_is_faint_alone_and_shows_together_is_not_lost(photos: dict[str, torch.Tensor]) -> None:
    bands = ("Red", "Orange", "Yellow", "Green", "Aqua", "Blue", "Purple", "Magenta")
    values = {f"LuminanceAdjustment{band}": 4.0 for band in bands}
    picture = photos["coffee"]
    alone = effects_on(RENDERER, picture, AETHER_1.vector([Recipe(process="aether/1", values=values)])[0], "compiled")
    left = _part(picture, **values)
    assert left
    assert len(left) < len(values)
    assert min(alone[name] for name in left) >= max(effect for name, effect in alone.items() if name not in left)


def test_a_neutral_recipe_stays_neutral(photos: dict[str, torch.Tensor]) -> None:
    assert not _part(photos["coffee"], Exposure2012=0.0)


@given(st.lists(st.integers(-4, 4), min_size=38, max_size=38))
@settings(max_examples=10, deadline=None)
def test_the_render_looks_the_same(steps: list[int]) -> None:
    picture = torch.randint(256, (3, 40, 50), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    values = {spec.name: step * spec.step for spec, step in zip(AETHER_1.parameters, steps, strict=True)}
    recipe = Recipe(process="aether/1", values=values)
    both = AETHER_1.vector([recipe, visible_part(RENDERER, picture, recipe)])
    one, other = RENDERER.render(picture.expand(2, -1, -1, -1), both)
    assert mean_differences(one[None], other[None])[0] <= UNSEEN
