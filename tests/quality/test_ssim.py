import pyiqa
import pytest
import torch
from torch import Tensor

from quality.ssim import ssim


@pytest.mark.parametrize("name", ["astronaut", "coffee", "flower"])
@pytest.mark.parametrize("sigma", [0.0, 0.02, 0.3])
def test_is_the_metric_of_pyiqa(photos: dict[str, Tensor], name: str, sigma: float) -> None:
    photo = photos[name][None, :, 40:203, 30:251].float() / 255
    other = (photo + sigma * torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    metric = pyiqa.create_metric("ssim", device="cpu")
    # pyiqa adds up luma in another order, which now and then rounds to the neighbouring 8-bit value.
    assert ssim(other, photo).item() == pytest.approx(metric(other, photo).item(), abs=1e-4)


def test_flat_pictures_compare_by_luminance() -> None:
    dark, bright = torch.full((1, 3, 16, 16), 0.2), torch.full((1, 3, 16, 16), 0.8)
    floor = (0.01 * 255) ** 2
    assert ssim(dark, bright).item() == pytest.approx((2 * 51 * 204 + floor) / (51**2 + 204**2 + floor))


def test_each_picture_of_a_batch_is_scored_by_itself(photos: dict[str, Tensor]) -> None:
    pictures = torch.stack([photos["coffee"], photos["coffee"].flip(1)])[:, :, :64, :64].float() / 255
    reference = pictures.flip(3)
    together = ssim(pictures, reference)
    assert together.tolist() == [ssim(pictures[[i]], reference[[i]]).item() for i in range(2)]


def test_a_picture_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="11 pixels"):
        ssim(torch.zeros(1, 3, 10, 40), torch.zeros(1, 3, 10, 40))
