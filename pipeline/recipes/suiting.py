"""Suiting a draw to its photo, so that the pair passes the gates: scaled, turned round, or drawn again.

A recipe for an unrendered pair needs an input that can be stored. What is brighter than a finished photo clips, and
what is much darker keeps too few steps. Both are predicted on a few pixels (`pipeline.recipes.preview`), against bounds
of their own: the gates do not decide which recipes are drawn, so a data set can be gated again.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch

from operators.process import Process
from pipeline.recipes.preview import Preview
from pipeline.recipes.steps import bounds, rounded
from quality.gates import decide, measure_rules
from schemas.config import SuitedBounds
from schemas.recipe import Draw, DrawKind, Recipe
from schemas.sample import Measures

DRAWS = 6
"""Draws that are tried for a pair."""

NEAR = 0.65
"""Share of the strength that a draw was to have from which a weaker edit is taken instead of another draw."""

LEAST_EFFECT = 0.12
"""Mean CIEDE2000 below which a slider returns to neutral: a model could not learn it."""

_SCALINGS, _HALVINGS = 3, 3


class Suited(NamedTuple):
    """A recipe that was suited to a photo, and how."""

    recipe: Recipe
    draw: Draw


class Draws(NamedTuple):
    """What a recipe is drawn from.

    Attributes:
        kind: what is drawn; a symmetric edit and one from the table may be turned round.
        offsets: the draw of a number, from 0: each slider's distance from neutral in its unit, (P,).
        strength: mean CIEDE2000 that the edit should have; None leaves a draw as strong as it is.
    """

    kind: DrawKind
    offsets: Callable[[int], Sequence[float]]
    strength: float | None = None


class _Candidate(NamedTuple):
    values: list[float]
    measures: Measures
    draw: Draw


def suit(process: Process, preview: Preview, draws: Draws, within: SuitedBounds, limit: float) -> Suited:
    """Find a recipe whose pair is predicted to keep the bounds, among the scaled values of a few draws.

    The first draw is taken that comes near its strength. If none does, the strongest recipe that passes is taken, or
    the last one if none passes.

    Args:
        process: the process of the recipe.
        preview: the photo.
        draws: what the recipe is drawn from.
        within: bounds that the prediction must keep.
        limit: share of each slider's range that recipes use.
    """
    search = _Search(process, preview, within, limit)
    found: list[_Candidate] = []
    for candidate in _candidates(search, draws):
        found.append(candidate)
        wanted = draws.strength or candidate.measures.difference_de00
        if search.passes(candidate.measures) and candidate.measures.difference_de00 >= NEAR * wanted:
            break
    else:
        passing = [candidate for candidate in found if search.passes(candidate.measures)]
        candidate = max(passing or found[-1:], key=lambda candidate: candidate.measures.difference_de00)
    values = search.without_faint(candidate)
    return Suited(Recipe(process=process.name, values=dict(zip(process.index, values, strict=True))), candidate.draw)


def _candidates(search: "_Search", draws: Draws) -> Iterator[_Candidate]:
    for number in range(DRAWS):
        offsets = draws.offsets(number)
        for sign in (1, -1) if draws.kind in {"symmetric", "table"} else (1,):
            values, measures, factor = search.scaled([sign * offset for offset in offsets], draws.strength)
            yield _Candidate(values, measures, Draw(kind=draws.kind, redraws=number, negated=sign < 0, factor=factor))


class _Search:
    """Scales recipes on a preview."""

    def __init__(self, process: Process, preview: Preview, within: SuitedBounds, limit: float) -> None:
        self._process, self._preview, self._limit = process, preview, limit
        self._strength, self._rules = within.difference_de00, measure_rules(within)

    def passes(self, measures: Measures) -> bool:
        return not decide(measures, {}, self._rules)

    def scaled(self, offsets: Sequence[float], strength: float | None) -> tuple[list[float], Measures, float]:
        """Values near the strength, or the strongest values below it that pass; their measures and the factor."""
        factor, values = 1.0, self._values(offsets, 1.0)
        least, most = self._strength.min or 0.0, self._strength.max or 100.0
        largest = self._largest(offsets)
        for _ in range(_SCALINGS):
            is_now = max(self._preview.strength(torch.tensor(values)), 0.05)
            wanted = strength or min(max(is_now, 1.05 * least), most)
            if abs(is_now / wanted - 1) < 0.1:
                break
            factor = min(factor * min(max(wanted / is_now, 0.3), 3.0), largest)
            changed = self._values(offsets, factor)
            if changed == values:  # at the bounds
                break
            values = changed
        measures = self._measure(values)
        if self.passes(measures):
            return values, measures, round(factor, 4)
        return self._shrunk(offsets, factor, (values, measures, round(factor, 4)))

    def without_faint(self, candidate: _Candidate) -> list[float]:
        """The values with every slider of hardly any effect at neutral, unless the edit becomes too weak."""
        values = candidate.values
        effects = self._preview.effects(torch.tensor(values))
        neutral = self._process.neutral
        names = list(self._process.index)
        kept = [
            value if effects.get(name, 0.0) >= LEAST_EFFECT else neutral[name]
            for name, value in zip(names, values, strict=True)
        ]
        if kept == values or kept == list(neutral.values()):
            return values
        least = self._strength.min
        return kept if least is None or self._preview.strength(torch.tensor(kept)) >= least else values

    def _shrunk(
        self, offsets: Sequence[float], factor: float, fallback: tuple[list[float], Measures, float]
    ) -> tuple[list[float], Measures, float]:
        low, high, best = 0.0, factor, fallback
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            values = self._values(offsets, middle)
            measures = self._measure(values)
            too_weak = measures.difference_de00 < (self._strength.min or 0.0)
            if self.passes(measures):
                best = values, measures, round(middle, 4)
            low, high = (middle, high) if too_weak or self.passes(measures) else (low, middle)
        return best

    def _largest(self, offsets: Sequence[float]) -> float:
        """The factor, at least 1, that brings a second slider to its bound: more would only move the others on."""
        reached = []
        for spec, offset in zip(self._process.parameters, offsets, strict=True):
            if offset:
                low, high = bounds(spec, self._limit)
                reached.append(((high if offset > 0 else low) - spec.neutral) / offset)
        return max([1.0, *sorted(reached)[:2]])

    def _measure(self, values: Sequence[float]) -> Measures:
        return self._preview.measure(torch.tensor([values]))[0]

    def _values(self, offsets: Sequence[float], factor: float) -> list[float]:
        return [
            rounded(spec, spec.neutral + factor * offset, self._limit) if offset else spec.neutral
            for spec, offset in zip(self._process.parameters, offsets, strict=True)
        ]
