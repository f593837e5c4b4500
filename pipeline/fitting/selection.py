"""Which parameters does an edit need? Backward elimination from a solution that uses all of them.

A process has more parameters than a picture tells apart, and a solution uses them all. At a solution u, with H half of
the Gauss-Newton Hessian of the objective over the parameters in use, returning parameter i to neutral while the others
move to their new minimum costs u_i^2 / (H^-1)_ii (Hassibi and Stork, "Second order derivatives for network pruning:
optimal brain surgeon", 1993). The cheapest are returned together while the model foretells that the loss stays within a
budget; then the others are solved again. Where the budget did not hold, half as many are returned.

Two parameters stand for each other where their derivatives on this picture have a cosine of at least 0.85, as those of
Vibrance and Saturation often have. The canonical one is that which comes first in the process: in aether/1 the basic
panel comes before the parametric curve, Vibrance before Saturation, and both before the colour mixer. The later one is
returned first, and one that stays in use is replaced by an earlier one, where the budget allows it.
"""

import math
from collections.abc import Callable, Sequence, Set
from dataclasses import replace

import torch
from torch import Tensor

from operators.process import Process
from operators.residuals import ROUNDING, Bounds, Problem, neutral
from operators.solver import Solution, fit_parameters
from pipeline.fitting.sample import Sample
from schemas.fit import FitConfig

_BATCH = 12
"""Most parameters returned at once."""

_ALIKE = 0.85
"""Cosine from which two parameters stand for each other."""

_EXACT, _SLACK = 1.1, 0.1
"""In errors of rounding to 8 bits: the loss up to which nothing is left to explain, and what may be lost beside the
share of what is left."""

_HOPE = 3.0
"""A parameter is tried although the model foretells a cost of so many times what is left of the budget."""


def budget(loss: float, tolerance: float) -> float:
    """The highest loss of a simple solution, where the best known has `loss`; both as in `Solution`."""
    unexplained = max(loss - ROUNDING - _EXACT * ROUNDING, 0.0)
    return loss + tolerance * unexplained + _SLACK * ROUNDING


class Selection:
    """A solution while it is made simpler.

    Attributes:
        solution: the best within `bounds`; its counts are over all solutions so far.
        bounds: lowest and highest values (P,). Those of a parameter that is not in use meet at neutral.
        allowed: the highest loss that is accepted.
    """

    def __init__(self, process: Process, sample: Sample, config: FitConfig, solution: Solution, bounds: Bounds) -> None:
        self._process, self._sample, self._config = process, sample, config
        self.solution, self.bounds = solution, bounds
        self.allowed = budget(solution.loss, config.simplicity)

    @property
    def used(self) -> set[int]:
        """Columns of the parameters in use."""
        low, high = self.bounds
        return set((high > low).nonzero().flatten().tolist())

    def attempt(self, bounds: Bounds, start: Tensor | None = None, demanded: bool = False) -> bool:
        """Solve within other bounds. The solution is accepted if its loss is allowed, or if the bounds are demanded."""
        begin = self.solution.parameters if start is None else start
        found = fit_parameters(self._process, *self._sample, self._config.solver, begin, bounds)
        accepted = demanded or found.loss <= self.allowed
        if accepted:
            self.bounds = bounds
            self.allowed = min(self.allowed, budget(found.loss, self._config.simplicity))
        self.solution = replace(
            found if accepted else self.solution,
            iterations=self.solution.iterations + found.iterations,
            evaluations=self.solution.evaluations + found.evaluations,
            renders=self.solution.renders + found.renders,
        )
        return accepted

    def eliminate(self, unseen: Callable[[Tensor], Set[int]]) -> None:
        """Return parameters to neutral, the cheapest first, until the budget allows no other.

        Args:
            unseen: tells which columns of parameters (P,) are to be returned before all others.
        """
        kept: set[int] = set()
        while True:
            candidates = self.used - kept
            batch = self._cheapest(candidates & unseen(self.solution.parameters)) or self._cheapest(candidates)
            if not batch:
                break
            while batch and not self.attempt(self._without([column for column, _ in batch]), batch[-1][1]):
                if len(batch) == 1:
                    kept.add(batch[0][0])
                batch = batch[: len(batch) // 2]

    def make_canonical(self, bounds: Bounds) -> None:
        """Replace parameters by earlier ones that stand for them, where the budget allows it.

        Args:
            bounds: of the parameters that come into use.
        """
        _, _, hessian = self._model(bounds)
        alike = cosines(hessian) >= _ALIKE
        for later in sorted(self.used, reverse=True):
            for earlier in alike[later, :later].nonzero().flatten().tolist():
                if earlier not in self.used:
                    low, high = self._without([later])
                    low[earlier], high[earlier] = bounds[0][earlier], bounds[1][earlier]
                    if self.attempt((low, high)):
                        break

    def _cheapest(self, candidates: Set[int]) -> list[tuple[int, Tensor]]:
        """Columns to return next, each with where all parameters (P,) are foretold to be then; empty if too dear."""
        if not candidates:
            return []
        problem, u, hessian = self._model(self.bounds)
        alike = cosines(hessian) >= _ALIKE
        limit, spent = math.log(self.allowed / self.solution.loss), 0.0
        columns = problem.free.tolist()
        rest = list(range(len(columns)))
        batch: list[tuple[int, Tensor]] = []
        while len(batch) < _BATCH and (open_ := [place for place in rest if columns[place] in candidates]):
            inverse = torch.linalg.inv(hessian[rest][:, rest])
            costs = dict(zip(rest, (u[problem.free[rest]] ** 2 / inverse.diagonal()).tolist(), strict=True))
            chosen = min(open_, key=lambda place: costs[place])
            if spent + costs[chosen] > (limit if batch else _HOPE * limit):
                break
            later = [place for place in open_ if place > chosen and alike[place, chosen]]
            chosen = max((place for place in later if spent + costs[place] <= limit), default=chosen)
            spent += costs[chosen]
            at = rest.index(chosen)
            move = inverse[:, at] * (-u[problem.free[chosen]] / inverse[at, at])
            u = u.index_add(0, problem.free[rest], move).clamp(problem.low, problem.high)
            rest.remove(chosen)
            batch.append((columns[chosen], problem.parameters(u)))
        return batch

    def _without(self, columns: Sequence[int]) -> Bounds:
        low, high = (bound.clone() for bound in self.bounds)
        low[columns] = high[columns] = neutral(self._process)[columns]
        return low, high

    def _model(self, bounds: Bounds) -> tuple[Problem, Tensor, Tensor]:
        """The problem within bounds, u of the solution (P,), and the Hessian (F, F) there."""
        problem = Problem(self._process, *self._sample, self._config.solver, bounds)
        u = problem.unit(self.solution.parameters)
        hessian, _ = problem.normal_equations(u, problem.residual(u))
        evaluations = self.solution.evaluations + problem.evaluations
        renders = self.solution.renders + problem.renders
        self.solution = replace(self.solution, evaluations=evaluations, renders=renders)
        return problem, u, hessian


def cosines(hessian: Tensor) -> Tensor:
    """How alike parameters are: the absolute cosines (F, F) of the angles between their derivatives, from J^T J."""
    length = hessian.diagonal().sqrt()
    return (hessian / (length * length.unsqueeze(1))).abs()
