"""Reads English about an edit and finds what it claims: which aspect moves in which direction.

A small vocabulary of a retoucher's words, known to no template: subjects (tone bands, colour names), words that
carry a dimension and a direction ("brighter", "muted"), words of direction alone ("raise", "less") that take the
dimension from a noun or from their subject, and "toward" with a colour. Clauses pass what they leave unsaid to
their neighbours: "mute the reds and oranges", "the greens are too dark and too dull".
"""

import re
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from operators.color_mixer import BANDS
from quality.claims import Level
from quality.text.vocabulary import (
    CLAUSES,
    DOWN,
    LESS,
    LEVELS,
    NOUNS,
    SPLIT_VERBS,
    SUBJECTS,
    TOWARD,
    UP,
    WISH,
    WORDS,
    Dimension,
)
from schemas.recipe import Group


class TextClaim(NamedTuple):
    """A claim as written: name of an aspect, direction of the *edit*, and the level where a word gives one.

    `aspect` is "unclear" where a direction is stated but not of what.
    """

    aspect: str
    sign: int
    level: Level | None


@dataclass
class _Clause:
    subject: str | None
    own: bool
    wish: bool
    directions: list[tuple[Dimension | None, int]] = field(default_factory=list)
    toward: str | None = None
    level: Level | None = None

    @property
    def speaks(self) -> bool:
        return bool(self.directions) or self.toward is not None


def read_claims(text: str, group: Group | None, problem: bool = False) -> list[TextClaim]:
    """Claims that a text makes about the edit.

    Args:
        text: sentences of a plan, of an instruction, or of a problem.
        group: what the section speaks of; None for an instruction, which may speak of all three.
        problem: the text describes the state before the edit, so "too dark" asks for brighter.
    """
    claims = []
    for sentence in re.split(r"[.!?]+(?:\s|$)", text.lower()):
        parts = CLAUSES.split(_join_verbs(sentence))
        # Copies: filling in what clauses leave out changes them.
        clauses = _fill([copy(_read(part, group)) for part in parts if part], problem)
        for clause in clauses:
            claims += [
                claim if clause.wish or not problem else claim._replace(sign=-claim.sign) for claim in _claims(clause)
            ]
    return claims


def _join_verbs(sentence: str) -> str:
    """Turn "pull the shadows down" into "pull down the shadows"."""
    return SPLIT_VERBS.sub(r"\1 \4\2\3", sentence)


@lru_cache(maxsize=2**15)  # a data set's sentences differ, but most of their clauses recur
def _read(part: str, group: Group | None) -> _Clause:
    match = TOWARD.search(part)
    toward = match.group(2) if match else None
    if match:
        part = part[: match.start()] + part[match.end() :]
    subject = None
    for pattern, name in SUBJECTS:
        found = pattern.search(part)
        if found and not (name == "whole" and subject):
            subject = name if subject in (None, "whole") else subject
            part = part[: found.start()] + " " + part[found.end() :]
    clause = _Clause(subject, subject is not None, WISH.search(part) is not None, toward=toward)
    clause.level = next((level for level, words in LEVELS if words.search(part)), None)
    flip = -1 if LESS.search(part) else 1
    for dimension, up, down in WORDS:
        for words, sign in ((up, 1), (down, -1)):
            if words.search(part):
                clause.directions.append((dimension, sign * flip))
    noun = next((dimension for dimension, words in NOUNS if words.search(part)), None)
    if not clause.directions and toward is None:
        lowers = flip < 0 or DOWN.search(part) is not None
        if lowers or UP.search(part):
            clause.directions.append((noun, -1 if lowers else 1))
    if noun is not None and subject is None and group != "specific":
        clause.subject, clause.own = "whole", True
    return clause


def _fill(clauses: list[_Clause], problem: bool) -> list[_Clause]:
    """Give clauses without a subject the one before, and clauses without a direction that of their list."""
    last: _Clause | None = None
    filled: list[_Clause] = []
    waiting: list[_Clause] = []
    for clause in clauses:
        if clause.subject is None and last is not None:
            clause.subject = last.subject
        if clause.speaks:
            for earlier in waiting:
                earlier.directions, earlier.toward = clause.directions, clause.toward
                earlier.level, earlier.wish = clause.level, clause.wish
            if not clause.own and problem and waiting:
                clause.subject = waiting[-1].subject
            filled += [*waiting, clause]
            waiting = []
            last = clause
        elif clause.own and clause.subject != "whole":
            if last is not None and not problem:
                filled.append(_Clause(clause.subject, True, last.wish, last.directions, last.toward))
            else:
                waiting.append(clause)
    return filled


def _claims(clause: _Clause) -> list[TextClaim]:
    subject = clause.subject or "whole"
    band = subject.capitalize() if subject.capitalize() in BANDS else None
    found: list[tuple[str, int]] = []
    if clause.toward is not None:
        found.append(_toward(clause.toward, band))
    for dimension, sign in clause.directions:
        found.append((_aspect(dimension, subject, band), sign))
    return [TextClaim(name, sign, clause.level) for name, sign in found]


def _toward(target: str, band: str | None) -> tuple[str, int]:
    if band is None:
        words = {"magenta": ("tint", 1), "green": ("tint", -1), "warm": ("warmth", 1), "cool": ("warmth", -1)}
        return words.get(target, ("unclear", 1))
    index = BANDS.index(band)
    neighbours = {BANDS[(index + 1) % 8].lower(): 1, BANDS[index - 1].lower(): -1}
    return (f"{band.lower()}_hue", neighbours[target]) if target in neighbours else ("unclear", 1)


def _aspect(dimension: Dimension | None, subject: str, band: str | None) -> str:
    if band is not None:
        kinds = {"luma": "luminance", "chroma": "saturation", None: "saturation"}
        return f"{band.lower()}_{kinds[dimension]}" if dimension in kinds else "unclear"
    if dimension in (None, "luma") and subject in ("shadows", "midtones", "highlights"):
        return subject
    names = {"luma": "brightness", "contrast": "contrast", "warmth": "warmth", "tint": "tint", "chroma": "colorfulness"}
    return names.get(dimension or "", "unclear")
