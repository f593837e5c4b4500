import pyiqa
import pytest
import torch
from torch import Tensor

from quality.picture import Picture
from quality.ssim import local_moments, ssim


@pytest.mark.parametrize("name", ["astronaut", "coffee", "flower"])
@pytest.mark.parametrize("sigma", [0, 5, 80])
def test_is_the_metric_of_pyiqa(photos: dict[str, Tensor], name: str, sigma: float) -> None:
    photo = photos[name][:, 40:203, 30:251]
    noise = sigma * torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))
    picture, reference = Picture((photo + noise).clamp(0, 255).to(torch.uint8)), Picture(photo)
    metric = pyiqa.create_metric("ssim", device="cpu")
    ours = ssim(picture.local_moments, reference.local_moments).item()
    # pyiqa adds up luma in another order, which now and then rounds to the neighbouring 8-bit value.
    assert ours == pytest.approx(metric(picture.unit, reference.unit).item(), abs=1e-5)


def test_flat_pictures_compare_by_luminance() -> None:
    dark, bright = local_moments(torch.full((16, 16), 51.0)), local_moments(torch.full((16, 16), 204.0))
    floor = (0.01 * 255) ** 2
    assert ssim(dark, bright).item() == pytest.approx((2 * 51 * 204 + floor) / (51**2 + 204**2 + floor), abs=1e-5)


def test_an_opposite_structure_scores_zero_where_it_is() -> None:
    checks = 200.0 * ((torch.arange(24)[:, None] + torch.arange(24)) % 2)
    assert ssim(local_moments(checks), local_moments(checks)).item() == pytest.approx(1, abs=1e-6)
    assert ssim(local_moments(checks), local_moments(200 - checks)).item() == 0


def test_moments_are_left_as_they_were(photos: dict[str, Tensor]) -> None:
    first, second = (Picture(photos[name][:, :64, :64]).local_moments for name in ("coffee", "chelsea"))
    assert ssim(first, second) == ssim(first, second) == ssim(second, first)


def test_a_picture_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="11 pixels"):
        local_moments(torch.zeros(10, 40))
