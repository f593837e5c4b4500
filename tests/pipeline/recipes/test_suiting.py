"""A draw is scaled, turned round or replaced until its pair is predicted to pass, and the pair then passes."""

from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1, PROCESSES
from operators.renderer import renderer_of
from pipeline.images.codec import decode_all, encode
from pipeline.recipes.preview import Preview
from pipeline.recipes.suiting import DRAWS, NEAR, Draws, suit
from quality.gates import decide, rules
from quality.measures import measure_pair
from schemas.config import DatasetConfig, GatesConfig, SuitedBounds
from schemas.recipe import DrawKind, Recipe
from schemas.sample import Measures

GATES, BOUNDS = rules(GatesConfig(), []), SuitedBounds()


def config(**values: object) -> DatasetConfig:
    return DatasetConfig.model_validate({"sources": ["unused"], **values})


def offsets(values: Mapping[str, float]) -> list[float]:
    return [values.get(name, 0.0) for name in AETHER_1.index]


def draws(kind: DrawKind, *drawn: Mapping[str, float], strength: float | None = None) -> Draws:
    """Each draw in turn, and the last one for ever."""
    return Draws(kind, lambda number: offsets(drawn[min(number, len(drawn) - 1)]), strength)


def made(photo: Tensor, recipe: Recipe, data: DatasetConfig) -> Measures:
    """The measures of the pair itself, over all pixels."""
    renderer, parameters = renderer_of("aether/1", "compiled"), AETHER_1.vector([recipe])
    inputs, clipped = renderer.unrender(photo, parameters)
    stored = decode_all([encode(inputs[0], data.image)], data.image.format, *photo.shape[1:])
    return measure_pair(stored, photo, renderer.render(stored, parameters), clipped)[0]


@pytest.mark.parametrize("name", ["china", "coffee", "chelsea"])
def test_a_draw_is_scaled_to_its_strength(photos: dict[str, Tensor], name: str) -> None:
    data = config()
    wanted = draws("expert", {"Exposure2012": 0.2, "Contrast2012": 10, "Shadows2012": 5}, strength=8)
    recipe, draw = suit(AETHER_1, Preview(photos[name], data, "unrendered"), wanted, BOUNDS, 0.8)
    measures = made(photos[name], recipe, data)
    assert measures.difference_de00 == pytest.approx(8, rel=0.2)
    assert decide(measures, {}, GATES) == []
    assert draw.kind == "expert"
    assert draw.redraws == 0
    assert draw.factor > 1.5
    assert recipe.values["Exposure2012"] == pytest.approx(0.2 * draw.factor, abs=0.006)


def test_scaling_ends_where_a_second_slider_meets_its_bound(photos: dict[str, Tensor]) -> None:
    drawn = {"Contrast2012": 40, "Shadows2012": 30, "Whites2012": -20, "Vibrance": 5}
    recipe, draw = suit(
        AETHER_1, Preview(photos["coffee"], config(), "unrendered"), draws("expert", drawn, strength=40), BOUNDS, 0.8
    )
    assert draw.factor == pytest.approx(80 / 30, abs=1e-3)
    assert recipe.values["Whites2012"] > -80
    assert recipe.values["Vibrance"] < 20


def test_an_input_too_bright_to_store_is_made_weaker(photos: dict[str, Tensor]) -> None:
    data = config()
    darker = draws("bank", {"Exposure2012": -2.5})
    recipe, draw = suit(AETHER_1, Preview(photos["coffee"], data, "unrendered"), darker, BOUNDS, 0.8)
    assert -2.5 < recipe.values["Exposure2012"] < 0
    assert draw.factor < 1
    assert decide(made(photos["coffee"], recipe, data), {}, GATES) == []


def test_a_symmetric_edit_is_turned_round_where_that_suits_the_photo(photos: dict[str, Tensor]) -> None:
    preview = Preview(photos["coffee"], config(), "unrendered")
    darker = draws("symmetric", {"Exposure2012": -1.5}, strength=14)
    recipe, draw = suit(AETHER_1, preview, darker, BOUNDS, 0.8)
    assert draw.negated
    assert recipe.values["Exposure2012"] > 0


def test_another_draw_replaces_one_that_cannot_be_made_as_strong(photos: dict[str, Tensor]) -> None:
    preview = Preview(photos["coffee"], config(), "unrendered")
    two = draws("expert", {"Exposure2012": -2.0}, {"Exposure2012": 1.0}, strength=12)
    recipe, draw = suit(AETHER_1, preview, two, BOUNDS, 0.8)
    assert draw.redraws == 1
    assert recipe.values["Exposure2012"] > 0


def test_the_strongest_that_passes_is_taken_if_none_is_as_strong_as_wanted(photos: dict[str, Tensor]) -> None:
    data = config()
    seen: list[int] = []

    def darker(number: int) -> Sequence[float]:
        seen.append(number)
        return offsets({"Exposure2012": -2.0 - 0.1 * number})

    recipe, _ = suit(AETHER_1, Preview(photos["coffee"], data, "unrendered"), Draws("expert", darker, 30), BOUNDS, 0.8)
    assert seen == list(range(DRAWS))
    measures = made(photos["coffee"], recipe, data)
    assert decide(measures, {}, GATES) == []
    assert measures.difference_de00 < NEAR * 30


def test_a_slider_without_effect_returns_to_neutral(photos: dict[str, Tensor]) -> None:
    grey = photos["coffee"].float().mean(0).byte().expand(3, -1, -1).contiguous()
    both = draws("expert", {"Exposure2012": 1.0, "HueAdjustmentAqua": 60.0}, strength=9)
    recipe, _ = suit(AETHER_1, Preview(grey, config(), "unrendered"), both, BOUNDS, 0.8)
    assert recipe.values["HueAdjustmentAqua"] == 0
    assert recipe.values["Exposure2012"] > 0


def test_a_rendered_pair_is_measured_from_the_photo_on(photos: dict[str, Tensor]) -> None:
    darker = draws("symmetric", {"Exposure2012": -1.0, "Contrast2012": 10.0}, strength=12)
    recipe, draw = suit(AETHER_1, Preview(photos["coffee"], config(), "rendered"), darker, BOUNDS, 0.8)
    assert not draw.negated  # a darker target can always be stored
    assert recipe.values["Exposure2012"] < 0


@pytest.mark.parametrize("values", [{"image": {"subsampling": "4:2:0"}}, {"image": {"format": "png"}}])
def test_a_preview_predicts_the_cycle_of_the_whole_picture(
    photos: dict[str, Tensor], values: dict[str, object]
) -> None:
    data = config(**values)
    photo = photos["china"]
    recipes = [
        Recipe(process="aether/1", values={"Exposure2012": ev, "Saturation": 20.0, "Shadows2012": -20.0})
        for ev in (0.3, 1.0, 1.8)
    ]
    predicted = Preview(photo, data, "unrendered").measure(AETHER_1.vector(recipes))
    for guess, recipe in zip(predicted, recipes, strict=True):
        truth = made(photo, recipe, data)
        assert guess.difference_de00 == pytest.approx(truth.difference_de00, rel=0.1)
        assert guess.clipped == pytest.approx(truth.clipped, abs=0.02)
        assert guess.cycle_psnr == pytest.approx(truth.cycle_psnr, abs=1.5)
        assert guess.cycle_de00_p95 == pytest.approx(truth.cycle_de00_p95, rel=0.25)


def test_a_spatial_process_is_previewed_on_a_picture() -> None:
    photo = torch.randint(0, 256, (3, 300, 200), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    preview = Preview(photo, config(process="rlpixtuner/1"), "unrendered")
    process = PROCESSES["rlpixtuner/1"]
    (measures,) = preview.measure(torch.tensor([list(process.neutral.values())]))
    assert measures.difference_de00 < 3
    assert min(preview.pixels.shape[1:]) > 20
