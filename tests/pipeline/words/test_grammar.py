"""The grammar says what it means: every way of saying a statement is read back as that statement."""

from random import Random
from typing import get_args

import pytest

from pipeline.words.grammar import Grammar, grammar_of
from pipeline.words.prose import sentence
from quality.scene.facts import FactName
from quality.scene.regions import RegionName
from quality.seen.claims import ASPECTS
from quality.text.form import check_typed, foreign_tools, leaks
from quality.text.reader import read_claims
from quality.text.vocabulary import THINGS

_EN = grammar_of("en")
_WHOLE = [name for name, aspect in ASPECTS.items() if aspect.hue is None and aspect.thing is None]
_PARTS = ["saturation", "luminance", "thing_lightness", "thing_chroma"]
_RULES = [
    *(f"{measure}.{way}" for measure in [*_WHOLE, *_PARTS] for way in ("up", "down")),
    "hue.any",
]


def test_a_way_is_chosen_by_the_generator_and_its_rules_are_filled_in() -> None:
    grammar = Grammar({"a": ["3* one <b>", "two {x}"], "b.0": ["few"], "b.1": ["some"], "b.2": ["many"]})
    said = {grammar.say("a", Random(seed), level=2, x="3") for seed in range(50)}
    assert said == {"one many", "two 3"}
    assert grammar.say("a", Random(1), 0, x="") == grammar.say("a", Random(1), 0, x="")
    assert grammar.every("a", 1, x="y") == ["one some", "two y"]


@pytest.mark.parametrize("rules", [{"a": []}, {"a": ["<b>"]}, {"a": ["<b>"], "b.0": ["only one level"]}])
def test_rules_that_lead_nowhere_are_refused(rules: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="rule 'a'"):
        Grammar(rules)


def test_every_statement_can_be_said() -> None:
    for rule in _RULES:
        for what in ("do", "fault", "wish", *(["have"] if rule != "hue.any" else [])):
            assert f"{what}.{rule}" in _EN, (what, rule)


def _claimed(rule: str) -> tuple[dict[str, str], set[tuple[str, int]]]:
    """Slots for a rule, and the claims that its ways make."""
    measure, way = rule.split(".")
    sign = -1 if way == "down" else 1
    if measure == "hue":
        return {"hues": "the greens", "to": "aqua", "away": "yellow"}, {("green_hue", 1)}
    if measure in ("saturation", "luminance"):
        claims = {(f"{hue}_{measure}", sign) for hue in ("red", "orange")}
        return {"hues": "the reds and oranges", "bare": "red and orange tones"}, claims
    if measure.startswith("thing_"):
        return {"thing": "the foliage", "bare": "foliage"}, {(f"greenery_{measure.removeprefix('thing_')}", sign)}
    return {}, {(measure, sign)}


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("rule", _RULES)
def test_every_way_is_read_as_what_it_says(rule: str, level: int) -> None:
    slots, claims = _claimed(rule)
    leads = {"do": "", "fix": "", "have": "aim for ", "be": "make it ", "fault": "", "wish": ""}
    for what, lead in leads.items():
        if f"{what}.{rule}" not in _EN:
            continue
        for text in _EN.every(f"{what}.{rule}", level, most=4000, **slots)[::7]:
            read = read_claims(sentence(lead + text), None, what in ("fault", "wish"))
            assert {(claim.aspect, claim.sign) for claim in read} == claims, text
            assert {claim.level for claim in read} <= {level, None}, text
            assert all(claim.fault == (what == "fault") for claim in read), text


def test_requests_that_say_nothing_of_the_picture_claim_nothing() -> None:
    for rule in ("auto", "style.nothing", "style.vague", "impossible", "care", "story", "way", "aim", "tell"):
        for seed in range(800):
            text = _EN.say(rule, Random(seed))
            assert read_claims(sentence(text), None) == [], text
            assert not [*leaks(text), *foreign_tools(text), *check_typed("instruction", text)], text


def test_reasons_and_openings_claim_nothing() -> None:
    facts = ["because.cast" if fact.endswith("cast") else f"because.{fact}" for fact in get_args(FactName)]
    reasons = [rule.replace(" ", "_") for rule in facts if rule.replace(" ", "_") in _EN]
    assert len(reasons) > 15
    for rule in [*reasons, "style.do"]:
        for text in _EN.every(rule, most=400, wish=""):
            said = {(claim.aspect, claim.sign) for claim in read_claims(sentence(f"lift the shadows, {text}"), None)}
            assert said == {("shadows", 1)}, text


def test_every_thing_has_its_words() -> None:
    for name in get_args(RegionName):
        for rule in ("thing", "mind"):
            texts = _EN.every(f"{rule}.{name.replace(' ', '_')}")
            assert all(THINGS[name.rpartition(" ")[2]].search(text) for text in texts), texts
            assert all(read_claims(sentence(text), None) == [] for text in texts), texts


def test_auto_requests_differ() -> None:
    texts = [_EN.say("auto", Random(seed)) for seed in range(2000)]
    assert len(set(texts)) > 0.95 * len(texts)
