"""Words on real photographs: true, of the format, various, and the same everywhere."""

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
from pipeline.words.people import people
from quality.seen.claims import ACTS, acts
from quality.seen.evidence import Evidence, gather
from quality.text.format import TASKS, parse_answer, sections_of
from quality.text.languages import VOCABULARIES
from quality.text.reader import read_claims
from quality.text.validators import Objection, sentences, validate_words
from schemas.config import RecipesConfig
from schemas.recipe import ParameterSpec, Recipe
from schemas.sample import Task, Words


class Pair(NamedTuple):
    recipe: Recipe
    evidence: Evidence
    input: Tensor
    target: Tensor


def _sigma(spec: ParameterSpec) -> float:
    if spec.unit == "EV":
        return 0.65
    return {"light": 14.0, "color": 11.0, "specific": 18.0}[spec.group]


def _recipe(rng: random.Random, groups: tuple[str, ...]) -> Recipe:
    values = {
        spec.name: round(max(-0.8 * spec.maximum, min(0.8 * spec.maximum, rng.gauss(0, _sigma(spec)))), 2)
        for spec in AETHER_1.parameters
        if spec.group in groups
    }
    return Recipe(process="aether/1", values=values)


@pytest.fixture(scope="module")
def pairs(photos: dict[str, Tensor]) -> list[Pair]:
    """Real photographs of about 256 pixels with random recipes over all combinations of groups."""
    return made_pairs(photos, 200)


def made_pairs(photos: dict[str, Tensor], count: int) -> list[Pair]:
    """So many pairs of photographs and random recipes."""
    rng, renderer = random.Random(3), renderer_of("aether/1", "compiled")
    combinations = [("light",), ("color",), ("specific",), ("light", "color"), ("light", "color", "specific")]
    made: list[Pair] = []
    while len(made) < count:
        photo = rng.choice(list(photos.values()))
        target = resize(photo, 256)
        recipes = [_recipe(rng, rng.choice(combinations)) for _ in range(8)]
        inputs, clipped = renderer.unrender(target, AETHER_1.vector(recipes))
        evidence = gather(renderer, inputs, target, recipes, "compiled")
        drawn = zip(recipes, evidence, inputs, clipped.tolist(), strict=True)
        made += [Pair(recipe, known, stored, target) for recipe, known, stored, share in drawn if share <= 0.05]
    return made[:count]


def _words(pairs: list[Pair], task: Task, start: int = 0) -> list[Words]:
    return [describe(task, pair.recipe, pair.evidence, start + seed) for seed, pair in enumerate(pairs)]


@pytest.mark.parametrize("task", get_args(Task))
def test_the_validator_takes_nearly_every_text(pairs: list[Pair], task: Task) -> None:
    """It measures in another way than the writer, so that it may doubt a few of the closest claims."""
    refused = [
        (words, found)
        for words, pair in zip(_words(pairs, task), pairs, strict=True)
        if (found := validate_words(words, pair.recipe, pair.evidence))
    ]
    assert len(refused) <= 0.02 * len(pairs), refused


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
        bands = {"brightness": before >= 0, "shadows": before < 90, "highlights": before >= 160}
        for claim in read_claims(parse_answer("style", words.answer)["plan_light"], "light"):
            if claim.aspect in bands:
                inside = bands[claim.aspect]
                assert claim.sign * (after[inside].mean() - before[inside].mean()) > 1, words.answer
                spoken += 1
    assert spoken > 50


def test_no_change_is_said_of_groups_alone_that_leave_the_picture_as_it_is(pairs: list[Pair]) -> None:
    idle, english = Counter[bool](), VOCABULARIES["en"]
    for words, pair in zip(_words(pairs, "style"), pairs, strict=True):
        texts = parse_answer("style", words.answer)
        for name, group in sections_of("style").items():
            if english.unchanged.search(texts[name].lower()):
                assert not acts(pair.evidence, group)
                idle[group in pair.evidence.groups] += 1
            if english.sum.search(texts[name].lower()):
                assert pair.evidence.groups[group].difference >= ACTS
    assert idle[False] > 50


def test_the_strongest_change_is_in_every_answer(pairs: list[Pair]) -> None:
    judged = 0
    for words, pair in zip(_words(pairs, "style"), pairs, strict=True):
        seen = {"brightness": 2.0, "contrast": 2.0, "colorfulness": 3.0, "warmth": 2.0, "tint": 2.0}
        witness = pair.evidence.witness
        whole = {n: v for n, v in witness.whole.items() if n not in ("warmth", "tint") or witness.grey > 0.12}
        strongest = max(whole, key=lambda name: abs(whole[name]) / seen[name])
        if abs(whole[strongest]) < 2 * seen[strongest]:
            continue
        texts = parse_answer("style", words.answer)
        said = {(claim.aspect, claim.sign) for name in texts for claim in read_claims(texts[name], None)}
        assert (strongest, 1 if whole[strongest] > 0 else -1) in said, words.answer
        judged += 1
    assert judged > 60


def test_variety(pairs: list[Pair]) -> None:
    tasks: list[Task] = list(get_args(Task))
    words = [
        describe(tasks[index % 3], pair.recipe, pair.evidence, 7919 * index)
        for index, pair in enumerate(pairs * 5)  # 1,000 texts, each edit five times
    ]
    assert len({item.answer for item in words}) > 0.75 * len(words)  # a third moves one weak thing
    assert len({item.instruction for item in words}) > 0.90 * len(words)
    phrases = Counter[str]()
    for item in words:
        runs = set()
        for sentence in sentences(re.sub(r"<[^>]+>", " ", item.answer)):
            tokens = sentence.split()
            runs |= {" ".join(tokens[start : start + 8]) for start in range(len(tokens) - 7)}
        phrases.update(runs)
    assert phrases.most_common(1)[0][1] <= 0.02 * len(words)


def test_instructions_are_like_those_of_people(pairs: list[Pair]) -> None:
    words = [describe(("auto", "style")[n % 2], p.recipe, p.evidence, n) for n, p in enumerate(pairs * 3)]  # type: ignore[arg-type]  # mypy takes a choice of two tasks for a string
    texts = [item.instruction for item in words]
    shares = people()
    assert sum(not text.endswith((".", "?")) for text in texts) / len(texts) == pytest.approx(
        shares.measured.no_final_stop, abs=0.05
    )
    assert sorted(len(text.split()) for text in texts)[len(texts) // 2] <= shares.measured.median_words + 2
    assert all(re.fullmatch(r"[A-Za-z' ,.;-]+[.?]?", text) for text in texts), texts
    assert not [text for text in texts if re.search(r"\ba [aeiou]|\ba a\b|  | ,|\b(\w+) \1\b", text)]


def test_what_is_particular_of_an_instruction_is_flagged(pairs: list[Pair]) -> None:
    traits = Counter(
        trait for start in range(0, 4000, 200) for w in _words(pairs, "style", start) for trait in w.traits
    )
    assert set(traits) == {"vague", "typo", "impossible", "contradiction"}
    assert traits["vague"] / 4000 == pytest.approx(people().measured.vague, abs=0.015)
    assert traits["typo"] / 4000 == pytest.approx(people().chosen.typo, abs=0.01)


def test_the_forms_of_a_professional_instruction(pairs: list[Pair]) -> None:
    texts = [words.instruction for words in _words(pairs, "professional")]
    assert 0.25 < sum(text.startswith("{") for text in texts) / len(texts) < 0.45
    assert any(re.search(r"\bExposure (?:by |to )[+-]?\d\.\d\d EV\b", text) for text in texts)
    assert any(re.fullmatch(r"(\w+ ?\w* [+-][\d.]+( EV)?\n?)+", text) for text in texts)


def test_a_professional_instruction_names_the_sliders_that_do_most(pairs: list[Pair]) -> None:
    for words, pair in zip(_words(pairs, "professional"), pairs, strict=True):
        values = re.findall(r"[+-]?\d+(?:\.\d+)?", re.sub(r"\w+2012", "", words.instruction))
        effects = pair.evidence.effects
        plain = sum(effect >= 0.5 for effect in effects.values())
        assert len(values) == min(max(plain, 3), 8, len(effects)), words.instruction


def test_the_same_seed_writes_the_same_words_in_another_process() -> None:
    code = (
        "import torch; from pipeline.words.describe import describe; from quality.seen.evidence import gather;"
        "from operators.renderer import renderer_of; from schemas.recipe import Recipe;"
        "photo = torch.arange(4800).remainder(200).view(3, 40, 40).to(torch.uint8);"
        "recipe = Recipe(process='aether/1', values={'Exposure2012': 0.5, 'Vibrance': 20.0});"
        "evidence = gather(renderer_of('aether/1', 'compiled'), photo[None], photo + 40, [recipe], 'compiled')[0];"
        "print(describe('auto', recipe, evidence, 5).model_dump_json())"
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
    evidence = gather(renderer_of("aether/1", "compiled"), photo[None], photo + 40, [recipe], "compiled")[0]
    assert there == describe("auto", recipe, evidence, 5).model_dump_json()


def test_without_anything_visible_the_words_say_so(pairs: list[Pair]) -> None:
    target, recipe = pairs[0].target, Recipe(process="aether/1", values={"Exposure2012": 0.01})
    still = gather(renderer_of("aether/1", "compiled"), target[None], target, [recipe], "compiled")[0]
    for seed in range(60):
        for task in get_args(Task):
            words = describe(task, recipe, still, seed)
            assert validate_words(words, recipe, still) == [], words
            assert "No change." in words.answer


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
            caught += bool(validate_words(wrong, pair.recipe, pair.evidence))
    assert flipped > 120
    assert caught > 0.97 * flipped


@pytest.mark.parametrize("task", get_args(Task))
def test_the_words_of_another_pair_are_caught(pairs: list[Pair], task: Task) -> None:
    words = _words(pairs, task)
    caught = sum(
        bool(validate_words(other, pair.recipe, pair.evidence))
        for other, pair in zip([*words[1:], words[0]], pairs, strict=True)
    )
    assert caught > 0.88 * len(pairs)  # many of the edits are weak and alike


@pytest.mark.parametrize("process", ["expert/1", "exposure/1", "rlpixtuner/1"])
def test_words_of_other_processes_pass_the_validator(photos: dict[str, Tensor], process: str) -> None:
    target = photos["coffee"][:, ::3, ::3]
    engine = Renderer(PROCESSES[process])
    refused: list[list[Objection]] = []
    for seed, task in enumerate(get_args(Task) * 6):
        recipe = sample_recipe(PROCESSES[process], RecipesConfig(), seed)
        inputs, _ = engine.unrender(target, PROCESSES[process].vector([recipe]))
        evidence = gather(engine, inputs, target, [recipe], "compiled")[0]
        refused += (
            [found] if (found := validate_words(describe(task, recipe, evidence, seed), recipe, evidence)) else []
        )
    assert len(refused) <= 1, refused
