"""Reads a text about an edit and finds what it claims: which aspect moves in which direction.

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

from quality.seen.hues import HUES
from quality.text.languages import VOCABULARIES
from quality.text.vocabulary import THINGS, Dimension, Level, Vocabulary
from schemas.recipe import Group
from schemas.sample import Language


class TextClaim(NamedTuple):
    """A claim as written: name of an aspect, direction of the *edit*, and the level where a word gives one.

    `aspect` is "unclear" where a direction is stated but not of what. `fault` says that the text finds it wrong with
    the picture as it is.
    """

    aspect: str
    sign: int
    level: Level | None
    fault: bool = False


@dataclass
class _Clause:
    subject: str | None
    own: bool
    wish: bool
    state: bool = False
    directions: list[tuple[Dimension | None, int]] = field(default_factory=list)
    toward: str | None = None
    level: Level | None = None

    @property
    def vague(self) -> bool:
        """Whether it has a direction, but says of nothing in the picture what is to change."""
        whole = self.subject in (None, "whole")
        return whole and self.toward is None and all(dimension is None for dimension, _ in self.directions)

    @property
    def speaks(self) -> bool:
        return bool(self.directions) or self.toward is not None


def read_claims(text: str, group: Group | None, problem: bool = False, language: Language = "en") -> list[TextClaim]:
    """Claims that a text makes about the edit.

    Args:
        text: sentences of a plan, of an instruction, or of a problem.
        group: what the section speaks of; None for an instruction, which may speak of all three.
        problem: the text describes the state before the edit, so "too dark" asks for brighter.
        language: what it is written in.
    """
    claims = []
    vocabulary = VOCABULARIES[language]
    for sentence in vocabulary.sentences.split(text.lower()):
        # Copies: filling in what clauses leave out changes them.
        clauses = _fill([copy(_read(part, group, vocabulary)) for part in _parts(sentence, vocabulary)], problem)
        for clause in clauses:
            described = (problem or clause.state) and not clause.wish
            if group is None and clause.vague:  # "more mood" asks for no change that one could measure
                continue
            claims += [c._replace(sign=-c.sign, fault=True) if described else c for c in _claims(clause, vocabulary)]
    return claims


def _parts(sentence: str, vocabulary: Vocabulary) -> list[str]:
    """The clauses of a sentence, "pull the shadows down" as "pull down the shadows", lists of hues as clauses each."""
    joined = vocabulary.split_verbs.sub(vocabulary.joined_verbs, sentence)
    parts: list[str] = []
    for part in vocabulary.clauses.split(joined):
        found = vocabulary.hues.search(part)
        hues = vocabulary.hue.findall(found["hues"]) if found else []
        parts += [part[: found.start()] + hue + part[found.end() :] for hue in hues] if found else [part]
    return [part for part in parts if part]


@lru_cache(maxsize=2**15)  # a data set's sentences differ, but most of their clauses recur
def _read(part: str, group: Group | None, vocabulary: Vocabulary) -> _Clause:
    cast = next(((dimension, sign, words) for dimension, sign, words in vocabulary.casts if words.search(part)), None)
    if cast is not None:
        return _cast(part, *cast, vocabulary)
    state = vocabulary.state.search(part) is not None
    match = vocabulary.toward.search(part)
    toward = vocabulary.targets.get(match["target"], match["target"]) if match else None
    if match:
        part = part[: match.start()] + part[match.end() :]
    subject = None
    for pattern, name in vocabulary.subjects:
        found = pattern.search(part)
        if found and not (name == "whole" and subject):
            subject = name if subject in (None, "whole") else subject
            part = part[: found.start()] + " " + part[found.end() :]
    clause = _Clause(subject, subject is not None, vocabulary.wish.search(part) is not None, state, toward=toward)
    clause.level = next((level for level, words in vocabulary.levels if words.search(part)), None)
    flip = -1 if vocabulary.less.search(part) else 1
    for dimension, up, down in vocabulary.words:
        for words, sign in ((up, 1), (down, -1)):
            if words.search(part):
                clause.directions.append((dimension, sign * flip))
    noun = next((dimension for dimension, words in vocabulary.nouns if words.search(part)), None)
    if not clause.directions and toward is None:
        lowers = flip < 0 or vocabulary.down.search(part) is not None
        if lowers or vocabulary.up.search(part):
            clause.directions.append((noun, -1 if lowers else 1))
    if noun is not None and subject is None and group != "specific":
        clause.subject, clause.own = "whole", True
    return clause


def _cast(part: str, dimension: Dimension, sign: int, words: re.Pattern[str], vocabulary: Vocabulary) -> _Clause:
    """A clause that names a cast: one that is there, or one that is to go."""
    rest = words.sub(" ", part)
    removed = vocabulary.remove.search(rest) is not None
    level = next((level for level, pattern in vocabulary.levels if pattern.search(part)), None)
    clause = _Clause(
        "whole", True, vocabulary.wish.search(rest) is not None or removed, vocabulary.state.search(rest) is not None
    )
    clause.directions, clause.level = [(dimension, -sign if removed else sign)], level
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
                earlier.level, earlier.wish, earlier.state = clause.level, clause.wish, clause.state
            if not clause.own and problem and waiting:
                clause.subject = waiting[-1].subject
            filled += [*waiting, clause]
            waiting = []
            last = clause
        elif clause.own and clause.subject != "whole":
            if last is not None and not problem:
                filled.append(_Clause(clause.subject, True, last.wish, last.state, last.directions, last.toward))
            else:
                waiting.append(clause)
    return filled


def _claims(clause: _Clause, vocabulary: Vocabulary) -> list[TextClaim]:
    subject = clause.subject or "whole"
    band = subject.capitalize() if subject.capitalize() in HUES else None
    found: list[tuple[str, int]] = []
    if clause.toward is not None:
        found.append(_toward(clause.toward, band, vocabulary))
    for dimension, sign in clause.directions:
        found.append((_aspect(dimension, subject, band), sign))
    return [TextClaim(name, sign, clause.level) for name, sign in found]


def _toward(target: str, band: str | None, vocabulary: Vocabulary) -> tuple[str, int]:
    if band is None:
        return vocabulary.sides.get(target, ("unclear", 1))
    index = HUES.index(band)
    neighbours = {HUES[(index + 1) % 8].lower(): 1, HUES[index - 1].lower(): -1}
    return (f"{band.lower()}_hue", neighbours[target]) if target in neighbours else ("unclear", 1)


def _aspect(dimension: Dimension | None, subject: str, band: str | None) -> str:
    if band is not None:
        kinds = {"luma": "luminance", "chroma": "saturation", None: "saturation"}
        return f"{band.lower()}_{kinds[dimension]}" if dimension in kinds else "unclear"
    if subject in THINGS:
        kinds = {"luma": "lightness", "chroma": "chroma", None: "chroma"}
        return f"{subject}_{kinds[dimension]}" if dimension in kinds else "unclear"
    if dimension in (None, "luma") and subject in ("shadows", "midtones", "highlights"):
        return subject
    names = {"luma": "brightness", "contrast": "contrast", "warmth": "warmth", "tint": "tint", "chroma": "colorfulness"}
    return names.get(dimension or "", "unclear")
