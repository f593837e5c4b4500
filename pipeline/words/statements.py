"""What to say of a pair: of all that a person sees change, what is worth a reader's time, and where it belongs."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from quality.seen.change import Change
from quality.seen.claims import ASPECTS, WHOLE, Claim, Level, acts, causes, measured, visible
from quality.seen.evidence import Evidence
from quality.seen.hues import HUES
from schemas.recipe import Group

MOST_COLORS = 4
"""Claims on single hues that a text holds at most."""

_MOST_TONES = 2
"""Tone bands that a text speaks of at most, beside the whole picture."""

_MOST_THINGS = 1
"""Things whose lightness, and things whose colour, a text speaks of at most."""

_SMALL_PARTS = {"light": 0.8, "color": 1.0, "specific": 0.6}
"""What the strength of a claim on a part of the picture counts, beside claims on the whole."""

Kind = Literal["fault", "wish"]


class Statement(NamedTuple):
    """One thing to say.

    Attributes:
        measure: what changes: an aspect of the whole picture or of its tones, "saturation", "luminance" or "hue" of
            some hues, or "thing_lightness" or "thing_chroma" of a thing.
        sign: which way; 1 is as in `quality.seen.claims.ASPECTS`.
        level: how strongly.
        strength: how much of it a person sees, relative to what is just visible.
        kind: whether the input has a fault that the edit mends, or only could be other than it is.
        cause: the group of sliders that makes the change.
        hues: the hues that it is about.
        thing: the thing that it is about, by its name in `quality.scene`.
    """

    measure: str
    sign: int
    level: Level
    strength: float
    kind: Kind
    cause: Group
    hues: tuple[str, ...] = ()
    thing: str | None = None

    @property
    def rule(self) -> str:
        """The name of its rules in a grammar, without what they say of it."""
        return f"{self.measure}.{'any' if self.measure == 'hue' else 'up' if self.sign > 0 else 'down'}"


Statements = Mapping[Group, Sequence[Statement]]
"""What there is to say in the sections of each group, the strongest first."""


def statements_of(evidence: Evidence) -> Statements:
    """Everything to say of a pair, by the group in whose section it is said.

    What changes the whole picture is said in the section of the sliders that are meant for it, whatever sliders did it.
    Single hues are spoken of where the sliders of single colours did it, or where the global colour did and nothing
    that changes the whole picture tells of it.
    """
    claims = visible(evidence.change)
    own = {group: [claim for claim in claims.values() if claim.aspect.group == group] for group in get_args(Group)}
    things = [claim for claim in claims.values() if claim.aspect.thing and _differs(claim, evidence.change)]
    lit = sorted((claim for claim in things if claim.aspect.group == "light"), key=lambda c: -c.strength)
    tinted = [claim for claim in things if claim.aspect.group == "color"]
    light = [claim for claim in own["light"] if claim.aspect.name in WHOLE] + _distinct_tones(own["light"])
    light += lit[:_MOST_THINGS]
    hues = [claim for claim in own["specific"] if _differs(claim, evidence.change)]
    whole = [claim for claim in own["color"] if claim.aspect.name in WHOLE]
    color = whole or [claim for claim in hues if "color" in causes(evidence, claim)][: MOST_COLORS // 2]
    specific = [claim for claim in hues if "specific" in causes(evidence, claim)]
    for claim in tinted[:_MOST_THINGS]:
        (specific if causes(evidence, claim)[:1] == ["specific"] else color).append(claim)
    if not whole:
        specific = [claim for claim in specific if claim not in color or causes(evidence, claim)[0] == "specific"]
        color = [claim for claim in color if claim not in specific]
    return {
        "light": _stated(light, "light", evidence),
        "color": _stated(color, "color", evidence),
        "specific": _stated(sorted(specific, key=lambda c: -c.strength)[:MOST_COLORS], "specific", evidence),
    }


def ranked(statements: Statements) -> list[Statement]:
    """All statements, in the order in which a person would see them."""
    return sorted((statement for own in statements.values() for statement in own), key=lambda s: -s.strength)


def _stated(claims: Sequence[Claim], group: Group, evidence: Evidence) -> list[Statement]:
    merged: dict[tuple[str, int, Level, Kind, Group, str | None], Statement] = {}
    for claim in claims:
        hue, thing = claim.aspect.hue, claim.aspect.thing
        measure = claim.aspect.name.rpartition("_")[2] if hue or thing else claim.aspect.name
        measure = f"thing_{measure}" if thing else measure
        part = _SMALL_PARTS[claim.aspect.group] if claim.aspect.name not in WHOLE else 1.0
        kind, cause = _kind(claim, evidence.change), _cause(claim, group, evidence)
        # Hues that change alike share a statement. Turns do not: each goes toward a neighbour of its own.
        key = (measure, claim.sign, claim.level, kind, cause, thing or (hue if hue and measure == "hue" else ""))
        before = merged.get(key)
        hues = (*(before.hues if before else ()), *((hue,) if hue else ()))
        strength = max(part * claim.strength, before.strength if before else 0.0)
        merged[key] = Statement(measure, claim.sign, claim.level, strength, kind, cause, hues, thing)
    return sorted(merged.values(), key=lambda statement: -statement.strength)


def _cause(claim: Claim, group: Group, evidence: Evidence) -> Group:
    """The group that makes a change: where several do, the one whose section says it; where none does alone, too."""
    found = causes(evidence, claim)
    if group in found or (not found and acts(evidence, group)):
        return group
    by_difference = sorted(evidence.groups, key=lambda name: -evidence.groups[name].difference)
    return found[0] if found else by_difference[0] if by_difference else group


def _distinct_tones(claims: Sequence[Claim]) -> list[Claim]:
    """Tone bands that do not only follow the whole picture, the strongest ones."""
    whole = next((claim for claim in claims if claim.aspect.name == "brightness"), None)
    tones = [claim for claim in claims if claim.aspect.name not in WHOLE and not claim.aspect.thing]
    distinct = [t for t in tones if whole is None or t.sign != whole.sign or t.size > 1.5 * whole.size + 1]
    return sorted(distinct, key=lambda claim: -claim.strength)[:_MOST_TONES]


def _differs(claim: Claim, change: Change) -> bool:
    """Whether a hue or a thing does not only follow the whole picture."""
    whole = {
        "saturation": "colorfulness", "chroma": "colorfulness",
        "luminance": "brightness", "lightness": "brightness",
    }  # fmt: skip
    measure = claim.aspect.name.rpartition("_")[2]
    if measure not in whole:
        return True
    follows = measured(change)[whole[measure]]
    return abs(claim.sign * claim.size - follows) >= ASPECTS[claim.aspect.name].levels[0]


_DARK, _BRIGHT = 47.0, 60.0
_FLAT, _HARSH = 19.0, 24.0
_DULL, _VIVID = 15.0, 22.0
_PALE_HUE, _VIVID_HUE = 22.0, 34.0
"""Mean L*, standard deviation of L* and mean C* beyond which a picture, or a hue, has a fault that one would name."""


def _kind(claim: Claim, change: Change) -> Kind:
    """Whether the input shows the fault that an edit of this direction mends. A move away from neutral mends none."""
    up, before = claim.sign > 0, change.input
    match claim.aspect.name:
        case "brightness" | "midtones":
            fault = before.lightness < _DARK if up else before.lightness > _BRIGHT
        case "shadows":
            fault = up and (before.lightness < _DARK or before.black > 0.003)
        case "highlights":
            fault = not up and (before.lightness > _BRIGHT or before.white > 0.003)
        case "contrast":
            fault = before.spread < _FLAT if up else before.spread > _HARSH
        case "colorfulness":
            fault = before.chroma < _DULL if up else before.chroma > _VIVID
        case "warmth" | "tint" as cast:
            first, second = getattr(before, cast), getattr(change.target, cast)
            fault = -claim.sign * first >= claim.aspect.levels[0] and abs(second) < abs(first)
        case name if name.endswith("_saturation") and claim.aspect.hue:
            chroma = change.hues[HUES.index(claim.aspect.hue)].before
            fault = chroma < _PALE_HUE if up else chroma > _VIVID_HUE
        case _:
            fault = claim.level > 0
    return "fault" if fault else "wish"
