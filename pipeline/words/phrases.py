"""The ways of saying a statement: what to do, what to have, how it is to be, what is wrong before."""

from random import Random

from pipeline.words.grammar import grammar_of
from pipeline.words.prose import prose_of
from pipeline.words.statements import Statement
from quality.seen.hues import HUES
from schemas.sample import Language


class Phrases:
    """Says statements in a language, by choices that one generator of random numbers makes."""

    def __init__(self, language: Language, rng: Random) -> None:
        self.grammar = grammar_of(language)
        self.prose = prose_of(language)
        self.rng = rng

    def say(self, rule: str, level: int | None = None, **slots: str) -> str:
        """One way of a rule."""
        return self.grammar.say(rule, self.rng, level, **slots)

    def action(self, statement: Statement) -> str:
        """What to do, as an imperative: "lift the shadows slightly", "remove the green cast"."""
        mends = statement.kind == "fault" and f"fix.{statement.rule}" in self.grammar
        return self._of("fix" if mends else "do", statement)

    def result(self, statement: Statement) -> str | None:
        """What to have, as a noun phrase: "slightly brighter shadows"; None where there is no easy one."""
        return self._of("have", statement) if f"have.{statement.rule}" in self.grammar else None

    def quality(self, statement: Statement) -> str | None:
        """How the picture is to be: "a little warmer"; None of what is not said of a whole picture."""
        return self._of("be", statement) if f"be.{statement.rule}" in self.grammar else None

    def problem(self, statement: Statement) -> str:
        """What is wrong before the edit, "the shadows are a little too dark", or how it could be."""
        return self._of(statement.kind, statement)

    def _of(self, what: str, statement: Statement) -> str:
        return self.say(f"{what}.{statement.rule}", statement.level, **self._slots(statement))

    def _slots(self, statement: Statement) -> dict[str, str]:
        if statement.thing:
            name = self.say(f"thing.{statement.thing.replace(' ', '_')}")
            return {"bare": name, "thing": self.prose.definite.format(name=name)}
        if not statement.hues:
            return {}
        bare = self._hues(statement)
        slots = {"bare": bare, "hues": self.prose.definite.format(name=bare)}
        if statement.measure == "hue":
            here = HUES.index(statement.hues[0])
            slots |= {
                "to": self.say(f"hue.{HUES[(here + statement.sign) % len(HUES)]}"),
                "away": self.say(f"hue.{HUES[(here - statement.sign) % len(HUES)]}"),
            }
        return slots

    def _hues(self, statement: Statement) -> str:
        """Names of hues: "reds and oranges", "red and orange tones"."""
        names, joined = sorted(statement.hues, key=HUES.index), self.prose.nouns.joined
        if self.rng.random() < 0.3 or "Aqua" in names:
            return self.prose.space.join((joined([self.say(f"hue.{name}") for name in names]), self.say("color_nouns")))
        return joined([self.say(f"hues.{name}") for name in names])
