import json
from dataclasses import replace

import pytest

from operators.color_mixer import BANDS
from quality.change import Change, ColorChange, InputState, ToneChange
from quality.text.format import build_answer, build_prompt, sections_of
from quality.text.validators import validate_words
from schemas.recipe import Recipe
from schemas.sample import Task, Words

RECIPE = Recipe(
    process="aether/1",
    values={
        "Exposure2012": 0.5,
        "Contrast2012": -30.0,
        "IncrementalTemperature": 20.0,
        "SaturationAdjustmentGreen": -40.0,
        "HueAdjustmentBlue": -40.0,
    },
)
_STILL = ColorChange(share=0.0, hue=0.0, saturation=0.0, luma=0.0)
_COLORS = {"Green": ColorChange(0.2, 0.0, -0.2, 0.0), "Blue": ColorChange(0.1, -7.0, 0.0, 0.0)}
CHANGE = Change(
    brightness=0.08,
    shadows=ToneChange(0.3, 0.07),
    midtones=ToneChange(0.5, 0.09),
    highlights=ToneChange(0.2, 0.07),
    contrast=-0.1,
    colorfulness=0.0,
    warmth=0.12,
    tint=0.0,
    colors=tuple(_COLORS.get(band, _STILL) for band in BANDS),
    input=InputState(luma=0.4, spread=0.2, colorfulness=0.4, warmth=-0.1, tint=0.0, black=0.0, white=0.0),
)
PLANS = {
    "plan_light": "Brighten the whole picture clearly and soften the contrast a little.",
    "plan_globalcolor": "Warm the white balance.",
    "plan_specificcolor": "Mute the greens a little and shift the blues toward aqua.",
}
PROBLEMS = {
    "problem_light": "The picture is too dark and it looks a little too harsh.",
    "problem_globalcolor": "The white balance is too cold.",
    "problem_specificcolor": "The greens are a bit too vivid. The blues lean toward purple.",
}


def _words(task: Task, instruction: str, **changed: str) -> Words:
    sections = {name: {**PROBLEMS, **PLANS, **changed}[name] for name in sections_of(task)}
    answer = build_answer(task, sections)
    return Words(task=task, instruction=instruction, prompt=build_prompt(task, instruction), answer=answer)


def _auto(**changed: str) -> list[str]:
    return validate_words(_words("auto", "Please retouch this photo.", **changed), RECIPE, CHANGE)


def _style(instruction: str) -> list[str]:
    return validate_words(_words("style", instruction), RECIPE, CHANGE)


def _professional(instruction: str) -> list[str]:
    return validate_words(_words("professional", instruction), RECIPE, CHANGE)


def test_true_words_pass() -> None:
    assert _auto() == []
    assert _style("Make it warmer and brighter, with slightly calmer greens.") == []


@pytest.mark.parametrize(
    ("section", "old", "new", "reason"),
    [
        ("plan_light", "Brighten", "Darken", "text_direction:brightness"),
        ("plan_light", "soften", "raise", "text_direction:contrast"),
        ("plan_globalcolor", "Warm", "Cool", "text_direction:warmth"),
        ("plan_specificcolor", "Mute", "Enrich", "text_direction:green_saturation"),
        ("plan_specificcolor", "aqua", "purple", "text_direction:blue_hue"),
        ("plan_specificcolor", "greens", "reds", "text_direction:red_saturation"),
        ("problem_light", "too dark", "too bright", "text_direction:brightness"),
        ("problem_light", "harsh", "flat", "text_direction:contrast"),
        ("problem_globalcolor", "cold", "warm", "text_direction:warmth"),
        ("problem_specificcolor", "vivid", "dull", "text_direction:green_saturation"),
        ("problem_specificcolor", "purple", "aqua", "text_direction:blue_hue"),
        ("plan_light", "clearly and", "and lift the saturation and", "text_direction:colorfulness"),
        ("plan_specificcolor", "a little", "strongly", "text_size:green_saturation"),
        ("plan_light", "picture", "target", "text_leak:target"),
        ("plan_light", "picture", "preset picture", "text_leak:preset"),
        ("plan_light", "the contrast", "the contrast with clarity", "text_unknown_parameter:clarity"),
        ("plan_light", "the contrast", "Contrast2012", "text_unknown_parameter:Contrast2012"),
        ("plan_light", "a little.", "a lit", "text_truncated:plan_light"),
        ("plan_light", "whole picture", "whole  picture", "text_prose:plan_light"),
        ("plan_light", "Brighten", "brighten", "text_prose:plan_light"),
        ("plan_globalcolor", "Warm the white balance", "None", "text_null:plan_globalcolor"),
    ],
)
def test_one_wrong_word_is_caught(section: str, old: str, new: str, reason: str) -> None:
    text = {**PROBLEMS, **PLANS}[section]
    assert old in text
    assert reason in _auto(**{section: text.replace(old, new)})


@pytest.mark.parametrize("name", [*PROBLEMS, *PLANS])
def test_empty_and_idle_sections_are_caught(name: str) -> None:
    assert f"text_empty:{name}" in _auto(**{name: ""})
    assert f"text_empty:{name}" in _auto(**{name: "  "})
    assert f"text_unchanged:{name}" in _auto(**{name: "This needs no adjustment."})
    assert f"text_no_claim:{name}" in _auto(**{name: "What a lovely day."})


def test_a_side_that_moves_along_may_need_no_change_of_its_own_only() -> None:
    recipe = Recipe(process="aether/1", values={"Exposure2012": 0.5, "Contrast2012": -30.0})
    change = replace(CHANGE, colors=tuple(_STILL for _ in BANDS))
    quiet = {"plan_specificcolor": "Leave the single colors as they are."}

    def reasons(text: str) -> list[str]:
        words = _words("style", "Make it brighter.", plan_globalcolor=text, **quiet)
        return validate_words(words, recipe, change)

    assert reasons("Leave the white balance as it is.") == ["text_unchanged:plan_globalcolor"]
    assert reasons("The white balance needs no change of its own.") == []


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("Make it cooler.", "text_direction:warmth"),
        ("Make it brighter, with richer greens.", "text_direction:green_saturation"),
        ("Use the preset of an autumn day.", "text_leak:preset"),
        ("Move the exposure slider up.", "text_leak:slider"),
        ("Undo the degradation.", "text_leak:degradation"),
        ("", "text_empty:instruction"),
        ("Make it warmer and", "text_truncated:instruction"),
    ],
)
def test_wrong_style_instructions(instruction: str, reason: str) -> None:
    assert reason in _style(instruction)


def test_format() -> None:
    words = _words("style", "Make it warmer.")
    cut = words.model_copy(update={"answer": words.answer[:-5]})
    assert validate_words(cut, RECIPE, CHANGE) == ["text_format"]
    other = words.model_copy(update={"prompt": "<image>\nMake it warmer."})
    assert validate_words(other, RECIPE, CHANGE) == ["text_format:prompt"]


GROUPS = {
    "Light Adjustment": {"Exposure2012": 0.1, "Contrast2012": -0.3},
    "Color and Temperature Adjustment": {"IncrementalTemperature": 0.2},
    "Specific Color Adjustment": {"HueAdjustmentBlue": -0.4, "SaturationAdjustmentGreen": -0.4},
}


def test_a_dict_of_parameters() -> None:
    assert _professional(json.dumps(GROUPS)) == []
    assert _professional(json.dumps(GROUPS)[:-9]) == ["text_truncated:instruction"]
    flipped = {**GROUPS, "Light Adjustment": {"Exposure2012": -0.1, "Contrast2012": -0.3}}
    assert _professional(json.dumps(flipped)) == ["text_parameter:Exposure2012"]
    missing = {**GROUPS, "Color and Temperature Adjustment": {}}
    assert _professional(json.dumps(missing)) == ["text_parameter:IncrementalTemperature"]
    unknown = {**GROUPS, "Light Adjustment": {**GROUPS["Light Adjustment"], "Clarity2012": 0.2}}
    assert _professional(json.dumps(unknown)) == ["text_unknown_parameter:Clarity2012"]
    misplaced = {**GROUPS, "Light": {}}
    assert _professional(json.dumps(misplaced)) == ["text_unknown_parameter:Light"]


def test_sentences_of_parameters() -> None:
    text = "Raise Exposure by 0.50 EV and lower Contrast to -30. Set Temperature +20. "
    text += "Use Green Saturation -40 and Blue Hue -40."
    assert _professional(text) == []
    assert "text_parameter:Exposure2012" in _professional(text.replace("Raise", "Lower"))
    assert "text_direction:Contrast2012" in _professional(text.replace("lower Contrast", "raise Contrast"))
    assert "text_parameter:HueAdjustmentBlue" in _professional(text.replace("Blue Hue -40", "Blue Hue +40"))
    assert "text_parameter:IncrementalTemperature" in _professional(text.replace("Set Temperature +20. ", ""))
    assert "text_unknown_parameter:Dehaze" in _professional(text.replace("Blue Hue -40", "Blue Hue -40 and Dehaze +5"))
