"""What may be said of a pair: what a person sees, and the sliders that did it."""

from dataclasses import replace

import pytest
import torch
from skimage import data
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from quality.color_difference import delta_e00, srgb_to_lab
from quality.seen.claims import ACTS, ASPECTS, acts, causes, visible
from quality.seen.evidence import Evidence, gather
from schemas.recipe import Recipe


def _recipe(**values: float) -> Recipe:
    return Recipe(process="aether/1", values=values)


def _photo() -> Tensor:
    """Coffee and a cat side by side: warm colours and some grey."""
    coffee, cat = (torch.from_numpy(photo[::2, ::2].copy()).permute(2, 0, 1) for photo in (data.coffee(), data.cat()))
    return torch.cat([coffee[:, :150, :220], cat[:, :150, :220]], 2)


def _evidence(recipe: Recipe) -> Evidence:
    renderer, photo = Renderer(AETHER_1), _photo()
    inputs, _ = renderer.unrender(photo, AETHER_1.vector([recipe]))
    return gather(renderer, inputs, photo, [recipe], "compiled")[0]


@pytest.mark.parametrize(
    ("values", "aspect", "sign"),
    [
        ({"Exposure2012": 0.5}, "brightness", 1),
        ({"Exposure2012": -0.5}, "brightness", -1),
        ({"Shadows2012": 90, "ParametricDarks": 40}, "shadows", 1),
        ({"Highlights2012": -60}, "highlights", -1),
        ({"Contrast2012": 70, "Blacks2012": -60, "Whites2012": 40}, "contrast", 1),
        ({"IncrementalTemperature": 20}, "warmth", 1),
        ({"IncrementalTint": -20}, "tint", -1),
        ({"Saturation": 20}, "colorfulness", 1),
        ({"SaturationAdjustmentOrange": -40, "SaturationAdjustmentRed": -40}, "orange_saturation", -1),
        ({"LuminanceAdjustmentOrange": 60, "LuminanceAdjustmentRed": 60}, "orange_luminance", 1),
        ({"HueAdjustmentOrange": 80, "HueAdjustmentRed": 80}, "orange_hue", 1),
    ],
)
def test_a_slider_makes_a_claim_and_is_its_cause(values: dict[str, float], aspect: str, sign: int) -> None:
    evidence = _evidence(_recipe(**values))
    claim = visible(evidence.change)[aspect]
    assert claim.sign == sign
    assert causes(evidence, claim) == [ASPECTS[aspect].group]
    assert acts(evidence, ASPECTS[aspect].group)


def test_what_nobody_sees_is_no_claim() -> None:
    assert visible(_evidence(_recipe()).change) == {}
    assert visible(_evidence(_recipe(Exposure2012=0.02, Vibrance=1)).change) == {}


def test_whatever_slider_did_it() -> None:
    evidence = _evidence(_recipe(Contrast2012=70))
    claim = visible(evidence.change)["colorfulness"]
    assert claim.sign == 1
    assert causes(evidence, claim) == ["light"]


def test_sliders_that_offset_each_other_are_seen_as_their_sum() -> None:
    evidence = _evidence(_recipe(Contrast2012=80, Saturation=-22))
    assert "colorfulness" not in visible(evidence.change)
    assert visible(evidence.groups["color"].change)["colorfulness"].sign == -1
    assert visible(evidence.groups["light"].change)["colorfulness"].sign == 1
    assert acts(evidence, "color")


def test_a_group_that_does_nothing_does_not_act() -> None:
    evidence = _evidence(_recipe(Exposure2012=0.5, HueAdjustmentAqua=1))
    assert evidence.groups["specific"].difference < ACTS
    assert not acts(evidence, "specific")
    assert not acts(evidence, "color")
    assert "color" not in evidence.groups


def test_what_a_group_does_is_the_picture_with_and_without_it() -> None:
    photo, renderer = _photo(), Renderer(AETHER_1)
    recipe = _recipe(Exposure2012=0.6, Vibrance=40)
    full, without = (
        renderer.render(photo[None], AETHER_1.vector([one])) for one in (recipe, _recipe(Exposure2012=0.6))
    )
    evidence = gather(renderer, photo[None], full[0], [recipe], "compiled")[0]
    assert evidence.groups["color"].difference == pytest.approx(float(delta_e00(full, without).mean()), rel=0.06)
    own = evidence.groups["color"].change
    lightness = [float(srgb_to_lab(picture)[:, 0].mean()) for picture in (without, full)]
    assert own.input.lightness == pytest.approx(lightness[0], abs=0.3)
    assert own.target.lightness == pytest.approx(lightness[1], abs=0.3)
    assert own.target.chroma > own.input.chroma + 1


def test_hues_that_cover_too_little_are_not_spoken_of() -> None:
    change = _evidence(_recipe(SaturationAdjustmentOrange=-60, SaturationAdjustmentRed=-60)).change
    few = replace(change, hues=tuple(replace(hue, share=0.05) for hue in change.hues))
    assert "orange_saturation" in visible(change)
    assert not any(claim.aspect.hue for claim in visible(few).values())


def test_levels_grow_with_the_edit() -> None:
    levels = [
        visible(_evidence(_recipe(Exposure2012=exposure)).change)["brightness"].level for exposure in (0.2, 0.6, 1.4)
    ]
    assert levels == [0, 1, 2]
