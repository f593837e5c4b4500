"""Kelvin become mireds from the as-shot white balance, and are reported where that is not known."""

import pytest
import torch

from operators.catalogue import AETHER_1
from operators.white_balance import gains
from pipeline.presets.camera_raw import Setting
from pipeline.presets.kelvin import WhitePoint, relative_white_balance
from pipeline.presets.settings import interpret

CUSTOM: dict[str, Setting] = {"WhiteBalance": "Custom", "Temperature": "6250", "Tint": "+20"}


def test_temperature_is_the_difference_in_mireds() -> None:
    values, ignored = relative_white_balance(CUSTOM, WhitePoint(5000, 10))
    assert values == {"IncrementalTemperature": 40.0, "IncrementalTint": 8.76}
    assert ignored == {}
    values, _ = relative_white_balance({"Temperature": "4000"}, WhitePoint(5000))
    assert values == {"IncrementalTemperature": -50.0}


def test_a_higher_setting_renders_warmer_and_more_magenta() -> None:
    grey = torch.full((1, 3, 1, 1), 0.5)
    recipe, _ = interpret(CUSTOM, WhitePoint(5000, 20))
    red, green, blue = AETHER_1.render(grey, AETHER_1.vector([recipe])).flatten()
    assert red > green > blue
    recipe, _ = interpret(CUSTOM, WhitePoint(6250, 0))
    red, green, blue = AETHER_1.render(grey, AETHER_1.vector([recipe])).flatten()
    assert green < min(red, blue)


def test_a_step_of_tint_has_the_length_that_adobe_gives_it() -> None:
    to_xyz = torch.tensor(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    ends = gains(torch.tensor([[0.0, 0.5], [0.0, -0.5]], dtype=torch.float64)).squeeze(-1) @ to_xyz.T.double()
    x, y, z = ends.T
    uv = torch.stack((4 * x, 6 * y)) / (x + 15 * y + 3 * z)
    step = torch.linalg.vector_norm(uv[:, 0] - uv[:, 1])
    values, _ = relative_white_balance({"Tint": "100"}, WhitePoint(5000))
    assert values["IncrementalTint"] * step == pytest.approx(100 / 3000, rel=2e-3)


def test_the_file_s_own_reference_goes_first() -> None:
    own: dict[str, Setting] = {**CUSTOM, "AsShotTemperature": "5000", "AsShotTint": "0"}
    values, ignored = relative_white_balance(own, WhitePoint(9000, 9))
    assert values == {"IncrementalTemperature": 40.0, "IncrementalTint": 17.52}
    assert ignored == {}


def test_without_a_reference_kelvin_are_reported() -> None:
    values, ignored = relative_white_balance(CUSTOM, None)
    assert values == {}
    assert ignored == {
        "Temperature": "6250: absolute, and the as-shot temperature is not known",
        "Tint": "+20: absolute, and the as-shot tint is not known",
    }
    values, ignored = relative_white_balance({**CUSTOM, "AsShotTemperature": "5000"}, None)
    assert values == {"IncrementalTemperature": 40.0}
    assert set(ignored) == {"Tint"}


def test_as_shot_changes_nothing() -> None:
    assert relative_white_balance({**CUSTOM, "WhiteBalance": "As Shot"}, None) == ({}, {})


def test_incremental_sliders_are_taken_before_kelvin() -> None:
    recipe, ignored = interpret({**CUSTOM, "IncrementalTemperature": "+12"}, WhitePoint(5000))
    assert recipe.values == {"IncrementalTemperature": 12.0}
    assert set(ignored) == {"Temperature", "Tint"}
    recipe, _ = interpret({**CUSTOM, "IncrementalTemperature": "0", "IncrementalTint": "0"}, WhitePoint(5000, 20))
    assert recipe.values == {"IncrementalTemperature": 40.0}


@pytest.mark.parametrize("mode", ["Auto", "Daylight"])
def test_a_named_white_balance_is_reported(mode: str) -> None:
    assert set(relative_white_balance({"WhiteBalance": mode}, WhitePoint(5000))[1]) == {"WhiteBalance"}
    assert relative_white_balance({**CUSTOM, "WhiteBalance": mode}, WhitePoint(5000, 20))[0] == {
        "IncrementalTemperature": 40.0,
        "IncrementalTint": 0.0,
    }


@pytest.mark.parametrize("value", ["0", "-5000", "warm", ""])
def test_what_is_no_temperature_is_reported(value: str) -> None:
    values, ignored = relative_white_balance({"Temperature": value}, WhitePoint(5000))
    assert values == {}
    assert ignored == {"Temperature": f"{value}: no temperature"}


def test_a_change_beyond_the_slider_is_limited_and_reported() -> None:
    recipe, ignored = interpret({"Temperature": "2500"}, WhitePoint(5000))
    assert recipe.values == {"IncrementalTemperature": -100.0}
    assert ignored == {"IncrementalTemperature": "-200: outside -100 to 100, taken as -100"}
