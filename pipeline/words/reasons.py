"""Reasons: what was measured on the input that calls for an edit."""

from pipeline.words.phrases import Phrases
from pipeline.words.statements import Statement
from quality.change import LEAST_NEUTRAL
from quality.evidence import Evidence


def reason_of(statement: Statement, evidence: Evidence, phrases: Phrases) -> str | None:
    """A clause that says why, as in "because texture is lost in black"; None where nothing measured is a reason.

    Only faults have reasons.
    """
    facts = _facts(statement, evidence) if statement.kind == "fault" else []
    return phrases.say(f"because.{phrases.rng.choice(facts)}") if facts else None


def _facts(statement: Statement, evidence: Evidence) -> list[str]:
    """The measured facts that call for an edit."""
    before = evidence.change.input
    facts: dict[str, tuple[tuple[str, bool], ...]] = {
        "brightness.up": (("murky", before.lightness < 32),),
        "brightness.down": (("glare", before.lightness > 75),),
        "contrast.up": (("narrow", before.spread < 14),),
        "contrast.down": (("wide", before.spread > 29),),
        "shadows.up": (("lost_in_black", before.black > 0.01), ("murky", before.lightness < 28)),
        "highlights.down": (("lost_in_white", before.white > 0.01),),
        "warmth.up": (("cast", evidence.change.neutral > 2 * LEAST_NEUTRAL),),
        "warmth.down": (("cast", evidence.change.neutral > 2 * LEAST_NEUTRAL),),
        "tint.up": (("cast", evidence.change.neutral > 2 * LEAST_NEUTRAL),),
        "tint.down": (("cast", evidence.change.neutral > 2 * LEAST_NEUTRAL),),
        "colorfulness.up": (("no_color", before.chroma < 6),),
        "colorfulness.down": (("much_color", before.chroma > 30),),
    }
    return [name for name, holds in facts.get(statement.rule, ()) if holds]
