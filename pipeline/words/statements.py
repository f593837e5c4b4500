"""What to say of a pair: of all supported claims of a group those that are worth a reader's time."""

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from quality.claims import Claim, Level
from schemas.recipe import Group

MOST_COLORS = 4
"""Claims on single colours that one text holds at most."""


class Statement(NamedTuple):
    """One thing to say: what changes ("shadows", "saturation"), which way, how strongly, in which hue bands."""

    measure: str
    sign: int
    level: Level
    bands: tuple[str, ...] = ()


def choose_statements(claims: Mapping[str, Claim], group: Group, rng: Random) -> list[Statement]:
    """Statements on a group, the strongest first; empty where nothing is supported."""
    own = sorted((claim for claim in claims.values() if claim.aspect.group == group), key=lambda c: -c.strength)
    if group == "specific":
        return _merged(own[:MOST_COLORS])
    if group == "light":
        own = _distinct_tones(own, rng)
    return [Statement(claim.aspect.name, claim.sign, claim.level) for claim in own]


def _distinct_tones(claims: list[Claim], rng: Random) -> list[Claim]:
    """Leave out tone bands that only follow the whole picture; sometimes keep one that does."""
    whole = next((claim for claim in claims if claim.aspect.name == "brightness"), None)
    if whole is None:
        return claims
    others = [claim for claim in claims if claim is not whole]
    distinct = [
        claim
        for claim in others
        if claim.aspect.name == "contrast" or claim.sign != whole.sign or claim.size > 1.4 * whole.size
    ]
    following = [claim for claim in others if claim not in distinct]
    if following and len(distinct) < 2 and rng.random() < 0.5:
        distinct.append(rng.choice(following))
    return [whole, *distinct]


def _merged(claims: list[Claim]) -> list[Statement]:
    """Bands that change alike share a statement. Hues do not: each goes toward a neighbour of its own."""
    groups: dict[tuple[str, int, Level, str], list[str]] = {}
    for claim in claims:
        band = claim.aspect.band or ""
        measure = claim.aspect.name.removeprefix(f"{band.lower()}_")
        groups.setdefault((measure, claim.sign, claim.level, band if measure == "hue" else ""), []).append(band)
    return [Statement(measure, sign, level, tuple(bands)) for (measure, sign, level, _), bands in groups.items()]
