"""Drawing sparse recipes: few sliders, in the directions and by the distances of real edits."""

import random
from collections.abc import Mapping, Sequence, Set

from operators.process import Process
from pipeline.recipes.seeds import choose, seed_of, uniform_of
from pipeline.recipes.steps import bounds
from pipeline.recipes.visibility import Visibility
from quality.arithmetic import exp2, log2
from schemas.recipe import DrawKind, ParameterSpec
from schemas.sampler import Aspect, EditSampler, SliderUse

ALIKE = 0.85
"""Cosine of the effects of two sliders on a photo from which one can stand for the other. Only the canonical one is
drawn: the one that comes first in the process, as Highlights2012 before ParametricLights and Vibrance before
Saturation."""

_FURTHEST = 2.0
"""Distances and strengths are drawn within this many standard deviations of the median."""

_TRIES, _DISTANCES = 24, 6
"""Draws in search of one that raises and lowers lightness, contrast and chroma as it is to, and how many of them move
the same sliders."""

_INSIDE = 6
"""Draws in search of a distance within bounds."""

_WEAK = (1.8, 4.0)
_TO_BINARY = 1.4426950408889634  # 1 / ln 2


def draw_edit(
    process: Process,
    sampler: EditSampler,
    kind: DrawKind,
    groups: Set[str],
    limit: float,
    seed: int,
    visibility: Visibility,
) -> list[float]:
    """Draw how far each slider of the process is from neutral, in its unit. Most sliders are at neutral.

    Sliders are drawn without repetition, with their shares as weights (Efraimidis and Spirakis, 2006), from the groups
    that move, from those that show on the photo, and so that no two stand for each other. Draws are repeated until the
    edit raises lightness, contrast and chroma as often as the sampler says, by the effects of single sliders.

    Args:
        process: the process of the recipe.
        sampler: statistics of edits with this process.
        kind: "symmetric" draws each direction equally often, "weak" moves half as many sliders; else as the sampler.
        groups: the parameter groups that may move.
        limit: share of each slider's range that recipes use.
        seed: determines every draw.
        visibility: what the photo shows.
    """
    size = int(choose({str(size): weight for size, weight in sampler.sizes.items()}, seed, "size"))
    wanted = max(2, size // 2) if kind == "weak" else size
    generator = random.Random(seed_of(seed, "edit"))
    up = {aspect: generator.random() < share for aspect, share in sampler.raises.items()}
    offsets = [0.0] * len(sampler.sliders)
    for number in range(_TRIES):
        if number % _DISTANCES == 0:
            keys = [-log2(1 - generator.random()) / _odds(use) for use in sampler.sliders]
            moved = _moved(process, keys, wanted, groups, visibility)
        offsets = [0.0] * len(sampler.sliders)
        for column in moved:
            spec, use = process.parameters[column], sampler.sliders[column]
            offsets[column] = _offset(spec, limit, use, sampler.spread, kind, generator)
        if kind == "symmetric" or _goes(offsets, up, visibility):
            break
    return offsets


def _moved(process: Process, keys: Sequence[float], wanted: int, groups: Set[str], visibility: Visibility) -> list[int]:
    """The columns of the smallest keys that may move."""
    moved: list[int] = []
    for column in sorted(range(len(keys)), key=keys.__getitem__):
        if len(moved) == wanted:
            break
        if process.parameters[column].group in groups and visibility.shows[column]:
            moved = _canonical(sorted([*moved, column]), visibility.alike)
    return moved


def _goes(offsets: Sequence[float], up: Mapping[Aspect, bool], visibility: Visibility) -> bool:
    """Whether an edit raises and lowers what it is to, to first order."""
    for aspect, wanted in up.items():
        change = sum(
            offset / usual * raised[aspect]
            for offset, usual, raised in zip(offsets, visibility.usual, visibility.raises, strict=True)
            if offset
        )
        if change * (1 if wanted else -1) < 0:
            return False
    return True


def draw_strength(sampler: EditSampler, kind: DrawKind, groups: Set[str], scale: float, seed: int) -> float:
    """Draw how strong an edit is to be, in mean CIEDE2000.

    Args:
        sampler: statistics of edits.
        kind: "weak" edits have a `weak_strength`; others are as strong as those of the sampler.
        groups: the parameter groups that may move. Without light, edits are half as strong.
        scale: factor on the strength.
        seed: determines the draw.
    """
    if kind == "weak":
        return weak_strength(seed)
    strength = sampler.strength * _log_normal(sampler.strength_spread, random.Random(seed_of(seed, "strength")))
    return scale * strength * (1.0 if "light" in groups else 0.5)


def weak_strength(seed: int) -> float:
    """Draw how strong a weak edit is to be: evenly spread from 1.8 to 4 of mean CIEDE2000."""
    return _WEAK[0] + uniform_of(seed, "strength") * (_WEAK[1] - _WEAK[0])


def _canonical(columns: Sequence[int], alike: Sequence[Sequence[float]]) -> list[int]:
    """The columns without those for which a column before them can stand."""
    kept: list[int] = []
    for column in columns:
        if all(abs(alike[column][other]) <= ALIKE for other in kept):
            kept.append(column)
    return kept


def _odds(use: SliderUse) -> float:
    return max(use.share, 1e-6) / (1 - use.share)


def _offset(
    spec: ParameterSpec, limit: float, use: SliderUse, spread: float, kind: DrawKind, generator: random.Random
) -> float:
    """A distance from neutral with its sign, drawn again where it is out of bounds, so that few lie on them."""
    up = generator.random() < (0.5 if kind == "symmetric" else use.positive)
    low, high = bounds(spec, limit)
    room = high - spec.neutral if up else spec.neutral - low
    for _ in range(_INSIDE):
        distance = use.magnitude * _log_normal(spread, generator)
        if distance <= room:
            return distance if up else -distance
    return room if up else -room


def _log_normal(spread: float, generator: random.Random) -> float:
    """A factor with median 1 whose natural logarithm is nearly normal: the ones in 1,024 bits, standardised."""
    variate = (generator.getrandbits(1024).bit_count() - 512) / 16
    return exp2(spread * min(max(variate, -_FURTHEST), _FURTHEST) * _TO_BINARY)
