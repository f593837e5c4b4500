"""Which parameters turn one picture into another? Damped Gauss-Newton (Levenberg-Marquardt) through a process.

With unknown noise, the most probable parameters u (in units of half their range, from neutral) minimise

    log(mean rho(r)) + prior |u|^2,    rho(r) = d^2 log(1 + (r / d)^2),

r the residuals and rho the Cauchy loss. The logarithm makes the prior a matter of proportion: a parameter moves when
that removes a share of the residual, whether the fit ends at 35 dB or at 60.

Derivatives are forward differences, all rendered as one batch, each row with one parameter moved. A process renders
47 rows of 3,000 pixels in half the time that forward-mode differentiation takes, and a difference also sees over the
edge of a clip, where the derivative is 0.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from operators.process import Process
from schemas.fit import SolverConfig

_DIFFERENCE = 4e-3
"""Step of the differences, in units of half a range."""

_ROUNDING = 1 / (12 * 255**2)
"""Mean squared error of rounding to 8 bits: residuals below it carry nothing."""

_FIRST_DAMPING, _LEAST_DAMPING, _TRIES = 1e-2, 1e-6, 8

_LONGEST_STEP = 0.6
"""Of any parameter, in units of half its range."""


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
        return hessian + prior * torch.eye(len(u), dtype=torch.float64), gradient + prior * u.double()

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
    objective, damping, iterations = problem.objective(u, residual), _FIRST_DAMPING, 0
    while iterations < config.iterations:
        iterations += 1
        hessian, gradient = problem.normal_equations(u, residual)
        before = objective
        for _ in range(_TRIES):
            tried = _step(u, hessian, gradient, damping, problem)
            residual_there = problem.residual(tried)
            objective_there = problem.objective(tried, residual_there)
            if objective_there < objective:
                u, residual, objective = tried, residual_there, objective_there
                damping = max(damping / 5, _LEAST_DAMPING)
                break
            damping *= 5
        if before - objective < config.tolerance:
            break
    loss = float(problem.mean_loss(residual))
    return Solution(problem.parameters(u), loss, iterations, problem.evaluations, problem.renders)


def _step(u: Tensor, hessian: Tensor, gradient: Tensor, damping: float, problem: _Problem) -> Tensor:
    """Where a damped step leads; what would leave its range stays at the end, and the others are solved without it."""
    at_low, at_high = u <= problem.low, u >= problem.high
    free = ~((at_low & (gradient > 0)) | (at_high & (gradient < 0)))
    inside = hessian[free][:, free]
    step = torch.zeros_like(gradient)
    step[free] = -torch.linalg.solve(inside + damping * torch.diag(inside.diagonal() + 1), gradient[free])
    step *= min(1.0, _LONGEST_STEP / max(float(step.abs().max()), 1e-9))
    return (u + step.to(u.dtype)).clamp(problem.low, problem.high)
