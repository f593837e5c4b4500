"""What the solver sees of a process and a target: residuals, their derivatives, and the objective that they make.

Derivatives are forward differences, all rendered as one batch, each row with one parameter moved. A process renders
47 rows of 3,000 pixels in half the time that forward-mode differentiation takes, and a difference also sees over the
edge of a clip, where the derivative is 0.

Everything is float64. Vectors of another width, or sums in another order, then change a residual by some 1e-13, which
is far less than decisions turn on; and solutions are rounded to the steps of recipes.
"""

import torch
from torch import Tensor

from operators.process import Process
from schemas.fit import SolverConfig

ROUNDING = 1 / (12 * 255**2)
"""Mean squared error of rounding to 8 bits: residuals below it carry nothing."""

_DIFFERENCE = 1e-4
"""Step of the differences, in units of half a range. A longer one bends the derivatives enough for steps to stop short
of a solution in the long valleys of a process."""

_CURVATURE = 1e-6
"""Added to every direction, so that the model has one minimum without a prior."""

Bounds = tuple[Tensor, Tensor]
"""Lowest and highest values (P,) float64 in the units of a process. Where the two are equal, a parameter is fixed."""


class Problem:
    """Residuals and derivatives in units u (P,): half a parameter's range, from neutral.

    Attributes:
        low, high: (P,) float64 bounds of u.
        free: (F,) indices of the parameters that are not fixed by their bounds, in rising order.
        evaluations: settings at which the process was rendered so far.
        renders: all renders so far: `evaluations` and one for each derivative.
    """

    def __init__(
        self,
        process: Process,
        image: Tensor,
        target: Tensor,
        weights: Tensor,
        config: SolverConfig,
        bounds: Bounds | None = None,
    ) -> None:
        self._process, self._image, self._config = process, image.double().unsqueeze(0), config
        low, high = ranges(process)
        self._neutral, self._scale = neutral(process), (high - low) / 2
        low, high = self._bounds = bounds or (low, high)
        self.low, self.high = (low - self._neutral) / self._scale, (high - self._neutral) / self._scale
        self.free = (high > low).nonzero().flatten()
        self._counted = weights > 0
        self._target = target[:, self._counted].flatten().double()
        weights = weights[self._counted].double().repeat(3)
        self._weights = weights / weights.sum()
        self.evaluations = self.renders = 0

    def unit(self, parameters: Tensor) -> Tensor:
        """Parameters (P,) as u, moved into the bounds."""
        return ((parameters.double() - self._neutral) / self._scale).clamp(self.low, self.high)

    def parameters(self, u: Tensor) -> Tensor:
        """The u (P,) in the units of the process."""
        return self._neutral + self._scale * u

    def residual(self, u: Tensor) -> Tensor:
        """(M,) rendered minus target; 0 beyond a target that was clipped."""
        self.evaluations += 1
        return self._residuals(u.unsqueeze(0))[0]

    def jacobian(self, u: Tensor, residual: Tensor) -> Tensor:
        """(F, M) derivatives of the residuals by the free parameters, by differences into the range."""
        step = torch.where(u > (self.low + self.high) / 2, -_DIFFERENCE, _DIFFERENCE)
        rows = (u + torch.diag(step))[self.free]
        return self._residuals(rows).sub_(residual).div_(step[self.free].unsqueeze(1))

    def mean_loss(self, residual: Tensor) -> Tensor:
        """The mean of rho, and the error of rounding."""
        d = self._config.robust
        return d * d * (self._weights @ torch.log1p((residual / d) ** 2)) + ROUNDING

    def objective(self, u: Tensor, residual: Tensor) -> float:
        """log(mean rho) + prior |u|^2."""
        return float(torch.log(self.mean_loss(residual)) + self._config.prior * (u @ u))

    def normal_equations(self, u: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Half of the Gauss-Newton Hessian (F, F) and of the gradient (F,) of the objective."""
        jacobian = self.jacobian(u, residual)
        weights = self._weights / (1 + (residual / self._config.robust) ** 2)
        weighted = jacobian * (weights / self.mean_loss(residual))
        prior = self._config.prior
        identity = torch.eye(len(self.free), dtype=torch.float64)
        return weighted @ jacobian.T + (prior + _CURVATURE) * identity, weighted @ residual + prior * u[self.free]

    def stepped(self, u: Tensor, hessian: Tensor) -> Tensor:
        """Parameters (P,) in steps near `u`, by a quadratic model (F, F) of the objective around it.

        Parameters are rounded one after the other, those whose steps show most first. After each, the others move to
        the minimum of the model given those that are fixed (Babai's nearest plane, 1986).
        """
        specs = self._process.parameters
        steps = torch.tensor([spec.step for spec in specs], dtype=torch.float64) / self._scale
        seen = hessian.diagonal() * steps[self.free] ** 2
        order = seen.argsort(descending=True, stable=True)
        moved, found = u[self.free], self.parameters(u)
        low, high = self.low[self.free], self.high[self.free]
        least, most = (bound.tolist() for bound in self._bounds)
        for done, place in enumerate(order.tolist(), start=1):
            index = int(self.free[place])
            value = float(self._neutral[index] + self._scale[index] * moved[place])
            found[index] = specs[index].stepped(value, least[index], most[index])
            error = (found[index] - self._neutral[index]) / self._scale[index] - moved[place]
            rest = order[done:]
            if len(rest):
                step = torch.linalg.solve(hessian[rest][:, rest], hessian[rest, place] * error)
                moved[rest] = (moved[rest] - step).clamp(low[rest], high[rest])
        return found

    def _residuals(self, rows: Tensor) -> Tensor:
        self.renders += len(rows)
        images = self._image.expand(len(rows), -1, -1, -1)
        rendered = self._process.render(images, self.parameters(rows))[:, :, self._counted].flatten(1)
        beyond = ((self._target >= 1) & (rendered > 1)) | ((self._target <= 0) & (rendered < 0))
        return torch.where(beyond, 0.0, rendered - self._target)


def neutral(process: Process) -> Tensor:
    """The values (P,) float64 that change nothing."""
    return torch.tensor([spec.neutral for spec in process.parameters], dtype=torch.float64)


def ranges(process: Process) -> Bounds:
    """The lowest and the highest values, (P,) float64 each."""
    low = torch.tensor([spec.minimum for spec in process.parameters], dtype=torch.float64)
    high = torch.tensor([spec.maximum for spec in process.parameters], dtype=torch.float64)
    return low, high
