"""Every setting that changes a picture is in the recipe or in the list of what is not, with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.catalogue import AETHER_1
from pipeline.presets.camera_raw import Setting
from pipeline.presets.settings import interpret


def test_values_beyond_the_range_are_limited_and_reported() -> None:
    recipe, ignored = interpret({"Exposure2012": "+6.5", "Vibrance": "-140", "Saturation": "100"})
    assert recipe.values == {"Exposure2012": 5.0, "Vibrance": -100.0, "Saturation": 100.0}
    assert ignored == {
        "Exposure2012": "6.5: outside -5 to 5, taken as 5",
        "Vibrance": "-140: outside -100 to 100, taken as -100",
    }


@pytest.mark.parametrize("value", ["banana", "nan", "inf", "1e999", "1_0", "0x10", "++1", "٣"])
def test_a_slider_that_is_no_number_is_reported(value: str) -> None:
    recipe, ignored = interpret({"Vibrance": value})
    assert recipe.values == {}
    assert ignored == {"Vibrance": f"{value}: no number"}


def test_long_names_and_values_end() -> None:
    # Patterns that backtrack would take hours.
    long: dict[str, Setting] = {
        "Vibrance": "1" * 500_000 + "x",
        "Defringe" + "Hue" * 100_000 + "-": "1",
        "ProcessVersion": "5" * 500_000,
        "ToneCurvePV2012": ["1," * 100_000],
    }
    recipe, ignored = interpret(long)
    assert recipe.values == {}
    assert len(ignored) == 3
    assert all(len(name) <= 200 and len(text) <= 200 for name, text in ignored.items())


@given(
    st.dictionaries(
        st.sampled_from([*AETHER_1.index, "Temperature", "AsShotTemperature", "Tint", "Texture"]),
        st.one_of(
            st.text(max_size=8), st.floats().map(str), st.integers(-200, 200).map("{:+d}".format), st.just(["0, 0"])
        ),
    )
)
def test_whatever_a_file_holds_the_recipe_is_valid(settings: dict[str, Setting]) -> None:
    recipe, _ = interpret(settings)
    AETHER_1.check(recipe)
    assert 0 not in recipe.values.values()


def test_what_is_neutral_or_speaks_of_the_file_is_not_reported() -> None:
    quiet: dict[str, Setting] = {
        "Texture": "0",
        "PerspectiveScale": "100",
        "PerspectiveRotate": "0.0",
        "HasCrop": "False",
        "CropRight": "0.7",
        "ToneCurveName2012": "Custom",
        "ToneCurvePV2012": ["0", "0", "255", "255"],
        "ColorVariance": ["0.000000", "0.000000"],
        "RetouchInfo": [],
        "SplitToningShadowHue": "217",
        "SplitToningShadowSaturation": "0",
        "GrayMixerRed": "-10",
        "LensProfileSetup": "LensDefaults",
        "RawFileName": "a.nef",
        "EnableDetail": "False",
        "Look": {"Name": "Adobe Color", "Amount": "0"},
    }
    assert interpret(quiet)[1] == {}


def test_what_changes_a_picture_and_is_not_ours_is_reported() -> None:
    loud: dict[str, Setting] = {
        "Texture": "+8",
        "PerspectiveScale": "110",
        "HasCrop": "True",
        "ToneCurveName2012": "Strong Contrast",
        "ToneCurvePV2012": ["0", "0", "128", "140", "255", "255"],
        "SplitToningShadowSaturation": "6",
        "ConvertToGrayscale": "True",
        "CameraProfile": "Camera Vivid",
        "AutoTone": "True",
        "PointColors": ["1.5, 0.8"],
        "Unheard": "of",
    }
    recipe, ignored = interpret(loud)
    assert recipe.values == {}
    assert list(ignored) == list(loud)
    assert ignored["Texture"] == "+8: aether/1 has no such slider"


def test_old_tone_sliders_are_reported_not_misread() -> None:
    settings: dict[str, Setting] = {
        "ProcessVersion": "5.7",
        "Exposure": "+1.20",
        "Contrast": "+60",
        "Brightness": "+50",
        "Shadows": "5",
        "FillLight": "0",
        "Exposure2012": "-0.50",
        "Saturation": "+9",
    }
    recipe, ignored = interpret(settings)
    assert recipe.values == {"Saturation": 9.0}
    assert set(ignored) == {"ProcessVersion", "Exposure", "Contrast", "Exposure2012"}
    assert "process version 2010 or older" in ignored["Exposure"]
    assert "no effect under ProcessVersion 5.7" in ignored["Exposure2012"]


def test_old_tone_sliders_beside_those_of_today() -> None:
    settings: dict[str, Setting] = {"ProcessVersion": "6.7", "Exposure": "+1.20", "Exposure2012": "-0.50"}
    recipe, ignored = interpret(settings)
    assert recipe.values == {"Exposure2012": -0.5}
    assert ignored == {"Exposure": "+1.20: has no effect under ProcessVersion 6.7"}
    del settings["ProcessVersion"]
    recipe, ignored = interpret(settings)
    assert recipe.values == {"Exposure2012": -0.5}
    assert set(ignored) == {"Exposure"}


def test_sliders_of_a_panel_that_is_off_are_not_taken() -> None:
    settings: dict[str, Setting] = {
        "EnableColorAdjustments": "False",
        "EnableToneCurve": "True",
        "HueAdjustmentRed": "10",
        "LuminanceAdjustmentBlue": "0",
        "ParametricDarks": "-5",
        "Saturation": "3",
    }
    recipe, ignored = interpret(settings)
    assert recipe.values == {"ParametricDarks": -5.0, "Saturation": 3.0}
    assert ignored == {"HueAdjustmentRed": "10: switched off by EnableColorAdjustments"}


def test_moved_bounds_of_parametric_bands_are_reported_where_they_matter() -> None:
    settings: dict[str, Setting] = {"ParametricShadowSplit": "10", "ParametricMidtoneSplit": "50"}
    assert interpret(settings)[1] == {}
    recipe, ignored = interpret({**settings, "ParametricLights": "5"})
    assert recipe.values == {"ParametricLights": 5.0}
    assert set(ignored) == {"ParametricShadowSplit"}
