"""The grammar says what it means: every way of saying a statement is read back as that statement."""

from random import Random
from typing import get_args

import pytest

from pipeline.words.grammar import Grammar, grammar_of
from pipeline.words.prose import LANGUAGES, prose_of
from quality.scene.facts import FactName
from quality.scene.regions import RegionName
from quality.seen.claims import ASPECTS
from quality.text.form import check_typed, foreign_tools, leaks
from quality.text.languages import VOCABULARIES
from quality.text.reader import read_claims
from schemas.sample import Language

_LANGUAGES = get_args(Language)
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


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_statement_can_be_said(language: Language) -> None:
    for rule in _RULES:
        for what in ("do", "fault", "wish", *(["have"] if rule != "hue.any" else [])):
            assert f"{what}.{rule}" in grammar_of(language), (what, rule)


def test_languages_have_the_same_files() -> None:
    files = {language: {path.name for path in (LANGUAGES / language).iterdir()} for language in _LANGUAGES}
    assert all(names == files["en"] for names in files.values())


_SLOTS: dict[Language, dict[str, dict[str, str]]] = {
    "en": {
        "hue": {"hues": "the greens", "to": "aqua", "away": "yellow"},
        "hues": {"hues": "the reds and oranges", "bare": "red and orange tones"},
        "thing": {"thing": "the foliage", "bare": "foliage"},
    },
    "zh": {
        "hue": {"hues": "绿色", "to": "青色", "away": "黄色"},
        "hues": {"hues": "红色和橙色", "bare": "红色、橙色区域"},
        "thing": {"thing": "草木", "bare": "草木"},
    },
}
_LEADS: dict[Language, dict[str, str]] = {
    "en": {"do": "", "fix": "", "have": "aim for ", "be": "make it ", "fault": "", "wish": ""},
    "zh": {"do": "", "fix": "", "have": "想要", "be": "让画面", "fault": "", "wish": ""},
}
_OTHER_CHANGE: dict[Language, str] = {"en": "lift the shadows", "zh": "提亮暗部"}


def _claimed(rule: str, language: Language) -> tuple[dict[str, str], set[tuple[str, int]]]:
    """Slots for a rule, and the claims that its ways make."""
    measure, way = rule.split(".")
    sign = -1 if way == "down" else 1
    if measure == "hue":
        return _SLOTS[language]["hue"], {("green_hue", 1)}
    if measure in ("saturation", "luminance"):
        return _SLOTS[language]["hues"], {(f"{hue}_{measure}", sign) for hue in ("red", "orange")}
    if measure.startswith("thing_"):
        return _SLOTS[language]["thing"], {(f"greenery_{measure.removeprefix('thing_')}", sign)}
    return {}, {(measure, sign)}


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("rule", _RULES)
@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_way_is_read_as_what_it_says(language: Language, rule: str, level: int) -> None:
    slots, claims = _claimed(rule, language)
    grammar, prose = grammar_of(language), prose_of(language)
    for what, lead in _LEADS[language].items():
        if f"{what}.{rule}" not in grammar:
            continue
        for text in grammar.every(f"{what}.{rule}", level, most=4000, **slots)[::7]:
            read = read_claims(prose.sentence(lead + text), None, what in ("fault", "wish"), language)
            assert {(claim.aspect, claim.sign) for claim in read} == claims, text
            assert {claim.level for claim in read} <= {level, None}, text
            assert all(claim.fault == (what == "fault") for claim in read), text


@pytest.mark.parametrize("language", _LANGUAGES)
def test_requests_that_say_nothing_of_the_picture_claim_nothing(language: Language) -> None:
    grammar, prose, form = grammar_of(language), prose_of(language), VOCABULARIES[language].form
    for rule in ("auto", "style.nothing", "style.vague", "impossible", "care", "story", "way", "aim", "tell"):
        for seed in range(800):
            text = grammar.say(rule, Random(seed))
            if not text:
                continue
            assert read_claims(prose.sentence(text), None, language=language) == [], text
            assert not [*leaks(text, form), *foreign_tools(text, form), *check_typed("instruction", text, form)], text


@pytest.mark.parametrize("language", _LANGUAGES)
def test_reasons_and_openings_claim_nothing(language: Language) -> None:
    grammar, prose = grammar_of(language), prose_of(language)
    facts = ["because.cast" if fact.endswith("cast") else f"because.{fact}" for fact in get_args(FactName)]
    reasons = [rule.replace(" ", "_") for rule in facts if rule.replace(" ", "_") in grammar]
    assert len(reasons) > 15
    for rule in [*reasons, "style.do"]:
        for text in grammar.every(rule, most=400, wish=""):
            whole = prose.sentence(_OTHER_CHANGE[language] + prose.comma + text)
            said = {(claim.aspect, claim.sign) for claim in read_claims(whole, None, language=language)}
            assert said == {("shadows", 1)}, text


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_thing_has_its_words(language: Language) -> None:
    grammar, prose, things = grammar_of(language), prose_of(language), VOCABULARIES[language].things
    for name in get_args(RegionName):
        for rule in ("thing", "mind"):
            texts = grammar.every(f"{rule}.{name.replace(' ', '_')}")
            words = next(words for thing, words in things.items() if thing == name.rpartition(" ")[2])
            assert all(words.search(text) for text in texts), texts
            assert all(read_claims(prose.sentence(text), None, language=language) == [] for text in texts), texts


@pytest.mark.parametrize("language", _LANGUAGES)
def test_auto_requests_differ(language: Language) -> None:
    texts = [grammar_of(language).say("auto", Random(seed)) for seed in range(2000)]
    assert len(set(texts)) > 0.95 * len(texts)
