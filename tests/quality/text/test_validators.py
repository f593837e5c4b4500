"""Words of a real pair: true ones pass, and one wrong word is caught."""

import json
from functools import cache

import pytest
import torch
from skimage import data

from operators.catalogue import AETHER_1
from operators.renderer import Renderer
from quality.seen.evidence import Evidence, gather
from quality.text.format import build_answer, build_prompt, sections_of
from quality.text.validators import validate_words
from schemas.recipe import Recipe
from schemas.sample import Task, Trait, Words

RECIPE = Recipe(
    process="aether/1",
    values={
        "Exposure2012": 0.5,
        "Contrast2012": 60.0,
        "IncrementalTemperature": 32.0,
        "SaturationAdjustmentYellow": -60.0,
        "SaturationAdjustmentGreen": -60.0,
        "HueAdjustmentRed": 60.0,
        "LuminanceAdjustmentAqua": 1.0,
    },
)


def _evidence(recipe: Recipe) -> Evidence:
    return _made(recipe.model_dump_json())


@cache
def _made(recipe_json: str) -> Evidence:
    """Of two photographs side by side, a grey cat and a person in orange, rendered by a recipe."""
    recipe = Recipe.model_validate_json(recipe_json)
    photo = torch.from_numpy(data.chelsea()[::2, ::2].copy()).permute(2, 0, 1)
    other = torch.from_numpy(data.astronaut()[::2, ::2].copy()).permute(2, 0, 1)
    photo = torch.cat([photo[:, :150, :220], other[:, :150, :220]], 2)
    renderer = Renderer(AETHER_1)
    target = renderer.render(photo[None], AETHER_1.vector([recipe]))[0]
    return gather(renderer, photo[None], target, [recipe], "compiled")[0]


PLANS = {
    "plan_light": "Brighten the whole picture clearly and raise the contrast.",
    "plan_globalcolor": "Warm the white balance a lot and enrich the colors.",
    "plan_specificcolor": "Shift the reds toward orange.",
}
PROBLEMS = {
    "problem_light": "The picture is too dark and the contrast could be higher.",
    "problem_globalcolor": "The white balance could be much warmer and the colors could be richer.",
    "problem_specificcolor": "The reds lean toward magenta.",
}


def _words(task: Task, instruction: str, traits: tuple[Trait, ...] = (), **changed: str) -> Words:
    sections = {name: {**PROBLEMS, **PLANS, **changed}[name] for name in sections_of(task)}
    answer = build_answer(task, sections)
    return Words(
        task=task, instruction=instruction, traits=traits, prompt=build_prompt(task, instruction), answer=answer
    )


def _reasons(words: Words, recipe: Recipe = RECIPE) -> list[str]:
    return [found.reason for found in validate_words(words, recipe, _evidence(recipe))]


def _auto(**changed: str) -> list[str]:
    return _reasons(_words("auto", "please retouch this photo", **changed))


def _style(instruction: str, *traits: Trait) -> list[str]:
    return _reasons(_words("style", instruction, traits))


def _professional(instruction: str) -> list[str]:
    return _reasons(_words("professional", instruction))


def test_the_pair_is_what_the_words_take_it_for() -> None:
    witness = _evidence(RECIPE).witness
    assert witness.whole["brightness"] > 5
    assert witness.whole["contrast"] > 2
    assert witness.whole["warmth"] > 6
    assert witness.casts["warmth"] > -1
    assert witness.hues["red"].turn > 5
    assert _evidence(RECIPE).groups["specific"].difference > 0.6


def test_true_words_pass() -> None:
    assert _auto() == []
    assert _style("make it warmer and brighter") == []
    assert _style("I feel the picture is too dark") == []


@pytest.mark.parametrize(
    ("section", "old", "new", "reason"),
    [
        ("plan_light", "Brighten", "Darken", "text_direction:brightness"),
        ("plan_light", "raise", "soften", "text_direction:contrast"),
        ("plan_light", "clearly", "slightly", "text_size:brightness"),
        ("plan_globalcolor", "Warm", "Cool", "text_direction:warmth"),
        ("plan_globalcolor", "Warm the white balance a lot", "Remove the yellow cast", "text_direction:warmth"),
        ("plan_specificcolor", "orange", "magenta", "text_direction:red_hue"),
        ("plan_specificcolor", "reds toward orange", "purples toward magenta", "text_unseen:purple_hue"),
        ("plan_specificcolor", "reds toward orange", "reds toward green", "text_unseen:unclear"),
        ("problem_light", "too dark", "too bright", "text_direction:brightness"),
        ("problem_light", "higher", "lower", "text_direction:contrast"),
        ("problem_globalcolor", "warmer", "cooler", "text_direction:warmth"),
        ("problem_globalcolor", "The white balance could be much warmer", "There is a strong blue cast over the frame",
         "text_cast:warmth"),
        ("problem_specificcolor", "magenta", "orange", "text_direction:red_hue"),
        ("plan_globalcolor", "a lot", "slightly", "text_size:warmth"),
        ("plan_light", "picture", "target", "text_leak:target"),
        ("plan_light", "picture", "preset picture", "text_leak:preset"),
        ("plan_light", "the contrast", "the contrast with clarity", "text_unknown_parameter:clarity"),
        ("plan_light", "the contrast", "Contrast2012", "text_unknown_parameter:Contrast2012"),
        ("plan_light", "contrast.", "con", "text_truncated:plan_light"),
        ("plan_light", "whole picture", "whole  picture", "text_prose:plan_light"),
        ("plan_light", "Brighten", "brighten", "text_prose:plan_light"),
        ("plan_light", "the contrast", "den Kontrast für das Gemälde", "text_language:plan_light"),
        ("plan_globalcolor", "Warm the white balance a lot", "None", "text_null:plan_globalcolor"),
    ],
)  # fmt: skip
def test_one_wrong_word_is_caught(section: str, old: str, new: str, reason: str) -> None:
    text = {**PROBLEMS, **PLANS}[section]
    assert old in text
    assert reason in _auto(**{section: text.replace(old, new)})


def test_a_plain_change_that_the_answer_does_not_say_is_missed() -> None:
    assert _reasons(_words("style", "make it warmer", plan_light="Raise the contrast.")) == ["text_unsaid:brightness"]


def test_the_sentence_that_failed_is_named() -> None:
    text = "Brighten the whole picture clearly. Soften the contrast."
    found, unsaid = validate_words(_words("style", "make it warmer", plan_light=text), RECIPE, _evidence(RECIPE))
    assert found == ("text_direction:contrast", "Soften the contrast.")
    assert unsaid == ("text_unsaid:contrast", "")


@pytest.mark.parametrize("name", [*PROBLEMS, *PLANS])
def test_empty_and_idle_sections_are_caught(name: str) -> None:
    assert f"text_empty:{name}" in _auto(**{name: ""})
    assert f"text_empty:{name}" in _auto(**{name: "  "})
    assert f"text_no_claim:{name}" in _auto(**{name: "What a lovely day."})
    if name != "problem_specificcolor":  # a problem section may be silent on what one hardly sees
        assert f"text_unchanged:{name}" in _auto(**{name: "No change."})


def test_no_change_is_true_of_a_group_that_does_nothing() -> None:
    recipe = Recipe(process="aether/1", values={"Exposure2012": 0.5, "LuminanceAdjustmentAqua": 1.0})
    evidence = _evidence(recipe)
    assert evidence.groups["specific"].difference < 0.1
    plans = {"plan_light": "Brighten the whole picture clearly.", "plan_specificcolor": "No change."}
    rest = {"plan_globalcolor": "No change."}
    assert _reasons(_words("style", "make it brighter", **plans, **rest), recipe) == []
    fine = {**plans, "plan_specificcolor": "Fine-tune single colors."}
    assert _reasons(_words("style", "make it brighter", **fine, **rest), recipe) == [
        "text_unchanged:plan_specificcolor"
    ]


@pytest.mark.parametrize(
    ("instruction", "reason"),
    [
        ("Make it cooler.", "text_direction:warmth"),
        ("make it brighter, with richer purples", "text_unseen:purple_saturation"),
        ("I think the picture is too bright", "text_direction:brightness"),
        ("Use the preset of an autumn day.", "text_leak:preset"),
        ("Move the exposure slider up.", "text_leak:slider"),
        ("Undo the degradation.", "text_leak:degradation"),
        ("", "text_empty:instruction"),
        ("make it warmer and", "text_truncated:instruction"),
        ("make it  warmer", "text_prose:instruction"),
        ("warmer, " * 60 + "please", "text_long:instruction"),
    ],
)
def test_wrong_style_instructions(instruction: str, reason: str) -> None:
    assert reason in _style(instruction)


def test_what_contradicts_itself_is_flagged_or_refused() -> None:
    text = "make it brighter but do not make it any brighter, darker please"
    assert "text_direction:brightness" in _style(text)
    assert _style(text, "contradiction") == []


def test_format() -> None:
    words = _words("style", "make it warmer")
    assert _reasons(words.model_copy(update={"answer": words.answer[:-5]})) == ["text_format"]
    assert _reasons(words.model_copy(update={"prompt": "<image>\nmake it warmer"})) == ["text_format:prompt"]


GROUPS = {
    "Light Adjustment": {"Exposure2012": 0.1, "Contrast2012": 0.6},
    "Color and Temperature Adjustment": {"IncrementalTemperature": 0.32},
    "Specific Color Adjustment": {
        "HueAdjustmentRed": 0.6,
        "SaturationAdjustmentYellow": -0.6,
        "SaturationAdjustmentGreen": -0.6,
    },
}


def _named() -> dict[str, dict[str, float]]:
    """The part of `GROUPS` that does something."""
    effects = _evidence(RECIPE).effects
    count = min(max(sum(effect >= 0.5 for effect in effects.values()), 3), 8)
    best = sorted(effects, key=lambda name: -effects[name])[:count]
    return {key: kept for key, of in GROUPS.items() if (kept := {n: v for n, v in of.items() if n in best})}


def test_a_dict_of_parameters() -> None:
    named = _named()
    light = "Light Adjustment"
    assert _professional(json.dumps(named)) == []
    assert _professional(json.dumps(named)[:-9]) == ["text_truncated:instruction"]
    flipped = {**named, light: {**named[light], "Exposure2012": -0.1}}
    assert _professional(json.dumps(flipped)) == ["text_parameter:Exposure2012"]
    missing = {**named, "Color and Temperature Adjustment": {}}
    assert _professional(json.dumps(missing)) == ["text_parameters"]
    leaked = {**named, light: {**named[light], "Whites2012": 0.3}}
    assert _professional(json.dumps(leaked)) == ["text_parameter:Whites2012", "text_parameters"]
    idle = {**named, "Specific Color Adjustment": {"LuminanceAdjustmentAqua": 0.01}}
    assert "text_parameters" in _professional(json.dumps(idle))
    unknown = {**named, light: {**named[light], "Clarity2012": 0.2}}
    assert _professional(json.dumps(unknown)) == ["text_unknown_parameter:Clarity2012"]
    assert _professional(json.dumps({**named, "Light": {}}))[0] == "text_unknown_parameter:Light"


def test_sentences_of_parameters() -> None:
    spoken = {
        "Exposure2012": "raise Exposure by 0.50 EV", "Contrast2012": "raise Contrast to +60",
        "IncrementalTemperature": "set Temperature +32", "HueAdjustmentRed": "use Red Hue +60",
        "SaturationAdjustmentYellow": "use Yellow Saturation -60",
        "SaturationAdjustmentGreen": "use Green Saturation -60",
    }  # fmt: skip
    named = [name for of in _named().values() for name in of]
    text = " and ".join(spoken[name] for name in named)
    text = text[0].upper() + text[1:] + "."
    assert _professional(text) == []
    assert "text_parameter:Exposure2012" in _professional(text.replace("Raise", "Lower"))
    assert "text_direction:Contrast2012" in _professional(text.replace("raise Contrast", "lower Contrast"))
    assert "text_parameter:IncrementalTemperature" in _professional(text.replace("Temperature +32", "Temperature -32"))
    assert "text_unknown_parameter:Dehaze" in _professional(text.replace("Temperature", "Dehaze"))
