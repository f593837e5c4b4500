"""What may be said of a pair: the aspects of its change that a person sees, by pixels alone, and which sliders did it.

Sizes are in the units of `quality.seen.change`. In photographs, people see a mean difference of about 2 units of CIELAB
(Stokes, Fairchild and Berns, "Precision requirements for digital color reproduction", ACM Transactions on Graphics 11,
1992: 2.15). Differences of chroma show less among colours (CIE94 divides them by 1 + 0.045 C*), and a part of a picture
shows less than the whole, so their thresholds are higher.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from quality.scene.regions import RegionName
from quality.seen.change import Change, ToneChange
from quality.seen.evidence import Evidence
from quality.seen.hues import HUES
from schemas.recipe import Group

Level = Literal[0, 1, 2]
"""Slight, clear, strong."""

Sign = Literal[-1, 1]

THINGS: tuple[str, ...] = get_args(RegionName)
"""Things that a picture may show."""

MIN_TONE_SHARE = 0.08
MIN_HUE_SHARE = 0.07
MIN_THING_SHARE = 0.08
"""Shares of the picture that a tone band, a hue or a thing must cover to be spoken of."""

ACTS = 0.5
"""Mean CIEDE2000 between a picture with and without a group of sliders from which the group does something."""

_OWN = 0.5
"""Share of a change that a group must make for the change to be its own."""


class Aspect(NamedTuple):
    """Something that an edit can change in one of two directions, and the group of sliders that is meant for it.

    `levels` are the sizes from which a change is slight, clear and strong; below the first, nobody sees it.
    """

    name: str
    group: Group
    levels: tuple[float, float, float]
    hue: str | None = None
    thing: str | None = None


class Claim(NamedTuple):
    """An aspect, the direction of its change, its size, and how strong that is."""

    aspect: Aspect
    sign: Sign
    size: float
    level: Level

    @property
    def strength(self) -> float:
        """Size relative to what is just visible; comparable between aspects."""
        return self.size / self.aspect.levels[0]


ASPECTS: Mapping[str, Aspect] = MappingProxyType(
    {
        aspect.name: aspect
        for aspect in (
            Aspect("brightness", "light", (2.0, 5.0, 11.0)),
            Aspect("contrast", "light", (2.0, 4.0, 7.5)),
            Aspect("shadows", "light", (3.0, 7.0, 14.0)),
            Aspect("midtones", "light", (3.0, 7.0, 14.0)),
            Aspect("highlights", "light", (3.0, 7.0, 14.0)),
            Aspect("warmth", "color", (2.2, 5.0, 10.0)),
            Aspect("tint", "color", (2.2, 4.5, 9.0)),
            Aspect("colorfulness", "color", (3.0, 6.0, 11.0)),
            *(Aspect(f"{hue.lower()}_hue", "specific", (6.0, 12.0, 24.0), hue) for hue in HUES),
            *(Aspect(f"{hue.lower()}_saturation", "specific", (4.0, 8.0, 15.0), hue) for hue in HUES),
            *(Aspect(f"{hue.lower()}_luminance", "specific", (4.0, 8.0, 15.0), hue) for hue in HUES),
            *(Aspect(f"{thing}_lightness", "light", (4.0, 8.0, 15.0), thing=thing) for thing in THINGS),
            *(Aspect(f"{thing}_chroma", "color", (4.0, 8.0, 15.0), thing=thing) for thing in THINGS),
        )
    }
)
"""Every aspect by name. A positive change is brighter, of more contrast, warmer, more magenta, more colourful; a
positive hue goes toward the next of `HUES`."""

WHOLE = ("brightness", "contrast", "colorfulness", "warmth", "tint")
"""The aspects of the whole picture."""


def measured(change: Change) -> dict[str, float]:
    """The change of every aspect but those of things that the picture does not show; 0 where too little shows it."""
    before, after = change.input, change.target
    values = {
        "brightness": after.lightness - before.lightness,
        "contrast": after.spread - before.spread,
        "shadows": _of_tones(change.shadows),
        "midtones": _of_tones(change.midtones),
        "highlights": _of_tones(change.highlights),
        "warmth": after.warmth - before.warmth,
        "tint": after.tint - before.tint,
        "colorfulness": after.chroma - before.chroma,
    }
    for name, hue in zip(HUES, change.hues, strict=True):
        seen = hue.share >= MIN_HUE_SHARE
        values[f"{name.lower()}_hue"] = hue.turn if seen else 0.0
        values[f"{name.lower()}_saturation"] = hue.chroma if seen else 0.0
        values[f"{name.lower()}_luminance"] = hue.lightness if seen else 0.0
    for thing in change.things:
        if thing.share >= MIN_THING_SHARE:
            values[f"{thing.name}_lightness"] = thing.lightness
            values[f"{thing.name}_chroma"] = thing.chroma
    return values


def _of_tones(tones: ToneChange) -> float:
    return tones.lightness if tones.share >= MIN_TONE_SHARE else 0.0


def visible(change: Change) -> dict[str, Claim]:
    """Every change that a person sees, by name of its aspect."""
    claims = ((name, claim_of(name, value)) for name, value in measured(change).items())
    return {name: claim for name, claim in claims if claim is not None}


def claim_of(name: str, value: float) -> Claim | None:
    """The claim that an aspect changes by a value; None where nobody would see it."""
    aspect, size = ASPECTS[name], abs(value)
    if size < aspect.levels[0]:
        return None
    return Claim(aspect, 1 if value > 0 else -1, size, level_of(size, aspect.levels))


def level_of(size: float, levels: tuple[float, float, float]) -> Level:
    """How strong a visible change of a size is."""
    return 2 if size >= levels[2] else 1 if size >= levels[1] else 0


def strongest(claims: Iterable[Claim]) -> Claim | None:
    """The claim that a person sees first; None of none."""
    return max(claims, key=lambda claim: claim.strength, default=None)


def acts(evidence: Evidence, group: Group) -> bool:
    """Whether a group of sliders does something to the picture: whether it is another picture without the group."""
    return group in evidence.groups and evidence.groups[group].difference >= ACTS


def causes(evidence: Evidence, claim: Claim) -> list[Group]:
    """The groups that make a change, the one that does most of it first; empty where only all together do.

    A group makes a change if the picture changes that way, and by at least half as much, when the group is added to the
    rest of the recipe.
    """
    parts = {
        group: claim.sign * measured(effect.change)[claim.aspect.name] for group, effect in evidence.groups.items()
    }
    return sorted((group for group, part in parts.items() if part >= _OWN * claim.size), key=lambda g: -parts[g])
