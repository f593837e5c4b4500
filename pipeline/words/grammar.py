"""A small grammar: rules that are lists of ways of saying something, kept in a data file for each language.

    do.shadows.up:
      - lift the shadows <adv>
      - <bring> the dark <areas> up
    bring: [bring, pull]

`<name>` stands for one way of the rule `name`, or of `name.LEVEL` where what is said has a level. `{slot}` stands for a
text that the caller gives. A way that begins with "3*" is taken as often as three.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, product
from random import Random

import yaml

from pipeline.words.prose import LANGUAGES
from schemas.sample import Language

_SYMBOL = re.compile(r"<([\w.-]+)>")
_SLOT = re.compile(r"\{(\w+)\}")
_TIMES = re.compile(r"(\d+)\* ?")


class Grammar:
    """The rules of a language.

    Raises:
        ValueError: a rule is empty, or names a rule that does not exist.
    """

    def __init__(self, rules: Mapping[str, Sequence[str]]) -> None:
        self._ways: dict[str, tuple[str, ...]] = {}
        for name, ways in rules.items():
            self._ways[name] = tuple(text for way in ways for text in _repeated(way))
        for name, ways in self._ways.items():
            missing = [symbol for way in ways for symbol in _SYMBOL.findall(way) if not self._exists(symbol)]
            if not ways or missing:
                raise ValueError(f"rule {name!r} is empty or names rules that do not exist: {missing}")

    def __contains__(self, name: str) -> bool:
        return name in self._ways

    def say(self, name: str, rng: Random, level: int | None = None, **slots: str) -> str:
        """One way of a rule, with single spaces.

        Args:
            name: of the rule.
            rng: what the choice depends on.
            level: how strong what is said is.
            slots: texts for `{slot}`.
        """
        return _joined(self._say(name, rng, level).format(**slots))

    def every(self, name: str, level: int | None = None, most: int = 200, **slots: str) -> list[str]:
        """Ways of a rule, one after the other, at most so many; each rule inside takes its own ways in turn."""
        return [_joined(text.format(**slots)) for text in islice(self._every(name, level), most)]

    def slots(self, way: str) -> set[str]:
        """The slots that a way asks for."""
        return set(_SLOT.findall(way))

    def ways(self, name: str) -> tuple[str, ...]:
        """The ways of a rule as they are written."""
        return self._ways[name]

    def _exists(self, symbol: str) -> bool:
        return symbol in self._ways or all(f"{symbol}.{level}" in self._ways for level in range(3))

    def _named(self, symbol: str, level: int | None) -> str:
        return symbol if symbol in self._ways else f"{symbol}.{level}"

    def _say(self, name: str, rng: Random, level: int | None) -> str:
        way = rng.choice(self._ways[self._named(name, level)])
        return _SYMBOL.sub(lambda match: self._say(match.group(1), rng, level), way)

    def _every(self, name: str, level: int | None) -> Iterator[str]:
        for way in dict.fromkeys(self._ways[self._named(name, level)]):
            parts = _SYMBOL.split(way)
            inside = [list(self._every(symbol, level)) for symbol in parts[1::2]]
            for chosen in product(*inside):
                texts = [text for pair in zip(parts[::2], [*chosen, ""], strict=True) for text in pair]
                yield "".join(texts)


@cache
def grammar_of(language: Language) -> Grammar:
    """The grammar of a language."""
    rules: dict[str, list[str]] = {}
    for path in sorted((LANGUAGES / language).glob("*.yaml")):
        if path.name == "prose.yaml":
            continue
        for name, ways in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if name in rules:
                raise ValueError(f"{path}: rule {name!r} stands in two files")
            rules[name] = [str(way) for way in ways]
    return Grammar(rules)


def _repeated(way: str) -> list[str]:
    match = _TIMES.match(way)
    return [way[match.end() :]] * int(match.group(1)) if match else [way]


def _joined(text: str) -> str:
    return " ".join(text.split()).replace(" ,", ",")
