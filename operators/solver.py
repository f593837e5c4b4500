"""Which parameters turn one picture into another? Gauss-Newton in a trust region, through a process.

With unknown noise, the most probable parameters u (in units of half their range, from neutral) minimise

    log(mean rho(r)) + prior |u|^2,    rho(r) = d^2 log(1 + (r / d)^2),

r the residuals and rho the Cauchy loss. The logarithm makes the prior a matter of proportion: a parameter moves when
that removes a share of the residual, whether the fit ends at 35 dB or at 60.

Each step minimises the quadratic model over a box: the ranges of the parameters, cut to a radius about where they are.
The radius grows where the model foretold the loss well and shrinks where it did not (Nocedal and Wright, Numerical
Optimization, 2006, section 4.1). No direction is damped: processes have long flat valleys, as between exposure and
three gains, and damped steps creep along them.

Derivatives are forward differences, all rendered as one batch, each row with one parameter moved. A process renders
47 rows of 3,000 pixels in half the time that forward-mode differentiation takes, and a difference also sees over the
edge of a clip, where the derivative is 0.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from operators.process import Process
from schemas.fit import SolverConfig

_DIFFERENCE = 4e-3
"""Step of the differences, in units of half a range."""

_ROUNDING = 1 / (12 * 255**2)
"""Mean squared error of rounding to 8 bits: residuals below it carry nothing."""

_RADIUS, _TRIES = 0.8, 8
"""Longest step of any parameter, in units of half its range, and how often it is cut before a step is given up."""

_WELL, _BADLY, _CUT = 0.7, 0.25, 0.35
"""Shares of the foretold decrease from which the radius doubles, and below which it is cut to a share of the step."""

_NOTHING = 1e-6
"""Foretold decrease of the objective that is not worth a render."""

_CURVATURE = 1e-6
"""Added to every direction, so that the model has one minimum without a prior."""


@dataclass(frozen=True)
class Solution:
    """Parameters (P,) in the units of the process, their mean loss rho, and the work that they took.

    `evaluations` counts the settings at which the process was rendered; `renders` adds one for each parameter of each
    Jacobian.
    """

    parameters: Tensor
    loss: float
    iterations: int
    evaluations: int
    renders: int


class _Problem:
    """Residuals and derivatives in units of half a parameter's range."""

    def __init__(self, process: Process, image: Tensor, target: Tensor, weights: Tensor, config: SolverConfig) -> None:
        self._process, self._image, self._config = process, image.unsqueeze(0), config
        specs = process.parameters
        low, high, self._neutral = (
            torch.tensor([getattr(spec, name) for spec in specs]) for name in ("minimum", "maximum", "neutral")
        )
        self._scale = (high - low) / 2
        self.low, self.high = (low - self._neutral) / self._scale, (high - self._neutral) / self._scale
        self._counted = weights > 0
        self._target = target[:, self._counted].flatten()
        weights = weights[self._counted].repeat(3)
        self._weights = weights / weights.sum()
        self.evaluations = self.renders = 0

    def unit(self, parameters: Tensor) -> Tensor:
        return ((parameters - self._neutral) / self._scale).clamp(self.low, self.high)

    def parameters(self, u: Tensor) -> Tensor:
        return self._neutral + self._scale * u

    def stepped(self, u: Tensor, hessian: Tensor) -> Tensor:
        """Parameters (P,) in steps near `u`, by a quadratic model of the objective around it."""
        specs = self._process.parameters
        scale, neutral, low, high = (part.double() for part in (self._scale, self._neutral, self.low, self.high))
        seen = hessian.diagonal() * (torch.tensor([spec.step for spec in specs], dtype=torch.float64) / scale) ** 2
        order = seen.argsort(descending=True, stable=True)
        moved, found = u.double(), torch.zeros_like(scale)
        for done, index in enumerate(order.tolist(), start=1):
            spec = specs[index]
            found[index] = spec.stepped(float(neutral[index] + scale[index] * moved[index]), spec.minimum, spec.maximum)
            error = (found[index] - neutral[index]) / scale[index] - moved[index]
            rest = order[done:]
            if len(rest):
                step = torch.linalg.solve(hessian[rest][:, rest], hessian[rest, index] * error)
                moved[rest] = (moved[rest] - step).clamp(low[rest], high[rest])
        return found

    def residual(self, u: Tensor) -> Tensor:
        """(M,) rendered minus target; 0 beyond a target that was clipped."""
        self.evaluations += 1
        return self._residuals(u.unsqueeze(0))[0]

    def jacobian(self, u: Tensor, residual: Tensor) -> Tensor:
        """(P, M) derivatives of the residuals, by differences into the range."""
        step = torch.where(u > (self.low + self.high) / 2, -_DIFFERENCE, _DIFFERENCE)
        return self._residuals(u + torch.diag(step)).sub_(residual).div_(step.unsqueeze(1))

    def mean_loss(self, residual: Tensor) -> Tensor:
        d = self._config.robust
        return d * d * (self._weights @ torch.log1p((residual / d) ** 2)) + _ROUNDING

    def objective(self, u: Tensor, residual: Tensor) -> float:
        return float(torch.log(self.mean_loss(residual)) + self._config.prior * (u @ u))

    def normal_equations(self, u: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Half of the Gauss-Newton Hessian (P, P) and of the gradient (P,) of the objective, float64."""
        jacobian = self.jacobian(u, residual)
        weights = self._weights / (1 + (residual / self._config.robust) ** 2)
        weighted = jacobian * (weights / self.mean_loss(residual))
        hessian, gradient = (weighted @ jacobian.T).double(), (weighted @ residual).double()
        prior = self._config.prior
        return hessian + (prior + _CURVATURE) * torch.eye(len(u), dtype=torch.float64), gradient + prior * u.double()

    def _residuals(self, rows: Tensor) -> Tensor:
        self.renders += len(rows)
        images = self._image.expand(len(rows), -1, -1, -1)
        rendered = self._process.render(images, self.parameters(rows))[:, :, self._counted].flatten(1)
        beyond = ((self._target >= 1) & (rendered > 1)) | ((self._target <= 0) & (rendered < 0))
        return torch.where(beyond, 0.0, rendered - self._target)


def fit_parameters(
    process: Process,
    image: Tensor,
    target: Tensor,
    weights: Tensor,
    config: SolverConfig,
    start: Tensor | None = None,
) -> Solution:
    """Find the parameters with which `process` renders `image` most like `target`.

    Args:
        image, target: (3, H, W) float32 encoded sRGB in [0, 1]. For a process of pointwise operators any pixels will
            do, say (3, 1, N). Target values of 0 and 1 stand for all that a clip would have sent there.
        weights: (H, W) of each pixel, at least 0; pixels of weight 0 are rendered, as neighbours of others, but not
            compared.
        start: (P,) parameters to start from; neutral by default.

    Raises:
        ValueError: shapes do not agree, or no pixel has any weight.
    """
    if image.ndim != 3 or image.shape[0] != 3 or target.shape != image.shape or weights.shape != image.shape[1:]:
        shapes = [tuple(tensor.shape) for tensor in (image, target, weights)]
        raise ValueError(f"need image and target of one shape (3, H, W) and weights (H, W), got {shapes}")
    if not bool((weights > 0).any()):
        raise ValueError("no pixel has a weight above 0")
    problem = _Problem(process, image, target, weights, config)
    u = torch.zeros_like(problem.low) if start is None else problem.unit(start)
    residual = problem.residual(u)
    objective, radius, iterations = problem.objective(u, residual), _RADIUS, 0
    while iterations < config.iterations:
        iterations += 1
        hessian, gradient = problem.normal_equations(u, residual)
        before = objective
        for _ in range(_TRIES):
            low, high = (problem.low - u).clamp(min=-radius), (problem.high - u).clamp(max=radius)
            step = _minimize(hessian, gradient, low.double(), high.double())
            foretold = float(2 * gradient @ step + step @ hessian @ step)
            if foretold > -_NOTHING:
                break
            tried = (u + step.to(u.dtype)).clamp(problem.low, problem.high)
            residual_there = problem.residual(tried)
            objective_there = problem.objective(tried, residual_there)
            share = math.expm1(objective_there - objective) / foretold
            longest = float(step.abs().max())
            if share >= _WELL:
                radius = min(max(radius, 2 * longest), _RADIUS)
            elif share < _BADLY:
                radius = _CUT * longest
            if objective_there < objective:
                u, residual, objective = tried, residual_there, objective_there
                break
        if before - objective < config.tolerance:
            break
    loss = float(problem.mean_loss(residual))
    return Solution(problem.parameters(u), loss, iterations, problem.evaluations, problem.renders)


def round_to_steps(
    process: Process, image: Tensor, target: Tensor, weights: Tensor, config: SolverConfig, parameters: Tensor
) -> Tensor:
    """Round a solution to the steps in which recipes are stored, so that the render changes least.

    Parameters are rounded one after the other, those whose steps show most first. After each, the others move to the
    minimum of the quadratic model given those that are fixed (Babai's nearest plane, 1986), so an error in a coarse
    slider is made up for by finer ones.

    Args:
        process: as the other arguments, as of `fit_parameters`.
        parameters: (P,) a solution.

    Returns:
        (P,) float64, in steps and in range.
    """
    problem = _Problem(process, image, target, weights, config)
    u = problem.unit(parameters)
    hessian, _ = problem.normal_equations(u, problem.residual(u))
    return problem.stepped(u, hessian)


def _minimize(hessian: Tensor, gradient: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The step s in the box [low, high], which holds 0, that minimises gradient s + s hessian s / 2.

    Active sets: go to the minimum over the free parameters or to the first bound on the way, which fixes a parameter;
    at a minimum, free the fixed one that pulls inside most.
    """
    step = torch.zeros_like(gradient)
    fixed = torch.zeros_like(gradient, dtype=torch.bool)
    for _ in range(4 * len(gradient)):
        slope = gradient + hessian @ step
        move = torch.zeros_like(step)
        if not bool(fixed.all()):
            move[~fixed] = -torch.linalg.solve(hessian[~fixed][:, ~fixed], slope[~fixed])
        room = torch.where(move > 0, high - step, low - step) / torch.where(move == 0, 1.0, move)
        room[move == 0] = torch.inf
        share = min(1.0, float(room.min()))
        step = (step + share * move).clamp(low, high)
        if share < 1:
            fixed |= room <= share
            continue
        slope = gradient + hessian @ step
        pull = torch.where(fixed, torch.where(step >= high, slope, -slope), 0.0)
        if float(pull.max()) <= 1e-9:
            break
        fixed[pull.argmax()] = False
    return step
