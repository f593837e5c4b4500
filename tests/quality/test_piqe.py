import math

import pyiqa
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor
from torchvision.io import decode_jpeg, encode_jpeg

from quality.picture import Picture
from quality.piqe import piqe


def _versions(photo: Tensor) -> list[Tensor]:
    """A part of a photo as it is, brighter, noisy, and as a poor JPEG."""
    photo = photo[:, 20:340, 30:414]
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(0)) * 12
    brighter = (photo * 1.3).clamp(0, 255)
    pictures = [photo, brighter.to(torch.uint8), (photo + noise).clamp(0, 255).to(torch.uint8)]
    return [*pictures, decode_jpeg(encode_jpeg(photo, quality=12))]


def test_is_the_metric_of_pyiqa_but_for_a_block_or_two(photos: dict[str, Tensor]) -> None:
    metric = pyiqa.create_metric("piqe", device="cpu")
    pictures = [Picture(version) for photo in photos.values() for version in _versions(photo)]
    ours = [piqe(picture.luma).item() for picture in pictures]
    # Rounding in float32 moves blocks across thresholds, in pyiqa more than here: so compare with its float64.
    theirs = [metric(picture.unit.double()).item() for picture in pictures]
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < 0.2
    assert sum(abs(a - b) for a, b in zip(ours, theirs, strict=True)) / len(ours) < 0.03
    assert spearmanr(ours, theirs).statistic > 0.999


@pytest.mark.parametrize("size", [(16, 16), (9, 100), (128, 64), (65, 47), (79, 95), (8, 8)])
def test_odd_sizes_are_mirrored_as_pyiqa_does(photos: dict[str, Tensor], size: tuple[int, int]) -> None:
    picture = Picture(photos["astronaut"][:, 40 : 40 + size[0], 150 : 150 + size[1]])
    metric = pyiqa.create_metric("piqe", device="cpu")
    assert piqe(picture.luma).item() == pytest.approx(metric(picture.unit.double()).item(), abs=1e-3)


def test_the_unit_of_luma_does_not_matter(photos: dict[str, Tensor]) -> None:
    luma = Picture(photos["coffee"]).luma
    assert piqe(luma / 256) == piqe(luma)
    assert piqe(luma) == piqe(luma.clone())


def test_a_black_picture_has_no_score_and_a_flat_one_the_worst() -> None:
    assert math.isnan(piqe(torch.zeros(64, 64)).item())
    assert piqe(torch.full((64, 64), 80.0)).item() == 100


def test_a_picture_without_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="8 pixels"):
        piqe(torch.rand(7, 100))
