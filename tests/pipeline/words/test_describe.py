import random
import re
import subprocess
import sys
from collections import Counter
from typing import NamedTuple, get_args

import pytest
import torch
from torch import Tensor

from operators.catalogue import AETHER_1, PROCESSES
from operators.color_space import luma
from operators.renderer import Renderer, renderer_of
from operators.resize import resize
from pipeline.recipes.sampler import sample_recipe
from pipeline.words.describe import describe
from quality.change import Change, measure_change, measure_changes
from quality.claims import is_zero, supported
from quality.text.format import TASKS, parse_answer, sections_of
from quality.text.reader import read_claims
from quality.text.validators import validate_words
from schemas.config import RecipesConfig
from schemas.recipe import Group, ParameterSpec, Recipe
from schemas.sample import Task, Words


class Pair(NamedTuple):
    recipe: Recipe
    change: Change
    input: Tensor
    target: Tensor


def _sigma(spec: ParameterSpec) -> float:
    if spec.unit == "EV":
        return 0.65
    return {"light": 14.0, "color": 11.0, "specific": 18.0}[spec.group]


def _recipe(rng: random.Random, groups: tuple[str, ...]) -> Recipe:
    values = {
        spec.name: max(-0.8 * spec.maximum, min(0.8 * spec.maximum, rng.gauss(0, _sigma(spec))))
        for spec in AETHER_1.parameters
        if spec.group in groups
    }
    return Recipe(process="aether/1", values=values)


@pytest.fixture(scope="module")
def pairs(photos: dict[str, Tensor]) -> list[Pair]:
    """Real photographs of about 256 pixels with random recipes over all combinations of groups."""
    rng, renderer = random.Random(3), renderer_of("aether/1", "compiled")
    combinations = [("light",), ("color",), ("specific",), ("light", "color"), ("light", "color", "specific")]
    made: list[Pair] = []
    while len(made) < 200:
        photo = rng.choice(list(photos.values()))
        target = resize(photo, 256)
        recipes = [_recipe(rng, rng.choice(combinations)) for _ in range(8)]
        inputs, clipped = renderer.unrender(target, AETHER_1.vector(recipes))
        changes = measure_changes(inputs, target)
        drawn = zip(recipes, changes, inputs, clipped.tolist(), strict=True)
        made += [Pair(recipe, change, stored, target) for recipe, change, stored, share in drawn if share <= 0.05]
    return made[:200]


def _words(pairs: list[Pair], task: Task, start: int = 0) -> list[Words]:
    return [describe(task, pair.recipe, pair.change, start + seed) for seed, pair in enumerate(pairs)]


@pytest.mark.parametrize("task", get_args(Task))
def test_every_text_stands_up_to_the_validator(pairs: list[Pair], task: Task) -> None:
    for words, pair in zip(_words(pairs, task), pairs, strict=True):
        assert validate_words(words, pair.recipe, pair.change) == [], words


@pytest.mark.parametrize("task", get_args(Task))
def test_the_format(pairs: list[Pair], task: Task) -> None:
    for words in _words(pairs[:50], task):
        assert words.prompt == f"<image>\n{TASKS[task].token}{words.instruction}"
        assert len(parse_answer(task, words.answer)) == (6 if task == "auto" else 3)
        assert words.answer.endswith("<retouch_light><retouch_color&temp><retouch_colormixer>")


def test_the_brightness_that_a_plan_speaks_of_is_in_the_pixels(pairs: list[Pair]) -> None:
    spoken = 0
    for words, pair in zip(_words(pairs, "style"), pairs, strict=True):
        before, after = luma(torch.stack([pair.input, pair.target]).float()).flatten(1)
        bands = {"brightness": before >= 0, "shadows": before < 85, "highlights": before >= 170}
        for claim in read_claims(parse_answer("style", words.answer)["plan_light"], "light"):
            if claim.aspect in bands:
                inside = bands[claim.aspect]
                assert claim.sign * (after[inside].mean() - before[inside].mean()) > 1, words.answer
                spoken += 1
    assert spoken > 50


def test_a_group_without_sliders_gets_no_change(pairs: list[Pair]) -> None:
    seen = Counter[Group]()
    for words, pair in zip(_words(pairs, "auto"), pairs, strict=True):
        texts = parse_answer("auto", words.answer)
        for name, group in sections_of("auto").items():
            if is_zero(pair.recipe, group):
                assert read_claims(texts[name], group, name.startswith("problem")) == []
                seen[group] += 1
    assert min(seen.values()) > 15


def test_answers_say_what_is_supported(pairs: list[Pair]) -> None:
    for words, pair in zip(_words(pairs, "style"), pairs, strict=True):
        texts = parse_answer("style", words.answer)
        spoken = {name: read_claims(texts[name], group) for name, group in sections_of("style").items()}
        groups = {claim.aspect.group for claim in supported(pair.recipe, pair.change).values()}
        assert {group for name, group in sections_of("style").items() if spoken[name]} == groups


def test_variety(pairs: list[Pair]) -> None:
    tasks: list[Task] = list(get_args(Task))
    words = [
        describe(tasks[index % 3], pair.recipe, pair.change, 7919 * index)
        for index, pair in enumerate(pairs * 5)  # 1,000 texts, each edit five times
    ]
    assert len({item.answer for item in words}) > 0.95 * len(words)
    assert len({item.instruction for item in words}) > 0.90 * len(words)
    phrases = Counter[str]()
    for item in words:
        tokens = re.sub(r"<[^>]+>", " | ", item.answer).split()
        phrases.update({" ".join(tokens[start : start + 12]) for start in range(len(tokens) - 11)})
    assert phrases.most_common(1)[0][1] < 0.05 * len(words)


@pytest.mark.parametrize("task", ["auto", "style"])
def test_instructions_are_plain_words(pairs: list[Pair], task: Task) -> None:
    for words in _words(pairs, task):
        text = words.instruction
        assert re.fullmatch(r"[A-Z][A-Za-z' ,.-]+[.?]", text), text
        assert not re.search(r"\ba [aeiou]|\ba a\b|  | ,|\b(\w+) \1\b", text), text


def test_the_two_forms_of_a_professional_instruction(pairs: list[Pair]) -> None:
    texts = [words.instruction for words in _words(pairs, "professional")]
    dicts = [text for text in texts if text.startswith("{")]
    assert 0.3 < len(dicts) / len(texts) < 0.7
    assert any(re.search(r"\bExposure (?:by |to )?[+-]?\d\.\d\d EV\b", text) for text in texts)


def test_the_same_seed_writes_the_same_words_in_another_process() -> None:
    code = (
        "import torch; from pipeline.words.describe import describe; from quality.change import measure_change;"
        "from schemas.recipe import Recipe;"
        "photo = torch.arange(4800).remainder(200).view(3, 40, 40).to(torch.uint8);"
        "recipe = Recipe(process='aether/1', values={'Exposure2012': 0.5, 'Vibrance': 20.0});"
        "print(describe('auto', recipe, measure_change(photo, photo + 40), 5).model_dump_json())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": "."},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    photo = torch.arange(4800).remainder(200).view(3, 40, 40).to(torch.uint8)
    recipe = Recipe(process="aether/1", values={"Exposure2012": 0.5, "Vibrance": 20.0})
    assert there == describe("auto", recipe, measure_change(photo, photo + 40), 5).model_dump_json()


def test_without_anything_visible_the_words_say_so(pairs: list[Pair]) -> None:
    target = pairs[0].target
    still = measure_change(target, target)
    for seed in range(60):
        for task in get_args(Task):
            words = describe(task, pairs[0].recipe, still, seed)
            assert validate_words(words, pairs[0].recipe, still) == [], words


FLIPS = {
    "brighten": "darken", "lighten": "darken", "raise": "lower", "lift": "lower", "increase": "reduce",
    "brighter": "darker", "lighter": "darker", "dark": "bright", "dim": "bright", "warm": "cool",
    "warmer": "cooler", "cold": "warm",
    "enrich": "mute", "strengthen": "soften", "richer": "paler", "dull": "vivid", "pale": "vivid", "muted": "vivid",
    "magenta": "green", "harsh": "flat", "more": "less", "stronger": "softer",
}  # fmt: skip
_OPPOSITES = {**{new: old for old, new in FLIPS.items()}, **FLIPS}


def _flipped(text: str) -> str:
    """Every direction word of the plans and problems turned round."""

    def turn(match: re.Match[str]) -> str:
        word = match.group()
        opposite = _OPPOSITES[word.lower()]
        return opposite.capitalize() if word[0].isupper() else opposite

    return re.sub(rf"(?i)\b({'|'.join(_OPPOSITES)})\b(?![^<>]*>)", turn, text)


def test_flipped_directions_are_caught(pairs: list[Pair]) -> None:
    flipped = caught = 0
    for words, pair in zip(_words(pairs, "auto"), pairs, strict=True):
        wrong = words.model_copy(update={"answer": _flipped(words.answer)})
        if wrong != words:
            flipped += 1
            reasons = validate_words(wrong, pair.recipe, pair.change)
            caught += any(reason.startswith("text_direction") for reason in reasons)
    assert flipped > 120
    assert caught > 0.95 * flipped


@pytest.mark.parametrize("task", get_args(Task))
def test_the_words_of_another_pair_are_caught(pairs: list[Pair], task: Task) -> None:
    words = _words(pairs, task)
    caught = sum(
        bool(validate_words(other, pair.recipe, pair.change))
        for other, pair in zip([*words[1:], words[0]], pairs, strict=True)
    )
    assert caught > 0.95 * len(pairs)


@pytest.mark.parametrize("process", ["expert/1", "exposure/1", "rlpixtuner/1"])
def test_words_of_other_processes_pass_the_validator(photos: dict[str, Tensor], process: str) -> None:
    target = photos["coffee"][:, ::3, ::3]
    engine = Renderer(PROCESSES[process])
    for seed, task in enumerate(get_args(Task) * 3):
        recipe = sample_recipe(PROCESSES[process], RecipesConfig(), seed)
        inputs, _ = engine.unrender(target, PROCESSES[process].vector([recipe]))
        change = measure_change(inputs[0], target)
        assert validate_words(describe(task, recipe, change, seed), recipe, change) == []
