import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

from quality.color_difference import ciede2000, delta_e00, srgb_to_lab

SHARMA = [  # L1 a1 b1, L2 a2 b2, dE00: Sharma, Wu and Dalal (2005), table 1
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]  # fmt: skip


def _columns(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    table = torch.tensor(SHARMA, dtype=dtype).T
    return table[None, :3], table[None, 3:6], table[6]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_published_pairs_to_four_decimals(dtype: torch.dtype) -> None:
    first, second, expected = _columns(dtype)
    assert (ciede2000(first, second)[0] - expected).abs().max() < 0.5e-4 + 1e-5


def test_is_symmetric_on_the_published_pairs() -> None:
    first, second, _ = _columns(torch.float64)
    torch.testing.assert_close(ciede2000(first, second), ciede2000(second, first))


LAB = st.tuples(
    st.floats(0, 100, allow_subnormal=False),
    st.floats(-128, 128, allow_subnormal=False),
    st.floats(-128, 128, allow_subnormal=False),
)


@given(LAB, LAB)
def test_agrees_with_skimage(first: tuple[float, float, float], second: tuple[float, float, float]) -> None:
    turn = math.atan2(second[2], second[1]) - math.atan2(first[2], first[1])
    assume(abs(abs(turn) - math.pi) > 1e-4)  # the formula jumps at opposite hues, and we round there for float32
    ours = ciede2000(*(torch.tensor([lab], dtype=torch.float64)[..., None] for lab in (first, second)))
    assert ours.item() == pytest.approx(deltaE_ciede2000(first, second), abs=1e-6)


def test_float32_is_close_to_float64() -> None:
    lab = torch.rand(2, 3, 50_000, generator=torch.Generator().manual_seed(0)) * 200 - 100
    lab[:, 0] = lab[:, 0] / 2 + 50
    assert (ciede2000(lab[:1], lab[1:]) - ciede2000(lab[:1].double(), lab[1:].double())).abs().max() < 2e-4


def test_lab_agrees_with_skimage(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"][:, 100:260, 200:420]
    expected = torch.from_numpy(rgb2lab(photo.permute(1, 2, 0).numpy())).permute(2, 0, 1)
    # skimage rounds the matrix and the white point to fewer digits.
    assert (srgb_to_lab(photo[None])[0] - expected).abs().max() < 0.01
    torch.testing.assert_close(srgb_to_lab(photo[None]), srgb_to_lab(photo[None].float() / 255), atol=1e-4, rtol=0)


def test_neutrals_have_no_chroma_and_white_is_100() -> None:
    neutrals = torch.arange(256, dtype=torch.uint8).expand(1, 3, 256)
    lab = srgb_to_lab(neutrals)
    assert lab[:, 1:].abs().max() < 1e-4
    assert lab[0, 0, 0] == pytest.approx(0, abs=1e-4)
    assert lab[0, 0, -1] == pytest.approx(100, abs=1e-4)


def test_pictures_keep_their_shape_and_agree_with_skimage(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"][:, 100:260, 200:420]
    picture = torch.stack([photo, photo.flip(0)])
    darker = (picture.float() * 0.8).to(torch.uint8)
    ours = delta_e00(picture, darker)
    labs = [rgb2lab(batch[1].permute(1, 2, 0).numpy()) for batch in (picture, darker)]
    assert ours.shape == (2, *picture.shape[2:])
    np.testing.assert_allclose(ours[1].numpy(), deltaE_ciede2000(*labs), atol=0.02)


def test_gradient_is_right_away_from_the_seams() -> None:
    generator = torch.Generator().manual_seed(1)
    first = torch.rand(1, 3, 6, dtype=torch.float64, generator=generator) * 60 + 10
    second = (first + torch.rand(first.shape, dtype=torch.float64, generator=generator) * 5).requires_grad_()
    assert torch.autograd.gradcheck(ciede2000, (first.requires_grad_(), second))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_is_finite_at_equal_and_neutral_colours(dtype: torch.dtype) -> None:
    lab = torch.tensor([[0.0, 50, 50, 100], [0, 0, 20, 0], [0, 0, -30, 0]], dtype=dtype)[None].requires_grad_()
    other = torch.tensor([[0.0, 50, 50, 50], [0, 0, 20, 10], [0, 0, -30, 0]], dtype=dtype)[None]
    difference = ciede2000(lab, other)
    difference.sum().backward()
    assert lab.grad is not None
    assert lab.grad.isfinite().all()
    assert difference[0, :3].max() < 1e-9
