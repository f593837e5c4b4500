"""Prose of a language: how clauses become lists and sentences."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import yaml
from pydantic import BaseModel, ConfigDict

from schemas.sample import Language

LANGUAGES = Path(__file__).parent / "languages"
"""A folder of rules for each language, with its `prose.yaml`."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Joints(_Section):
    """What stands between the items of a list, before its last one, and before that where an item is a list itself."""

    between: str
    last: str
    after_list: str

    def joined(self, parts: Sequence[str]) -> str:
        """A list: "a", "a and b", "a, b and c"."""
        if len(parts) == 1:
            return parts[0]
        nested = any(self.last in part for part in parts)
        return self.between.join(parts[:-1]) + (self.after_list if nested else self.last) + parts[-1]


class Prose(_Section):
    """The contents of a language's `prose.yaml`.

    Attributes:
        letters: whether it is written in words of letters. Such sentences begin with a capital, and people leave out
            capitals and mistype words.
        space: between sentences, and between an opening and its clause.
        comma, semicolon, stop, question_mark: with the spaces that follow them inside a sentence.
        question: a pattern that finds a question among clauses.
        capitals: beginnings of sentences that keep their capital.
        nouns: joints of lists of nouns.
        clauses: joints of lists of clauses.
        also: before a further wish.
        link: before a reason or an objection.
        because: what a text with a reason of its own holds.
        definite: a noun phrase of {name}, as something known.
        by, to, listed: clauses on parameters, of {verb}, {name}, {amount}, {value} and {values}.
    """

    letters: bool
    space: str
    comma: str
    semicolon: str
    stop: str
    question_mark: str
    question: re.Pattern[str]
    capitals: tuple[str, ...]
    nouns: Joints
    clauses: Joints
    also: str
    link: str
    because: str
    definite: str
    by: str
    to: str
    listed: str

    def sentence(self, text: str) -> str:
        """One sentence: single spaces, a capital, a full stop or a question mark."""
        text = " ".join(text.split()).replace(" ,", ",")
        return (text[0].upper() + text[1:] if self.letters else text) + self.stop

    def asked(self, text: str) -> str:
        """The same of what a person types, who may ask a question."""
        said = self.sentence(text)
        return said.removesuffix(self.stop) + self.question_mark if self.question.search(text) else said

    def sentences(self, parts: Sequence[str], rng: Random) -> str:
        """Clauses as prose: one to three sentences, neighbours joined now and then."""
        texts: list[str] = []
        rest = list(parts)
        while rest:
            take = rng.choice((1, 2, 2, 3)) if len(rest) > 1 else 1
            texts.append(self.sentence(self.clauses.joined(rest[:take])))
            rest = rest[take:]
        return self.space.join(texts)


@cache
def prose_of(language: Language) -> Prose:
    """The prose of a language."""
    return Prose.model_validate(yaml.safe_load((LANGUAGES / language / "prose.yaml").read_text(encoding="utf-8")))
