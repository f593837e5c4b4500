"""Which parameters turn one picture into another? Gauss-Newton in a trust region, through a process.

With unknown noise, the most probable parameters u (in units of half their range, from neutral) minimise

    log(mean rho(r)) + prior |u|^2,    rho(r) = d^2 log(1 + (r / d)^2),

r the residuals and rho the Cauchy loss. The logarithm makes the prior a matter of proportion: a parameter moves when
that removes a share of the residual, whether the fit ends at 35 dB or at 60.

Each step minimises the quadratic model over a box: the ranges of the parameters, cut to a radius about where they are.
The radius grows where the model foretold the loss well and shrinks where it did not (Nocedal and Wright, Numerical
Optimization, 2006, section 4.1). No direction is damped: processes have long flat valleys, as between exposure and
three gains, and damped steps creep along them.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from operators.process import Process
from operators.residuals import Bounds, Problem
from schemas.fit import SolverConfig

_RADIUS, _TRIES = 0.8, 8
"""Longest step of any parameter, in units of half its range, and how often it is cut before a step is given up."""

_WELL, _BADLY, _CUT = 0.7, 0.25, 0.35
"""Shares of the foretold decrease from which the radius doubles, and below which it is cut to a share of the step."""

_NOTHING = 1e-6
"""Foretold decrease of the objective that is not worth a render."""


@dataclass(frozen=True)
class Solution:
    """Parameters (P,) float64 in the units of the process, their mean loss rho, and the work that they took.

    `evaluations` counts the settings at which the process was rendered; `renders` adds one for each parameter of each
    Jacobian.
    """

    parameters: Tensor
    loss: float
    iterations: int
    evaluations: int
    renders: int


def fit_parameters(
    process: Process,
    image: Tensor,
    target: Tensor,
    weights: Tensor,
    config: SolverConfig,
    start: Tensor | None = None,
    bounds: Bounds | None = None,
) -> Solution:
    """Find the parameters with which `process` renders `image` most like `target`.

    Args:
        image, target: (3, H, W) encoded sRGB in [0, 1]. For a process of pointwise operators any pixels will
            do, say (3, 1, N). Target values of 0 and 1 stand for all that a clip would have sent there.
        weights: (H, W) of each pixel, at least 0; pixels of weight 0 are rendered, as neighbours of others, but not
            compared.
        start: (P,) parameters to start from; neutral by default.
        bounds: of the parameters, within their ranges; the ranges by default.

    Raises:
        ValueError: shapes do not agree, or no pixel has any weight.
    """
    if image.ndim != 3 or image.shape[0] != 3 or target.shape != image.shape or weights.shape != image.shape[1:]:
        shapes = [tuple(tensor.shape) for tensor in (image, target, weights)]
        raise ValueError(f"need image and target of one shape (3, H, W) and weights (H, W), got {shapes}")
    if not bool((weights > 0).any()):
        raise ValueError("no pixel has a weight above 0")
    problem = Problem(process, image, target, weights, config, bounds)
    free, low, high = problem.free, problem.low, problem.high
    u = torch.zeros_like(low).clamp(low, high) if start is None else problem.unit(start)
    residual = problem.residual(u)
    objective, radius, iterations = problem.objective(u, residual), _RADIUS, 0
    while len(free) and iterations < config.iterations:
        iterations += 1
        hessian, gradient = problem.normal_equations(u, residual)
        before = objective
        for _ in range(_TRIES):
            box = (low - u)[free].clamp(min=-radius), (high - u)[free].clamp(max=radius)
            step = _minimize(hessian, gradient, *box)
            foretold = float(2 * gradient @ step + step @ hessian @ step)
            if foretold > -_NOTHING:
                break
            tried = u.index_add(0, free, step).clamp(low, high)
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
    process: Process,
    image: Tensor,
    target: Tensor,
    weights: Tensor,
    config: SolverConfig,
    parameters: Tensor,
    bounds: Bounds | None = None,
) -> Tensor:
    """Round a solution to the steps in which recipes are stored, so that the render changes least.

    Parameters are rounded jointly, so an error in a coarse slider is made up for by finer ones; see `Problem.stepped`.

    Args:
        process: as the other arguments, as of `fit_parameters`.
        parameters: (P,) a solution.
        bounds: of the parameters, as of `fit_parameters`; a fixed parameter stays what its bounds say.

    Returns:
        (P,) float64, in steps and in range.
    """
    problem = Problem(process, image, target, weights, config, bounds)
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
