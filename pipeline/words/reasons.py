"""Reasons: what was measured on the input that calls for an edit."""

from collections.abc import Mapping

from pipeline.words.phrases import Phrases
from pipeline.words.statements import Statement
from quality.scene.facts import FactName
from quality.seen.evidence import Evidence

_CALLS: Mapping[str, tuple[FactName, ...]] = {
    "brightness.up": ("dark", "backlit"),
    "brightness.down": ("bright",),
    "contrast.up": ("narrow tonal range", "nothing is white", "nothing is black"),
    "shadows.up": ("shadows hide detail", "shadows blocked"),
    "highlights.down": ("highlights hide detail", "highlights blown"),
    "warmth.up": ("blue cast",),
    "warmth.down": ("yellow cast",),
    "tint.up": ("green cast",),
    "tint.down": ("magenta cast",),
    "thing_lightness.down": ("sky outshines the ground",),
    "thing_chroma.up": ("pale sky", "dull greenery"),
}
"""Facts that call for an edit, by what it changes and which way."""


def reason_of(statement: Statement, evidence: Evidence, phrases: Phrases) -> str | None:
    """A clause that says why, as in "because they hide detail"; None where nothing measured is a reason."""
    facts = [fact for fact in _CALLS.get(statement.rule, ()) if fact in evidence.facts and _of(fact, statement)]
    if not facts:
        return None
    fact = phrases.rng.choice(facts)
    return phrases.say("because.cast" if fact.endswith("cast") else f"because.{fact.replace(' ', '_')}")


def _of(fact: FactName, statement: Statement) -> bool:
    """Whether a fact about a thing is about the thing of a statement."""
    return statement.thing is None or statement.thing.rpartition(" ")[2] in fact
