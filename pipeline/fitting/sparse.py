"""The simplest recipe that explains a pair nearly as well as the best one: few sliders, each with evidence.

Sliders that hardly show are returned to neutral before those that do, as long as the loss stays within the budget of
`FitConfig.simplicity`. A slider goes to the end of its range only if it makes a difference there that people see.
"""

from collections.abc import Set
from dataclasses import replace

import torch
from torch import Tensor

from operators.process import Process
from operators.residuals import Bounds, neutral, ranges
from operators.solver import Solution, round_to_steps
from pipeline.fitting.effects import effects
from pipeline.fitting.sample import Sample
from pipeline.fitting.selection import Selection
from schemas.fit import FitConfig

_SEEN = 0.1
"""Mean CIEDE2000 below which a parameter is returned before those that make more."""

_MODEST, _INNER = 0.8, 0.9
"""Shares of its range, from neutral: where every parameter stays if the budget allows it, and what it may use on any
evidence."""

_EVIDENCE = 1.0
"""Mean CIEDE2000 that a parameter must make to go further."""


def simplify(process: Process, sample: Sample, config: FitConfig, solution: Solution) -> Solution:
    """Make a solution with all parameters a simple one, in the steps in which recipes are stored.

    Args:
        solution: as `solve` finds it for the sample.

    Returns:
        Parameters (P,) in steps, those not needed at neutral; the loss before rounding; counts that include those of
        `solution`. No parameter is beyond 90 % of its range without an effect of 1 mean CIEDE2000.
    """

    def unseen(parameters: Tensor) -> Set[int]:
        return set((effects(process, sample, parameters) < _SEEN).nonzero().flatten().tolist())

    modest, inner = _share(process, _MODEST), _share(process, _INNER)
    far = _outside(inner, solution.parameters)
    proven = far & (effects(process, sample, solution.parameters) >= _EVIDENCE)
    selection = Selection(process, sample, config, solution, ranges(process))
    selection.attempt(_drawn_in(selection.bounds, inner, ~proven), demanded=True)
    selection.eliminate(unseen)
    selection.make_canonical(inner)
    for bounds in (modest, inner):
        outside = _outside(bounds, selection.solution.parameters)
        if not outside.any() or selection.attempt(_drawn_in(selection.bounds, bounds, outside)):
            break
    while True:
        found = selection.solution
        parameters = round_to_steps(process, *sample, config.solver, found.parameters, selection.bounds)
        unproven = _outside(inner, parameters) & (effects(process, sample, parameters) < _EVIDENCE)
        if not unproven.any():
            return replace(found, parameters=parameters)
        selection.attempt(_drawn_in(selection.bounds, inner, unproven), demanded=True)


def _share(process: Process, share: float) -> Bounds:
    """A share of the ranges, from neutral."""
    low, high = ranges(process)
    middle = neutral(process)
    return middle + share * (low - middle), middle + share * (high - middle)


def _outside(bounds: Bounds, parameters: Tensor) -> Tensor:
    return (parameters < bounds[0]) | (parameters > bounds[1])


def _drawn_in(bounds: Bounds, inner: Bounds, chosen: Tensor) -> Bounds:
    """The bounds, for the chosen parameters (P,) no wider than the inner ones."""
    low, high = bounds
    return torch.where(chosen, low.maximum(inner[0]), low), torch.where(chosen, high.minimum(inner[1]), high)
