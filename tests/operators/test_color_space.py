import colorsys

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color

from operators.color_space import hsy_to_rgb, hue_color, linear_to_srgb, luma, rgb_to_hsy, srgb_to_linear

unit = st.floats(0, 1, width=32)


def random_rgb(count: int) -> torch.Tensor:
    return torch.rand(1, 3, count, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_srgb_decodes_as_the_standard_says() -> None:
    grey = np.linspace(0, 1, 1001)
    luminance = color.rgb2xyz(np.stack([grey] * 3, axis=-1))[:, 1]
    assert np.allclose(srgb_to_linear(torch.from_numpy(grey)), luminance, atol=1e-6)
    assert srgb_to_linear(torch.tensor(0.5, dtype=torch.float64)).item() == np.float64(((0.5 + 0.055) / 1.055) ** 2.4)


def test_srgb_round_trip_beyond_the_unit_interval() -> None:
    x = torch.linspace(-3, 6, 100_001)
    assert (linear_to_srgb(srgb_to_linear(x)) - x).abs().max() < 2e-6
    assert (srgb_to_linear(linear_to_srgb(x)) - x).abs().max() < 1e-5
    assert (srgb_to_linear(x).diff() > 0).all()
    assert torch.equal(srgb_to_linear(-x), -srgb_to_linear(x))


def test_luma_is_that_of_ycbcr() -> None:
    rgb = random_rgb(500)
    reference = (color.rgb2ycbcr(rgb[0].T.numpy())[:, 0] - 16) / 219
    assert np.allclose(luma(rgb)[0], reference, atol=1e-5)


def test_hue_is_that_of_hsv() -> None:
    rgb = random_rgb(500)
    hue, _, _ = rgb_to_hsy(rgb)
    assert np.allclose(hue[0] / 6, [colorsys.rgb_to_hsv(*pixel)[0] for pixel in rgb[0].T.tolist()], atol=1e-9)


def test_hue_color_is_the_pure_color_of_hsv() -> None:
    hues = torch.linspace(0, 6, 361, dtype=torch.float64)
    reference = [colorsys.hsv_to_rgb(hue / 6, 1, 1) for hue in hues.tolist()]
    assert np.allclose(torch.stack(hue_color(hues), dim=1), reference, atol=1e-9)


def test_saturation_is_one_on_the_faces_of_the_cube_and_zero_on_its_grey_axis() -> None:
    faces = random_rgb(300)
    faces[0, 0, :100], faces[0, 1, 100:200], faces[0, 2, 200:] = 0, 1, 0
    one_face = faces[:, :, (faces.amin(1) == 0)[0] ^ (faces.amax(1) == 1)[0]]
    assert one_face.shape[2] == 300
    assert torch.allclose(rgb_to_hsy(one_face)[1], torch.ones(1, 300, dtype=torch.float64), atol=1e-9)
    grey = torch.linspace(0, 1, 11).expand(1, 3, -1)
    assert torch.equal(rgb_to_hsy(grey)[1], torch.zeros(1, 11))


def test_saturation_of_the_cube_lies_in_the_unit_interval() -> None:
    saturation = rgb_to_hsy(random_rgb(20_000))[1]
    assert saturation.min() >= 0
    assert saturation.max() <= 1 + 1e-12


@settings(deadline=None, derandomize=True)
@given(hue=st.floats(0, 6, width=32), saturation=unit, y=unit)
def test_hsy_in_the_unit_interval_stays_inside_the_cube(hue: float, saturation: float, y: float) -> None:
    # Nearer to black or white than the smallest chroma limit, a colour may leave the cube by that little.
    rgb = hsy_to_rgb(*[torch.tensor([[value]]) for value in (hue, saturation, y)])
    assert rgb.min() >= -1e-3
    assert rgb.max() <= 1 + 1e-3
    assert abs(luma(rgb).item() - y) < 1e-6


@settings(deadline=None, derandomize=True)
@given(pixel=st.tuples(*[st.floats(-2, 3, width=32)] * 3))
def test_hsy_round_trip_inside_and_outside_the_cube(pixel: tuple[float, float, float]) -> None:
    rgb = torch.tensor(pixel).reshape(1, 3, 1)
    assert (hsy_to_rgb(*rgb_to_hsy(rgb)) - rgb).abs().max() < 3e-6
