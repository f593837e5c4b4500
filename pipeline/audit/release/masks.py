"""Texts without what a template fills in: numbers, hues, degrees and the word for the picture.

Two texts that are one text when masked differ in these words alone.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from pipeline.words.grammar import grammar_of
from quality.seen.hues import HUES
from schemas.sample import Language

_DEGREES = tuple(f"{rule}.{level}" for rule in ("adv", "more", "more_of", "too", "amount") for level in range(3))
_NO_DEGREE = "light"
"""A degree in "a light cast" alone; elsewhere it is what the text is about."""

_NUMBER = re.compile(r"[-+\u2212]?\d+(?:[.,]\d+)?")


def masked(text: str, language: Language = "en") -> str:
    """A text in lower case, where a symbol stands for each word that a template of its language fills in."""
    text = _NUMBER.sub("#", text.lower())
    for symbol, words in _masks(language).items():
        text = words.sub(symbol, text)
    return text


def hues_named(text: str, language: Language = "en") -> list[str]:
    """The hues that a text speaks of, in the order of `HUES`."""
    lower = text.lower()
    return [hue for hue, words in _hues(language).items() if words.search(lower)]


def says_nothing(text: str, language: Language = "en") -> bool:
    """Whether a section of an answer says that there is nothing to say, such as "No change."."""
    return text in _ways("none.problem", language) | _ways("none.plan", language)


@cache
def _masks(language: Language) -> Mapping[str, re.Pattern[str]]:
    degrees = {way for rule in _DEGREES for way in _ways(rule, language)} - {_NO_DEGREE}
    hues = {way for hue in HUES for rule in ("hues", "hue") for way in _ways(f"{rule}.{hue}", language)}
    found = {"~": _any(degrees, language), "%": _any(hues, language), "@": _any(_ways("pic", language), language)}
    return MappingProxyType(found)


@cache
def _hues(language: Language) -> Mapping[str, re.Pattern[str]]:
    names = {hue: _ways(f"hues.{hue}", language) | _ways(f"hue.{hue}", language) for hue in HUES}
    return MappingProxyType({hue: _any(words, language) for hue, words in names.items()})


@cache
def _ways(rule: str, language: Language) -> frozenset[str]:
    return frozenset(way for way in grammar_of(language).ways(rule) if way)


def _any(words: Iterable[str], language: Language) -> re.Pattern[str]:
    """One of some words, or its plural where words stand apart, as they do in English alone."""
    one = "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
    return re.compile(rf"\b(?:{one})s?\b" if language == "en" else one)
