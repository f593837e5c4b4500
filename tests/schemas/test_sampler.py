"""A sampler's record only takes proper Gaussians."""

import pytest
from pydantic import ValidationError

from schemas.sampler import GaussianSampler


def sampler(correlation: list[list[float]], sigma: float = 1.0) -> GaussianSampler:
    sliders = [{"name": "A", "mean": 0.5, "sigma": sigma}, {"name": "B", "mean": 0, "sigma": 2}]
    return GaussianSampler.model_validate(
        {"process": "p/1", "fitted_to": "a test", "sliders": sliders, "correlation": correlation}
    )


def test_survives_json() -> None:
    made = sampler([[1, -0.5], [-0.5, 1]])
    assert GaussianSampler.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(
    ("correlation", "message"),
    [
        ([[1, 0]], "must be 2 x 2"),
        ([[1, 0, 0], [0, 1, 0]], "must be 2 x 2"),
        ([[1, 0.5], [0.4, 1]], "symmetric"),
        ([[2, 0], [0, 1]], "1 on its diagonal"),
        ([[1, 1], [1, 1]], "positive definite"),
        ([[1, 1.5], [1.5, 1]], "positive definite"),
    ],
)
def test_improper_correlations_are_refused(correlation: list[list[float]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        sampler(correlation)


@pytest.mark.parametrize("sigma", [-1.0, float("nan"), float("inf")])
def test_improper_spreads_are_refused(sigma: float) -> None:
    with pytest.raises(ValidationError):
        sampler([[1, 0], [0, 1]], sigma)
