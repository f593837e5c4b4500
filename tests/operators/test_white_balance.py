from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.color.colorconv import xyz_from_rgb
from torch import Tensor

from operators.white_balance import gains

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def daylight(kelvin: float) -> np.ndarray:
    """Linear sRGB of a daylight illuminant with Y = 1 (Wyszecki and Stiles 1982, equations 5(3.3.4))."""
    x = -4.6070e9 / kelvin**3 + 2.9678e6 / kelvin**2 + 0.09911e3 / kelvin + 0.244063
    y = -3 * x * x + 2.87 * x - 0.275
    rgb: np.ndarray = np.linalg.inv(xyz_from_rgb) @ [x / y, 1, (1 - x - y) / y]
    return rgb


def uv(linear: np.ndarray) -> np.ndarray:
    """CIE 1960 (u, v) of linear sRGB."""
    x, y, z = xyz_from_rgb @ linear
    return np.array([4 * x / (x + 15 * y + 3 * z), 6 * y / (x + 15 * y + 3 * z)])


def log_gains(temperature: float, tint: float) -> np.ndarray:
    values: np.ndarray = gains(torch.tensor([[temperature, tint]], dtype=torch.float64)).log().flatten().numpy()
    return values


@pytest.mark.parametrize("kelvin", [5500, 5000, 7000])
def test_temperature_follows_daylight_at_one_mired_a_step(kelvin: float) -> None:
    expected = np.log(daylight(kelvin) / daylight(6504))
    expected -= LUMINANCE @ expected
    actual = log_gains(1e6 / kelvin - 1e6 / 6504, 0)
    cosine = actual @ expected / np.linalg.norm(actual) / np.linalg.norm(expected)
    assert cosine > 0.998
    assert np.linalg.norm(actual) == pytest.approx(np.linalg.norm(expected), rel=0.06)


def test_tint_moves_as_far_as_temperature_at_a_right_angle() -> None:
    white = daylight(6504)
    along = uv(white * np.exp(log_gains(1, 0))) - uv(white)
    across = uv(white * np.exp(log_gains(0, 1))) - uv(white)
    assert np.linalg.norm(across) == pytest.approx(np.linalg.norm(along), rel=0.01)
    assert abs(along @ across) < 0.01 * np.linalg.norm(along) ** 2
    assert across[1] < 0  # magenta lies below the daylight locus


def greys() -> Tensor:
    return torch.linspace(0.05, 0.6, 12).expand(1, 3, -1)


def test_temperature_warms_greys_more_and_more(render: Callable[..., Tensor]) -> None:
    ratios = []
    for value in (-100.0, -50.0, 0.0, 50.0, 100.0):
        red, _, blue = render(greys(), IncrementalTemperature=value).unbind(1)
        ratios.append(red / blue)
    assert (torch.cat(ratios).diff(dim=0) > 0.05).all()


def test_tint_turns_greys_from_green_to_magenta(render: Callable[..., Tensor]) -> None:
    ratios = []
    for value in (-100.0, -50.0, 0.0, 50.0, 100.0):
        red, green, blue = render(greys(), IncrementalTint=value).unbind(1)
        ratios.append(torch.minimum(red, blue) / green)
    assert (torch.cat(ratios).diff(dim=0) > 0.05).all()


@pytest.mark.parametrize("temperature", [-100.0, 0.0, 100.0])
@pytest.mark.parametrize("tint", [-100.0, 0.0, 100.0])
def test_greys_nearly_keep_their_luminance(temperature: float, tint: float) -> None:
    alone = temperature == 0 or tint == 0
    assert LUMINANCE @ np.exp(log_gains(temperature, tint)) == pytest.approx(1, abs=0.06 if alone else 0.14)


def test_luminance_is_kept_to_first_order() -> None:
    assert LUMINANCE @ np.exp(log_gains(1, 1)) == pytest.approx(1, abs=1e-4)


def test_settings_add_up() -> None:
    assert np.allclose(log_gains(30, -20) + log_gains(-70, 90), log_gains(-40, 70), atol=1e-12)
