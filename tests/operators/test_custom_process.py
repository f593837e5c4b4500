"""What `Process` does beyond aether/1: neutral values, safe ranges, spatial operators, lists of one's own."""

import pytest
import torch
from torch import Tensor

from operators.black_and_white import BLACK_AND_WHITE
from operators.catalogue import EXPOSURE_1, PROCESSES, RLPIXTUNER_1
from operators.clarity import CLARITY
from operators.curves import COLOR_CURVE, TONE_CURVE
from operators.exposure import EXPOSURE
from operators.gamma import GAMMA
from operators.levels import LEVELS
from operators.process import Process
from operators.sharpening import SHARPENING
from operators.split_toning import SPLIT_TONING
from operators.white_balance import WHITE_BALANCE
from schemas.recipe import Recipe

STUDIO = Process(
    "studio/1",
    (EXPOSURE, LEVELS, TONE_CURVE, CLARITY, SPLIT_TONING, WHITE_BALANCE, COLOR_CURVE, BLACK_AND_WHITE, SHARPENING),
)


def photo() -> Tensor:
    """A smooth picture of soft colours with some grain, (1, 3, 40, 50): the tone curve clips nothing of it."""
    y, x = torch.meshgrid(torch.linspace(0, 6, 40), torch.linspace(0, 7, 50), indexing="ij")
    waves = torch.sin(x + y) + 0.3 * torch.stack([torch.sin(x), torch.cos(x - y), torch.sin(2 * x)])
    grain = torch.randn(3, 40, 50, generator=torch.Generator().manual_seed(0))
    return (0.5 + 0.15 * waves + 0.01 * grain).unsqueeze(0)


def test_the_catalogue_names_its_processes() -> None:
    assert set(PROCESSES) == {"aether/1", "expert/1", "exposure/1", "rlpixtuner/1"}
    assert all(name == process.name for name, process in PROCESSES.items())


def test_a_process_of_ones_own_round_trips() -> None:
    values = {
        "Exposure2012": 0.4, "LevelsBlack": 0.05, "LevelsWhite": 0.95, "LevelsGamma": 1.3, "ToneCurve2": 0.7,
        "ToneCurve7": 1.6, "Clarity2012": 60, "SplitToningShadowHue": 220, "SplitToningShadowSaturation": 40,
        "SplitToningHighlightHue": 45, "SplitToningHighlightSaturation": 30, "IncrementalTint": -20,
        "ColorCurveRed4": 1.08, "BlackAndWhite": 0.3, "Sharpness": 80,
    }  # fmt: skip
    target = photo()
    recipe = STUDIO.vector([Recipe(process="studio/1", values=values)])
    source = STUDIO.unrender(target, recipe)
    assert (source - target).abs().mean() > 0.03
    assert (STUDIO.render(source, recipe) - target).abs().max() < 1e-4


def test_missing_values_are_neutral() -> None:
    vector = STUDIO.vector([Recipe(process="studio/1", values={"Sharpness": 20})])
    assert vector[0, STUDIO.index["LevelsWhite"]] == 1
    assert vector[0, STUDIO.index["LevelsBlack"]] == 0
    assert vector[0, STUDIO.index["Sharpness"]] == 20
    assert list(STUDIO.neutral) == [spec.name for spec in STUDIO.parameters]
    image = photo()
    assert (STUDIO.render(image, STUDIO.vector([Recipe(process="studio/1", values={})])) - image).abs().max() < 1e-5


def test_columns_follow_the_operators_unless_they_are_grouped() -> None:
    assert [spec.name for spec in Process("a/1", (WHITE_BALANCE, EXPOSURE)).parameters] == [
        "IncrementalTemperature", "IncrementalTint", "Exposure2012",
    ]  # fmt: skip
    assert [spec.name for spec in Process("a/1", (WHITE_BALANCE, EXPOSURE), grouped=True).parameters] == [
        "Exposure2012", "IncrementalTemperature", "IncrementalTint",
    ]  # fmt: skip


def test_two_parameters_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two parameters have one name"):
        Process("twice/1", (GAMMA, EXPOSURE, GAMMA))


@pytest.mark.parametrize(
    ("process", "name", "value"),
    [
        (EXPOSURE_1, "Gamma", 2.5),
        (EXPOSURE_1, "BlackAndWhite", 1.0),
        (EXPOSURE_1, "Exposure", -2.0),
        (RLPIXTUNER_1, "Texture", 0.5),
        (RLPIXTUNER_1, "Highlights", 0.2),
    ],
)
def test_outside_the_safe_range_renders_and_does_not_unrender(process: Process, name: str, value: float) -> None:
    image = photo().expand(2, -1, -1, -1)
    recipes = [Recipe(process=process.name, values=values) for values in ({}, {name: value})]
    vector = process.vector(recipes)
    assert process.render(image, vector).isfinite().all()
    with pytest.raises(ValueError, match=f"{process.name}: {name} can be undone from"):
        process.unrender(image, vector)
    process.unrender(image[:1], vector[:1])


def test_the_ends_of_the_safe_ranges_unrender_in_float32() -> None:
    for process in (EXPOSURE_1, RLPIXTUNER_1):
        for end in (0, 1):
            row = [spec.safe[end] if spec.safe else spec.neutral for spec in process.parameters]
            assert process.unrender(photo(), torch.tensor([row])).isfinite().all()


def test_not_a_number_does_not_unrender() -> None:
    vector = torch.tensor([list(RLPIXTUNER_1.neutral.values())])
    vector[0, RLPIXTUNER_1.index["Shadows"]] = torch.nan
    with pytest.raises(ValueError, match="Shadows"):
        RLPIXTUNER_1.unrender(photo(), vector)
