"""The compiled metrics against pyiqa and torch, on real photographs and at the edges of what they take."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from torch import Tensor
from torchvision.io import decode_jpeg, encode_jpeg

from quality import color_difference
from quality.compiled_metrics import delta_e00, piqe, psnr, ssim


def _of_pyiqa(name: str) -> Callable[..., Tensor]:
    import pyiqa  # here: it takes seconds, and only some workers run these tests

    metric: Callable[..., Tensor] = pyiqa.create_metric(name, device="cpu")
    return metric


def _bytes(image: Tensor) -> Tensor:
    return image.clamp(0, 255).to(torch.uint8)


def _noisy(photo: Tensor, sigma: float) -> Tensor:
    return _bytes(photo + sigma * torch.randn(photo.shape, generator=torch.Generator().manual_seed(0)))


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 6), min_size=1, max_size=700))
def test_colour_difference_is_that_of_the_formula_in_torch(colors: list[tuple[int, ...]]) -> None:
    pixels = torch.tensor(colors, dtype=torch.uint8).t()[None, :, None]
    image, reference = pixels[:, :3], pixels[:, 3:]
    assert _largest_error(image, reference) < 2e-3


def _largest_error(image: Tensor, reference: Tensor) -> float:
    """Of the compiled form, against torch's in float64, but for the colours whose mean hue is arbitrary."""
    exact = color_difference.delta_e00(image.double() / 255, reference.double() / 255)
    error = (delta_e00(image, reference) - exact).abs()
    return float(error.masked_fill(_opposite(image, reference), 0).max())


def _opposite(image: Tensor, reference: Tensor) -> Tensor:
    """Whether two hues lie within half a degree of opposite each other."""
    hues = [torch.atan2(lab[:, 2], lab[:, 1]) for lab in map(color_difference.srgb_to_lab, (image, reference))]
    turn = torch.remainder(hues[0] - hues[1], 2 * math.pi)
    return (turn - math.pi).abs() < math.radians(0.5)


def test_colour_difference_on_photographs(photos: dict[str, Tensor]) -> None:
    photo = photos["chelsea"][None]
    for other in (_noisy(photo, 3), _bytes(photo * 0.7), photo.flip(3)):
        assert _largest_error(other, photo) < 2e-3
        means = [form(other, photo).mean().item() for form in (delta_e00, color_difference.delta_e00)]
        assert means[0] == pytest.approx(means[1], rel=1e-4)
    with pytest.raises(ValueError, match="one shape"):
        delta_e00(photo, photo[..., :9])


@pytest.mark.parametrize("name", ["astronaut", "coffee", "flower"])
@pytest.mark.parametrize("sigma", [0, 5, 80])
def test_ssim_and_psnr_are_the_metrics_of_pyiqa(photos: dict[str, Tensor], name: str, sigma: float) -> None:
    photo = photos[name][None, :, 40:203, 30:251]
    noisy = _noisy(photo, sigma)
    # pyiqa adds up luma in another order, which now and then rounds to the neighbouring 8-bit value.
    expected = _of_pyiqa("ssim")(noisy / 255, photo / 255).item()
    assert ssim(noisy, photo) == pytest.approx(expected, abs=1e-5)
    expected = _of_pyiqa("psnr")(noisy / 255, photo / 255).item()
    assert psnr(noisy, photo) == pytest.approx(expected, abs=1e-3)


def test_ssim_of_flat_pictures_compares_luminance() -> None:
    dark, bright = (torch.full((1, 3, 16, 16), value, dtype=torch.uint8) for value in (51, 204))
    floor = (0.01 * 255) ** 2
    assert ssim(dark, bright) == pytest.approx((2 * 51 * 204 + floor) / (51**2 + 204**2 + floor), abs=1e-5)


def test_ssim_of_an_opposite_structure_is_zero() -> None:
    checks = _bytes(200 * ((torch.arange(24)[:, None] + torch.arange(24)) % 2)).expand(1, 3, -1, -1)
    assert ssim(checks, checks) == pytest.approx(1, abs=1e-6)
    assert ssim(checks, 200 - checks) == 0


def test_ssim_has_no_order_and_no_state(photos: dict[str, Tensor]) -> None:
    first, second = (photos[name][None, :, :64, :64] for name in ("coffee", "chelsea"))
    assert ssim(first, second) == ssim(first, second) == pytest.approx(ssim(second, first), abs=1e-6)


def test_pictures_of_unlike_size_and_pictures_smaller_than_the_window_are_refused() -> None:
    small = torch.zeros(1, 3, 10, 40, dtype=torch.uint8)
    with pytest.raises(ValueError, match="11 pixels"):
        ssim(small, small)
    with pytest.raises(ValueError, match="two pictures"):
        ssim(torch.zeros(1, 3, 20, 40, dtype=torch.uint8), torch.zeros(1, 3, 40, 20, dtype=torch.uint8))
    with pytest.raises(ValueError, match="8 pixels"):
        piqe(torch.zeros(1, 3, 7, 100, dtype=torch.uint8))


def test_what_would_be_read_beyond_its_end_is_refused(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"][None, :, :32, :32]
    with pytest.raises(ValueError, match="one size"):
        psnr(photo, photo[..., :16])
    for bad in (photo / 255, photo[:, :1], photo[0], photo.expand(2, -1, -1, -1)):
        for metric in (lambda image: psnr(image, image), lambda image: ssim(image, image), piqe):
            with pytest.raises(ValueError, match="one picture"):
                metric(bad)
    for bad, match in ((photo / 255, "uint8"), (photo[:, :1], "one shape"), (photo[0], "one shape")):
        with pytest.raises(ValueError, match=match):
            delta_e00(bad, bad)


def _versions(photo: Tensor) -> list[Tensor]:
    """A part of a photo as it is, brighter, noisy, and as a poor JPEG."""
    photo = photo[:, 20:340, 30:414]
    versions = [photo, _bytes(photo * 1.3), _noisy(photo, 12), decode_jpeg(encode_jpeg(photo.contiguous(), quality=12))]
    return [version[None] for version in versions]


def test_piqe_is_the_metric_of_pyiqa_but_for_a_block_or_two(photos: dict[str, Tensor]) -> None:
    metric = _of_pyiqa("piqe")
    pictures = [version for photo in photos.values() for version in _versions(photo)]
    ours = [piqe(picture) for picture in pictures]
    # Rounding in float32 moves blocks across thresholds, in pyiqa more than here: so compare with its float64.
    theirs = [metric(picture.double() / 255).item() for picture in pictures]
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < 0.2
    assert sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) / len(ours) < 0.03
    assert spearmanr(ours, theirs).statistic > 0.999


@pytest.mark.parametrize("size", [(16, 16), (9, 100), (128, 64), (65, 47), (79, 95), (8, 8)])
def test_odd_sizes_are_mirrored_as_pyiqa_does(photos: dict[str, Tensor], size: tuple[int, int]) -> None:
    picture = photos["astronaut"][None, :, 40 : 40 + size[0], 150 : 150 + size[1]]
    expected = _of_pyiqa("piqe")(picture.double() / 255).item()
    assert piqe(picture) == pytest.approx(expected, abs=1e-3)


def test_a_black_picture_has_no_piqe_and_a_flat_one_the_worst() -> None:
    assert math.isnan(piqe(torch.zeros(1, 3, 64, 64, dtype=torch.uint8)))
    assert piqe(torch.full((1, 3, 64, 64), 80, dtype=torch.uint8)) == 100
