"""Is what a sentence claims true of the pair? Claims are held against a witness of the pixels and what groups do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quality.seen.hues import HUES
from quality.text.languages import VOCABULARIES
from quality.text.reader import TextClaim, read_claims
from quality.text.vocabulary import THINGS
from quality.text.witness import Witness
from schemas.recipe import Group
from schemas.sample import Language

# Sizes of changes, in units of CIELAB and degrees: what one sees, what is clear. True words say less of no smaller ones
# than the first, "slightly" of none above the second, "strongly" of none below twice the second.
_SIZES: Mapping[str, tuple[float, float]] = {
    "brightness": (2, 5),
    "contrast": (2, 3.9),
    "colorfulness": (3, 6),
    "warmth": (2, 5),
    "tint": (2, 4.5),
    "shadows": (3, 7),
    "midtones": (3, 7),
    "highlights": (3, 7),
    "hue": (6, 12),
    "saturation": (4, 8),
    "luminance": (4, 8),
    "lightness": (4, 8),
    "chroma": (4, 8),
}
_LEAST = 0.45
"""Share of a visible change that the witness must see to believe a claim."""

_SLIGHT, _STRONG = 1.5, 1.3
"""Times a clear change from which nobody says "slightly", and up to which nobody says "strongly"."""

_PLAIN = 1.7
"""Times a visible change of the whole picture from which an answer must say it."""

_PLAIN_GREY, _PLAIN_CAST = 0.2, 2.2
"""Share of the picture that must be nearly grey for a cast to be plain, and times a visible change of it: what counts
as grey is seen in more than one way."""

_ACTS = 0.6
"""Mean CIEDE2000 from which a group of sliders plainly does something; below half of it, it plainly does not."""

_LEAST_HUE = 0.045
"""Share of the picture that a hue must be of to be spoken of."""

_CAST_SIDE = 0.5
"""How far from neutral a cast must lie on the side that a text names."""

_SECTION_ASPECTS: Mapping[Group, tuple[str, ...]] = {
    "light": ("brightness", "contrast"),
    "color": ("colorfulness", "warmth", "tint"),
    "specific": (),
}


@dataclass(frozen=True)
class Facts:
    """What words are held against, and how they are read.

    Attributes:
        witness: a second look at the pair's pixels.
        groups: the mean CIEDE2000 that each group of sliders makes.
        language: what the words are to be written in.
    """

    witness: Witness
    groups: Mapping[Group, float]
    language: Language = "en"


def check_claims(text: str, group: Group | None, problem: bool, facts: Facts) -> list[str]:
    """Reasons against what a sentence claims.

    Args:
        text: the sentence.
        group: whose section it stands in; None for an instruction.
        problem: whether the section describes the input.
        facts: of the pair.
    """
    shown = {name.rpartition(" ")[2] for name in facts.witness.things}
    named = [name for name, words in VOCABULARIES[facts.language].things.items() if words.search(text.lower())]
    absent = [f"text_unseen:{name}" for name in named if name not in shown]
    return absent + [
        reason for claim in read_claims(text, group, problem, facts.language) for reason in _against(claim, facts)
    ]


def check_silence(answered: Iterable[TextClaim], facts: Facts) -> list[str]:
    """Reasons against what an answer leaves unsaid: a plain change of the whole picture."""
    said = {(claim.aspect, claim.sign) for claim in answered}
    return [
        f"text_unsaid:{name}"
        for name, change in facts.witness.whole.items()
        if _is_plain(name, facts.witness) and (name, 1 if change > 0 else -1) not in said
    ]


def _is_plain(name: str, witness: Witness) -> bool:
    """Whether the whole picture changed so much that nobody may leave it unsaid."""
    if name in ("warmth", "tint") and witness.grey < _PLAIN_GREY:
        return False
    plain = _PLAIN_CAST if name in ("warmth", "tint") else _PLAIN
    change, other = witness.whole[name], _otherwise(name, witness)
    if other is not None:  # plain only where it does not hang on what counts as the picture's grey
        change = 0.0 if change * other <= 0 else min(change, other) if change > 0 else max(change, other)
    return abs(change) >= plain * _SIZES[name][0]


def check_idle(name: str, text: str, group: Group, facts: Facts) -> list[str]:
    """Reasons against a section that says nothing of a change, or that no change is made."""
    plan = name.startswith("plan")
    claims = read_claims(text, group, not plan, facts.language)
    does = facts.groups.get(group, 0.0)
    vocabulary = VOCABULARIES[facts.language]
    if vocabulary.sum.search(text.lower()):
        return [f"text_unchanged:{name}"] if does < _ACTS / 2 else []
    if not vocabulary.unchanged.search(text.lower()):
        return [] if claims else [f"text_no_claim:{name}"]
    changes = facts.witness.whole
    plain = [of for of in _SECTION_ASPECTS[group] if of in changes and _is_plain(of, facts.witness)]
    return [f"text_unchanged:{name}"] if claims or plain or (plan and does >= _ACTS) else []


def _otherwise(name: str, witness: Witness) -> float | None:
    """The same change measured without the picture's grey; None of what does not hang on it."""
    return witness.chroma if name == "colorfulness" else witness.shift.get(name)


def _against(claim: TextClaim, facts: Facts) -> list[str]:
    kind = claim.aspect.rpartition("_")[2]
    change = _change(claim.aspect, kind, facts.witness)
    if change is None and kind in ("warmth", "tint"):
        change = facts.witness.shift[kind]
    if change is None:
        return [f"text_unseen:{claim.aspect}"]
    seen, clear = _SIZES[kind]
    other = _otherwise(claim.aspect, facts.witness)
    sizes = [claim.sign * value for value in (change, other) if value is not None]
    if max(sizes) < _LEAST * seen:  # true by one of two measures is true enough
        return [f"text_direction:{claim.aspect}"]
    reasons = []
    if (claim.level == 0 and min(sizes) > _SLIGHT * clear) or (claim.level == 2 and max(sizes) < _STRONG * clear):
        reasons.append(f"text_size:{claim.aspect}")
    if claim.fault and kind in ("warmth", "tint") and -claim.sign * facts.witness.casts.get(kind, 0.0) < _CAST_SIDE:
        reasons.append(f"text_cast:{claim.aspect}")
    return reasons


def _change(aspect: str, kind: str, witness: Witness) -> float | None:
    """How an aspect changed; None of what cannot be seen in the picture."""
    if kind not in _SIZES:
        return None
    hue = re.sub(r"_[a-z]+$", "", aspect)
    if hue in THINGS:
        things = [thing for name, thing in witness.things.items() if name.rpartition(" ")[2] == hue]
        return getattr(things[0], kind) if things else None
    if hue != aspect:
        if hue.capitalize() not in HUES or witness.hues[hue].share < _LEAST_HUE:
            return None
        of = witness.hues[hue]
        return {"hue": of.turn, "saturation": of.chroma, "luminance": of.lightness}[kind]
    return witness.tones.get(aspect) if aspect in ("shadows", "midtones", "highlights") else witness.whole.get(aspect)
