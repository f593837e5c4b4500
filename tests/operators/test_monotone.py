import torch
from torch import Tensor

from operators.monotone import solve


def cubic(x: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """x + p x^3 on [0, 1], straight outside."""
    inside = x.clamp(0, 1)
    slope = 1 + 3 * p * inside**2
    return inside + p * inside**3 + (x - inside) * slope, slope


P = torch.tensor([[0.0], [2.0], [-0.33]], dtype=torch.float64)


def test_solve_inverts_inside_and_outside_of_the_table() -> None:
    x = torch.linspace(-2, 3, 1001, dtype=torch.float64).expand(3, -1)
    assert (solve(cubic, cubic(x, P)[0], P) - x).abs().max() < 1e-9


def test_solve_is_differentiable_in_values_and_parameters() -> None:
    y = torch.tensor([[-0.4, 0.21, 0.6, 0.93, 1.7]], dtype=torch.float64).repeat(3, 1).requires_grad_()
    parameters = P.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda y, p: solve(cubic, y, p), (y, parameters))
