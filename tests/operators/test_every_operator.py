"""What holds for every operator: the base that finds operators by itself and runs over all of them."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import operators
from operators.catalogue import EXPOSURE_1, PROCESSES, RLPIXTUNER_1
from operators.gamma import GAMMA
from operators.operator import Operator, clipped
from operators.process import Process
from operators.saturation_plus import SATURATION_PLUS
from operators.split_toning import SPLIT_TONING
from schemas.recipe import ParameterSpec


def every_operator() -> list[Operator]:
    """The operators that our modules name, and those that processes list, by name; without those that take nothing."""
    names = [module.name for module in iter_modules(operators.__path__) if module.name != "_native"]  # a C library
    modules = [import_module(f"operators.{name}") for name in names]
    named = [value for module in modules for value in vars(module).values() if isinstance(value, Operator)]
    listed = [operator for process in PROCESSES.values() for operator in process.operators]
    found: dict[str, Operator] = {}
    for operator in (*named, *listed):
        found.setdefault(operator.name, operator)
    return [operator for operator in found.values() if operator.parameters]


OPERATORS = every_operator()
each_operator = pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
both_directions = pytest.mark.parametrize("direction", ["apply", "invert"])


def safe_range(spec: ParameterSpec) -> tuple[float, float]:
    return spec.safe or (spec.minimum, spec.maximum)


def neutral(operator: Operator) -> Tensor:
    return torch.tensor([[spec.neutral for spec in operator.parameters]])


def some_parameters(operator: Operator, count: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Uniform over the middle 90 % of the safe range, (count, P)."""
    low, high = torch.tensor([safe_range(spec) for spec in operator.parameters], dtype=torch.float64).T
    share = torch.rand(count, len(low), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (low + (high - low) * (0.05 + 0.9 * share)).to(dtype)


def some_image(operator: Operator, batch: int = 1, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Noise in [0, 1] with a grey ramp, black, white and pure colours, as the operator takes it."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, 3, 12, 27, generator=generator, dtype=torch.float64)
    image[:, :, 0] = torch.linspace(0, 1, 27, dtype=torch.float64)
    image[:, :, 1] = torch.cartesian_prod(*[torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)] * 3).T
    image[:, :, 2] *= 0.02
    return (image if operator.spatial else image.flatten(2)).to(dtype)


def settings_of(specs: Sequence[ParameterSpec]) -> st.SearchStrategy[Tensor]:
    """Any setting in the safe range, with a taste for its ends and for neutral, (1, P)."""
    values = []
    for spec in specs:
        low, high = torch.tensor(safe_range(spec), dtype=torch.float32).tolist()
        neutral_value = torch.tensor(spec.neutral).item()
        values.append(st.sampled_from([low, neutral_value, high]) | st.floats(low, high, width=32))
    return st.tuples(*values).map(lambda row: torch.tensor([row], dtype=torch.float32))


def largest(x: Tensor) -> float:
    return x.abs().max().item()


def test_no_operator_of_a_process_is_missed() -> None:
    listed = {operator.name for process in PROCESSES.values() for operator in process.operators if operator.parameters}
    assert listed <= {operator.name for operator in OPERATORS}
    assert {"calibration", "color_mixer", "clarity", "texture"} <= {operator.name for operator in OPERATORS}


@each_operator
def test_specs_make_sense(operator: Operator) -> None:
    for spec in operator.parameters:
        low, high = safe_range(spec)
        assert spec.minimum <= low <= spec.neutral <= high <= spec.maximum
        assert low < high


@each_operator
@both_directions
def test_neutral_changes_nothing(operator: Operator, direction: str) -> None:
    image = some_image(operator)
    if operator is GAMMA:  # the formula's floor
        image = image.clamp(min=0.001)
    assert largest(getattr(operator, direction)(image, neutral(operator)) - image) < 3e-6


@each_operator
def test_every_parameter_changes_the_picture(operator: Operator) -> None:
    image = some_image(operator)
    for column, spec in enumerate(operator.parameters):
        moved = neutral(operator)
        if operator is SPLIT_TONING:
            moved[:] = 50
        before = operator.apply(image, moved)
        moved[0, column] = 0.3 * moved[0, column] + 0.7 * spec.maximum
        assert largest(operator.apply(image, moved) - before) > 0.003, spec.name


@each_operator
@both_directions
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_keeps_shape_dtype_and_arguments(operator: Operator, direction: str, dtype: torch.dtype) -> None:
    image, parameters = some_image(operator, 2, dtype=dtype), some_parameters(operator, 2, dtype=dtype)
    before = image.clone(), parameters.clone()
    result = getattr(operator, direction)(image, parameters)
    assert (result.shape, result.dtype) == (image.shape, dtype)
    assert torch.equal(image, before[0])
    assert torch.equal(parameters, before[1])


@each_operator
@both_directions
def test_batch_rows_are_independent(operator: Operator, direction: str) -> None:
    images, parameters = some_image(operator, 4), some_parameters(operator, 4)
    function = getattr(operator, direction)
    together = function(images, parameters)
    for row in range(4):
        assert largest(together[row] - function(images[row : row + 1], parameters[row : row + 1])[0]) < 2e-6


@each_operator
@both_directions
def test_gradients_are_right(operator: Operator, direction: str) -> None:
    shape = (2, 3, 4, 3) if operator.spatial else (2, 3, 4)
    image = 0.15 + 0.7 * torch.rand(shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    if (operator, direction) == (SATURATION_PLUS, "invert"):  # pixels that S+ can have made
        image = SATURATION_PLUS.apply(image, torch.full((2, 1), 0.7, dtype=torch.float64))
    parameters = some_parameters(operator, 2, seed=5, dtype=torch.float64)
    arguments = image.requires_grad_(), parameters.requires_grad_()
    # The tolerance is absolute as well as relative: Newton and Richardson end at 1e-7.
    assert torch.autograd.gradcheck(getattr(operator, direction), arguments, eps=1e-6, atol=1e-5)


@pytest.mark.parametrize("process", [EXPOSURE_1, RLPIXTUNER_1], ids=lambda process: process.name)
def test_fitting_gets_its_jacobian_forward(process: Process) -> None:
    """Forward mode, which a Gauss-Newton fit uses, agrees with reverse mode through a whole process."""
    image = 0.3 + 0.2 * torch.rand(1, 3, 5, 4, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    at = torch.tensor([list(process.neutral.values())], dtype=torch.float64) + 0.01
    forward = torch.func.jacfwd(lambda p: process.render(image, p))(at)
    reverse = torch.func.jacrev(lambda p: process.render(image, p))(at)
    assert largest(forward) > 0.01
    assert largest(forward - reverse) < 1e-10


INVERTIBLE = [operator for operator in OPERATORS if operator not in (GAMMA, SATURATION_PLUS)]


@pytest.mark.parametrize("operator", INVERTIBLE, ids=lambda operator: operator.name)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_round_trips_in_the_safe_range(operator: Operator, data: st.DataObject) -> None:
    image, parameters = some_image(operator), data.draw(settings_of(operator.parameters))
    assert largest(operator.invert(operator.apply(image, parameters), parameters) - image) < 1e-4
    assert largest(operator.apply(operator.invert(image, parameters), parameters) - image) < 1e-4


@pytest.mark.parametrize("operator", INVERTIBLE, ids=lambda operator: operator.name)
def test_float64_shows_that_the_inverses_are_those_of_the_formulas(operator: Operator) -> None:
    image = some_image(operator, 20, dtype=torch.float64)
    parameters = some_parameters(operator, 20, dtype=torch.float64)
    assert largest(operator.invert(operator.apply(image, parameters), parameters) - image) < 1e-7


@settings(max_examples=30, deadline=None)
@given(parameters=settings_of(GAMMA.parameters))
def test_gamma_round_trips_above_its_floor(parameters: Tensor) -> None:
    image = some_image(GAMMA)
    lifted = image.clamp(min=0.001)
    assert largest(GAMMA.invert(GAMMA.apply(image, parameters), parameters) - lifted) < 1e-5
    reached = torch.maximum(image, 0.001**parameters)
    assert largest(GAMMA.apply(GAMMA.invert(image, parameters), parameters) - reached) < 1e-5


@settings(max_examples=30, deadline=None)
@given(parameters=settings_of(SATURATION_PLUS.parameters))
def test_saturation_plus_gives_every_picture_back(parameters: Tensor) -> None:
    image = some_image(SATURATION_PLUS)
    plus = SATURATION_PLUS.apply(image, parameters)
    assert largest(SATURATION_PLUS.invert(plus, parameters) - image) < 1e-5
    assert largest(SATURATION_PLUS.apply(SATURATION_PLUS.invert(plus, parameters), parameters) - plus) < 1e-5


@each_operator
def test_clipped_clips_the_way_there_and_not_the_way_back(operator: Operator) -> None:
    image, parameters = 2 * some_image(operator) - 0.5, some_parameters(operator, 1)
    assert torch.equal(clipped(operator).apply(image, parameters), operator.apply(image, parameters).clamp(0, 1))
    assert torch.equal(clipped(operator).invert(image, parameters), operator.invert(image, parameters))
