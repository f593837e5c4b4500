"""What a language's vocabulary holds: subjects, directions, degrees, how clauses are told apart, what is well made.

Each language has one in `quality/text/languages`. It is a retoucher's vocabulary, wider than what any template writes,
and shares no table with the writer's rules. Patterns match lower-case text, but for those of form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal[0, 1, 2]
"""Slight, clear, strong."""

Dimension = Literal["luma", "contrast", "warmth", "tint", "chroma", "hue"]
"""What a word of direction is about; "luma" and "chroma" become an aspect by their subject."""

ThingName = Literal["sky", "greenery", "water", "skin"]
THINGS: tuple[ThingName, ...] = get_args(ThingName)
"""Things that a text may name, by a word that the names of `quality.scene.regions` end with."""

Side = tuple[Dimension, int]
"""A dimension, and which way along it."""


@dataclass(frozen=True, eq=False)
class Form:
    """What is well made in a language.

    Attributes:
        ends: with what a sentence ends.
        between: what parts a text into its sentences.
        misset: what is badly set, wherever it stands: doubled spaces or words, spaces before commas.
        misset_prose: what is badly set in sentences only.
        foreign: what is of another alphabet.
        loose_end: at what no text ends.
        leaks: words of the pipeline, in lower or upper case.
        tools: tools that the processes do not have, in lower or upper case.
    """

    ends: tuple[str, ...]
    between: re.Pattern[str]
    misset: re.Pattern[str]
    misset_prose: re.Pattern[str]
    foreign: re.Pattern[str]
    loose_end: re.Pattern[str]
    leaks: re.Pattern[str]
    tools: re.Pattern[str]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words by which a text is read.

    Attributes:
        form: what is well made.
        things: words for things.
        subjects: words for what a clause is about, those of more precise meaning first; the last one is "whole".
        words: dimension, words that raise it, words that lower it.
        nouns: words that name a dimension.
        up: words of direction alone.
        down: the same.
        less: turns the words of a clause round: "less vivid".
        levels: words of degree.
        casts: dimension and side of the casts that a text names.
        remove: says that a cast is to go.
        state: says how the picture is, rather than what is to be done.
        wish: says how it is to be, whatever else its clause says.
        toward: a colour, in its group "target", that something is turned or leans toward.
        targets: English names of hues for the words of that group, where they are others.
        sides: what a turn of the whole picture toward such a colour is.
        sentences: what ends what a sentence claims, an end or the beginning of a reason.
        clauses: what parts a sentence into clauses.
        hues: a list of hues inside a clause, in its group "hues", of each of which the clause says the same.
        hue: one hue of such a list.
        split_verbs: a verb whose particle stands behind its object, to be replaced by `joined_verbs`.
        joined_verbs: see there.
        mention: a parameter and its value, in the groups "name", "verb" (what stands between them), "by" (where it is
            moved by the value, rather than to it) and "value".
        value_clauses: what parts clauses in sentences of parameters.
        unchanged: says of a whole aspect that it stays, or that nothing is wrong with it.
        sum: says that a group acts without a change that one sees: it works against others, or does little here and
            there.
    """

    form: Form
    things: Mapping[ThingName, re.Pattern[str]]
    subjects: tuple[tuple[re.Pattern[str], str], ...]
    words: tuple[tuple[Dimension, re.Pattern[str], re.Pattern[str]], ...]
    nouns: tuple[tuple[Dimension, re.Pattern[str]], ...]
    up: re.Pattern[str]
    down: re.Pattern[str]
    less: re.Pattern[str]
    levels: tuple[tuple[Level, re.Pattern[str]], ...]
    casts: tuple[tuple[Dimension, int, re.Pattern[str]], ...]
    remove: re.Pattern[str]
    state: re.Pattern[str]
    wish: re.Pattern[str]
    toward: re.Pattern[str]
    targets: Mapping[str, str]
    sides: Mapping[str, Side]
    sentences: re.Pattern[str]
    clauses: re.Pattern[str]
    hues: re.Pattern[str]
    hue: re.Pattern[str]
    split_verbs: re.Pattern[str]
    joined_verbs: str
    mention: re.Pattern[str]
    value_clauses: re.Pattern[str]
    unchanged: re.Pattern[str]
    sum: re.Pattern[str]


NEVER = re.compile(r"(?!)")
"""Matches nothing: for what a language does not have."""
