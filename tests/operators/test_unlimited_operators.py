"""What holds beyond the shared base for the operators of aether/1: no setting and no colour is out of bounds."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from operators.catalogue import AETHER_1
from operators.operator import Operator

each_operator = pytest.mark.parametrize("operator", AETHER_1.operators, ids=lambda operator: operator.name)
both_directions = pytest.mark.parametrize("direction", ["apply", "invert"])


def ranges(operator: Operator, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor([spec.maximum for spec in operator.parameters], dtype=dtype)


def some_parameters(operator: Operator, batch: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Uniform over the whole range, (B, P)."""
    generator = torch.Generator().manual_seed(seed)
    uniform = 2 * torch.rand(batch, len(operator.parameters), generator=generator, dtype=torch.float64) - 1
    return (uniform * ranges(operator, torch.float64)).to(dtype)


def some_pixels(count: int, seed: int = 0) -> Tensor:
    """(1, 3, N) in [0, 1]: a lattice with black, white, greys and pure colours, near-greys, near-black, noise."""
    generator = torch.Generator().manual_seed(seed)
    lattice = torch.cartesian_prod(*[torch.linspace(0, 1, 5)] * 3).T
    noise = torch.rand(3, count, generator=generator)
    near_grey = (noise[:1] + 0.01 * torch.randn(3, count, generator=generator)).clamp(0, 1)
    return torch.cat([lattice, noise, near_grey, 0.03 * noise, 1 - 0.03 * noise], dim=1).unsqueeze(0)


def settings_of(operator: Operator) -> st.SearchStrategy[Tensor]:
    """Any setting within the range, with a taste for its corners, (1, P)."""
    values = [
        st.sampled_from([spec.minimum, 0.0, spec.maximum]) | st.floats(spec.minimum, spec.maximum, width=32)
        for spec in operator.parameters
    ]
    return st.tuples(*values).map(lambda row: torch.tensor([row], dtype=torch.float32))


def largest(x: Tensor) -> float:
    return x.abs().max().item()


@each_operator
@both_directions
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_keeps_shape_and_dtype(operator: Operator, direction: str, dtype: torch.dtype) -> None:
    image = torch.rand(3, 3, 7, dtype=dtype)
    result = getattr(operator, direction)(image, some_parameters(operator, 3, dtype=dtype))
    assert result.shape == image.shape
    assert result.dtype == dtype


@each_operator
@both_directions
def test_does_not_write_into_its_arguments(operator: Operator, direction: str) -> None:
    image, parameters = some_pixels(10), some_parameters(operator, 1)
    before = image.clone(), parameters.clone()
    getattr(operator, direction)(image, parameters)
    assert torch.equal(image, before[0])
    assert torch.equal(parameters, before[1])


@each_operator
@both_directions
def test_zero_changes_nothing(operator: Operator, direction: str) -> None:
    image = torch.cat([some_pixels(200), 4 * some_pixels(200) - 1.5], dim=2)
    result = getattr(operator, direction)(image, torch.zeros(1, len(operator.parameters)))
    assert largest(result - image) < 2e-6


@each_operator
def test_every_parameter_changes_the_picture(operator: Operator) -> None:
    image = some_pixels(200)
    for column, spec in enumerate(operator.parameters):
        for value in (spec.minimum, spec.maximum):
            parameters = torch.zeros(1, len(operator.parameters))
            parameters[0, column] = value
            assert largest(operator.apply(image, parameters) - image) > 0.02, (spec.name, value)


@each_operator
@both_directions
def test_batch_rows_are_independent(operator: Operator, direction: str) -> None:
    function = getattr(operator, direction)
    images = torch.cat([some_pixels(100, seed) for seed in range(4)])
    parameters = some_parameters(operator, 4)
    together = function(images, parameters)
    for row in range(4):
        alone = function(images[row : row + 1], parameters[row : row + 1])
        assert largest(together[row : row + 1] - alone) <= 1e-6


@each_operator
@both_directions
def test_pixels_are_independent(operator: Operator, direction: str) -> None:
    function = getattr(operator, direction)
    image, parameters = some_pixels(100), some_parameters(operator, 1)
    assert largest(function(image.flip(2), parameters).flip(2) - function(image, parameters)) <= 1e-6


@each_operator
@both_directions
def test_out_of_gamut_input_gives_finite_output(operator: Operator, direction: str) -> None:
    image = torch.cat([12 * some_pixels(200) - 4, -some_pixels(200)], dim=2).expand(20, -1, -1)
    assert getattr(operator, direction)(image, some_parameters(operator, 20)).isfinite().all()


@each_operator
@both_directions
def test_gradients_agree_with_finite_differences(operator: Operator, direction: str) -> None:
    function = getattr(operator, direction)
    scale = ranges(operator, torch.float64)
    # Distinct channels, off the knots of the tables: away from the kinks of a piecewise linear map.
    image = torch.tensor([[0.213, 0.611, 0.832], [0.427, 0.289, 0.717], [0.653, 0.488, 0.111]], dtype=torch.float64)
    image = torch.stack([image, 0.9 * image.flip(1) + 0.03]).requires_grad_()
    share = (0.7 * some_parameters(operator, 2, seed=5, dtype=torch.float64) / scale).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, p: function(x, p * scale), (image, share), atol=1e-6)


@each_operator
@both_directions
def test_gradients_are_finite_everywhere(operator: Operator, direction: str) -> None:
    lattice = torch.cat([some_pixels(20), 3 * some_pixels(20) - 1], dim=2)
    for parameters in (torch.zeros(1, len(operator.parameters)), some_parameters(operator, 1)):
        image = lattice.clone().requires_grad_()
        parameters.requires_grad_()
        getattr(operator, direction)(image, parameters).sum().backward()
        assert image.grad is not None
        assert image.grad.isfinite().all()
        assert parameters.grad is not None
        assert parameters.grad.isfinite().all()


@each_operator
@settings(deadline=None, max_examples=60, derandomize=True)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_invert_and_apply_undo_each_other(operator: Operator, data: st.DataObject, seed: int) -> None:
    parameters, image = data.draw(settings_of(operator)), some_pixels(300, seed)
    assert largest(operator.invert(operator.apply(image, parameters), parameters) - image) < 1e-4
    assert largest(operator.apply(operator.invert(image, parameters), parameters) - image) < 1e-4


@each_operator
def test_invert_and_apply_undo_each_other_in_the_corners(operator: Operator) -> None:
    generator = torch.Generator().manual_seed(1)
    signs = torch.randint(0, 2, (512, len(operator.parameters)), generator=generator) * 2 - 1
    parameters, image = signs * ranges(operator), some_pixels(300).expand(512, -1, -1)
    assert largest(operator.invert(operator.apply(image, parameters), parameters) - image) < 1e-4
    assert largest(operator.apply(operator.invert(image, parameters), parameters) - image) < 1e-4
