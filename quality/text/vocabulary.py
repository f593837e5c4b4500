"""The words by which a text is read: subjects, directions, degrees, and how clauses are told apart.

All patterns match lower-case text. They are a retoucher's vocabulary, wider than what any template here writes.
"""

import re
from collections.abc import Mapping
from typing import Literal, cast

from quality.seen.hues import HUES

Level = Literal[0, 1, 2]
"""Slight, clear, strong."""

Dimension = Literal["luma", "contrast", "warmth", "tint", "chroma", "hue"]
"""What a word of direction is about; "luma" and "chroma" become an aspect by their subject."""

UNCHANGED = re.compile(
    r"\b(unchanged|untouched|(leave|keep) [\w ]+ alone|as (it|they) (is|are|stands?)|"
    r"no ([\w-]+ ){0,6}?(changes?|adjustments?|corrections?|edits?|problems?|faults?|issues?|complaints?)|"
    r"next to (no|nothing)|(hardly|barely) any( [\w-]+){0,6} (changes?|adjustments?|corrections?)|"
    r"(looks?|is|are|sits?|seems?) (already )?(fine|good|right|in order|balanced|well judged))\b"
)
"""Says of a whole aspect that it stays, or that nothing is wrong with it."""

SUM = re.compile(
    r"\b(balances? (what|out|the|everything)|cancel out|offsets?|fine-tune|refine (the|some)|minimal changes|"
    r"light hand|(trim|adjust|tweak) [a-z ]+ lightly)\b"
)
"""Says that a group acts without a change that one sees: it works against others, or does little here and there."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b({pattern})\b")


_THINGS = {
    "sky": r"(evening )?sky|skies|clouds?",
    "greenery": r"greenery|foliage|vegetation|trees?|leaves|grass|plants?",
    "water": r"water|sea|lake|river",
    "skin": r"skin( tones?)?|faces?",
}
THINGS = {name: _words(pattern) for name, pattern in _THINGS.items()}
"""Things that a text may name, by a word that the names of `quality.scene.regions` end with."""

SUBJECTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (_words(pattern), name)
    for pattern, name in (
        *((pattern, name) for name, pattern in _THINGS.items()),
        (r"shadows?|dark(er|est)? (tones?|areas?|parts?)", "shadows"),
        (r"midtones?|middle tones?|mid-tones?", "midtones"),
        (r"highlights?|(bright|light)(er|est)? (tones?|areas?|parts?)", "highlights"),
        *((rf"{band.lower()}s?( (tones?|areas?|hues?|colors?))?", band.lower()) for band in HUES),
        (
            r"pictures?|photos?|photographs?|images?|frame|scene|shot|overall|everything|whole|(?<=er )look|rendition|"
            r"(?<=er )light|light(?= (is|looks|appears|comes|seems))|balance|white balance|color balance|tint|"
            r"neutral tones|it",
            "whole",
        ),
    )
)

_WORDS: tuple[tuple[Dimension, str, str], ...] = (
    (
        "luma",
        r"brighten(s|ed|ing)?|bright(er)?|too light|light(er|en|ens|ened|ening)|open(ed)? up|more open|"
        r"overexposed|airier",
        r"dark(er|en|ens|ened|ening)?|dim(mer)?|deep(er|en|ens|ened)?|underexposed",
    ),
    ("contrast", r"harsh(er)?|contrasty|punch(y|ier)?", r"flat(ter)?|gentler contrast|softer contrast"),
    ("warmth", r"warm(s|er|ed|ing)?|yellowish|amber", r"cool(s|er|ed|ing)?|cold(er)?|bluish|chilly"),
    ("tint", r"magenta-tinged|pinkish|pinker", r"greenish|green-tinged|greener"),
    (
        "chroma",
        r"vivid|rich(er)?|enrich|saturate|oversaturated|intens(e|er|ify)|colorful|gaudy|loud(er)?|garish",
        r"mut(e|ed)|calm(er)?|dull(er)?|pale(r)?|desaturated?|tone down|washed out|faded|drab|"
        r"restrained|undersaturated",
    ),
)

WORDS: tuple[tuple[Dimension, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (dimension, _words(up), _words(down)) for dimension, up, down in _WORDS
)
"""Dimension, words that raise it, words that lower it."""

UP = _words(
    r"rais(e|ed)|lift(ed)?|increas(e|ed)|boost(ed)?|strengthen(ed)?|strong(er)?|more|high(er)?|add|push(ed)?|"
    r"(bring|turn|dial) up|higher"
)
DOWN = _words(
    r"lower(ed)?|reduc(e|ed)|decreas(e|ed)|tam(e|ed)|hold back|held back|weak(er)?|low|lacks?|lacking|"
    r"soft(er)?|soften(ed)?|eas(e|ed)|(pull|bring|take|turn|dial) (down|back)|drop|cut"
)
LESS = _words("less")
SPLIT_VERBS = re.compile(
    r"\b(pull|bring|take|tone|push|hold|turn|dial)( the)?((?: (?!and\b)[\w-]+){1,5}?) (down|up|back)\b"
)

_NOUNS: tuple[tuple[Dimension, str], ...] = (
    ("luma", r"brightness|exposure|luminance|light level"),
    ("contrast", r"contrast|punch"),
    ("warmth", r"warmth"),
    ("chroma", r"saturation|intensity|color strength|colorfulness|colors"),
)
NOUNS = tuple((dimension, _words(pattern)) for dimension, pattern in _NOUNS)

_LEVELS: tuple[tuple[Level, str], ...] = (
    (0, r"slightly|a little|a touch|a bit|gently|subtly|a hint|a shade"),
    (1, r"clearly|noticeably|visibly|moderately|distinctly|plainly"),
    (2, r"strongly|considerably|markedly|substantially|a lot|much|far|very|heavily|greatly"),
)
LEVELS = tuple((level, _words(pattern)) for level, pattern in _LEVELS)

_SIDES = {
    ("tint", 1): "magenta|pink|pinkish|purplish",
    ("tint", -1): "green|greenish",
    ("warmth", 1): "warm|yellow|yellowish|orange|amber",
    ("warmth", -1): "cool|cold|blue|bluish",
}
CASTS: tuple[tuple[Dimension, int, re.Pattern[str]], ...] = tuple(
    (dimension, sign, _words(rf"({side}) ([a-z]+ )?(cast|tinge|tint)"))
    for (dimension, sign), side in cast(Mapping[tuple[Dimension, int], str], _SIDES).items()
)
"""Dimension and side of the casts that a text names."""

REMOVE = _words(r"remov\w+|neutrali[sz]\w+|correct\w*|fix|reduc\w+|take out|get rid of|less|counter\w*|without")
STATE = _words(
    r"too|lacks?|leans?|drifts?|tends?|there (is|are)|is|are|looks|(?<=s )look|appears?|seems?|comes across|lies?|"
    r"have a|has a|spoils"
)
"""Says how the picture is, rather than what is to be done."""

TOWARD = re.compile(r"\btowards? (a )?(warm|cool|[a-z]+?)(er|s)?\b")
WISH = re.compile(r"\b(could|should|would|needs?|wants?|deserves?|make|makes|get|let|bring|expect)\b")
CLAUSES = re.compile(r"[,;:]|\b(?:and|but|while|then|with|plus|along|before|so that|so i)\b")
