"""Texts without what a template fills in: numbers, hues, degrees and the word for the picture.

Two texts that are one text when masked differ in these words alone.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from pipeline.words.grammar import grammar_of
from quality.seen.hues import HUES

_DEGREES = tuple(f"{rule}.{level}" for rule in ("adv", "more", "more_of", "too", "amount") for level in range(3))
_NO_DEGREE = "light"
"""A degree in "a light cast" alone; elsewhere it is what the text is about."""

_NUMBER = re.compile(r"[-+\u2212]?\d+(?:[.,]\d+)?")


def masked(text: str) -> str:
    """A text in lower case, where a symbol stands for each word that a template fills in."""
    text = _NUMBER.sub("#", text.lower())
    for symbol, words in _masks().items():
        text = words.sub(symbol, text)
    return text


def hues_named(text: str) -> list[str]:
    """The hues that a text speaks of, in the order of `HUES`."""
    lower = text.lower()
    return [hue for hue, words in _hues().items() if words.search(lower)]


def says_nothing(text: str) -> bool:
    """Whether a section of an answer says that there is nothing to say, such as "No change."."""
    return text in _empty_forms()


@cache
def _masks() -> Mapping[str, re.Pattern[str]]:
    degrees = {way for rule in _DEGREES for way in _ways(rule)} - {_NO_DEGREE}
    hues = {way for hue in HUES for rule in ("hues", "hue") for way in _ways(f"{rule}.{hue}")}
    return MappingProxyType({"~": _any(degrees), "%": _any(hues), "@": _any(_ways("pic"), "s?")})


@cache
def _hues() -> Mapping[str, re.Pattern[str]]:
    return MappingProxyType({hue: _any(_ways(f"hues.{hue}") | _ways(f"hue.{hue}")) for hue in HUES})


@cache
def _empty_forms() -> frozenset[str]:
    return frozenset(grammar_of("en").ways("none.problem") + grammar_of("en").ways("none.plan"))


def _ways(rule: str) -> set[str]:
    return {way for way in grammar_of("en").ways(rule) if way}


def _any(words: Iterable[str], ending: str = "") -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))}){ending}\b")
