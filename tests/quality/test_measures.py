import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from quality.color_difference import delta_e00
from quality.measures import LARGEST_PSNR, grid, measure_pair, psnr
from schemas.config import Engine

NONE_CLIPPED = torch.zeros(2)


def _noisy(photo: Tensor, sigma: float) -> Tensor:
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(0)) * sigma
    return (photo + noise).clamp(0, 255).round().to(torch.uint8)


@pytest.mark.parametrize("sigma", [0.3, 3, 60])
def test_psnr_agrees_with_skimage(photos: dict[str, Tensor], sigma: float) -> None:
    photo = photos["astronaut"]
    noisy = _noisy(photo, sigma)
    ours = psnr(torch.stack([noisy, 255 - photo]), photo[None])
    expected = [peak_signal_noise_ratio(photo.numpy(), other.numpy()) for other in (noisy, 255 - photo)]
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-6)


def test_equal_pictures_have_the_largest_psnr(photos: dict[str, Tensor]) -> None:
    photo = photos["coffee"]
    almost = photo.clone()
    almost[0, 0, 0] = almost[0, 0, 0] ^ 1
    equal, one_step = psnr(torch.stack([photo, almost]), photo[None]).tolist()
    assert equal == LARGEST_PSNR
    assert one_step == LARGEST_PSNR
    almost[0, :20] = almost[0, :20] ^ 1
    assert psnr(almost[None], photo[None]).item() < LARGEST_PSNR


@pytest.mark.parametrize("engine", ["compiled", "eager"])
def test_every_field_is_of_the_right_pictures(photos: dict[str, Tensor], engine: Engine) -> None:
    target = photos["chelsea"]
    inputs = torch.stack([(target.float() * share).round().to(torch.uint8) for share in (0.5, 0.9)])
    rendered = torch.stack([_noisy(target, 2), target])
    measures = measure_pair(inputs, target, rendered, torch.tensor([0.25, 0.0]), engine)
    for i, measure in enumerate(measures):
        cycle = delta_e00(rendered[i : i + 1], target[None]).flatten()
        assert measure.cycle_psnr == pytest.approx(psnr(rendered[i : i + 1], target[None]).item())
        assert measure.cycle_de00_mean == pytest.approx(cycle.mean().item(), rel=1e-4, abs=1e-9)
        assert measure.cycle_de00_p95 == pytest.approx(np.quantile(cycle.numpy(), 0.95), rel=1e-3, abs=1e-9)
        assert measure.difference_psnr == pytest.approx(psnr(inputs[i : i + 1], target[None]).item())
        assert measure.difference_de00 == pytest.approx(
            delta_e00(inputs[i : i + 1], target[None]).mean().item(), rel=1e-4
        )
    assert [measure.clipped for measure in measures] == [0.25, 0.0]
    assert measures[1].cycle_psnr == LARGEST_PSNR
    assert measures[1].cycle_de00_p95 < 1e-9
    assert measures[0].difference_de00 > measures[1].difference_de00 > 0


def test_target_may_be_repeated_for_each_variant(photos: dict[str, Tensor]) -> None:
    target = photos["coffee"]
    inputs = torch.stack([_noisy(target, 5), 255 - target])
    once = measure_pair(inputs, target, inputs, NONE_CLIPPED)
    assert once == measure_pair(inputs, target.expand_as(inputs), inputs, NONE_CLIPPED)


def test_a_measure_does_not_depend_on_the_batch(photos: dict[str, Tensor]) -> None:
    target = photos["coffee"]
    inputs = torch.stack([_noisy(target, 5), 255 - target])
    together = measure_pair(inputs, target, inputs.flip(0), NONE_CLIPPED)
    alone = [measure_pair(inputs[[i]], target, inputs.flip(0)[[i]], NONE_CLIPPED[[i]])[0] for i in range(2)]
    for a, b in zip(together, alone, strict=True):
        assert a.model_dump() == pytest.approx(b.model_dump(), rel=1e-5)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "china"])
def test_a_grid_stands_for_a_photograph(photos: dict[str, Tensor], name: str) -> None:
    target = photos[name]
    inputs = ((target.float() / 255) ** 1.4 * 255).round().to(torch.uint8)[None]
    rendered = _noisy(target, 3)[None]
    every = measure_pair(inputs, target, rendered, torch.zeros(1))[0]
    some = measure_pair(grid(inputs, 7), grid(target, 7), grid(rendered, 7), torch.zeros(1))[0]
    assert some.cycle_de00_p95 == pytest.approx(every.cycle_de00_p95, rel=0.06)
    assert some.difference_de00 == pytest.approx(every.difference_de00, rel=0.03)
    assert some.cycle_psnr == pytest.approx(every.cycle_psnr, abs=0.3)
    assert some != every


def test_a_grid_takes_the_middle_of_each_cell() -> None:
    picture = torch.arange(8 * 11, dtype=torch.uint8).view(1, 8, 11)
    assert grid(picture, 3).tolist() == [[[12, 15, 18, 21], [45, 48, 51, 54], [78, 81, 84, 87]]]
    assert torch.equal(grid(picture, 1), picture)


def test_a_stride_longer_than_the_picture_takes_one_pixel() -> None:
    picture = grid(torch.full((1, 3, 2, 3), 7, dtype=torch.uint8), 16)
    assert picture.shape == (1, 3, 1, 1)
    assert math.isfinite(measure_pair(picture, picture[0], picture, torch.zeros(1))[0].cycle_de00_p95)


def test_wrong_pictures_are_refused() -> None:
    picture = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    with pytest.raises(ValueError, match="rendered must be uint8"):
        measure_pair(picture, picture[0], picture.float(), NONE_CLIPPED)
    with pytest.raises(ValueError, match="one size"):
        measure_pair(picture, picture[0, :, :4], picture, NONE_CLIPPED)
